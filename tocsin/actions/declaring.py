"""Declaring: a title is enough. One transaction brings the incident, its keys, its pinned packs and its first facts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy.exc import IntegrityError

from tocsin.actions.asking import command_of, said_by
from tocsin.actions.stating import refuse_decisions, refuse_unknown_kinds
from tocsin.actors import Actor
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.answers import nearest
from tocsin.domain.codename import code_name
from tocsin.domain.errors import Refused
from tocsin.domain.escalation import muted
from tocsin.domain.facts import FACTS, Facts, parse_fact, refuse_contradictions
from tocsin.domain.fold import fold
from tocsin.domain.kinds import Declared, FactLearned, RouteSilenced, Severity, TriageOpened
from tocsin.domain.moments import iso
from tocsin.domain.timeline import Draft, chain
from tocsin.record import ATTEMPTS, Recorded, answered, command_digest, did, store
from tocsin.sealing import KEY_BYTES
from tocsin.storage import documents, keys, timeline
from tocsin.storage.texts import Texts, hidden

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
#: Longest title; it has to fit the subject of a page.
LONGEST_TITLE = 140


@dataclass(frozen=True)
class Declaration:
    """What the declarer says. Only the title is needed, at three in the morning."""

    title: str
    type: str = "unclassified"
    severity: Severity = "sev1"
    aware_at: datetime | None = None
    detected_at: datetime | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    restricted: bool = True
    excluded: Sequence[str] = ()
    drill: bool = False
    #: Routes that somebody reads who must not: nothing is said there, from the first page on.
    silenced: Sequence[str] = ()
    #: It waits in triage for a person to say whether it is an incident; `urgent` calls somebody to do so.
    triage: "Triage | None" = None


@dataclass(frozen=True)
class Triage:
    """How something waits in triage. A message has the moment of its reception; `quiet` calls nobody."""

    urgent: bool = False
    quiet: bool = False
    source: Literal["person", "message"] = "person"
    at: datetime | None = None


def declare(app: App, actor: Actor, what: Declaration, *, command: str | None = None) -> Recorded:
    """Anybody may declare. Nothing is sent here: the caller advances the incident, which pages before it returns."""
    facts = _checked(app, what)
    said = [what.title, what.type, what.severity, facts, what.restricted, sorted(what.excluded), what.drill]
    said += [sorted(what.silenced)] if what.silenced else []
    if what.triage is not None:
        # A message is one message, whatever is urgent or a flood when it is taken in again.
        said = ["message"] if what.triage.source == "message" else [*said, "triage", what.triage.urgent]
    asked = said_by(actor, command_of(command, "declare", said))
    for attempt in range(ATTEMPTS):
        try:
            return _declared(app, actor, what, facts, asked)
        except (timeline.Outrun, IntegrityError):
            # Two declarations took the same number, or the same command was said twice at once.
            if attempt + 1 == ATTEMPTS:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def _checked(app: App, what: Declaration) -> dict[str, Any]:
    if what.drill and not app.settings.fenced:
        raise Refused(
            "this home reaches real people; a drill has a home of its own: tocsin drill, or tocsin up --demo"
        )
    title_of(what.title)
    app.catalog.type(what.type)
    people = [person.id for person in app.catalog.contacts.people]
    for each in what.excluded:
        if each not in people:
            raise Refused(f"--exclude: there is no person {each!r}{nearest(each, people)}")
    contacts = app.catalog.contacts
    whom = (contacts, what.severity, what.excluded)
    left_out = muted(*whom, frozenset(what.silenced), app.now())
    if left_out and not muted(*whom, frozenset(), app.now()):
        raise Refused(f"nobody could be called as {left_out[0]} by what is left; leave one route open")
    stated: dict[str, Any] = dict(what.facts)
    for name in ("aware_at", "detected_at", "occurred_from", "occurred_to"):
        moment = getattr(what, name)
        if moment is not None:
            stated[name] = iso(moment)
    return checked_facts(app, stated)


def checked_facts(app: App, stated: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as they are kept, said before anything else is known. Refused are those that contradict each other."""
    now = app.now()
    parsed = {name: parse_fact(name, raw, now) for name, raw in stated.items()}
    refuse_decisions(parsed)
    refuse_unknown_kinds(app.catalog.data_map, parsed)
    refuse_contradictions(Facts(parsed))
    return {FACTS[name].same_as or name: value for name, value in parsed.items()}


