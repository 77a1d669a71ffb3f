"""Heartbeats of the parts, and the clock of a drill home: an offset that all its processes share."""

from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, select

from tocsin.storage.database import upsert
from tocsin.storage.tables import clock, heartbeat

#: Who may ring: the bell, or `watch` in its stead.
Ringer = Literal["bell", "watch"]
#: After this long without a beat a part counts as dead.
SILENT = {
    "bell": timedelta(seconds=15),
    "watch": timedelta(minutes=3),
    "runner": timedelta(minutes=3),
    "slack": timedelta(seconds=30),
    "console": timedelta(seconds=30),
    # Bell and watch stand in for each other: nobody lives when neither has beaten for so long.
    "house": timedelta(minutes=2),
}
#: Who writes a beat may be ahead of who reads it by so much, and no more.
AHEAD = timedelta(seconds=5)


def is_silent(age: timedelta, after: timedelta) -> bool:
    """Whether a part whose last beat is so old counts as dead.

    A beat in the future says nothing: this machine's clock was set back since, and who lives beats anew.
    """
    return not -AHEAD <= age <= after


def beat(connection: Connection, name: str, now: datetime, detail: dict[str, Any] | None = None) -> None:
    """Say that a part lives: bell, runner, watch, the doors in Slack and at the web. On the real clock."""
    row = {"name": name, "beat": now, "detail": detail}
    statement = upsert(connection, heartbeat, row)
    fresh = {"beat": statement.excluded.beat, "detail": statement.excluded.detail}
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=fresh))


def beats(connection: Connection) -> dict[str, tuple[datetime, dict[str, Any] | None]]:
    """The last sign of life of each part."""
    return {
        row["name"]: (row["beat"], row["detail"]) for row in connection.execute(select(heartbeat)).mappings()
    }


def offset(connection: Connection) -> timedelta:
    """How far this home's clock stands from the real one; nothing outside drills."""
    found = connection.scalar(select(clock.c.offset_us).where(clock.c.name == "drill"))
    return timedelta(microseconds=found or 0)


def set_offset(connection: Connection, value: timedelta) -> None:
    """Set a drill's clock. All processes of the home read it from here."""
    micros = value // timedelta(microseconds=1)
    statement = upsert(connection, clock, {"name": "drill", "offset_us": micros})
    fresh = {"offset_us": statement.excluded.offset_us}
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=fresh))
