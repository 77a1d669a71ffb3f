"""Routes as they were found: since when one takes nothing, when it is tried again, and where we were asked to wait.

A route that is down is tried by one message at a time, every few seconds. The others do not knock: they go by another
route, or wait without an attempt until that one gets through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, delete, exists, literal, or_, select, update

from tocsin.storage.database import upsert
from tocsin.storage.tables import hold, outbox, route

#: Seconds until a route that is down is tried again: doubled each time, up to the second.
FIRST_PROBE, LAST_PROBE = 5, 30
#: Nobody asks us to wait longer; what lies further ahead was written before the clock was set back.
LONGEST_HOLD = timedelta(hours=1)
#: For whom a message is that goes to the room of its incident.
ROOM = "room"
#: Where a message goes, as a hold names it.
DESTINATION: ColumnElement[str] = case(
    (outbox.c.person == ROOM, literal("room/") + outbox.c.incident), else_=outbox.c.person
)


@dataclass(frozen=True)
class Health:
    """A route at its last try."""

    last_success: datetime | None
    down_since: datetime | None
    why: str
    probe_at: datetime | None

    def closed(self, now: datetime) -> bool:
        """Whether nobody should try it now."""
        return self.down_since is not None and self.probe_at is not None and _lies_ahead(self.probe_at, now)


def _lies_ahead(probe: datetime, now: datetime) -> bool:
    # Further ahead than any pause: the clock was set back, and nobody waits until it has caught up.
    return now < probe <= now + timedelta(seconds=LAST_PROBE)


def health(connection: Connection) -> dict[str, Health]:
    """Every route that was ever tried, by name."""
    return {
        row.name: Health(row.last_success, row.down_since, row.why or "", row.probe_at)
        for row in connection.execute(select(route))
    }


def fell(connection: Connection, name: str, why: str, now: datetime) -> None:
    """The route took nothing: it is down, and is tried again in a while. Said again before that, it changes nothing."""
    known = connection.execute(select(route).where(route.c.name == name)).one_or_none()
    down = known is not None and known.down_since is not None
    if known is not None and down and _lies_ahead(known.probe_at, now):
        return
    probes = known.probes if known is not None and down else 0
    values = {
        "down_since": known.down_since if known is not None and down else now,
        "why": why[:500],
        "probes": probes + 1,
        "probe_at": now + _pause(probes),
    }
    _keep(connection, name, values)


def knocks(connection: Connection, name: str, now: datetime) -> bool:
    """Take the one turn to try a route that is down. False where somebody else has it."""
    known = connection.execute(select(route).where(route.c.name == name)).one()
    if known.down_since is None:  # mended meanwhile
        return True
    if _lies_ahead(known.probe_at, now):
        return False
    ours = connection.execute(
        update(route)
        .where(route.c.name == name, route.c.probe_at == known.probe_at)
        .values(probes=known.probes + 1, probe_at=now + _pause(known.probes))
    )
    return ours.rowcount == 1


def put_off(connection: Connection, name: str, until: datetime) -> None:
    """The turn to try a route that is down was taken and not used."""
    down = route.c.name == name, route.c.down_since.is_not(None)
    connection.execute(update(route).where(*down).values(probe_at=until))


def _pause(probes: int) -> timedelta:
    return timedelta(seconds=min(FIRST_PROBE * 2 ** min(probes, 10), LAST_PROBE))


def was_silent(connection: Connection, name: str) -> bool:
    """Whether the route is down, or has said nothing to the last message: the next silence makes it so."""
    silent = or_(route.c.down_since.is_not(None), route.c.probes > 0)
    return connection.scalar(select(route.c.name).where(route.c.name == name, silent)) is not None


def unanswered(connection: Connection, name: str, why: str, now: datetime) -> None:
    """The route has said nothing to a message. Twice so without an answer between, and it is down."""
    if was_silent(connection, name):
        fell(connection, name, f"it does not answer: {why}", now)
    else:
        _keep(connection, name, {"probes": 1})


def answered(connection: Connection, name: str, now: datetime, *, taken: bool) -> None:
    """The other side spoke: the route is up, whatever it said to this message."""
    values: dict[str, Any] = {"down_since": None, "why": None, "probes": 0, "probe_at": None}
    _keep(connection, name, values | ({"last_success": now} if taken else {}))


def _keep(connection: Connection, name: str, values: Mapping[str, Any]) -> None:
    row = {"name": name, "probes": 0} | dict(values)
    connection.execute(
        upsert(connection, route, row).on_conflict_do_update(index_elements=["name"], set_=dict(values))
    )


def wait(connection: Connection, row: Mapping[str, Any], until: datetime, now: datetime) -> None:
    """Send nothing to where this message goes before then, as the other side asked."""
    connection.execute(delete(hold).where(hold.c.until <= now))
    values = {"route": row["route"], "destination": destination(row), "until": until}
    connection.execute(
        upsert(connection, hold, values).on_conflict_do_update(
            index_elements=["route", "destination"], set_={"until": until}
        )
    )


def holds(connection: Connection, now: datetime) -> dict[tuple[str, str], datetime]:
    """Until when to wait, by route and destination."""
    query = select(hold).where(hold.c.until > now, hold.c.until <= now + LONGEST_HOLD)
    return {(row.route, row.destination): row.until for row in connection.execute(query)}


def is_held(now: datetime) -> ColumnElement[bool]:
    """Whether a row of the outbox goes to where we were asked to wait."""
    return exists().where(
        hold.c.route == outbox.c.route,
        hold.c.destination == DESTINATION,
        hold.c.until > now,
        hold.c.until <= now + LONGEST_HOLD,
    )


def destination(row: Mapping[str, Any]) -> str:
    """Where a message goes."""
    return f"room/{row['incident']}" if row["person"] == ROOM else str(row["person"])
