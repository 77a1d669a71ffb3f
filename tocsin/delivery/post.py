"""The post of a house that lives long: hands for messages, one for each route and one more for its pages.

A relay that is slow, or a thousand status messages that wait, delay neither a page nor the round that makes the next.
"""

import threading
import time

from tocsin.app import App
from tocsin.delivery.outbox import deliver
from tocsin.logs import Log
from tocsin.storage.waiting import Load, loads

log = Log("tocsin.delivery")


class Post:
    """Threads that carry what is due. One that is still at work on a load takes what was added to it next time."""

    def __init__(self) -> None:
        self._carrying: dict[Load, threading.Thread] = {}

    def send(self, app: App) -> None:
        """Begin with what may leave now. It does not wait, and raises only where the database is away."""
        with app.database.read() as connection:
            due = loads(connection, app.now(), app.clock(), held_until=app.restored)
        for load in due:
            under_way = self._carrying.get(load)
            if under_way is None or not under_way.is_alive():
                thread = threading.Thread(target=_carry, args=(app, load), daemon=True)
                self._carrying[load] = thread
                thread.start()

    def rest(self, seconds: float) -> None:
        """Give what is under way a little time to arrive. What is cut off is found in doubt, and resolved."""
        until = time.monotonic() + seconds
        for thread in self._carrying.values():
            thread.join(max(until - time.monotonic(), 0))


def _carry(app: App, load: Load) -> None:
    try:
        deliver(app, load)
    except Exception as error:  # the database is away, say: the next round tries again
        log.error("post failed", route=load.route, error=type(error).__name__)
