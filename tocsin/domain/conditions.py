"""Whether a condition holds: yes, no, or cannot tell yet.

Pure. Three-valued logic (Kleene, Introduction to Metamathematics, 1952, section 64): an unknown fact never
reads as no. Every verdict names the facts it rests on; one that cannot be told yet names the facts that would
settle it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from tocsin.domain.criteria import (
    ORGANISATION,
    AllOf,
    AnyOf,
    Cells,
    Condition,
    FactIs,
    Not,
    OrganisationIs,
    People,
)
from tocsin.domain.facts import Facts
from tocsin.domain.matching import CellTest, Crowd, Feature, has_any, in_words
from tocsin.domain.places import lies_in
from tocsin.domain.questions import FACTS

if TYPE_CHECKING:
    from tocsin.domain.contacts import Organisation

__all__ = ["CellTest", "Condition", "Verdict", "all_of", "evaluate", "in_words"]


class Verdict(NamedTuple):
    """An answer, the facts it rests on in words, and, where it cannot be told yet, the facts that would
    settle it."""

    answer: bool | None
    because: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Setting:
    """What a condition is held against. Every cell looked at must also pass `among`."""

    facts: Facts
    organisation: "Organisation"
    among: tuple[CellTest, ...]
    spared: tuple[CellTest, ...] = ()

    def answers(self, features: Iterable[Feature]) -> tuple[int, int]:
        """The cells that have every feature, and those that lack one; who is spared lacks them all."""
        crowd = self.facts.crowd
        out = 0
        for test in self.spared:
            out |= crowd.answers(test.features)[0]
        have, lack = crowd.answers(features)
        return have & ~out, lack | out

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """What every cell looked at must have."""
        return tuple(feature for test in self.among for feature in test.features)


def evaluate(
    condition: Condition,
    facts: Facts,
    organisation: "Organisation",
    *,
    among: Iterable[CellTest] = (),
    spared: Iterable[CellTest] = (),
) -> Verdict:
    """The verdict on `condition`.

    Of the people hit only those are looked at that pass every test of `among`, and none that is known to pass one of
    `spared`.
    """
    return _verdict(condition, _Setting(facts, organisation, tuple(among), tuple(spared)))


def _verdict(condition: Any, setting: _Setting) -> Verdict:
    return _EVALUATORS[type(condition)](condition, setting)


def _all(condition: AllOf, setting: _Setting) -> Verdict:
    return all_of(_verdict(each, setting) for each in condition.all)


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that all of these hold: the first no is the answer, else one open question leaves it open.

    Nothing behind the first no is looked at: most laws do not bind a company at all.
    """
    found = []
    for verdict in verdicts:
        if verdict.answer is False:
            return verdict
        found.append(verdict)
    return _joined(None if any(v.answer is None for v in found) else True, found)


def _any(condition: AnyOf, setting: _Setting) -> Verdict:
    verdicts = [_verdict(each, setting) for each in condition.any]
    held = [verdict for verdict in verdicts if verdict.answer]
    if held:
        return _joined(True, held)
    return _joined(None if any(v.answer is None for v in verdicts) else False, verdicts)


def _joined(answer: bool | None, verdicts: list[Verdict]) -> Verdict:
    because = dict.fromkeys(reason for verdict in verdicts for reason in verdict.because)
    needs = dict.fromkeys(need for v in verdicts if v.answer is None for need in v.needs)
    return Verdict(answer, tuple(because), tuple(needs) if answer is None else ())


def _not(condition: Not, setting: _Setting) -> Verdict:
    verdict = _verdict(condition.denied, setting)
    return Verdict(None if verdict.answer is None else not verdict.answer, verdict.because, verdict.needs)


def _fact(condition: FactIs, setting: _Setting) -> Verdict:
    if condition.about_people is not None:
        return _verdict(condition.about_people, setting)
    name, facts = condition.fact, setting.facts
    value: Any = facts.get(name)
    if condition.of is not None:
        value = value.get(condition.of) if isinstance(value, dict) else None
    if value is None or not facts.known(name):
        return _unknown(name)
    answer = _fact_answer(condition, value)
    if answer is None and condition.currency:
        return Verdict(None, (f"{name} is {in_words(value)}, not stated in {condition.currency}",), (name,))
    if answer is None:
        return _unknown(name)
    what = f"{name} of {condition.of}" if condition.of else name
    return Verdict(answer, (f"{what} is {in_words(value)}",))


