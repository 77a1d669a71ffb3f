"""The outbox: pages, warnings and status messages, each a row written in the transaction of the entry that caused it.

Claim by conditional update with a lease, send, record the other side's reply. A row that is found `sending` after its
lease is in doubt: somebody died between the wire and the record. It is sent once more, with the same message id,
flagged. We promise at least once, and say so.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, literal, not_, or_, select, true, update

from tocsin.storage.database import upsert
from tocsin.storage.routes import DESTINATION, health, holds, is_held
from tocsin.storage.tables import Moment, attempt, outbox

#: Pages go before warnings, warnings before everything else.
LANES = {"page": 0, "warning": 1, "status": 2}
#: Subjects of what is said of an incident without an entry: that it is set apart, that a move of it fails.
BESIDE = APART, TROUBLE = ("apart", "trouble")
#: A doubt that was resent once, and is in doubt again, is settled as `ambiguous`: never a loop.
_WANTS_TO_LEAVE = and_(outbox.c.state.in_(("pending", "ambiguous")), outbox.c.settled_at.is_(None))


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


@dataclass(frozen=True)
class Load:
    """Which messages somebody takes in hand: of one route, of these lanes, of one incident; all of them if left out."""

    route: str | None = None
    lanes: Collection[int] = tuple(LANES.values())
    incident: str | None = None

    @property
    def chosen(self) -> ColumnElement[bool]:
        """As a condition."""
        parts: list[ColumnElement[bool]] = [outbox.c.lane.in_(self.lanes)]
        if self.route is not None:
            parts.append(outbox.c.route == self.route)
        if self.incident is not None:
            parts.append(outbox.c.incident == self.incident)
        return and_(*parts)


EVERYTHING = Load()


def _due(now: datetime, clock: datetime, held_until: datetime | None) -> ColumnElement[bool]:
    expired = and_(outbox.c.state == "sending", outbox.c.lease_until < clock)
    return and_(
        or_(and_(_WANTS_TO_LEAVE, outbox.c.not_before <= now), expired),
        outbox.c.created_at > held_until if held_until else true(),
        not_(is_held(now)),
    )


def claimable(
    connection: Connection,
    now: datetime,
    clock: datetime,
    limit: int = 100,
    *,
    load: Load = EVERYTHING,
    closed: Collection[str] = (),
    held_until: datetime | None = None,
) -> list[dict[str, Any]]:
    """Rows that want to leave, pages first. `now` is the incident's clock; leases run on `clock`, the real one.

    What was written up to `held_until` stays, and what goes to where we were asked to wait. Of the routes that are
    `closed` only what has not been told so yet: it may go by another one.
    """
    query = (
        select(outbox)
        .where(_due(now, clock, held_until), load.chosen)
        .where(or_(outbox.c.route.not_in(closed), outbox.c.outcome.is_distinct_from("down")))
        .order_by(outbox.c.lane, outbox.c.not_before, outbox.c.created_at)
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def loads(
    connection: Connection, now: datetime, clock: datetime, *, held_until: datetime | None = None
) -> list[Load]:
    """What may leave now, pages apart from the rest, one load for each route."""
    page = outbox.c.lane == LANES["page"]
    query = select(outbox.c.route, page.label("page")).where(_due(now, clock, held_until)).distinct()
    pages, rest = (LANES["page"],), tuple(lane for name, lane in LANES.items() if name != "page")
    found = sorted(connection.execute(query).tuples(), key=lambda row: (not row[1], row[0]))
    return [Load(route, pages if urgent else rest) for route, urgent in found]


def has_said(connection: Connection, part: str) -> bool:
    """Whether there is, or was, a message whose key has this part."""
    return connection.scalar(select(outbox.c.id).where(outbox.c.key.contains(part)).limit(1)) is not None


def claim(
    connection: Connection, row: dict[str, Any], lease: str, clock: datetime, now: datetime, seconds: float
) -> bool:
    """Take a row for one attempt; False when another worker was quicker."""
    doubtful = row["doubtful"] or row["state"] in ("sending", "ambiguous")
    result = connection.execute(
        update(outbox)
        .where(outbox.c.id == row["id"], outbox.c.attempts == row["attempts"], outbox.c.state == row["state"])
        .values(
            state="sending",
            attempts=row["attempts"] + 1,
            doubtful=doubtful,
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
            .where(outbox.c.incident == incident, outbox.c.page.in_(pages), _WANTS_TO_LEAVE)
            .values(state="excluded", outcome=why, settled_at=now)
        )


def next_due(connection: Connection, now: datetime) -> datetime | None:
    """When the next waiting row may leave: not before its route is tried again, nor while we were asked to wait."""
    query = (
        select(outbox.c.route, DESTINATION.label("to"), func.min(outbox.c.not_before).label("at"))
        .where(_WANTS_TO_LEAVE)
        .group_by(outbox.c.route, DESTINATION)
    )
    waiting = connection.execute(query).all()
    if not waiting:
        return None
    found, held = health(connection), holds(connection, now)
    moments: list[datetime] = []
    for row in waiting:
        stands = found.get(row.route)
        probe = stands.probe_at if stands and stands.down_since else None
        moments.append(max(filter(None, (row.at, probe, held.get((row.route, row.to))))))
    return min(moments)


def written(connection: Connection, message: str, routes: Iterable[str]) -> set[str]:
    """By which of these routes the message was ever written. `message` is its key without the route."""
    keys = {f"{message}/{route}": route for route in routes}
    return {keys[key] for key in connection.scalars(select(outbox.c.key).where(outbox.c.key.in_(keys)))}


def take_back(
    connection: Connection, message: str, routes: Iterable[str], now: datetime, why: str = "instead"
) -> None:
    """Take back what still waits of a message that went by another route."""
    connection.execute(
        update(outbox)
        .where(outbox.c.key.in_([f"{message}/{route}" for route in routes]), _WANTS_TO_LEAVE)
        .values(state="excluded", outcome=why, settled_at=now)
    )


def waiting_by(connection: Connection, incident: str, kind: str) -> list[dict[str, Any]]:
    """What of an incident waits for a route of this kind."""
    of_kind = or_(outbox.c.route == kind, outbox.c.route.startswith(f"{kind}:"))
    query = select(outbox).where(outbox.c.incident == incident, of_kind, _WANTS_TO_LEAVE)
    return [dict(row) for row in connection.execute(query).mappings()]


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


def queues(connection: Connection) -> list[dict[str, Any]]:
    """For each route on which messages wait: how many, and since when the oldest."""
    waits = or_(_WANTS_TO_LEAVE, outbox.c.state == "sending")
    query = (
        select(outbox.c.route, func.count().label("waiting"), func.min(outbox.c.created_at).label("oldest"))
        .where(waits)
        .group_by(outbox.c.route)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
