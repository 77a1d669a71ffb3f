"""Whether a condition holds: yes, no, or cannot tell yet.

Pure. An unknown fact never reads as no: what an answer is, and how several join, stands in `verdicts`.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tocsin.domain.facts import Facts
from tocsin.domain.law.criteria import (
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
from tocsin.domain.law.verdicts import Reasons, Verdict, all_of, any_of, denied
from tocsin.domain.matching import CellTest, Crowd, Feature, has_any, in_words
from tocsin.domain.places import lies_in
from tocsin.domain.questions import FACTS

if TYPE_CHECKING:
    from tocsin.domain.contacts import Organisation

__all__ = ["CellTest", "Condition", "Setting", "Verdict", "evaluate", "features_of", "in_words"]


class Setting:
    """What conditions are held against: the facts, the company, and which of the people hit are looked at.

    Many rules of a law look at the same people and ask the same of them: what was answered once is kept.
    """

    def __init__(
        self, facts: Facts, organisation: "Organisation", among: tuple[Feature, ...] = (), spared: int = 0
    ) -> None:
        self.facts, self.organisation, self.crowd = facts, organisation, facts.crowd
        #: What everybody looked at must have.
        self.among = among
        #: Cells that are left out, as bits.
        self.spared = spared
        have, lack = self.crowd.answers(among)
        #: The cells that are looked at, and those that are not; of the rest it cannot be told.
        self.inside, self.outside = have & ~spared, lack | spared
        self._some: dict[tuple[Feature, ...], Verdict] = {}

    def verdict(self, condition: Any) -> Verdict:
        """Whether a condition holds here."""
        return _EVALUATORS[type(condition)](condition, self)

    def answers(self, features: tuple[Feature, ...]) -> tuple[int, int]:
        """Of the cells looked at those that have every feature, and all that lack one or are not looked at."""
        have, lack = self.crowd.answers(features)
        return have & self.inside, lack | self.outside

    def some(self, features: tuple[Feature, ...]) -> Verdict:
        """Whether some cell that is looked at has all these features."""
        if features not in self._some:
            self._some[features] = _some_cell(features, self)
        return self._some[features]

    def of(self, among: tuple[Feature, ...]) -> "Setting":
        """The same, but only those are looked at who have these features too."""
        return Setting(self.facts, self.organisation, (*self.among, *among), self.spared) if among else self


def features_of(tests: Iterable[CellTest]) -> tuple[Feature, ...]:
    """What passes all of these tests has."""
    return tuple(feature for test in tests for feature in test.features)


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
    setting = Setting(facts, organisation, features_of(among), facts.crowd.known_for_any(spared))
    return setting.verdict(condition)


def _all(condition: AllOf, setting: Setting) -> Verdict:
    return all_of(setting.verdict(each) for each in condition.all)


def _any(condition: AnyOf, setting: Setting) -> Verdict:
    return any_of([setting.verdict(each) for each in condition.any])


def _not(condition: Not, setting: Setting) -> Verdict:
    return denied(setting.verdict(condition.denied))


def _fact(condition: FactIs, setting: Setting) -> Verdict:
    if condition.about_people is not None:
        return setting.verdict(condition.about_people)
    name, facts = condition.fact, setting.facts
    value: Any = facts.get(name)
    if condition.of is not None:
        value = value.get(condition.of) if isinstance(value, dict) else None
    what = f"{name} of {condition.of}" if condition.of else name
    if value is None or not facts.known(name):
        return Verdict(None, (f"{what} is unknown",), (name,), (condition.of,) if condition.of else ())
    answer = _fact_answer(condition, value)
    if answer is None:
        said = f"{in_words(value)}, not stated in {condition.currency}" if condition.currency else "unknown"
        return Verdict(None, (f"{name} is {said}",), (name,))
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


def _cells(condition: Cells, setting: Setting) -> Verdict:
    setting = setting.of(condition.among.features)
    own = condition.cells.features
    return _every_cell(own, setting) if condition.every else setting.some(own)


def _some_cell(own: tuple[Feature, ...], setting: Setting) -> Verdict:
    crowd, features = setting.crowd, (*setting.among, *own)
    have, lack = setting.answers(own)
    if have:
        return Verdict(True, _who(crowd, have, own or features))
    doubtful = crowd.everybody & ~lack
    return _open(crowd, doubtful, features) if doubtful else Verdict(False, _why_not(crowd, features))


def _every_cell(own: tuple[Feature, ...], setting: Setting) -> Verdict:
    """All cells among those looked at. One that may be among them and may fail leaves the answer open."""
    crowd, among = setting.crowd, setting.inside
    have, lack = crowd.answers(own)
    perhaps_among = crowd.everybody & ~setting.outside
    if not perhaps_among:
        return Verdict(False, _why_not(crowd, setting.among))
    if among & lack:
        return Verdict(False, _why_not(crowd, own))
    if among and not perhaps_among & ~have:
        return Verdict(True, _who(crowd, perhaps_among, own))
    return _open(crowd, perhaps_among, (*setting.among, *own))


def _who(crowd: Crowd, chosen: int, features: tuple[Feature, ...]) -> Reasons:
    return Reasons(lambda: crowd.who(chosen, features))


def _why_not(crowd: Crowd, features: tuple[Feature, ...]) -> Reasons:
    return Reasons(lambda: crowd.why_not(features))


def _open(crowd: Crowd, doubtful: int, features: tuple[Feature, ...]) -> Verdict:
    needs = crowd.open_questions(doubtful, features)
    return Verdict(None, tuple(f"{need} is unknown" for need in needs), needs)


def _people(condition: People, setting: Setting) -> Verdict:
    crowd, counting = setting.crowd, condition.counting
    answers = [setting.answers(test.features) for test in condition.people]
    have, lack = 0, crowd.everybody
    for yes, no in answers:
        have, lack = have | yes, lack & no
    least, _ = crowd.numbers(have, counting)
    most, more = crowd.numbers(crowd.everybody & ~lack, counting)
    bound, reached_is_yes = condition.bound
    own = features_of(condition.people)
    who = _who(crowd, have, own) if have and own else ()
    if least >= bound:
        count = f"{'at least ' if more or most > least else ''}{_many(least, counting)}"
        return Verdict(reached_is_yes, Reasons(lambda: (count, *who)))
    if condition.or_undeterminable and crowd.undeterminable(have):
        return Verdict(True, ("the number of people cannot be determined", *who))
    if most < bound and not more:
        why = who if have else _why_not(crowd, (*setting.among, *own))
        count = f"{'at most ' if most > least else ''}{_many(most, counting)}"
        return Verdict(not reached_is_yes, Reasons(lambda: (count, *why)))
    need, why_more = crowd.waits_for(crowd.everybody & ~lack, counting) if more else ("", "")
    needs = tuple(filter(None, (need,)))
    for test, (_, no) in zip(condition.people, answers, strict=True):
        asked = (*setting.among, *test.features)
        needs = (*crowd.open_questions(crowd.everybody & ~no & ~have, asked), *needs)
    because = filter(None, (f"at least {_many(least, counting)}", why_more, *who))
    return Verdict(None, tuple(because), tuple(dict.fromkeys(needs)))


def _many(number: int, counting: str) -> str:
    one, more = ("person", "people") if counting == "count" else ("record", "records")
    return f"{number} {one if number == 1 else more}"


def _organisation(condition: OrganisationIs, setting: Setting) -> Verdict:
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


_EVALUATORS: dict[type, Callable[[Any, Setting], Verdict]] = {
    AllOf: _all,
    AnyOf: _any,
    Not: _not,
    FactIs: _fact,
    Cells: _cells,
    People: _people,
    OrganisationIs: _organisation,
}
