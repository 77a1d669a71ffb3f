"""What came in from Slack and is to be worked off: kept before it is acknowledged, so that a crash loses nothing.

A row is `waiting`, `working` under a lease, or `done`. Its id is the name that the other side gave it, so that what is
sent again is known again. Moments are on the real clock.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select, update

from tocsin.storage.database import upsert
from tocsin.storage.tables import inbound, signature, upload

#: How long a signature is remembered: twice the five minutes for which Slack's own rule lets one in.
REMEMBERED = timedelta(minutes=10)
#: No lease reaches further. One that does was taken before the clock was set back, and is over.
LONGEST_LEASE = timedelta(minutes=1)
#: How long what was worked off is known again; Slack sends an event for an hour at most.
KNOWN_AGAIN = timedelta(days=1)


@dataclass(frozen=True)
class Taken:
    """A row that is ours to work off until its lease ends. `again` says that somebody took it before and died.

    `tries` counts how often it was taken, ours included.
    """

    id: str
    kind: str
    received_at: datetime
    sealed: bytes
    again: bool
    tries: int


def put(
    connection: Connection, id_: str, kind: str, sealed: bytes, now: datetime, held: timedelta = timedelta(0)
) -> bool:
    """Keep what came. False when it is here already: the same thing, sent again.

    Who puts it may have it `held` for a while: nobody else takes it until then.
    """
    row = {"id": id_, "kind": kind, "state": "waiting", "received_at": now, "sealed": sealed, "tries": 0}
    if held:
        row |= {"state": "working", "lease_until": now + held}
    return _is_first(connection, inbound, row, "id")


def is_known(connection: Connection, id_: str) -> bool:
    """Whether this came in before, and is not forgotten yet."""
    return connection.scalar(select(inbound.c.id).where(inbound.c.id == id_)) is not None


def take(
    connection: Connection, lease: str, now: datetime, until: datetime, kinds: Collection[str]
) -> Taken | None:
    """The oldest row of these kinds that waits, or whose worker died, under our lease."""
    free = _free(now, kinds)
    query = select(inbound).where(free).order_by(inbound.c.received_at, inbound.c.id).limit(1)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    tries = row["tries"] + 1
    mine = {"state": "working", "lease": lease, "lease_until": until, "tries": tries}
    won = connection.execute(update(inbound).where(inbound.c.id == row["id"], free).values(**mine)).rowcount
    if won != 1:
        return None
    return Taken(row["id"], row["kind"], row["received_at"], row["sealed"], row["state"] == "working", tries)


def is_free(connection: Connection, now: datetime, kinds: Collection[str]) -> bool:
    """Whether there is a row to take: a look before the turn to write is waited for."""
    return connection.scalar(select(inbound.c.id).where(_free(now, kinds)).limit(1)) is not None


def _free(now: datetime, kinds: Collection[str]) -> ColumnElement[bool]:
    over = or_(inbound.c.lease_until < now, inbound.c.lease_until > now + LONGEST_LEASE)
    left = (inbound.c.state == "working") & over
    return inbound.c.kind.in_(kinds) & or_(inbound.c.state == "waiting", left)


def renew(connection: Connection, leases: Collection[str], now: datetime, until: datetime) -> None:
    """We are alive, and what we took under these leases is still in hand. A lease that ended is not ours any more."""
    held = inbound.c.lease.in_(leases) & (inbound.c.state == "working") & (inbound.c.lease_until >= now)
    connection.execute(update(inbound).where(held).values(lease_until=until))


def release(connection: Connection, id_: str) -> None:
    """Let others take what we held, at once."""
    values = {"state": "waiting", "lease": None, "lease_until": None}
    connection.execute(update(inbound).where(inbound.c.id == id_, inbound.c.state != "done").values(**values))


def excuse(connection: Connection, id_: str) -> None:
    """Do not count this try: what failed was not what came in."""
    connection.execute(update(inbound).where(inbound.c.id == id_).values(tries=inbound.c.tries - 1))


def settle(connection: Connection, id_: str) -> None:
    """Worked off. What people wrote goes; that it came is known for a while."""
    values = {"state": "done", "lease": None, "lease_until": None, "sealed": None}
    connection.execute(update(inbound).where(inbound.c.id == id_).values(**values))


def waiting(connection: Connection) -> list[datetime]:
    """When each row came that is not worked off, the oldest first."""
    query = select(inbound.c.received_at).where(inbound.c.state != "done").order_by(inbound.c.received_at)
    return list(connection.scalars(query))


def is_new(connection: Connection, digest: str, now: datetime) -> bool:
    """Remember a signature for ten minutes. False when it was seen before."""
    connection.execute(delete(signature).where(signature.c.seen_at < now - REMEMBERED))
    return _is_first(connection, signature, {"digest": digest, "seen_at": now}, "digest")


def _is_first(connection: Connection, table: Table, row: dict[str, Any], key: str) -> bool:
    statement = upsert(connection, table, row).on_conflict_do_nothing(index_elements=[key])
    return connection.execute(statement.returning(table.c[key])).first() is not None


def forget(connection: Connection, now: datetime) -> None:
    """Let go of what was worked off so long ago that nobody sends it again."""
    old = (inbound.c.state == "done") & (inbound.c.received_at < now - KNOWN_AGAIN)
    connection.execute(delete(inbound).where(old))


def await_upload(
    connection: Connection, channel: str, thread: str, incident: str, step: str, now: datetime
) -> None:
    """In this thread a file is awaited that proves a step."""
    row = {"channel": channel, "thread": thread, "incident": incident, "step": step, "asked_at": now}
    statement = upsert(connection, upload, row)
    fresh = {"incident": incident, "step": step, "asked_at": now}
    connection.execute(statement.on_conflict_do_update(index_elements=["channel", "thread"], set_=fresh))


def awaited(connection: Connection, channel: str, thread: str) -> tuple[str, str] | None:
    """(incident, step) that each file in this thread proves, or None where nobody asked for one."""
    query = select(upload.c.incident, upload.c.step).where(
        upload.c.channel == channel, upload.c.thread == thread
    )
    row = connection.execute(query).first()
    return (row.incident, row.step) if row else None
