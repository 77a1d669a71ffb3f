"""The hands that work off what came in: a few threads, each with its own view of the home, fed by the database.

What is kept there is worked off even if this process dies: its lease ends, and who lives takes it up. What people did
waits for no file of others and for no answer to them: files have hands of their own, and answers are told by tellers.
"""

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from tocsin.app import App
from tocsin.logs import Log
from tocsin.slackapp.keeping import FILES
from tocsin.storage import inbound
from tocsin.storage.database import Unavailable
from tocsin.storage.inbound import Taken

log = Log("tocsin.slackapp")


@dataclass(frozen=True)
class Lane:
    """Hands for things of some kinds, which nothing of another kind keeps busy."""

    hands: int
    kinds: frozenset[str]


#: What people do waits for nobody else. An emoji waits for Slack to say what was marked, a file until it has come.
LANES = (
    Lane(4, frozenset({"command", "click", "submission", "other"})),
    Lane(2, frozenset({"event"})),
    Lane(2, frozenset({FILES})),
)
#: How many are told at a time what became of the thing they did; Slack may be slow to take it.
TELLERS = 16
#: How long something is ours without a sign of life, and how often we give one.
LEASE = timedelta(seconds=10)
#: Seconds between two looks at what others may have left behind.
LOOK = 2.0
#: Contacts are read again this often.
READ_AGAIN = timedelta(seconds=15)

#: Tells who asked, once their thing is done. Raises Unavailable where it must be taken up once more.
Tell = Callable[[], None]
#: Works off one thing with a handle of the home, and returns what is left to tell. Raises Unavailable as Tell does.
Work = Callable[[App, Taken], Tell | None]


class Hands:
    """`nudge` them when something was kept; `beat` while they live; `rest` at the end."""

    def __init__(self, app: App, work: Work) -> None:
        self._app, self._work = app, work
        #: A lease for each thing in hand, so that one whose work failed is not kept from who takes it up again.
        self._held: set[str] = set()
        self._nudges: dict[Lane, queue.SimpleQueue[None]] = {lane: queue.SimpleQueue() for lane in LANES}
        self._untold: queue.SimpleQueue[tuple[Taken, str, Tell] | None] = queue.SimpleQueue()
        self._stop, self._over = threading.Event(), threading.Event()
        self._hands = [
            threading.Thread(target=self._live, args=(lane,), name="hand", daemon=True)
            for lane in LANES
            for _ in range(lane.hands)
        ]
        self._tellers = [
            threading.Thread(target=self._tell, name="teller", daemon=True) for _ in range(TELLERS)
        ]

    def start(self) -> None:
        """Begin, with what an earlier process has left."""
        for thread in (*self._hands, *self._tellers):
            thread.start()

    def nudge(self) -> None:
        """There is something to do."""
        for nudges in self._nudges.values():
            nudges.put(None)

    def beat(self) -> None:
        """What is in our hands stays ours for another while."""
        with self._app.database.write() as connection:
            now = self._app.clock()
            inbound.renew(connection, self._held.copy(), now, now + LEASE)

    def rest(self, seconds: float) -> None:
        """Let what is in hand end, and be told. What does not is taken up by the next process."""
        until = time.monotonic() + seconds
        self._stop.set()
        for _ in self._hands:
            self.nudge()
        for thread in self._hands:
            thread.join(max(until - time.monotonic(), 0))
        for _ in self._tellers:
            self._untold.put(None)
        for thread in self._tellers:
            thread.join(max(until - time.monotonic(), 0))
        self._over.set()

    def _live(self, lane: Lane) -> None:
        handle, read_at = own_handle(self._app), self._app.clock()
        while not self._stop.is_set():
            try:
                if not timedelta(0) <= self._app.clock() - read_at < READ_AGAIN:
                    handle, read_at = own_handle(self._app), self._app.clock()
                if self._one(handle, lane):
                    continue
            except Exception as error:  # a database that is away comes back, and the hand must be there then
                log.error("hand failed", error=type(error).__name__)
            with suppress(queue.Empty):
                self._nudges[lane].get(timeout=LOOK)

    def _tell(self) -> None:
        while (untold := self._untold.get()) is not None and not self._over.is_set():
            try:
                self._carry(*untold)
            except Exception as error:  # as with the hands
                log.error("teller failed", error=type(error).__name__)

    def _one(self, app: App, lane: Lane) -> bool:
        """Work off one thing; False where there is none."""
        lease = str(uuid4())
        taken = self._take(app, lease, lane)
        if taken is None:
            return False
        self._held.add(lease)
        return self._carry(taken, lease, partial(self._work, app, taken))

    def _carry(self, taken: Taken, lease: str, step: Callable[[], Tell | None]) -> bool:
        """One step with it, after which it is told or settled; False where the database is away."""
        tell = None
        try:
            tell = step()
            if tell is not None:
                self._untold.put((taken, lease, tell))
            elif not self._over.is_set():  # else Slack may have been taken away in the middle of it
                with self._app.database.write() as connection:
                    inbound.settle(connection, taken.id)
        except Unavailable as away:
            log.error("the database is away", error=type(away).__name__)
            with suppress(Unavailable), self._app.database.write() as connection:
                inbound.excuse(connection, taken.id)
            return False
        finally:
            if tell is None:
                # What was not settled is out of hand: its lease ends, and it is taken up again.
                self._held.discard(lease)
        return True

    def _take(self, app: App, lease: str, lane: Lane) -> Taken | None:
        now: datetime = app.clock()
        with app.database.read() as connection:
            if not inbound.is_free(connection, now, lane.kinds):
                return None
        with app.database.write() as connection:
            return inbound.take(connection, lease, now, now + LEASE, lane.kinds)


def own_handle(app: App) -> App:
    """The same home for one thread: its incidents are its own to read on, and contacts are those of now."""
    return replace(app, _incidents={}, _catalogs={})