def _fact_answer(condition: FactIs, value: Any) -> bool | None:
    if condition.known:
        return True
    if condition.has:
        return has_any(value, condition.has, FACTS[condition.fact].open_value)
    if condition.is_:
        return value in condition.is_
    if isinstance(value, dict) and value["currency"] != condition.currency:
        return None
    # A share or an amount is kept as text, exactly as it was stated.
    return condition.reached_by(Decimal(value["amount"] if isinstance(value, dict) else value))


def _unknown(name: str) -> Verdict:
    return Verdict(None, (f"{name} is unknown",), (name,))


def _cells(condition: Cells, setting: _Setting) -> Verdict:
    if condition.among.features:
        setting = replace(setting, among=(*setting.among, condition.among))
    own, features = condition.cells.features, (*setting.features, *condition.cells.features)
    if condition.every:
        return _every_cell(own, setting)
    crowd = setting.facts.crowd
    have, lack = setting.answers(features)
    if have:
        return Verdict(True, crowd.who(have, own or features))
    doubtful = crowd.everybody & ~lack
    return _open(crowd, doubtful, features) if doubtful else Verdict(False, crowd.why_not(features))


def _every_cell(own: tuple[Feature, ...], setting: _Setting) -> Verdict:
    """All cells among those looked at. One that may be among them and may fail leaves the answer open."""
    crowd = setting.facts.crowd
    among, outside = setting.answers(setting.features)
    have, lack = crowd.answers(own)
    perhaps_among = crowd.everybody & ~outside
    if not perhaps_among:
        return Verdict(False, crowd.why_not(setting.features))
    if among & lack:
        return Verdict(False, crowd.why_not(own))
    if among and not perhaps_among & ~have:
        return Verdict(True, crowd.who(perhaps_among, own))
    return _open(crowd, perhaps_among, (*setting.features, *own))


def _open(crowd: Crowd, doubtful: int, features: tuple[Feature, ...]) -> Verdict:
    needs = crowd.open_questions(doubtful, features)
    return Verdict(None, tuple(f"{need} is unknown" for need in needs), needs)


def _people(condition: People, setting: _Setting) -> Verdict:
    crowd, counting = setting.facts.crowd, condition.counting
    asked = [(*setting.features, *test.features) for test in condition.people]
    answers = [setting.answers(features) for features in asked]
    have, lack = 0, crowd.everybody
    for yes, no in answers:
        have, lack = have | yes, lack & no
    what = "people" if counting == "count" else "records"
    least, _ = crowd.numbers(have, counting)
    most, more = crowd.numbers(crowd.everybody & ~lack, counting)
    bound, reached_is_yes = condition.bound
    own = tuple(feature for test in condition.people for feature in test.features)
    who = crowd.who(have, own) if have and own else ()
    if least >= bound:
        return Verdict(reached_is_yes, (f"{'at least ' if more or most > least else ''}{least} {what}", *who))
    if condition.or_undeterminable and crowd.undeterminable(have):
        return Verdict(True, ("the number of people cannot be determined", *who))
    if most < bound and not more:
        who = who if have else crowd.why_not((*setting.features, *own))
        return Verdict(not reached_is_yes, (f"{'at most ' if most > least else ''}{most} {what}", *who))
    needs: tuple[str, ...] = (crowd.asked_for(counting),) if more else ()
    for features, (_, no) in zip(asked, answers, strict=True):
        needs = (*crowd.open_questions(crowd.everybody & ~no & ~have, features), *needs)
    return Verdict(None, (f"at least {least} {what}", *who), tuple(dict.fromkeys(needs)))


def _organisation(condition: OrganisationIs, setting: _Setting) -> Verdict:
    name = condition.organisation
    value: Any = getattr(setting.organisation, name)
    values = value if isinstance(value, tuple) else () if value is None else (value,)
    if condition.known is not None:
        return Verdict(
            bool(values) is condition.known, (f"the company's {name} is {in_words(values) or 'none'}",)
        )
    if not values and ORGANISATION[name]:
        return Verdict(None, (f"the company's {name} is not stated",), (f"organisation.{name}",))
    wanted = condition.is_ or condition.has
    answer = "worldwide" in values or any(
        each in wanted or (isinstance(each, str) and lies_in(each, wanted)) for each in values
    )
    return Verdict(answer, (f"the company's {name} is {in_words(values) or 'none'}",))


_EVALUATORS: dict[type, Callable[[Any, _Setting], Verdict]] = {
    AllOf: _all,
    AnyOf: _any,
    Not: _not,
    FactIs: _fact,
    Cells: _cells,
    People: _people,
    OrganisationIs: _organisation,
}
