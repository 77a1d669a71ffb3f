"""Asking a route that is down whether it is mended, where no message waits that would find out.

Nothing is sent. Otherwise a route would be said to be DOWN until somebody is called by it the next time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.channels import Channel
from tocsin.domain.errors import TocsinError
from tocsin.domain.message import Undelivered
from tocsin.storage import routes
from tocsin.storage.waiting import queues

#: Seconds that a route may take to answer.
PATIENCE = 15.0


def idle(connection: Connection, now: datetime) -> list[str]:
    """Routes that are down, due for a try, and by which nothing waits."""
    wanted = [
        name for name, each in routes.health(connection).items() if each.down_since and not each.closed(now)
    ]
    busy = {row["route"] for row in queues(connection)} if wanted else set()
    return [name for name in wanted if name not in busy]


def ask_idle(app: App) -> list[str]:
    """Ask each of these; returns those that are up again."""
    with app.database.read() as connection:
        wanted = idle(connection, app.now())
    return [name for name in wanted if _is_up(app, name)]


def _is_up(app: App, name: str) -> bool:
    why = _trouble(app, name)
    with app.database.write() as connection:
        if why is None:
            routes.answered(connection, name, app.now(), taken=False)
        else:
            routes.fell(connection, name, why, app.now())
    return why is None


def _trouble(app: App, name: str) -> str | None:
    """Why a route takes nothing; None where it would."""
    try:
        channel = app.channel(name)
        if channel is None:
            return f"{name} is not configured; see tocsin doctor"
        check: Callable[[], Awaitable[str]] | None = getattr(channel, "check", None)
        if check is None:
            # A program is asked by running it, and that rings somebody.
            return "not tried since; the next call tries it"
        asyncio.run(_asked(channel, check))
    except Undelivered as failure:
        return failure.reason
    except TimeoutError:
        return f"no answer in {PATIENCE:.0f} s"
    except TocsinError as refusal:
        return str(refusal)
    return None


async def _asked(channel: Channel, check: Callable[[], Awaitable[str]]) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await check()
    finally:
        await channel.close()
