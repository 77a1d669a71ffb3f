"""The post of a house that lives long: hands for messages, one for each route and one more for its pages.

A relay that is slow, or a thousand status messages that wait, delay neither a page nor the round that makes the next.
"""

import threading
import time
from collections.abc import Callable
from functools import partial

from tocsin.app import App
from tocsin.delivery.outbox import deliver
from tocsin.delivery.probing import ask_idle
from tocsin.logs import Log
from tocsin.storage.waiting import Load, loads

log = Log("tocsin.delivery")

#: Routes by which nothing waits: whether they are mended.
_IDLE = Load(lanes=())


class Post:
    """Threads that carry what is due. One that is still at work on a load takes what was added to it next time."""

    def __init__(self) -> None:
        self._carrying: dict[Load, threading.Thread] = {}

    def send(self, app: App) -> None:
        """Begin with what may leave now. It does not wait, and raises only where the database is away."""
        with app.database.read() as connection:
            due = loads(connection, app.now(), app.clock(), held_until=app.restored)
        for load in due:
            self._begin(load, partial(deliver, app, load))
        self._begin(_IDLE, partial(ask_idle, app))

    def _begin(self, load: Load, deed: Callable[[], object]) -> None:
        under_way = self._carrying.get(load)
        if under_way is None or not under_way.is_alive():
            thread = threading.Thread(target=_carry, args=(load, deed), daemon=True)
            self._carrying[load] = thread
            thread.start()

    def rest(self, seconds: float) -> None:
        """Give what is under way a little time to arrive. What is cut off is found in doubt, and resolved."""
        until = time.monotonic() + seconds
        for thread in self._carrying.values():
            thread.join(max(until - time.monotonic(), 0))


def _carry(load: Load, deed: Callable[[], object]) -> None:
    try:
        deed()
    except Exception as error:  # the database is away, say: the next round tries again
        log.error("post failed", route=load.route, error=type(error).__name__)
