"""What systemd is told by who runs under it: sd_notify(3), one datagram. Elsewhere nobody listens."""

import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

from tocsin.domain.errors import TocsinError

T = TypeVar("T")

#: Seconds between two signs of life in the middle of a round: each is a write.
EACH = 1.0


def tell_systemd(state: str) -> None:
    """`READY=1`, `WATCHDOG=1` or `STOPPING=1`. It never raises: a supervisor that is gone stops no work."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.sendto(state.encode(), address)


class Breath:
    """Signs of life in the middle of a round, however long it takes: to systemd, and by a `beat` of our own."""

    def __init__(self, beat: Callable[[], None]) -> None:
        self._beat, self._last = beat, time.monotonic()

    def __call__(self) -> None:
        """Draw it, where it is due. A database that is away hears of it the next time."""
        if time.monotonic() - self._last < EACH:
            return
        self._last = time.monotonic()
        tell_systemd("WATCHDOG=1")
        with suppress(TocsinError):
            self._beat()

    def between(self, items: Iterable[T]) -> Iterator[T]:
        """These one after the other, with a sign of life where one is due."""
        for item in items:
            self()
            yield item
