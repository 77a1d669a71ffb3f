"""The outbox: pages, warnings and status messages, each a row written in the transaction of the entry that caused it.

Claim by conditional update with a lease, send, record the other side's reply. A row that is found `sending` after its
lease is in doubt: somebody died between the wire and the record. It is sent again, with the same message id,
flagged. We promise at least once, and say so.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, literal, select, true, update

from tocsin.domain.doubt import in_doubt
from tocsin.storage.database import upsert
from tocsin.storage.tables import Moment, attempt, outbox

#: Pages go before warnings, warnings before everything else.
LANES = {"page": 0, "warning": 1, "status": 2}
#: By lane: seconds until what did not leave is tried again, and the most that this doubles to. Pages every few seconds.
PAUSES = {0: (5, 30), 1: (10, 120), 2: (30, 900)}
#: Seconds that a worker may hold a message. Past it the message is in doubt.
LEASE = 60.0
#: Subjects of what is said of an incident without an entry: that it is set apart, that a move of it fails.
BESIDE = APART, TROUBLE = ("apart", "trouble")
#: Whose doubt is final, and settled as `ambiguous`, `domain.doubt` says.
WANTS_TO_LEAVE = and_(outbox.c.state.in_(("pending", "ambiguous")), outbox.c.settled_at.is_(None))


#: What is kept of an attempt whose sender died before it could say how it ended.
LOST = {
    "outcome": "ambiguous",
    "phase": "wire",
    "reply": "its sender died before it could record what the other side said",
}


@dataclass(frozen=True)
class Outgoing:
    """A message to be written into the outbox: its content is sealed already."""

    id: str
    key: str
    incident: str
    cause: int
    lane: str
    route: str
    person: str
    sealed: bytes
    page: int | None = None
    turned: bool = False


def put(connection: Connection, rows: Sequence[Outgoing], now: datetime) -> None:
    """Write messages that are to leave at once. One whose key is there already is not written twice."""
    if rows:
        values = [
            {
                **row.__dict__,
                "lane": LANES[row.lane],
                "state": "pending",
                "attempts": 0,
                "doubtful": False,
                "not_before": now,
                "created_at": now,
            }
            for row in rows
        ]
        connection.execute(upsert(connection, outbox, values).on_conflict_do_nothing(index_elements=["key"]))


def drop(connection: Connection, row: Mapping[str, Any], now: datetime, why: str) -> bool:
    """Take a message back as it was read, also one whose sender died. False when somebody else has it by now."""
    result = connection.execute(
        update(outbox)
        .where(outbox.c.id == row["id"], outbox.c.attempts == row["attempts"], outbox.c.state == row["state"])
        .values(state="excluded", outcome=why, settled_at=now, lease=None, lease_until=None)
    )
    return result.rowcount == 1


def has_said(connection: Connection, part: str) -> bool:
    """Whether there is, or was, a message whose key has this part."""
    return connection.scalar(select(outbox.c.id).where(outbox.c.key.contains(part)).limit(1)) is not None


def claim(
    connection: Connection, row: dict[str, Any], lease: str, clock: datetime, now: datetime, seconds: float
) -> bool:
    """Take a row for one attempt; False when another worker was quicker."""
    result = connection.execute(
        update(outbox)
        .where(outbox.c.id == row["id"], outbox.c.attempts == row["attempts"], outbox.c.state == row["state"])
        .values(
            state="sending",
            attempts=row["attempts"] + 1,
            doubtful=in_doubt(row),
            lease=lease,
            lease_until=clock + timedelta(seconds=seconds),
            first_attempt_at=func.coalesce(outbox.c.first_attempt_at, literal(now, Moment)),
        )
    )
    won = result.rowcount == 1
    if won and row["state"] == "sending":
        record_attempt(connection, "outbox", row["id"], row["attempts"], now, **LOST)
    return won


def settle(
    connection: Connection,
    row: dict[str, Any],
    lease: str,
    *,
    state: str,
    outcome: str,
    phase: str,
    reply: str,
    now: datetime,
    final: bool,
    not_before: datetime | None = None,
) -> bool:
    """Record how an attempt ended. False when the lease was lost: then the other holder's word stands."""
    result = connection.execute(
        update(outbox)
        .where(outbox.c.id == row["id"], outbox.c.lease == lease, outbox.c.state == "sending")
        .values(
            state=state,
            outcome=outcome,
            phase=phase,
            reply=reply[:2000],
            lease=None,
            lease_until=None,
            settled_at=now if final else None,
            not_before=not_before or row["not_before"],
        )
    )
    record_attempt(connection, "outbox", row["id"], row["attempts"] + 1, now, outcome, phase, reply)
    return result.rowcount == 1


