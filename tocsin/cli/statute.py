"""A regime as a person reads it: each rule with its article, to whom, from when, by when, under which condition."""

from collections.abc import Iterator
from typing import Any

from tocsin.domain.criteria import AllOf, AnyOf, Cells, FactIs, Not, OrganisationIs, People
from tocsin.domain.matching import CellTest, in_words
from tocsin.domain.records import in_language
from tocsin.domain.rules import Regime, Rule
from tocsin.domain.terms import Channel, Clock, Exempt

_INDENT = "  "


def statute(regime: Regime, language: str = "en") -> Iterator[str]:
    """The regime line by line."""
    yield f"{regime.id}  {in_language(regime.name, language)}"
    yield f"{regime.jurisdiction}, {regime.status.replace('-', ' ')}{_validity(regime)}, read: {regime.verification}"
    if regime.why_off:
        yield f"opens no duty: {regime.why_off}"
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
    lines = (*_owed(rule), *_done(rule), *_remarks(rule))
    yield from (f"{_INDENT}{line}" for line in lines)


def _owed(rule: Rule) -> Iterator[str]:
    """To whom, when, and under which condition."""
    yield f"{_to_whom(rule)}, as {rule.role}; {rule.stage.replace('-', ' ')}{_validity(rule)}"
    yield _clock(rule.clock)
    if rule.not_after:
        yield f"not later than {' or '.join(rule.not_after)}"
    if rule.send_after:
        yield f"not before {' and '.join(rule.send_after)} was told"
    if rule.among.features:
        yield f"counting only people of whom {_cells(rule.among)}"
    if rule.when is not None:
        yield "when"
        yield from _condition(rule.when, 1)
    if rule.while_unknown == "owed":
        yield "owed until the answer is known"
    for exempt in rule.exceptions:
        yield from _exempt(exempt)


def _done(rule: Rule) -> Iterator[str]:
    """What is said, how, and what may delay it."""
    if rule.content:
        yield f"says: {', '.join(rule.content)}"
    if rule.must_not_contain:
        yield f"does not say: {', '.join(rule.must_not_contain)}"
    if rule.channel:
        yield _channel(rule.channel)
    if rule.hold:
        written = "in writing" if rule.hold.written else "asked"
        yield f"may be held back by {' or '.join(rule.hold.by)}, {written} ({rule.hold.cite})"
    if rule.reasons_when_late:
        yield "late: with reasons"


def _remarks(rule: Rule) -> Iterator[str]:
    for label, text in (("doubt", rule.doubt), ("note", rule.note), ("source", rule.source)):
        if text:
            yield f"{label}: {text.strip()}"
    if rule.verification:
        yield f"read: {rule.verification}"


def _clock(clock: Clock) -> str:
    moments = " or ".join(clock.start or clock.after)
    earliest = ", whichever is first" if len(clock.start or clock.after) > 1 else ""
    begin = f"the end of the {clock.end_of} of {moments}" if clock.end_of else moments
    told = "" if clock.start else " was told"
    cap = f", at most {clock.cap.within} from {' or '.join(clock.cap.start)}" if clock.cap else ""
    roll = f", from a day off to the {clock.roll.to.replace('-', ' ')}" if clock.roll else ""
    within = "" if clock.within.asap else "within "
    return f"{within}{clock.within} from {begin}{told}{earliest}{cap}{roll}"


def _channel(channel: Channel) -> str:
    email = f"; e-mail needs {channel.email_needs.replace('-', ' ')}" if channel.email_needs else ""
    taken = "; never to a mailbox that was taken" if channel.never_to_taken_mailbox else ""
    return f"by {', '.join(channel.by)}{email}{taken}"


def _to_whom(rule: Rule) -> str:
    if rule.per:
        one = f", or the one of {rule.per.unless.replace('_', ' ')}" if rule.per.unless else ""
        return f"to the {rule.recipient} of each place in {rule.per.place_in}{one}"
    return f"to {rule.recipient}" + (f" of {rule.place}" if rule.place else "")


def _exempt(exempt: Exempt) -> Iterator[str]:
    instead = f", then to {exempt.instead}" if exempt.instead else ""
    if exempt.when is None:
        yield f"not owed to people of whom {_cells(exempt.spared or CellTest())} ({exempt.cite})"
    else:
        yield f"not owed{instead} ({exempt.cite}) when"
        yield from _condition(exempt.when, 1)
    if exempt.note:
        yield f"{_INDENT}note: {exempt.note}"


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
        tests = [_cells(test) for test in condition.people if test.features]
        who = f" of whom {', or '.join(tests)}" if tests else ""
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
