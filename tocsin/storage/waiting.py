"""What waits in the outbox, and what of it may leave now: by its own time, its route's, and the other side's wish."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    true,
    update,
)

from tocsin.storage.outbox import LANES, LEASE, PAUSES, WANTS_TO_LEAVE
from tocsin.storage.routes import DESTINATION, FIRST_PROBE, health, holds, is_held, put_off
from tocsin.storage.tables import outbox


@dataclass(frozen=True)
class Load:
    """Which messages somebody takes in hand: of one route, of these lanes, of one incident; all of them if left out."""

    route: str | None = None
    #: Where they go, as a hold names it: a person.
    destination: str | None = None
    lanes: Collection[int] = tuple(LANES.values())
    incident: str | None = None

    @property
    def chosen(self) -> ColumnElement[bool]:
        """As a condition."""
        parts: list[ColumnElement[bool]] = [outbox.c.lane.in_(self.lanes)]
        if self.route is not None:
            parts.append(outbox.c.route == self.route)
        if self.destination is not None:
            parts.append(DESTINATION.in_((self.destination,)))
        if self.incident is not None:
            parts.append(outbox.c.incident == self.incident)
        return and_(*parts)


EVERYTHING = Load()
#: A page that nobody has tried to send: while it is one, it waits for nothing.
_NEW_PAGE = and_(outbox.c.lane == LANES["page"], outbox.c.outcome.is_(None))
#: Whether a message has gone by another route by now, and waits until its own is mended.
_TOLD = or_(
    func.coalesce(outbox.c.outcome, "") == "down",
    and_(outbox.c.lane == LANES["page"], func.coalesce(outbox.c.outcome, "") == "ambiguous"),
)


def _due(now: datetime, clock: datetime, held_until: datetime | None) -> ColumnElement[bool]:
    expired = and_(outbox.c.state == "sending", outbox.c.lease_until < clock)
    return and_(
        or_(and_(WANTS_TO_LEAVE, outbox.c.not_before <= now), expired),
        outbox.c.created_at > held_until if held_until else true(),
        or_(not_(is_held(now)), _NEW_PAGE),
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

    What was written up to `held_until` stays, and what goes to where we were asked to wait. But a page that is new
    there comes once, as `held`, and of the routes that are `closed` what has not been `told` so yet: these may go by
    another one.
    """
    query = (
        select(outbox, _TOLD.label("told"), is_held(now).label("held"))
        .where(_due(now, clock, held_until), load.chosen)
        .where(or_(outbox.c.route.not_in(closed), not_(_TOLD)))
        .order_by(outbox.c.lane, outbox.c.not_before, outbox.c.created_at)
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def loads(
    connection: Connection, now: datetime, clock: datetime, *, held_until: datetime | None = None
) -> list[Load]:
    """What may leave now: one load for each route, and of pages one for each person. Nobody waits for another's."""
    urgent = outbox.c.lane == LANES["page"]
    to = case((urgent, DESTINATION), else_=None)
    query = select(outbox.c.route, urgent.label("urgent"), to.label("to"))
    query = query.where(_due(now, clock, held_until)).distinct()
    pages, rest = (LANES["page"],), tuple(lane for name, lane in LANES.items() if name != "page")
    found = sorted(connection.execute(query), key=lambda row: (not row.urgent, row.route, row.to or ""))
    return [Load(row.route, row.to, pages if row.urgent else rest) for row in found]


def waiting_by(connection: Connection, incident: str, kind: str) -> list[dict[str, Any]]:
    """What of an incident waits for a route of this kind."""
    of_kind = or_(outbox.c.route == kind, outbox.c.route.startswith(f"{kind}:"))
    query = select(outbox).where(outbox.c.incident == incident, of_kind, WANTS_TO_LEAVE)
    return [dict(row) for row in connection.execute(query).mappings()]


def next_due(connection: Connection, now: datetime) -> datetime | None:
    """When the next waiting row may leave: not before its route is tried again, nor while we were asked to wait.

    A new page waits for neither: it goes by another route.
    """
    query = (
        select(
            outbox.c.route,
            DESTINATION.label("to"),
            _NEW_PAGE.label("new"),
            func.min(outbox.c.not_before).label("at"),
        )
        .where(WANTS_TO_LEAVE)
        .group_by(outbox.c.route, DESTINATION, _NEW_PAGE)
    )
    waiting = connection.execute(query).all()
    if not waiting:
        return None
    found, held = health(connection), holds(connection, now)
    moments: list[datetime] = []
    for row in waiting:
        stands = found.get(row.route)
        probe = stands.probe_at if stands and stands.down_since else None
        waits = () if row.new else (probe, held.get((row.route, row.to)))
        moments.append(max(filter(None, (row.at, *waits))))
    return min(moments)


def queues(connection: Connection) -> list[dict[str, Any]]:
    """For each route on which messages wait: how many, and since when the oldest."""
    waits = or_(WANTS_TO_LEAVE, outbox.c.state == "sending")
    query = (
        select(outbox.c.route, func.count().label("waiting"), func.min(outbox.c.created_at).label("oldest"))
        .where(waits)
        .group_by(outbox.c.route)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def left_unconfirmed(connection: Connection, incidents: ColumnElement[bool]) -> list[tuple[str, str]]:
    """Of these incidents what perhaps never arrived: the incident and the person, once for each message.

    It was sent twice without an answer, or refused, and no other route took it, nor tries to.
    """
    other, same = _copy()
    hope = or_(other.c.state.in_(("handed_over", "delivered")), other.c.settled_at.is_(None))
    query = (
        select(outbox.c.incident, outbox.c.person)
        .where(outbox.c.state.in_(("ambiguous", "refused")), outbox.c.settled_at.is_not(None), incidents)
        .where(not_(exists().where(same, hope)))
        .group_by(outbox.c.incident, outbox.c.person, _message(outbox))
        .order_by(outbox.c.incident, outbox.c.person)
    )
    return [(row.incident, row.person) for row in connection.execute(query)]


def gives_way(connection: Connection, row: Mapping[str, Any], clock: datetime, now: datetime) -> bool:
    """Put a message off for a moment while a copy of it is on the wire, of which it would be a repetition.

    Not a page, which rather comes twice than late, nor what was meant to go by several routes; and only what would
    itself knock at a route that is down waits for a knock at another.
    """
    if row["lane"] == LANES["page"]:
        return False
    other, same = _copy()
    down = {name for name, stands in health(connection).items() if stands.down_since}
    instead = or_(other.c.turned, outbox.c.turned)
    under_way = exists().where(
        same,
        instead,
        other.c.state == "sending",
        other.c.lease_until >= clock,
        true() if row["route"] in down else other.c.route.not_in(down),
    )
    until = now + timedelta(seconds=FIRST_PROBE)
    waits = outbox.c.id == row["id"], WANTS_TO_LEAVE, under_way
    if connection.execute(update(outbox).where(*waits).values(not_before=until)).rowcount == 0:
        return False
    put_off(connection, row["route"], until)
    return True


def _copy() -> tuple[FromClause, ColumnElement[bool]]:
    """Another row of the outbox, and that it is the same message to the same person by another route."""
    other = outbox.alias()
    message = and_(other.c.incident == outbox.c.incident, _message(other) == _message(outbox))
    return other, and_(message, other.c.id != outbox.c.id)


def _message(row: FromClause) -> ColumnElement[str]:
    """The key of a message without the route at its end."""
    return func.substr(row.c.key, 1, func.length(row.c.key) - func.length(row.c.route))


def heed_set_back(connection: Connection, now: datetime, clock: datetime) -> None:
    """Let go what a clock that was set back has left behind: pauses and leases that reach further than any does."""
    for lane, (_, most) in PAUSES.items():
        beyond = outbox.c.not_before > now + timedelta(seconds=most)
        connection.execute(
            update(outbox).where(WANTS_TO_LEAVE, outbox.c.lane == lane, beyond).values(not_before=now)
        )
    connection.execute(
        update(outbox)
        .where(outbox.c.state == "sending", outbox.c.lease_until > clock + timedelta(seconds=LEASE))
        .values(lease_until=clock - timedelta(seconds=1))
    )
