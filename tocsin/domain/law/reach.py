"""Whom a rule reaches: which of the people hit may be under it, cell by cell.

Pure. Conditions answer for the incident as a whole; here they are asked of every cell at once, as sets of cells.
A question about the company or the breach holds for everybody or for nobody. What cannot be told reaches.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from tocsin.domain.contacts import Organisation
from tocsin.domain.facts import Facts
from tocsin.domain.law.addressees import living_in
from tocsin.domain.law.conditions import evaluate
from tocsin.domain.law.criteria import AllOf, AnyOf, Cells, FactIs, Not, People
from tocsin.domain.law.rules import Regime, Rule
from tocsin.domain.matching import CellTest, Crowd

#: Cells for which it is so, and cells for which it is not; of the rest it cannot be told. Sets as bits.
Split = tuple[int, int]


@dataclass(frozen=True)
class _Setting:
    facts: Facts
    organisation: Organisation
    among: tuple[CellTest, ...]
    spared: tuple[CellTest, ...]

    @property
    def crowd(self) -> Crowd:
        return self.facts.crowd


def reached(regime: Regime, rule: Rule, facts: Facts, organisation: Organisation) -> int:
    """The cells that may be under a rule, as bits in the order of `facts.cells_or_blank`.

    An exception for some people takes those whom it is known to spare; what else an exception asks lifts no cell.
    """
    among = of_whom(regime, rule, organisation)
    setting = _Setting(facts, organisation, among, rule.spares)
    _, lack = facts.crowd.answers([feature for test in among for feature in test.features])
    for test in rule.spares:
        lack |= facts.crowd.answers(test.features)[0]
    for condition in (regime.applies, rule.when):
        if condition is not None:
            lack |= _split(condition, setting)[1]
    return facts.crowd.everybody & ~lack


def of_whom(regime: Regime, rule: Rule, organisation: Organisation) -> tuple[CellTest, ...]:
    """The people a rule is about: of a law that answers for its own residents, only those who live there."""
    home = regime.answers_for
    return (
        (rule.among,) if home is None or organisation.is_established(home) else (rule.among, living_in(home))
    )


def _split(condition: Any, setting: _Setting) -> Split:
    found = _SPLITTERS.get(type(condition), _the_whole)
    return found(condition, setting)


def _all(condition: AllOf, setting: _Setting) -> Split:
    return reduce(lambda one, other: (one[0] & other[0], one[1] | other[1]), _each(condition.all, setting))


def _any(condition: AnyOf, setting: _Setting) -> Split:
    return reduce(lambda one, other: (one[0] | other[0], one[1] & other[1]), _each(condition.any, setting))


def _each(conditions: Iterable[Any], setting: _Setting) -> list[Split]:
    return [_split(each, setting) for each in conditions]


def _not(condition: Not, setting: _Setting) -> Split:
    have, lack = _split(condition.denied, setting)
    return lack, have


def _fact(condition: FactIs, setting: _Setting) -> Split:
    if condition.about_people is None:
        return _the_whole(condition, setting)
    return _split(condition.about_people, setting)


def _cells(condition: Cells, setting: _Setting) -> Split:
    if condition.every:
        return _the_whole(condition, setting)
    return setting.crowd.answers((*condition.among.features, *condition.cells.features))


def _people(condition: People, setting: _Setting) -> Split:
    """The count is of all; it concerns those who are counted."""
    counted = [setting.crowd.answers(test.features) for test in condition.people]
    have, lack = reduce(lambda one, other: (one[0] | other[0], one[1] & other[1]), counted)
    whole_have, whole_lack = _the_whole(condition, setting)
    return have & whole_have, lack | whole_lack


def _the_whole(condition: Any, setting: _Setting) -> Split:
    whom = {"among": setting.among, "spared": setting.spared}
    answer = evaluate(condition, setting.facts, setting.organisation, **whom).answer
    everybody = setting.crowd.everybody
    return everybody if answer else 0, everybody if answer is False else 0


_SPLITTERS: dict[type, Callable[[Any, _Setting], Split]] = {
    AllOf: _all,
    AnyOf: _any,
    Not: _not,
    FactIs: _fact,
    Cells: _cells,
    People: _people,
}