def title_of(said: str) -> str:
    """The title of an incident as it is kept. Refused when it is none, or does not fit the subject of a page."""
    title = said.strip()
    if not title:
        raise Refused("an incident needs a title; say in a few words what you saw")
    if len(title) > LONGEST_TITLE or re.search(r"[\x00-\x1f\x7f]", title):
        raise Refused(
            f"the title is one line of at most {LONGEST_TITLE} characters; put the rest into a note"
        )
    return title


def severity_of(said: str) -> Severity:
    """A severity as it is kept, however it is spelled. Refused with the one that is meant, or those there are."""
    word = said.strip().lower()
    for severity in SEVERITIES:
        if word == severity:
            return severity
    # People say 1, P1 or SEV-1, and mean the same.
    meant = f"sev{word[-1:]}"
    way = f"did you mean {meant}?" if meant in SEVERITIES else f"known: {', '.join(SEVERITIES)}"
    raise Refused(f"there is no severity {said!r}; {way}")


def _declared(
    app: App, actor: Actor, what: Declaration, facts: dict[str, Any], asked: tuple[str, str] | None
) -> Recorded:
    record_key, people_key = app.entropy(KEY_BYTES), app.entropy(KEY_BYTES)
    pack = app.catalog.documents
    now = app.now()
    if done := answered(app, None, asked):
        return done
    with app.database.write() as connection:
        number = timeline.next_number(connection)
        key = f"INC-{now.astimezone(app.zone).year}-{number:04d}"
        texts = Texts(key, record_key, app.entropy)
        drafts = _drafts(what, facts, texts, code_name(number), documents.put_pack(connection, pack))
        entries = chain(key, drafts, actor=actor.id, now=now)
        incident = fold(entries)
        keys.add_key(connection, app.keyring, key, "record", record_key)
        keys.add_key(connection, app.keyring, key, "people", people_key)
        change = Change(incident, now, texts, record_key)
        store(connection, app, incident, entries, change, number=number, planned=False)
        if asked:
            digest = command_digest(record_key, asked)
            timeline.remember(connection, asked[0], digest, did(change, asked, entries))
    app._incidents[key] = incident
    return Recorded(incident, entries)


def _drafts(what: Declaration, facts: dict[str, Any], texts: Texts, name: str, pack: str) -> list[Draft]:
    begun: dict[str, Any] = {
        "code_name": name,
        "title": texts.keep(title_of(what.title)),
        "type": what.type,
        "severity": what.severity,
        "catalog": pack,
        "restricted": what.restricted,
        "drill": what.drill,
        "excluded": tuple(what.excluded),
    }
    waits = what.triage
    if waits is None:
        first = Draft(Declared(**begun))
    else:
        about = {"source": waits.source, "urgent": waits.urgent, "quiet": waits.quiet}
        first = Draft(TriageOpened(**begun, **about), at=waits.at)
    why = texts.keep("stated with the declaration") if what.silenced else ""
    silenced = [Draft(RouteSilenced(route=route, because=why)) for route in dict.fromkeys(what.silenced)]
    return [first, *silenced, *map(Draft, stated_facts(facts, texts))]


def stated_facts(facts: Mapping[str, Any], texts: Texts) -> list[FactLearned]:
    """Facts that are stated with a declaration, their words beside the chain."""
    source = texts.keep("stated with the declaration") if facts else ""
    return [
        FactLearned(
            name=fact,
            value=hidden(texts, value, FACTS[fact].plain) if FACTS[fact].free_text else value,
            source=source,
        )
        for fact, value in facts.items()
    ]
