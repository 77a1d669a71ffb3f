"""SIGTERM ends what measures as Ctrl-C does: nothing of it is left behind in clear text."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

#: As a shell reports a program that SIGTERM has ended.
_STATUS = 128 + signal.SIGTERM


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block from within, so that whatever stands open in it is closed."""
    if current_thread() is not main_thread():  # only the main one is told of signals
        yield
        return
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(_: int, __: FrameType | None) -> None:
    raise SystemExit(_STATUS)