def record_attempt(
    connection: Connection,
    door: str,
    row: str,
    number: int,
    at: datetime,
    outcome: str,
    phase: str,
    reply: str,
) -> None:
    """Keep one attempt for ever: when, how far it came, what the other side said."""
    values = {"door": door, "row": row, "number": number, "at": at, "outcome": outcome, "phase": phase}
    connection.execute(insert(attempt).values(**values, reply=reply[:2000]))


def withdraw(
    connection: Connection, incident: str, pages: Sequence[int], now: datetime, why: str = "answered"
) -> None:
    """Take back calls that nobody needs any more: answered before they left, or replaced by a later call."""
    if pages:
        connection.execute(
            update(outbox)
            .where(outbox.c.incident == incident, outbox.c.page.in_(pages), WANTS_TO_LEAVE)
            .values(state="excluded", outcome=why, settled_at=now)
        )


def written(connection: Connection, message: str, routes: Iterable[str]) -> set[str]:
    """By which of these routes the message was ever written. `message` is its key without the route."""
    keys = {f"{message}/{route}": route for route in routes}
    return {keys[key] for key in connection.scalars(select(outbox.c.key).where(outbox.c.key.in_(keys)))}


def take_back(
    connection: Connection, message: str, routes: Iterable[str], now: datetime, *, turned_only: bool
) -> None:
    """Take back what still waits of a message that went by another route, or only what took another route itself."""
    connection.execute(
        update(outbox)
        .where(outbox.c.key.in_([f"{message}/{route}" for route in routes]), WANTS_TO_LEAVE)
        .where(outbox.c.turned if turned_only else true())
        .values(state="excluded", outcome="instead", settled_at=now)
    )


def exclude(connection: Connection, ids: Collection[str], now: datetime, why: str) -> None:
    """Take back messages that have not left."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id.in_(ids), WANTS_TO_LEAVE)
        .values(state="excluded", outcome=why, settled_at=now)
    )


def left(connection: Connection, incident: str) -> dict[int, set[str]]:
    """The pages of an incident of which a message left, or is perhaps on its way: entry to routes."""
    gone = outbox.c.state.in_(("sending", "ambiguous", "handed_over", "delivered"))
    query = select(outbox.c.page, outbox.c.route).where(
        outbox.c.incident == incident, outbox.c.page.is_not(None)
    )
    found: dict[int, set[str]] = {}
    for page, route in connection.execute(query.where(gone)):
        found.setdefault(page, set()).add(route)
    return found


def in_flight(connection: Connection) -> int:
    """How many rows are on the wire now."""
    return connection.scalar(select(func.count()).where(outbox.c.state == "sending")) or 0


def of_incident(connection: Connection, incident: str) -> list[dict[str, Any]]:
    """All rows of an incident, in the order in which they were written."""
    query = (
        select(outbox)
        .where(outbox.c.incident == incident)
        .order_by(outbox.c.created_at, outbox.c.cause, outbox.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def sealed_for(row: Mapping[str, Any]) -> str:
    """What a message is sealed for: its id, which stands for its key, and everything that says whose it is and why."""
    return "/".join(str(row[name]) for name in ("id", "cause", "lane", "route", "person", "page"))


def said_digest(rows: Iterable[Mapping[str, Any]], upto: int) -> str:
    """SHA-256 over the ids of an incident's messages that were caused by entries up to this one.

    Not those that were said beside the timeline, which may come at any time.
    """
    said = sorted(
        (row["cause"], row["id"])
        for row in rows
        if row["cause"] <= upto and row["key"].split("/", 2)[1] not in BESIDE
    )
    return hashlib.sha256(" ".join(id_ for _, id_ in said).encode()).hexdigest()
