"""One private channel in Slack for each incident, and its pinned card: passes over the rooms that want one.

A slow Slack delays nobody but the rooms: the bell does this with a hand of its own.
"""

import asyncio
import os
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from tocsin.app import App
from tocsin.delivery.roomcalls import REFUSED
from tocsin.delivery.roomkeeper import Keeper
from tocsin.delivery.roomview import speaker
from tocsin.domain.errors import TocsinError
from tocsin.logs import Log
from tocsin.rendering.room import Speaker
from tocsin.storage import jobs, rooms

if TYPE_CHECKING:
    from tocsin.channels.slack import SlackChannel
    from tocsin.channels.slack_rooms import SlackRooms

log = Log("tocsin.rooms")

#: So many rooms are looked at in one pass, and so many of them at a time.
MOST, AT_A_TIME = 50, 4
#: So long no room is tried once Slack as a whole is DOWN.
DOWN = timedelta(seconds=60)


def keep_rooms(app: App, most: int = MOST) -> int:
    """Bring the rooms that want it up to date; how many were looked at.

    Nothing happens where Slack is not configured or is to have no rooms, nor in a home that was restored and whose
    messages are held.
    """
    slack = _slack(app)
    if slack is None or app.restored is not None:
        return 0
    with app.database.read() as connection:
        paused = rooms.EVERY in rooms.waits(connection, app.now())
        keys = [] if paused else rooms.wanting(connection, app.now(), most)
    if keys:
        asyncio.run(_keep_all(app, slack, keys))
    return len(keys)


def _slack(app: App) -> "SlackChannel | None":
    """The way to Slack, if there is one that has rooms."""
    if app.settings.slack.token is None or not app.settings.slack.rooms:
        return None
    from tocsin.channels.slack import SlackChannel

    try:
        channel = app.channel("slack")
    except TocsinError:  # pages say it
        return None
    return channel if isinstance(channel, SlackChannel) else None


async def _keep_all(app: App, slack: "SlackChannel", keys: list[str]) -> None:
    from tocsin.channels.slack_rooms import SlackRooms

    turns, down = asyncio.Semaphore(1 if app.in_order else AT_A_TIME), asyncio.Event()
    api, by = SlackRooms(slack), speaker(app)

    async def keep(key: str) -> None:
        async with turns:
            # The other rooms need not wait for the same silence one after another.
            if not down.is_set() and await _keep(app, api, by, key) == "down":
                down.set()

    try:
        await asyncio.gather(*map(keep, keys))
    finally:
        await slack.close()
    if down.is_set():
        with app.database.write() as connection:
            rooms.wait(connection, rooms.EVERY, app.now() + DOWN)


async def _keep(app: App, api: "SlackRooms", by: Speaker, key: str) -> str:
    """Bring one room up to date, unless somebody else is at it. How it went: `ok`, or the worst outcome of a call."""
    holder = f"rooms:{os.getpid()}/{uuid4().hex[:8]}"
    with app.database.write() as connection:
        if not jobs.take(connection, key, rooms.JOB, holder, app.clock()):
            return "ok"
    try:
        return await Keeper(app, api, by, key, holder).keep()
    except jobs.LeaseLost:
        return "ok"
    except Exception as error:  # any failure at all: the other rooms go on
        log.error("room failed", incident=key, error=type(error).__name__)
        with app.database.write() as connection:
            why = f"it could not be made ({type(error).__name__}); see the log of the bell"
            rooms.keep(connection, key, trouble=why, hold_until=app.now() + REFUSED)
        return "ok"
    finally:
        with app.database.write() as connection:
            jobs.release(connection, key, rooms.JOB, holder)
