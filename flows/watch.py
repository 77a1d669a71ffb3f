"""Each minute: sees that the bell rings, rings in its stead when it does not, and refreshes what people look at."""

import time
from datetime import datetime

from prefect import flow
from prefect.logging import get_run_logger

from flows.home import aside, home
from flows.showing import show_board, show_open
from tocsin.actions.mailbox import Mailroom
from tocsin.bell import Hands, ring
from tocsin.delivery.post import Post
from tocsin.engine.rousing import waking_of
from tocsin.engine.setback import heed_the_clock
from tocsin.storage import clock as heartbeats

#: So long one run stands in for a dead bell, in seconds: then the next run takes its place.
STAND_IN = 48.0
#: Seconds that are given to what is under way then.
REST = 2.0


@flow(name="watch", flow_run_name="Watch", log_prints=False, persist_result=False)
async def watch() -> None:
    """One look. It has no parameters."""
    await show_board()
    await show_open()
    await aside(_say_alive)
    last = await aside(_last_beat)
    if last is None or heartbeats.is_silent(home().clock() - last, heartbeats.SILENT["bell"]):
        get_run_logger().warning("The bell is silent: this run rings in its stead. RUNBOOK 6.")
        await aside(_stand_in)
        await show_board()


def _stand_in() -> None:
    """Ring until the bell is back, which shows in a beat that is not ours, or until the next run takes over.

    A long job in hand is brought to its end first: letters that are cut off would be in doubt.
    """
    waking, mailroom, post, hands = waking_of(home()), Mailroom(), Post(), Hands()
    until, back = time.monotonic() + STAND_IN, False
    seen: datetime | None = None
    while not back and (time.monotonic() < until or hands.busy):
        mailroom.look(home())
        seen = heed_the_clock(home(), seen)
        ring(home(), waking=waking, hands=hands, post=post)
        _say_alive()
        ours = _last_beat()
        time.sleep(home().settings.bell.interval)
        back = _last_beat() != ours
    while hands.busy:
        _say_alive()
        time.sleep(home().settings.bell.interval)
    post.rest(REST)
    hands.rest(REST)


def _last_beat() -> datetime | None:
    with home().database.read() as connection:
        found = heartbeats.beats(connection).get("bell")
    return found[0] if found else None


def _say_alive() -> None:
    with home().database.write() as connection:
        heartbeats.beat(connection, "watch", home().clock())
