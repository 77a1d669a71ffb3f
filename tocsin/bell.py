"""One round of the bell, a small supervised loop outside Prefect, every second or two; `rounds` goes round after round.

Deliver the outbox, advance what is due, wake what sleeps, say that it lives. Deadlines never depend on Prefect. One
poison incident, one dead route or a dead Prefect never stops the rest of a round.
"""

import itertools
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from tocsin.actions.calling import heed_held_back
from tocsin.app import App
from tocsin.delivery.outbox import deliver
from tocsin.delivery.post import Post
from tocsin.delivery.rooms import keep_rooms
from tocsin.domain.errors import TocsinError
from tocsin.domain.moves import Move
from tocsin.engine import anything, quick_only, urgent_only, went_on
from tocsin.engine.guarding import Guard
from tocsin.engine.quarantine import tell_restored
from tocsin.engine.rousing import Waking
from tocsin.logs import Log, place_of
from tocsin.storage import clock as heartbeats
from tocsin.storage import resting, timeline
from tocsin.storage.waiting import next_due
from tocsin.supervised import Breath

log = Log("tocsin.bell")

#: Contacts and templates are read again this often.
READ_AGAIN = timedelta(seconds=15)
#: So many incidents have a long job in hand at a time.
HANDS = 4
#: While Prefect is well, its flows have so long to make a move that is not urgent. Then the bell makes it.
GRACE = timedelta(seconds=20)
#: So many incidents are held against newer laws in one round.
LOOKS = 50


class Hands:
    """Hands for long jobs beside the rounds: a sending that takes hours delays no deadline and no paper of another
    incident. So many incidents at a time, and none is in two hands.
    """

    def __init__(self, most: int = HANDS) -> None:
        self._most = most
        self._held: dict[str, threading.Thread] = {}
        self._taken: dict[str, int] = {}
        self._count = itertools.count(1)
        self._over = threading.Event()
        self._rooms: threading.Thread | None = None

    def take(self, app: App, keys: Sequence[str]) -> None:
        """Begin with these incidents as far as hands are free, whoever waited longest first; the rest is asked for
        again.
        """
        self._held = {key: thread for key, thread in self._held.items() if thread.is_alive()}
        # One that fails each time comes last again: it takes no hand from the others.
        self._taken = {key: self._taken.get(key, 0) for key in {*keys, *self._held}}
        waiting = sorted((key for key in keys if key not in self._held), key=lambda key: self._taken[key])
        for key in waiting[: self._most - len(self._held)]:
            self._taken[key] = next(self._count)
            deed = partial(_advanced, app, key, anything, self._over.is_set)
            thread = threading.Thread(target=deed, name=key, daemon=True)
            self._held[key] = thread
            thread.start()

    @property
    def busy(self) -> bool:
        """Whether any incident is in hand."""
        return any(thread.is_alive() for thread in self._held.values())

    def keep_rooms(self, app: App) -> None:
        """Look after the rooms in Slack, in one hand that is for nothing else."""
        if self._rooms is None or not self._rooms.is_alive():
            self._rooms = threading.Thread(target=_rooms_kept, args=(app,), name="rooms", daemon=True)
            self._rooms.start()

    def stop(self) -> None:
        """Begin nothing more, and let what is in hand stop at its next good place: a sending between two letters."""
        self._over.set()

    def rest(self, seconds: float) -> None:
        """Give what is in hand a little time to end. What is cut off is found in doubt, and taken up again."""
        until = time.monotonic() + seconds
        for thread in [*self._held.values(), *([self._rooms] if self._rooms else [])]:
            thread.join(max(until - time.monotonic(), 0))


@dataclass(frozen=True)
class Round:
    """What one round did, and what it left."""

    advanced: int
    delivered: int
    failed: int
    prefect: str | None
    oldest_overdue: timedelta


