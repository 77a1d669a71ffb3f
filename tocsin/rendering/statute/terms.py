"""The terms of a rule in words: to whom, from when, by when, how, with what, and what may delay it.

A term is a label and one line, or several. The labels are those of the page and of every comparison.
"""

from collections.abc import Callable, Iterable
from typing import Any

from tocsin.domain.law.clock import OWN_COUNTRY, Within
from tocsin.domain.law.rules import Regime, Rule
from tocsin.domain.law.terms import Channel, Clock, Exempt, Extension, HarmTest, Hold, Parts
from tocsin.rendering.statute.phrases import MOMENTS
from tocsin.rendering.statute.sentences import Item, condition, joined, people, spoken

#: A label, the fields that it says, and how it says them of a rule or a law.
Terms = tuple[tuple[str, tuple[str, ...], Callable[[Any], tuple[Item, ...]]], ...]

_RECIPIENTS = {
    "individuals": "the people concerned",
    "controller": "the controller for whom we process",
    # Consumer reporting agencies in most laws, whoever can reduce the harm in others.
    "agencies": "the agencies that the note names",
    "media": "the media",
    "public": "the public",
    "police": "the police",
}
_AUTHORITIES = {"data-protection": "the data protection authority"}
_ROLES = {"controller": "as controller", "processor": "as processor"}
_MEANS = {"in-app": "in the application", "email": "e-mail", "in-person": "in person"}
_EMAIL = {"consent": "the person's consent", "usual-channel": "that it is how we always write to that person"}
_WHOLE = {"eu_main_establishment": "main establishment in the Union"}


def to_whom(rule: Rule) -> str:
    """Who is told, and as whom the company tells it."""
    return f"{_recipient(rule)}, {_ROLES[rule.role]}" + (
        "" if rule.stage == "notification" else f"; {spoken(rule.stage)}"
    )


def _recipient(rule: Rule) -> str:
    if rule.recipient != "authority":
        found = _RECIPIENTS[rule.recipient] + (f" in {rule.place}" if rule.place else "")
    else:
        name = _AUTHORITIES.get(rule.competence) or f"the {spoken(rule.competence)} authority"
        if rule.competence == "attorney-general":
            name = "the attorney general"
        found = name + (f" of {rule.place}" if rule.place else "")
    if rule.per:
        found += f", one for each place in {_region(rule.per.place_in)} where people are concerned"
        if rule.per.unless:
            found += f", or only that of the company's {_WHOLE[rule.per.unless]}"
    return found


def _region(place: str) -> str:
    return "the EEA" if place == "EEA" else place


def clock(of: Clock) -> str:
    """By when, counted from what."""
    begin = _first(of.start) if of.start else _first_told(of.after)
    if of.end_of:
        begin = f"the end of the {of.end_of} of {begin}"
    stand_in = f"; until that is known, of {_first_told(of.after)}" if of.start and of.after else ""
    cap = f"; at most {_period(of.cap.within)} from {_first(of.cap.start)}" if of.cap else ""
    return f"{within(of.within)} {begin}{stand_in}{cap}{_roll(of)}"


def _first(moments: tuple[str, ...]) -> str:
    named = joined((f"{MOMENTS[name]} ({name})" for name in moments), "or")
    return f"{named}, whichever is first" if len(moments) > 1 else named


def _first_told(refs: tuple[str, ...]) -> str:
    named = f"the discharge of {_ruled(refs, 'or')}"
    return f"{named}, whichever is first" if len(refs) > 1 else named


def _ruled(refs: Iterable[str], by: str) -> str:
    return joined((f"rule {ref}" for ref in refs), by)


def within(period: Within) -> str:
    """A period up to the word before its beginning."""
    if period.asap:
        return (
            f"as soon as possible (no number in the law; our own target: {period.target_hours} hours) after"
        )
    counted = ", the day of the event being the first," if period.event_day_counts else ""
    return f"within {_period(period)}{counted} of"


def _period(period: Within) -> str:
    return str(period).replace(f" of {period.holidays}", f" ({period.holidays})")


def _roll(of: Clock) -> str:
    if of.roll is None:
        return ""
    to = spoken(of.roll.to).removeprefix("noon of ")
    noon = "noon of " if of.roll.to.startswith("noon") else ""
    where = "our own Member State" if of.roll.holidays == OWN_COUNTRY else of.roll.holidays
    return f"; a limit on a day off in {where} moves to {noon}the {to}"


def channel(of: Channel) -> str:
    """By which ways it is told."""
    ways = joined((_MEANS.get(way) or spoken(way) for way in of.by), "or")
    email = f"; e-mail needs {_EMAIL[of.email_needs]}" if of.email_needs else ""
    taken = "; never to a mailbox that was taken" if of.never_to_taken_mailbox else ""
    return f"{ways}{email}{taken}"


def hold(of: Hold) -> str:
    """Who may delay it."""
    then = f"; after it at least {_period(of.then)} from {_first(('hold_lifted_at',))}" if of.then else ""
    asks = "asks in writing" if of.written else "asks"
    if of.spoken_days:
        asks += f", by word of mouth for at most {of.spoken_days} days"
    return f"only if {joined(map(spoken, of.by), 'or')} {asks} ({of.cite}){then}"


