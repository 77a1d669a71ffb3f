"""The timeline store: entries in, entries out, and never a change. Projections of the incident beside them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from tocsin.domain.errors import Refused, TocsinError
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.timeline import Entry, as_row, from_row
from tocsin.storage.database import is_unique_violation
from tocsin.storage.tables import command, duty, entry, incident

#: In place of the digest of a command that said a text which was destroyed.
FORGOTTEN = "forgotten"


class Outrun(TocsinError):
    """Somebody appended first. Decide again on what the timeline says now."""


def append(connection: Connection, entries: Iterable[Entry]) -> None:
    """Write entries behind the head they were made for. Raises Outrun when the head has moved on.

    The primary key (incident, seq) is the guard: of two writers that expect the same head, one wins.
    """
    rows = []
    for item in entries:
        row = as_row(item)
        row["body"] = json.dumps(row["body"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        rows.append(row)
    if not rows:
        return
    try:
        connection.execute(insert(entry), rows)
    except IntegrityError as error:
        if is_unique_violation(error):
            raise Outrun(rows[0]["incident"]) from error
        raise


def head(connection: Connection, key: str) -> int:
    """The last sequence number of an incident; 0 where there is none."""
    return connection.scalar(select(func.max(entry.c.seq)).where(entry.c.incident == key)) or 0


def named(connection: Connection, key: str, command_key: str) -> bool:
    """Whether an entry of an incident has this key: what is said once is looked up by it."""
    query = select(entry.c.seq).where(entry.c.incident == key, entry.c.command_key == command_key)
    return connection.scalar(query) is not None


def stored_rows(connection: Connection, key: str, *, after: int = 0) -> Iterator[dict[str, Any]]:
    """Stored rows in order, a few thousand in memory at a time; `body` is the text that was hashed."""
    query = select(entry).where(entry.c.incident == key, entry.c.seq > after).order_by(entry.c.seq)
    result = connection.execute(query, execution_options={"yield_per": 2000})
    names = list(result.keys())
    for row in result:
        yield dict(zip(names, row, strict=True))


def raw_rows(connection: Connection, key: str, *, after: int = 0) -> Iterator[dict[str, Any]]:
    """Stored rows as they were hashed, in order, without reading them into types."""
    for row in stored_rows(connection, key, after=after):
        yield row | {"body": json.loads(row["body"])}


def entries(connection: Connection, key: str, *, after: int = 0) -> list[Entry]:
    """The typed entries behind `after`, in order."""
    return [from_row(row) for row in raw_rows(connection, key, after=after)]


# --- projections: what lists and the bell look up; `verify --rebuild` makes them again and compares


def incident_row(state: Incident, *, wake_at: datetime | None, waiting_for: str) -> dict[str, Any]:
    """The projection of one incident."""
    due = [d.due_at for d in state.duties.values() if d.mark == "open" and d.due_at]
    return {
        "code_name": state.code_name,
        "type": state.type,
        "severity": state.severity,
        "status": state.status,
        "drill": state.drill,
        "restricted": state.restricted,
        "open": state.open,
        "declared_at": state.declared_at,
        "head_seq": state.head_seq,
        "head_hash": state.head_hash,
        "wake_at": wake_at,
        "waiting_for": waiting_for[:200],
        "next_due": min(due, default=None),
    }


def duty_row(state: DutyState) -> dict[str, Any]:
    """The projection of one duty."""
    return {
        "cite": state.opened.cite,
        "recipient": state.opened.recipient,
        "due_at": state.due_at,
        "state": state.mark,
        "met_at": state.met_at,
    }


def project(
    connection: Connection, state: Incident, row: Mapping[str, Any], *, number: int | None = None
) -> None:
    """Bring the projections of an incident up to its timeline. `number` is given with the declaration only."""
    if number is not None:
        connection.execute(insert(incident).values(key=state.key, number=number, **row))
    else:
        connection.execute(update(incident).where(incident.c.key == state.key).values(**row))
    connection.execute(delete(duty).where(duty.c.incident == state.key))
    if state.duties:
        rows = [{"incident": state.key, "key": key} | duty_row(item) for key, item in state.duties.items()]
        connection.execute(insert(duty), rows)


def replan(connection: Connection, key: str, seq: int, wake_at: datetime | None, waiting_for: str) -> None:
    """Note when the incident wants attention next, unless somebody appended since the plan was made."""
    connection.execute(
        update(incident)
        .where(incident.c.key == key, incident.c.head_seq == seq)
        .values(wake_at=wake_at, waiting_for=waiting_for[:200])
    )


def quarantine(connection: Connection, key: str, reason: str | None) -> None:
    """Set a poison incident apart, or take it back; the others go on."""
    connection.execute(update(incident).where(incident.c.key == key).values(quarantined=reason))


def due(connection: Connection, now: datetime) -> list[tuple[str, datetime]]:
    """Incidents that want attention by now, and since when; the longest waiting first."""
    query = (
        select(incident.c.key, incident.c.wake_at)
        .where(incident.c.wake_at <= now, incident.c.quarantined.is_(None))
        .order_by(incident.c.wake_at)
    )
    return [(row.key, row.wake_at) for row in connection.execute(query)]


def next_wake(connection: Connection) -> datetime | None:
    """The first moment at which any incident wants attention."""
    query = select(func.min(incident.c.wake_at)).where(incident.c.quarantined.is_(None))
    found: datetime | None = connection.scalar(query)
    return found


def oldest_overdue(connection: Connection, now: datetime) -> timedelta:
    """For how long the longest waiting incident has wanted attention: the one figure that says how well we are."""
    wake = next_wake(connection)
    return max(now - wake, timedelta(0)) if wake else timedelta(0)


def listed(connection: Connection, *, only_open: bool = False) -> list[dict[str, Any]]:
    """Projections of all incidents: the soonest deadline first, then the newest."""
    query = select(incident).order_by(
        incident.c.open.desc(), incident.c.next_due.is_(None), incident.c.next_due, incident.c.number.desc()
    )
    if only_open:
        query = query.where(incident.c.open)
    return [dict(row) for row in connection.execute(query).mappings()]


def board(connection: Connection, *, closed: int) -> list[dict[str, Any]]:
    """Projections of all open incidents, the soonest deadline first, and of the newest closed ones."""
    newest = select(incident).where(~incident.c.open).order_by(incident.c.number.desc()).limit(closed)
    return listed(connection, only_open=True) + [dict(row) for row in connection.execute(newest).mappings()]


def is_listed(connection: Connection, key: str) -> bool:
    """Whether the list of incidents has this one, whatever its row says."""
    return connection.scalar(select(incident.c.key).where(incident.c.key == key)) is not None


def projected(connection: Connection, key: str) -> tuple[dict[str, Any] | None, dict[str, dict[str, Any]]]:
    """The live projections of one incident: its row, and its duties by key."""
    row = connection.execute(select(incident).where(incident.c.key == key)).mappings().first()
    rows = connection.execute(select(duty).where(duty.c.incident == key)).mappings()
    return (dict(row) if row else None), {item["key"]: dict(item) for item in rows}


def holds_drills(connection: Connection) -> bool | None:
    """Whether this home's incidents are drills, by the first of them: it never holds both. None while it has none."""
    return connection.scalar(select(incident.c.drill).order_by(incident.c.number).limit(1))


