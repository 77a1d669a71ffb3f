"""Rooms: what is known of each incident's channel in Slack, written down after every call that changed something.

A row says what Slack was last asked for and what it answered, so that whoever takes over knows what is left. Moments
are of the incident's clock.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update

from tocsin.storage.database import upsert
from tocsin.storage.tables import incident, pace, room

#: The job of keeping an incident's room: one holder at a time.
JOB = "room"
#: The method that stands for all: set while Slack as a whole is unusable.
EVERY = "*"
#: No room and no method waits for longer, unless Slack asked for it.
LONGEST_WAIT = timedelta(minutes=10)


def of(connection: Connection, key: str) -> dict[str, Any] | None:
    """The row of an incident's room; None where nobody has begun with it."""
    row = connection.execute(select(room).where(room.c.incident == key)).mappings().first()
    return dict(row) if row else None


def incident_of(connection: Connection, channel: str) -> str | None:
    """The incident whose room a channel is, by its id in Slack; None for any other channel."""
    found: str | None = connection.scalar(select(room.c.incident).where(room.c.channel == channel))
    return found


def keep(connection: Connection, key: str, **values: Any) -> None:
    """Write down what became known of a room."""
    statement = upsert(connection, room, {"incident": key, **values})
    connection.execute(statement.on_conflict_do_update(index_elements=["incident"], set_=values))


def shown(connection: Connection, key: str, seq: int) -> None:
    """Say that the room shows its incident up to an entry, or that there is none that could."""
    connection.execute(update(incident).where(incident.c.key == key).values(room_seq=seq))


def wanting(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Incidents whose room is behind the timeline, or due for a look: those without a card first, then the oldest card.

    Two queries, each with an index of its own: what rests is not walked along.
    """
    free = or_(room.c.hold_until.is_(None), room.c.hold_until <= now)
    chosen = select(incident.c.key, room.c.card_at).where(free, incident.c.quarantined.is_(None))
    behind = chosen.select_from(incident.outerjoin(room, room.c.incident == incident.c.key)).where(
        incident.c.head_seq > incident.c.room_seq
    )
    due = chosen.select_from(room.join(incident, incident.c.key == room.c.incident)).where(
        room.c.look_at <= now
    )
    found: dict[str, None] = {}
    for query in (behind, due):
        ordered = query.order_by(room.c.card_at.asc().nulls_first(), incident.c.number).limit(limit)
        found |= dict.fromkeys(row.key for row in connection.execute(ordered))
    return list(found)[:limit]


def kept(connection: Connection) -> int:
    """How many rooms are in use."""
    return connection.scalar(select(func.count()).select_from(room).where(~room.c.ended)) or 0


def waits(connection: Connection, now: datetime) -> dict[str, datetime]:
    """Methods of the Web API that must not be called yet, and until when."""
    rows = connection.execute(select(pace).where(pace.c.not_before > now))
    return {row.method: row.not_before for row in rows}


def wait(connection: Connection, method: str, until: datetime) -> None:
    """Do not call a method before a moment."""
    statement = upsert(connection, pace, {"method": method, "not_before": until})
    connection.execute(statement.on_conflict_do_update(index_elements=["method"], set_={"not_before": until}))


def heed_set_back(connection: Connection, now: datetime) -> None:
    """Let go what a clock that was set back has left behind: waits that reach further than any, cards ahead of it."""
    beyond = now + LONGEST_WAIT
    connection.execute(delete(pace).where(pace.c.not_before > beyond))
    for moment, latest in ((room.c.hold_until, beyond), (room.c.look_at, beyond), (room.c.card_at, now)):
        connection.execute(update(room).where(moment > latest).values({moment: now}))
