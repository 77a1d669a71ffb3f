"""Every law with one thing altered: a condition or exception taken away, a number one higher, a mark gone.

An example must notice each of these, or nothing shows that the altered thing says what the law says. What only
letters and papers read, such as what a notice always says, alters no answer and is left alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel

from checks.implied import implies
from tocsin.catalog.yamlfile import Loc
from tocsin.domain.law.clock import Roll, Within
from tocsin.domain.law.conditions import CellTest, Condition
from tocsin.domain.law.criteria import AllOf, AnyOf, Cells, FactIs, Not, OrganisationIs, People
from tocsin.domain.law.rules import Regime, Rule
from tocsin.domain.law.terms import Cap, Clock, Exempt, Extension, Parts, PerPlace

#: One alteration of a node: where below it, what was done, and what stands there now.
Altered = tuple[Loc, str, Any]
_Model = TypeVar("_Model", bound=BaseModel)

#: By kind of node what is altered in it. What may be absent is taken away, of a list each entry, a number goes up and
#: down, yes becomes no; whatever holds further nodes is altered inside as well.
_ALTERED: dict[type[BaseModel], tuple[str, ...]] = {
    Regime: ("valid_from", "valid_until", "rules"),
    Rule: (
        "among",
        "per",
        "when",
        "exceptions",
        "clock",
        "not_after",
        "extension",
        "content_where",
        "valid_from",
        "valid_until",
    ),
    Extension: ("within",),
    Parts: ("when",),
    Exempt: ("when", "spared", "instead"),
    PerPlace: ("unless",),
    Clock: ("start", "after", "end_of", "within", "cap", "roll"),
    Cap: ("start", "within"),
    Within: ("hours", "calendar_days", "business_days", "months", "target_hours"),
    AllOf: ("all",),
    AnyOf: ("any",),
    Not: ("denied",),
    Cells: ("cells", "every", "among"),
    People: ("people", "at_least", "more_than", "at_most", "less_than"),
    FactIs: ("is_", "has", "at_least", "more_than", "at_most", "less_than"),
    OrganisationIs: ("is_", "has"),
    CellTest: tuple(CellTest.model_fields),
}
#: Lists of which the last entry stays: the only value asked for, the only people, moments from which a clock runs.
_NEVER_EMPTY = ("is_", "has", "people", "start", "after")
_ABSENT = "taken away"


@dataclass(frozen=True)
class Mutant:
    """A law with one thing altered, and where in its file that stands."""

    loc: Loc
    what: str
    regime: Regime


def mutants(regime: Regime) -> Iterator[Mutant]:
    """Every mutant of a law, in the order of its file. Of one that binds nobody only that it were in force."""
    if not regime.binding:
        in_force = _with(regime, status="in-force", valid_from=None, valid_until=None)
        yield Mutant(("status",), "put in force", in_force)
        return
    for loc, what, altered in _alterations(regime):
        yield Mutant(loc, what, altered)


def _alterations(node: BaseModel) -> Iterator[Altered]:
    """Every way to alter one thing in a node or below it."""
    yield from _OWN.get(type(node), _nothing)(node)
    for name in _ALTERED.get(type(node), ()):
        key = type(node).model_fields[name].alias or name
        for loc, what, value in _values(node, name, getattr(node, name)):
            yield (key, *loc), what, _with(node, **{name: value})


def _values(node: BaseModel, name: str, value: Any) -> Iterator[Altered]:
    if isinstance(value, tuple):
        yield from _entries(name, value)
    elif isinstance(value, bool):
        yield (), "turned round", None if isinstance(node, CellTest) else not value
    elif isinstance(value, int):
        yield from (((), f"{value + step} in place of {value}", value + step) for step in (1, -1))
    elif isinstance(value, date):
        yield from (((), f"{moved} in place of {value}", moved) for moved in _beside(value))
    elif isinstance(value, BaseModel):
        if _may_be_absent(node, name):
            yield (), _ABSENT, None
        yield from _inside(value)
    elif value is not None:
        yield (), _ABSENT, None


def _entries(name: str, entries: tuple[Any, ...]) -> Iterator[Altered]:
    for index, entry in enumerate(entries):
        before, after = entries[:index], entries[index + 1 :]
        if name != "rules" and (len(entries) > 1 or name not in _NEVER_EMPTY):
            said = f"{entry} {_ABSENT}" if isinstance(entry, str) else _ABSENT
            yield (index,), said, (*before, *after)
        if isinstance(entry, BaseModel):
            for loc, what, other in _inside(entry):
                yield (index, *loc), what, (*before, other, *after)


def _inside(node: BaseModel) -> Iterator[Altered]:
    if isinstance(node, Not):
        yield ("not",), "its not taken away", node.denied
    yield from _alterations(node)


def _may_be_absent(node: BaseModel, name: str) -> bool:
    if isinstance(node, Exempt):
        return False  # It has the one or the other, and as a whole it is taken away from its rule.
    field = type(node).model_fields[name]
    return field.default is None and not field.is_required()


def _beside(day: date) -> tuple[date, date]:
    return day + timedelta(days=1), day - timedelta(days=1)


def _nothing(_: Any) -> Iterator[Altered]:
    return iter(())


def _of_regime(regime: Regime) -> Iterator[Altered]:
    if regime.applies is not None:
        whole: Altered = ((), _ABSENT, None)
        for loc, what, applies in (whole, *_inside(regime.applies)):
            if not _said_again(regime, applies):
                yield ("applies", *loc), what, _with(regime, applies=applies)
    if regime.answers_for is not None:
        yield ("answers_for",), _ABSENT, _with(regime, answers_for=None)
        yield ("answers_for",), "people of Antarctica", _with(regime, answers_for="AQ")
    if any(_counts_days(rule.clock) for rule in regime.rules):
        elsewhere = "Pacific/Pago_Pago" if regime.zone != "Pacific/Pago_Pago" else "UTC"
        yield ("zone",), f"days of {elsewhere}", _with(regime, zone=elsewhere)
    for index, rule in enumerate(regime.rules):
        unsure = (rule.verification or regime.verification) in ("recalled", "unconfirmed")
        if rule.doubt_when is not None and not unsure:
            for loc, what, when in _values(rule, "doubt_when", rule.doubt_when):
                others = (*regime.rules[:index], _with(rule, doubt_when=when), *regime.rules[index + 1 :])
                yield ("rules", index, "doubt_when", *loc), what, _with(regime, rules=others)
        if rule.doubt or unsure:
            certain = _with(rule, doubt=None, verification="secondary")
            rules = (*regime.rules[:index], certain, *regime.rules[index + 1 :])
            yield ("rules", index), "certain, and no candidate", _with(regime, rules=rules)


def _said_again(regime: Regime, applies: Condition | None) -> bool:
    """Whether every rule says for itself what `applies` asks, and what it would ask when altered."""
    return all(implies(rule, each) for rule in regime.rules for each in (regime.applies, applies))


def _counts_days(clock: Clock) -> bool:
    within = clock.within
    return bool(within.calendar_days or within.business_days or within.months or clock.end_of)


def _of_rule(rule: Rule) -> Iterator[Altered]:
    other = "undecided" if rule.while_unknown == "owed" else "owed"
    yield ("while_unknown",), f"{other} while a fact is unknown", _with(rule, while_unknown=other)
    if rule.hold and rule.hold.then:
        # Who may have it held back alters no answer; how long there is afterwards does.
        for loc, what, then in _values(rule.hold, "then", rule.hold.then):
            yield ("hold", "then", *loc), what, _with(rule, hold=_with(rule.hold, then=then))


def _of_clock(clock: Clock) -> Iterator[Altered]:
    if len(clock.after) == 1:
        yield ("after",), "from aware_at instead", _with(clock, after=(), start=("aware_at",))
    elif clock.start:
        moment = "aware_at" if "detected_at" in clock.start else "detected_at"
        yield ("from",), f"from {moment} instead", _with(clock, start=(moment,))


def _of_within(within: Within) -> Iterator[Altered]:
    if within.calendar_days or within.business_days:
        counted = not within.event_day_counts
        what = f"the day of the event {'counted' if counted else 'left out'}"
        yield ("event_day_counts",), what, _with(within, event_day_counts=counted)
    if within.business_days:
        plain = _with(within, calendar_days=within.business_days, business_days=None, holidays=None)
        yield ("business_days",), "calendar days in place of working days", plain


def _of_roll(roll: Roll) -> Iterator[Altered]:
    other = "next-working-day" if roll.to == "noon-of-next-working-day" else "noon-of-next-working-day"
    yield ("to",), f"to the {other}", _with(roll, to=other)


def _of_fact(fact: FactIs) -> Iterator[Altered]:
    if fact.currency:
        yield ("currency",), "in another currency", _with(fact, currency="XTS")


def _of_people(people: People) -> Iterator[Altered]:
    other, what = ("records", "records") if people.counting == "count" else ("count", "people")
    yield ("people",), f"{what} counted", _with(people, counting=other)
    if people.or_undeterminable:
        yield ("or_undeterminable",), _ABSENT, _with(people, or_undeterminable=False)


#: What a kind of node can be altered in beside its single fields.
_OWN: dict[type[BaseModel], Callable[[Any], Iterator[Altered]]] = {
    Regime: _of_regime,
    Rule: _of_rule,
    Clock: _of_clock,
    Within: _of_within,
    Roll: _of_roll,
    People: _of_people,
    FactIs: _of_fact,
}


def _with(node: _Model, **changes: Any) -> _Model:
    """The node with other fields, unchecked. Nothing that it had worked out of the old ones comes along."""
    fields = {name: getattr(node, name) for name in type(node).model_fields}
    return type(node).model_construct(**(fields | changes))