def next_number(connection: Connection) -> int:
    """The number of the next incident. Two declarations at once: the unique column lets one try again."""
    return (connection.scalar(select(func.max(incident.c.number))) or 0) + 1


class Said(NamedTuple):
    """What a command did: the entries of its incident behind `after`, up to `seq`; and what it answered beyond them."""

    incident: str
    after: int
    seq: int
    sealed: bytes | None = None


def remembered(
    connection: Connection, key: str, digest_in: Callable[[str], str], incident_key: str | None = None
) -> Said | None:
    """What the command with this key did before. `digest_in` gives the digest under an incident's key.

    The same key for other content, or for another incident than `incident_key`, is refused.
    """
    row = connection.execute(select(command).where(command.c.key == key)).mappings().first()
    if row is None:
        return None
    if incident_key in (None, row["incident"]) and row["digest"] == FORGOTTEN:
        raise Refused(
            f"--key {key} was used already, and a text said then was erased; "
            f"tocsin timeline {row['incident']} shows what was done"
        )
    if incident_key not in (None, row["incident"]) or row["digest"] != digest_in(row["incident"]):
        raise Refused(
            f"--key {key} was used for something else; choose another key, or say exactly the same again"
        )
    return Said(*(row[name] for name in Said._fields))


def remember(connection: Connection, key: str, digest: str, did: Said) -> None:
    """Keep what a command with a key did. Raises Outrun when the same key was kept a moment ago."""
    try:
        connection.execute(insert(command).values(key=key, digest=digest, **did._asdict()))
    except IntegrityError as error:
        raise Outrun(key) from error


def forget_commands(connection: Connection, incident_key: str, words: str) -> None:
    """Forget the digests of the commands that said a text: with the key in hand, they would confirm a guess at it."""
    said = select(entry.c.seq).where(entry.c.incident == incident_key, entry.c.body.contains(words))
    for seq in connection.scalars(said).all():
        theirs = (command.c.incident == incident_key, command.c.after < seq, command.c.seq >= seq)
        connection.execute(update(command).where(*theirs).values(digest=FORGOTTEN))
