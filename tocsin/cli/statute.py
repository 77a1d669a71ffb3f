"""A regime as a person reads it: each rule with its article, to whom, from when, by when, under which condition."""

from collections.abc import Iterator
from typing import Any

from tocsin.domain.criteria import AllOf, AnyOf, Cells, FactIs, Not, OrganisationIs, People
from tocsin.domain.matching import CellTest, in_words
from tocsin.domain.records import in_language
from tocsin.domain.rules import Exempt, Regime, Rule

_INDENT = "  "


def statute(regime: Regime, language: str = "en") -> Iterator[str]:
    """The regime line by line."""
    yield f"{regime.id}  {in_language(regime.name, language)}"
    yield f"{regime.jurisdiction}, {regime.status.replace('-', ' ')}{_validity(regime)}, read: {regime.verification}"
    if regime.applies is not None:
        yield "binds us"
        yield from _condition(regime.applies, 1)
    for rule in regime.rules:
        yield ""
        yield from _rule(rule, regime)
    yield ""
    yield "sources"
    for source in regime.sources:
        yield f"{_INDENT}{source.title} ({source.verification})"
        yield f"{_INDENT * 2}{source.url}"
        if source.note:
            yield f"{_INDENT * 2}{source.note}"
    for note in regime.notes:
        yield f"note: {note}"


def _validity(of: Regime | Rule) -> str:
    begin = f" from {of.valid_from}" if of.valid_from else ""
    return begin + (f" until {of.valid_until}" if of.valid_until else "")


def _rule(rule: Rule, regime: Regime) -> Iterator[str]:
    yield f"{regime.id}/{rule.id}  {rule.cite}"
    yield f"{_INDENT}{_to_whom(rule)}, as {rule.role}; {rule.stage.replace('-', ' ')}{_validity(rule)}"
    start = " or ".join(rule.clock.start)
    earliest = ", whichever is first" if len(rule.clock.start) > 1 else ""
    within = "" if rule.clock.within.asap else "within "
    yield f"{_INDENT}{within}{rule.clock.within} from {start}{earliest}"
    if rule.among.features:
        yield f"{_INDENT}counting only people of whom {_cells(rule.among)}"
    if rule.when is not None:
        yield f"{_INDENT}when"
        yield from _condition(rule.when, 2)
    if rule.while_unknown == "owed":
        yield f"{_INDENT}owed until the answer is known"
    for exempt in rule.exceptions:
        yield from _exempt(exempt)
    if rule.content:
        yield f"{_INDENT}says: {', '.join(rule.content)}"
    if rule.reasons_when_late:
        yield f"{_INDENT}late: with reasons"
    for label, text in (("doubt", rule.doubt), ("note", rule.note), ("source", rule.source)):
        if text:
            yield f"{_INDENT}{label}: {text.strip()}"
    if rule.verification:
        yield f"{_INDENT}read: {rule.verification}"


def _to_whom(rule: Rule) -> str:
    if rule.per:
        one = f", or the one of {rule.per.unless.replace('_', ' ')}" if rule.per.unless else ""
        return f"to the {rule.recipient} of each place in {rule.per.place_in}{one}"
    return f"to {rule.recipient}" + (f" of {rule.place}" if rule.place else "")


def _exempt(exempt: Exempt) -> Iterator[str]:
    instead = f", then to {exempt.instead}" if exempt.instead else ""
    yield f"{_INDENT}not owed{instead} ({exempt.cite}) when"
    yield from _condition(exempt.when, 2)
    if exempt.note:
        yield f"{_INDENT * 2}note: {exempt.note}"


def _condition(condition: Any, depth: int) -> Iterator[str]:
    """One line for each thing that must hold; groups say how their parts are joined."""
    lead = _INDENT * depth
    if isinstance(condition, AllOf | AnyOf):
        parts = condition.all if isinstance(condition, AllOf) else condition.any
        yield f"{lead}{'all of' if isinstance(condition, AllOf) else 'any of'}"
        for part in parts:
            yield from _condition(part, depth + 1)
    elif isinstance(condition, Not):
        yield f"{lead}not"
        yield from _condition(condition.denied, depth + 1)
    else:
        yield f"{lead}- {_sentence(condition)}"


def _sentence(condition: Any) -> str:
    if isinstance(condition, FactIs):
        name = f"{condition.fact} of {condition.of}" if condition.of else condition.fact
        return f"{name} {_asked(condition)}"
    if isinstance(condition, OrganisationIs):
        return f"our {condition.organisation} {_asked(condition)}"
    if isinstance(condition, Cells):
        whom = f" of whom {_cells(condition.among)}" if condition.among.features else ""
        return f"{'of everybody' if condition.every else 'of some people'}{whom}, {_cells(condition.cells)}"
    if isinstance(condition, People):
        number, reached = condition.bound
        who = f" of whom {_cells(condition.people)}" if condition.people.features else ""
        what = "people" if condition.counting == "count" else "records of people"
        return f"{'at least' if reached else 'fewer than'} {number:,} {what}{who}"
    raise TypeError(type(condition).__name__)


def _asked(condition: FactIs | OrganisationIs) -> str:
    if condition.is_:
        return f"is {_either(condition.is_)}"
    if condition.has:
        return f"has {_either(condition.has)}"
    if condition.known is not None:
        return "is known" if condition.known else "is not known"
    assert isinstance(condition, FactIs)
    return (
        f"is at least {condition.at_least}"
        if condition.at_least is not None
        else f"is at most {condition.at_most}"
    )


def _cells(test: CellTest) -> str:
    return " and ".join(
        f"{name.replace('_', ' ')} is {_either(sorted(values, key=str))}" for name, values in test.features
    )


def _either(values: Any) -> str:
    return " or ".join(in_words(value) for value in values)