def extension(of: Extension) -> str:
    """How much more time there may be."""
    return f"{_period(of.within)} more where {_first(of.filed)} lies before the limit ({of.cite})"


def part(of: Parts) -> Item:
    """What is said only under a condition."""
    return Item(f"{', '.join(map(spoken, of.content))}, if", (condition(of.when),))


def doubt(of: Rule) -> tuple[Item, ...]:
    """Why the duty is a candidate, and when."""
    if not of.doubt:
        return ()
    only = (condition(of.doubt_when),) if of.doubt_when else ()
    return (Item(_flat(f"counsel must confirm: {of.doubt}") + ("; only if" if only else ""), only),)


def exempt(of: Exempt) -> Item:
    """An exception, its article first, then when it lifts the duty, or whom it leaves out."""
    lifted = (
        f"{of.cite}: {_RECIPIENTS.get(of.instead, spoken(of.instead))} instead" if of.instead else of.cite
    )
    note = (Item(f"note: {_flat(of.note)}"),) if of.note else ()
    # One of the two is there: a condition of the whole incident, or people.
    spared = f"not counted are people {people(of.spared)}" if of.spared else ""
    return Item(lifted, (condition(of.when) if of.when else Item(spared), *note))


def validity(of: Regime | Rule) -> str:
    """`from 2026-01-01 until 2027-12-31`."""
    begin = f"from {of.valid_from}" if of.valid_from else ""
    end = f"until {of.valid_until}" if of.valid_until else ""
    return " ".join(filter(None, (begin, end)))


def _flat(text: str) -> str:
    return " ".join(text.split())


def words(text: str | None) -> tuple[Item, ...]:
    """A text on one line, if there is one."""
    return (Item(_flat(text)),) if text else ()


def harm(test: HarmTest | None) -> tuple[Item, ...]:
    """What is asked of the harm, with its article; a person answers."""
    if test is None:
        return ()
    others = tuple(
        Item(f"{language}: {words}") for language, words in test.question.items() if language != "en"
    )
    return (Item(f"{test.question['en']} ({test.cite})", others, then=""),)


def _codes(codes: Iterable[str]) -> tuple[Item, ...]:
    listed = ", ".join(map(spoken, codes))
    return (Item(listed),) if listed else ()


def _rules(refs: tuple[str, ...], by: str) -> tuple[Item, ...]:
    return (Item(_ruled(refs, by)),) if refs else ()


#: Each term of a rule: its label, the fields that it says, and how. Together they say every field.
TERMS: Terms = (
    ("tell", ("recipient", "place", "competence", "per", "role", "stage"), lambda r: (Item(to_whom(r)),)),
    ("when", ("clock",), lambda r: (Item(clock(r.clock)),)),
    ("not after", ("not_after",), lambda r: _rules(r.not_after, "or")),
    ("not before", ("send_after",), lambda r: _rules(r.send_after, "and")),
    ("counting", ("among",), lambda r: (Item(f"only people {people(r.among)}"),) if r.among.features else ()),
    ("if", ("when",), lambda r: (condition(r.when),) if r.when else (Item("in every case"),)),
    (
        "if unknown",
        ("while_unknown",),
        lambda r: (Item("owed until the answer is known"),) if r.while_unknown == "owed" else (),
    ),
    ("unless", ("exceptions",), lambda r: tuple(map(exempt, r.exceptions))),
    ("harm test", ("harm_test",), lambda r: harm(r.harm_test)),
    ("must say", ("content",), lambda r: _codes(r.content)),
    ("must say too", ("content_where",), lambda r: tuple(map(part, r.content_where))),
    ("must not say", ("must_not_contain",), lambda r: _codes(r.must_not_contain)),
    ("by", ("channel",), lambda r: (Item(channel(r.channel)),) if r.channel else ()),
    ("approved by", ("approvals",), lambda r: (Item(f"{r.approvals} people"),) if r.approvals else ()),
    ("in", ("language",), lambda r: words(r.language)),
    ("in parts", ("phased",), lambda r: () if r.phased is None else (Item("yes" if r.phased else "no"),)),
    ("if late", ("reasons_when_late",), lambda r: (Item("with reasons"),) if r.reasons_when_late else ()),
    ("held back", ("hold",), lambda r: (Item(hold(r.hold)),) if r.hold else ()),
    ("more time", ("extension",), lambda r: (Item(extension(r.extension)),) if r.extension else ()),
    ("in force", ("valid_from", "valid_until"), lambda r: words(validity(r))),
    ("read", ("verification",), lambda r: words(r.verification)),
    ("candidate", ("doubt", "doubt_when"), doubt),
    ("cited as", ("cited",), lambda r: words("; ".join(f"{k}: {v}" for k, v in r.cited.items()))),
    ("source", ("source",), lambda r: words(r.source)),
    ("note", ("note",), lambda r: words(r.note)),
)
