"""Arrivals: which messages from outside were taken in, and where they are. Names and ids are keyed hashes here."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from tocsin.storage.tables import arrival, entry, incident, outbox


@dataclass(frozen=True)
class Arrival:
    """One message: what makes it this one, its Message-ID, its sender, and the item of the vault that holds it."""

    identity: str
    message: str | None
    sender: str
    incident: str
    item: str
    taken_at: datetime
    opened: bool
    urgent: bool
    held: bool


def note(connection: Connection, came: Arrival) -> None:
    """Note a message in the transaction of the entries that speak of it."""
    connection.execute(insert(arrival).values(**asdict(came)))


def known(connection: Connection, identity: str) -> Arrival | None:
    """This very message, if it was taken in before."""
    row = connection.execute(select(arrival).where(arrival.c.identity == identity)).mappings().first()
    return Arrival(**row) if row else None


def is_open(connection: Connection, key: str) -> bool:
    """Whether there is an incident of this key that takes entries."""
    sound = incident.c.open & incident.c.quarantined.is_(None)
    return connection.scalar(select(incident.c.key).where(incident.c.key == key, sound)) is not None


def thread(connection: Connection, messages: Collection[str]) -> list[str]:
    """The incidents that messages with these ids (keyed hashes) are in, the latest first."""
    query = select(arrival.c.incident).where(arrival.c.message.in_(messages))
    return list(dict.fromkeys(connection.scalars(query.order_by(arrival.c.taken_at.desc()))))


def answered(connection: Connection, ids: Collection[str]) -> list[str]:
    """The incidents of messages of our own with these ids."""
    return list(dict.fromkeys(connection.scalars(select(outbox.c.incident).where(outbox.c.id.in_(ids)))))


def in_triage(connection: Connection, sender: str, since: datetime | None) -> str | None:
    """What waits in triage, opened by the same sender since then; the latest."""
    query = (
        select(arrival.c.incident)
        .join(incident, incident.c.key == arrival.c.incident)
        .where(arrival.c.sender == sender, arrival.c.opened, incident.c.status == "triage")
        .where(incident.c.quarantined.is_(None))
        .order_by(arrival.c.taken_at.desc())
        .limit(1)
    )
    found: str | None = connection.scalar(query.where(arrival.c.taken_at > since) if since else query)
    return found


def latest(connection: Connection) -> datetime | None:
    """When the last message was taken in."""
    found: datetime | None = connection.scalar(select(func.max(arrival.c.taken_at)))
    return found


def heard(connection: Connection, since: datetime, until: datetime, *, urgent: bool) -> int:
    """How many items such messages have opened since then of which somebody heard, `until` now: a clock may go back."""
    counted = arrival.c.opened & ~arrival.c.held & (arrival.c.urgent == urgent)
    return (
        connection.scalar(
            select(func.count()).where(counted, arrival.c.taken_at > since, arrival.c.taken_at <= until)
        )
        or 0
    )


def held(connection: Connection) -> list[str]:
    """What urgent messages opened that called nobody, as long as it waits in triage; the oldest first."""
    waits = (incident.c.status == "triage") & incident.c.quarantined.is_(None)
    query = select(arrival.c.incident).join(incident, incident.c.key == arrival.c.incident)
    query = query.where(arrival.c.held, arrival.c.urgent, waits)
    return list(dict.fromkeys(connection.scalars(query.order_by(arrival.c.taken_at))))


def urgent(connection: Connection) -> set[str]:
    """What waits in triage and is urgent: by a message in it, or by the word of who opened it."""
    first = select(incident.c.key, entry.c.body).join(entry, entry.c.incident == incident.c.key)
    opened = connection.execute(first.where(incident.c.status == "triage", entry.c.seq == 1))
    bodies = {row.key: json.loads(row.body) for row in opened}
    marked = connection.scalars(select(arrival.c.incident).where(arrival.c.urgent).distinct())
    return {key for key, body in bodies.items() if body.get("urgent")} | (bodies.keys() & set(marked))
