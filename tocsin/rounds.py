"""Round after round: the bell's own process, and whoever rings in its stead, by one and the same loop."""

import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from tocsin.actions import returns
from tocsin.actions.caching import sweep
from tocsin.actions.mailbox import Mailroom
from tocsin.app import App
from tocsin.bell import READ_AGAIN, Hands, read_again, ring
from tocsin.delivery.post import Post
from tocsin.engine.guarding import Guard
from tocsin.engine.rousing import waking_of
from tocsin.engine.setback import heed_the_clock
from tocsin.logs import Log, place_of
from tocsin.storage.clock import Ringer
from tocsin.storage.database import Unavailable
from tocsin.supervised import tell_systemd

log = Log("tocsin.bell")

#: Seconds that are given to what is under way at the end.
REST = 5.0


def run(app: App) -> None:
    """Ring until SIGTERM or SIGINT. A database that is away for a while is waited for."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    guard = Guard("watch", app.clock()) if app.settings.prefect.url else None
    tell_systemd("READY=1")
    rounds(app, Hands(), lambda: stop.wait(app.settings.bell.interval), guard=guard)


def rounds(
    app: App,
    hands: Hands,
    over: Callable[[], bool],
    *,
    guard: Guard | None,
    ringer: Ringer = "bell",
    rest: float = REST,
) -> None:
    """Ring until it is `over`, which waits after each round. What fails in one of them ends none of the others."""
    waking, post = waking_of(app), Post()
    mailrooms = (Mailroom(), Mailroom("bounces", returns.look))
    read_at = app.clock()
    seen: datetime | None = None
    last = False
    # Whoever was killed while an incident ended has left its rows behind.
    _swept(app)
    while not last:
        tell_systemd("WATCHDOG=1")
        if not timedelta(0) <= app.clock() - read_at < READ_AGAIN:
            app, read_at = read_again(app), app.clock()
            _swept(app)
        for mailroom in mailrooms:
            mailroom.look(app)
        _heeded(app)
        try:
            seen = heed_the_clock(app, seen)
            ring(app, waking=waking, hands=hands, post=post, guard=guard, ringer=ringer)
        except Unavailable as error:
            # It is away, or the disk is full: the next round may find it mended.
            log.error("round failed", why=str(error))
        except Exception as error:
            log.error("round failed", error=type(error).__name__, at=place_of(error))
        last = over()
    tell_systemd("STOPPING=1")
    hands.stop()
    post.rest(rest)
    hands.rest(rest)


def _heeded(app: App) -> None:
    """What came back while its letter was on the wire, or whose reader died, is spoken of now."""
    try:
        returns.heed(app)
    except Exception as error:  # the database is away: the next round will do
        log.error("reports wait", error=type(error).__name__, at=place_of(error))


def _swept(app: App) -> None:
    """What was kept of an incident's logs goes where it ended by another hand, or was never of this home."""
    try:
        sweep(app)
    except Exception as error:  # the database is away: the next time will do
        log.error("sweeping failed", error=type(error).__name__, at=place_of(error))
