"""The post of a house that lives long: hands for messages, one for each route and one for each person who is paged.

A relay that is slow, or a thousand status messages that wait, delay neither a page nor the round that makes the next.
"""

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

from tocsin.app import App
from tocsin.delivery.outbox import MAILS, deliver
from tocsin.delivery.probing import ask_idle, idle
from tocsin.logs import Log
from tocsin.storage.waiting import Load, loads

log = Log("tocsin.delivery")

#: Routes by which nothing waits: whether they are mended.
_IDLE = Load(lanes=())


class Post:
    """Threads that carry what is due; anybody may send. One that is at work on a load takes what was added next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._carrying: dict[Load, threading.Thread] = {}
        self._next: dict[Load, Callable[[], object]] = {}
        #: A relay takes only so many connections.
        self._mails = threading.BoundedSemaphore(MAILS)

    def send(self, app: App) -> None:
        """Begin with what may leave now. It does not wait, and raises only where the database is away."""
        with app.database.read() as connection:
            due = loads(connection, app.now(), app.clock(), held_until=app.restored)
            asked = bool(idle(connection, app.now()))
        for load in due:
            self._begin(load, partial(deliver, app, load))
        if asked:
            self._begin(_IDLE, partial(ask_idle, app))

    def _begin(self, load: Load, deed: Callable[[], object]) -> None:
        with self._lock:
            if load in self._carrying:
                self._next[load] = deed
                return
            thread = threading.Thread(target=self._carry, args=(load, deed), daemon=True)
            self._carrying[load] = thread
            thread.start()

    def _carry(self, load: Load, deed: Callable[[], object] | None) -> None:
        while deed is not None:
            try:
                with self._mails if load.route == "email" and load.destination else nullcontext():
                    deed()
            except Exception as error:  # the database is away, say: the next round tries again
                log.error("post failed", route=load.route, error=type(error).__name__)
            with self._lock:
                deed = self._next.pop(load, None)
                if deed is None:
                    del self._carrying[load]

    def rest(self, seconds: float) -> None:
        """Give what is under way a little time to arrive. What is cut off is found in doubt, and resolved."""
        until = time.monotonic() + seconds
        with self._lock:
            under_way = list(self._carrying.values())
        for thread in under_way:
            thread.join(max(until - time.monotonic(), 0))