def ring(
    app: App,
    *,
    waking: Waking | None = None,
    hands: Hands | None = None,
    post: Post | None = None,
    guard: Guard | None = None,
    ringer: heartbeats.Ringer = "bell",
) -> Round:
    """One round: quick moves of every incident, then the long jobs, by `hands` or here. It never raises for one
    incident's sake. Messages leave by the `post`, which is not waited for, or here. Of bell and `watch`, the `ringer`
    is who rings, and beats in its own name alone; the `guard` looks after the other.

    Without Prefect the bell makes every move. With Prefect it makes the urgent ones at once, then wakes the flows and
    leaves the rest to them, for a while: managers then see the work where they look for it.
    """
    alive = Breath(partial(_beat, app, ringer))
    if (made := app.restored) is not None:
        tell_restored(app, made)
    heed_held_back(app)
    delivered = _deliver(app, post, alive)
    failed = _look_at_newer_laws(app, alive)
    now = app.now()
    with app.database.read() as connection:
        due = timeline.due(connection, now)
    at_once = urgent_only if waking else quick_only
    failed |= {key for key, _ in alive.between(due) if not _advanced(app, key, at_once)}
    # Warnings and pages leave before Prefect is asked for anything, and before anything long is begun.
    delivered += _deliver(app, post, alive) if due else 0
    trouble = waking() if waking else None
    well = waking is not None and trouble is None
    ours = [key for key, since in due if not (well and now - since < GRACE)]
    if waking and ours:
        failed |= {key for key in alive.between(ours) if not _advanced(app, key, quick_only)}
        delivered += _deliver(app, post, alive)
    if hands:
        hands.take(app, ours)
    else:
        failed |= {key for key in alive.between(ours) if not _advanced(app, key, anything)}
    # What the plans just put into the outbox leaves in the same round.
    delivered += _deliver(app, post, alive) if due else 0
    hands.keep_rooms(app) if hands else _rooms_kept(app)
    _beat(
        app, ringer, prefect=trouble, failed=len(failed), **({guard.other: guard.heed(app)} if guard else {})
    )
    advanced = sum(key not in failed for key, _ in due)
    return Round(advanced, delivered, len(failed), trouble, now - due[0][1] if due else timedelta(0))


def _deliver(app: App, post: Post | None, alive: Callable[[], None]) -> int:
    """Let messages leave; how many were tried here."""
    if post is None:
        return len(deliver(app, alive=alive))
    post.send(app)
    return 0


def _rooms_kept(app: App) -> None:
    try:
        keep_rooms(app)
    except Exception as error:  # any failure at all: a room delays no page and no deadline
        log.error("rooms failed", error=type(error).__name__, at=place_of(error))


def _look_at_newer_laws(app: App, alive: Breath) -> set[str]:
    """Hold the laws of each open incident against those of today, once for each time that these change.

    A change of facts makes an incident due by itself, and a plan knows of newer laws; a file that somebody edited does
    not. Some at a time, since each has to be read. Returns those whose page about it failed.
    """
    today = app.catalog.digest
    with app.database.read() as connection:
        keys = resting.held_otherwise(connection, today, app.now(), LOOKS)
    failed = {
        key
        for key in alive.between(keys)
        if _has_newer_laws(app, key) and not _advanced(app, key, urgent_only)
    }
    if held := [key for key in keys if key not in failed]:
        with app.database.write() as connection:
            resting.hold_against(connection, held, today)
    return failed


def _has_newer_laws(app: App, key: str) -> bool:
    try:
        return app.newer_of(app.incident(key)) is not None
    except Exception:  # any failure at all: one that cannot be read is set apart when its own turn comes
        return False


def _beat(app: App, ringer: heartbeats.Ringer, **detail: object) -> None:
    # Other bells beat in this name too: whoever keeps us asks which of them it was.
    with app.database.write() as connection:
        heartbeats.beat(connection, ringer, app.clock(), {"pid": os.getpid(), **detail})


def _advanced(
    app: App, key: str, wanted: Callable[[Move], bool], stop: Callable[[], bool] = lambda: False
) -> bool:
    return went_on(app, key, wanted, holder=f"bell:{os.getpid()}", stop=stop)


def next_moment(app: App) -> datetime | None:
    """When anything can next become due: an incident's wake, or a message that may be tried again."""
    with app.database.read() as connection:
        moments = [timeline.next_wake(connection), next_due(connection, app.now())]
    return min((moment for moment in moments if moment is not None), default=None)


def read_again(app: App) -> App:
    """The same home with the contacts of now, since people change numbers. A faulty file changes nothing."""
    renewed = app.renewed()
    try:
        _, fault = renewed.catalog, renewed.fault
    except TocsinError as error:
        fault = error
    if fault:
        log.error("contacts cannot be read", error=str(fault))
    return app if fault else renewed
