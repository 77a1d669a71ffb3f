"""The hands that work off what came in: a few threads, each with its own view of the home, fed by the database.

What is kept there is worked off even if this process dies: its lease ends, and who lives takes it up.
"""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from tocsin.app import App
from tocsin.logs import Log
from tocsin.storage import inbound
from tocsin.storage.database import Unavailable
from tocsin.storage.inbound import Taken

log = Log("tocsin.slackapp")

#: How many things are worked off at a time.
HANDS = 4
#: How long something is ours without a sign of life, and how often we give one.
LEASE = timedelta(seconds=10)
#: Seconds between two looks at what others may have left behind.
LOOK = 2.0
#: Contacts are read again this often.
READ_AGAIN = timedelta(seconds=15)

#: Works off one thing with a handle of the home. Raises Unavailable where it must be taken up once more.
Work = Callable[[App, Taken], None]


class Hands:
    """`nudge` them when something was kept; `beat` while they live; `rest` at the end."""

    def __init__(self, app: App, work: Work, count: int = HANDS) -> None:
        self._app, self._work = app, work
        #: A lease for each thing in hand, so that one whose work failed is not kept from who takes it up again.
        self._held: set[str] = set()
        self._nudges: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._live, name=f"hand-{number}", daemon=True) for number in range(count)
        ]

    def start(self) -> None:
        """Begin, with what an earlier process has left."""
        for thread in self._threads:
            thread.start()
            self.nudge()

    def nudge(self) -> None:
        """There is something to do."""
        self._nudges.put(None)

    def beat(self) -> None:
        """What is in our hands stays ours for another while."""
        with self._app.database.write() as connection:
            now = self._app.clock()
            inbound.renew(connection, self._held.copy(), now, now + LEASE)

    def rest(self, seconds: float) -> None:
        """Let what is in hand end. What does not is taken up by the next process."""
        self._stop.set()
        for _ in self._threads:
            self.nudge()
        for thread in self._threads:
            thread.join(seconds)

    def _live(self) -> None:
        handle, read_at = own_handle(self._app), self._app.clock()
        while not self._stop.is_set():
            try:
                if self._app.clock() - read_at > READ_AGAIN:
                    handle, read_at = own_handle(self._app), self._app.clock()
                if self._one(handle):
                    continue
            except Exception as error:  # a database that is away comes back, and the hand must be there then
                log.error("hand failed", error=type(error).__name__)
            try:
                self._nudges.get(timeout=LOOK)
            except queue.Empty:
                continue

    def _one(self, app: App) -> bool:
        """Work off one thing; False where there is none."""
        lease = str(uuid4())
        taken = self._take(app, lease)
        if taken is None:
            return False
        self._held.add(lease)
        try:
            self._work(app, taken)
            with app.database.write() as connection:
                inbound.settle(connection, taken.id)
        except Unavailable as away:
            log.error("the database is away", error=type(away).__name__)
            with suppress(Unavailable), app.database.write() as connection:
                inbound.excuse(connection, taken.id)
            return False
        finally:
            # What was not settled is out of hand: its lease ends, and it is taken up again.
            self._held.discard(lease)
        return True

    def _take(self, app: App, lease: str) -> Taken | None:
        now: datetime = app.clock()
        with app.database.read() as connection:
            if not inbound.is_free(connection, now):
                return None
        with app.database.write() as connection:
            return inbound.take(connection, lease, now, now + LEASE)


def own_handle(app: App) -> App:
    """The same home for one thread: its incidents are its own to read on, and contacts are those of now."""
    return replace(app, _incidents={}, _catalogs={})
