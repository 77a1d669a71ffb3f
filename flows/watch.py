"""Each minute: sees that the bell rings, rings in its stead when it does not, and refreshes what people look at."""

import time
from contextlib import suppress
from datetime import datetime

from prefect import flow
from prefect.logging import get_run_logger

from flows.home import aside, home
from flows.showing import show_board, show_open
from tocsin.bell import Hands
from tocsin.engine.guarding import Guard
from tocsin.rounds import rounds
from tocsin.storage import clock as heartbeats

#: So long one run stands in for a dead bell, in seconds: then the next run takes its place.
STAND_IN = 48.0
#: Seconds that are given to what is under way then.
REST = 2.0


@flow(name="watch", flow_run_name="Watch", log_prints=False, persist_result=False)
async def watch() -> None:
    """One look. It has no parameters."""
    await aside(_say_alive)
    last = await aside(_last_beat)
    if last is None or heartbeats.is_silent(home().clock() - last, heartbeats.SILENT["bell"]):
        get_run_logger().warning("The bell is silent: this run rings in its stead. RUNBOOK 6.")
        # Before anything is shown: no trouble of Prefect's own delays a page.
        await aside(_stand_in)
    await show_board()
    await show_open()


def _stand_in() -> None:
    """Ring until the bell is back, which shows in its beat, or until the next run takes over.

    A long job in hand is brought to its end first: letters that are cut off would be in doubt.
    """
    hands, before, until = Hands(), _last_beat(), time.monotonic() + STAND_IN

    def over() -> bool:
        time.sleep(home().settings.bell.interval)
        if time.monotonic() >= until and not hands.busy:
            return True
        if not _beat_since(before):
            return False
        while hands.busy:
            # The database is away for a moment: the job in hand waits for it as well.
            with suppress(Exception):
                _say_alive()
            time.sleep(home().settings.bell.interval)
        return True

    guard = Guard("bell", home().clock())
    rounds(home(), hands, over, guard=guard, ringer="watch", rest=REST)


def _beat_since(before: datetime | None) -> bool:
    """Whether the bell has beaten since; while the database is away, nobody can."""
    try:
        return _last_beat() != before
    except Exception:  # any failure at all: whoever stands in goes on
        return False


def _last_beat() -> datetime | None:
    with home().database.read() as connection:
        found = heartbeats.beats(connection).get("bell")
    return found[0] if found else None


def _say_alive() -> None:
    with home().database.write() as connection:
        heartbeats.beat(connection, "watch", home().clock())
