"""Recording: the one way in which an incident changes.

Read the incident, decide on it, append what was decided behind exactly the head that was read, all in one
transaction with projections, messages and whatever else belongs to it. A loser of a race runs the whole decision
again on the newer incident, never only the append.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial, reduce
from typing import Any

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.fold import evolve, fold
from tocsin.domain.incident import Incident
from tocsin.domain.plan import TO_ANSWER, Plan, plan
from tocsin.domain.timeline import Draft, Entry, chain
from tocsin.sealing import keyed_digest, seal, unseal
from tocsin.storage import keys, outbox, timeline
from tocsin.storage.texts import Texts, said_before

#: How often a decision is run again after losing a race, before we say that something is wrong.
ATTEMPTS = 20
#: What an incident waits for whose plan was not worked out yet: it was declared a moment ago.
UNPLANNED = f"whoever is called {TO_ANSWER}"


@dataclass(frozen=True)
class Recorded:
    """What was written: the incident after it, and the new entries (none when there was nothing to do).

    `before` is the incident that was decided on, None for a declaration. `again` says that a command was said again and
    that this is its first answer: the incident as it stood then, the same entries.
    """

    incident: Incident
    entries: tuple[Entry, ...]
    before: Incident | None = None
    answer: Any = None
    again: bool = False


def record(
    app: App,
    key: str,
    decide: Callable[[Change], None],
    *,
    actor: str,
    command: tuple[str, str] | None = None,
    attempts: int = ATTEMPTS,
    planned: bool = True,
) -> Recorded:
    """Decide and append. `decide` fills a Change, or raises Refused and nothing is written.

    `command` is (key, digest of its content): said again, it changes nothing and gives the first answer.
    Unless it is `planned` what comes next is not worked out: the incident wants attention at once.
    Raises timeline.Outrun when `attempts` races were lost.
    """
    record_key = app.record_key(key)
    asked = command_digest(record_key, command) if command else ""
    for attempt in range(attempts):
        if done := answered(app, key, command):
            return done
        incident = app.incident(key)
        texts = Texts(key, record_key, app.entropy, partial(_said_before, app, key, record_key))
        change = Change(incident, app.now(), texts, record_key)
        decide(change)
        change.close()
        if not (change.drafts or change.also or command):
            return Recorded(incident, (), incident, change.answer)
        try:
            return _write(app, change, actor, (command[0], asked) if command else None, planned=planned)
        except timeline.Outrun:
            if attempt + 1 == attempts:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def _said_before(app: App, key: str, record_key: bytes, plain: str) -> str | None:
    with app.database.read() as connection:
        return said_before(connection, key, record_key, plain)


def command_digest(record_key: bytes, command: tuple[str, str]) -> str:
    """A command's digest under its incident's key: what was said is free text, and a bare hash could be guessed."""
    return keyed_digest(record_key, "/".join(("command", *command)).encode())


def answered(app: App, key: str | None, command: tuple[str, str] | None) -> Recorded | None:
    """The first answer to a command that was said before, None for a new one. Refused when its key said another.

    `key` is None for a declaration, which makes its incident.
    """
    if command is None:
        return None

    def digest_in(incident: str) -> str:
        return command_digest(keys.key_of(connection, app.keyring, incident, "record"), command)

    with app.database.read() as connection:
        said = timeline.remembered(connection, command[0], digest_in, key)
        entries = timeline.entries(connection, said.incident) if said else []
    if said is None:
        return None
    before = fold(entries[: said.after]) if said.after else None
    new = tuple(entries[said.after : said.seq])
    then = reduce(evolve, new, before) if before else fold(new)
    sealed, record_key = said.sealed, app.record_key(said.incident)
    answer = json.loads(unseal(record_key, sealed, f"command/{command[0]}")) if sealed else None
    return Recorded(then, new, before, answer, again=True)


def did(change: Change, command: tuple[str, str], entries: Sequence[Entry]) -> timeline.Said:
    """What a command did, as it is kept beside its key."""
    seq = entries[-1].seq if entries else change.incident.head_seq
    sealed = None
    if change.answer is not None:
        sealed = seal(change.record_key, json.dumps(change.answer).encode(), f"command/{command[0]}")
    return timeline.Said(change.incident.key, seq - len(entries), seq, sealed)


def _write(
    app: App, change: Change, actor: str, command: tuple[str, str] | None, *, planned: bool
) -> Recorded:
    before = change.incident
    entries = chain_after(before, change.drafts, actor=actor, now=change.now)
    after = before
    for entry in entries:
        after = evolve(after, entry)
    with app.database.write() as connection:
        if timeline.head(connection, before.key) != before.head_seq:
            raise timeline.Outrun(before.key)
        if entries or change.also:
            store(connection, app, after, entries, change, planned=planned)
        if command:
            timeline.remember(connection, *command, did(change, command, entries))
    app._incidents[before.key] = after
    return Recorded(after, entries, before, change.answer)


def store(
    connection: Connection,
    app: App,
    after: Incident,
    entries: Sequence[Entry],
    change: Change,
    *,
    number: int | None = None,
    planned: bool = True,
) -> None:
    """Write what a change brings, inside a transaction whose head was checked; with its plan, if `planned`."""
    change.close()
    timeline.append(connection, entries)
    change.texts.write(connection)
    outbox.put(connection, change.outgoing, change.now)
    now = change.now
    wake_at, waiting_for = attention(plan_or_none(app, after, now), now) if planned else (now, UNPLANNED)
    row = timeline.incident_row(after, wake_at=wake_at, waiting_for=waiting_for)
    timeline.project(connection, after, row, number=number)
    for also in change.also:
        also(connection)


def attention(found: Plan | None, now: datetime) -> tuple[datetime | None, str]:
    """When an incident wants attention next, and what it waits for; a plan that failed wants it at once."""
    if found is None:
        return now, "somebody to mend it: its plan fails"
    return (now if found.moves else found.wake_at), found.waiting_for


def plan_or_none(app: App, incident: Incident, now: datetime) -> Plan | None:
    """The plan, or None for an incident whose plan fails: what a person records is kept all the same."""
    try:
        return plan(incident, app.catalog_of(incident), now, app.newer_of(incident))
    except Exception:  # any failure at all: a poison incident must not refuse a person's entry
        return None


def chain_after(before: Incident, drafts: Sequence[Draft], *, actor: str, now: datetime) -> tuple[Entry, ...]:
    """The drafts as entries behind an incident's head."""
    return chain(
        before.key,
        drafts,
        after_seq=before.head_seq,
        after_hash=before.head_hash,
        after_recorded=before.recorded_at,
        actor=actor,
        now=now,
    )


def refuse_closed(incident: Incident) -> None:
    """Most verbs want an open incident."""
    if not incident.open:
        raise Refused(
            f"{incident.key} is {incident.status}; tocsin reopen {incident.key} --because ... opens it again"
        )
