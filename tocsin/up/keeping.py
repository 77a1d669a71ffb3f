"""One keeper for a home, and the end of what a keeper left behind that was killed.

A keeper that dies of `kill -9` stops nothing: server, worker and bell go on, and that is well, for pages still leave.
The next keeper ends exactly these. All that a keeper starts carries its mark in the environment, children's children
too. So each is known by the mark, and never by a number that another process may have by now.
"""

import fcntl
import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tocsin.domain.errors import Refused

#: The variable in which the mark stands.
MARK = "KEPT_BY_TOCSIN"
#: Seconds that what was left has for ending by itself.
GRACE = 5.0
#: Where Linux shows processes. Elsewhere nothing is found, and a port that is still taken is refused.
_PROCESSES = Path("/proc")


@contextmanager
def kept(home: Path) -> Iterator[str]:
    """Be the one keeper of a home, for as long as the block lasts; gives the mark for all that is started.

    What an earlier keeper left is ended first. Raises Refused while another keeper is at work.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "keeper").open("a+", encoding="ascii") as book:
        book.seek(0)
        keeper, _, former = book.read().strip().partition(" ")
        try:
            # The lock is the process's own: it ends with it, however it ends.
            fcntl.flock(book, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"{home} is up already, kept by process {keeper}; stop that one first") from None
        if former:
            end_marked(former)
        mark = secrets.token_hex(16)
        book.truncate(0)
        book.write(f"{os.getpid()} {mark}\n")
        book.flush()
        yield mark


def end_marked(mark: str, grace: float = GRACE) -> None:
    """End every process that carries the mark: asked first, killed after `grace` seconds."""
    until = time.monotonic() + grace
    asked: set[int] = set()
    while left := set(_marked(mark)):
        late = time.monotonic() > until
        for process in left if late else left - asked:
            _tell(process, mark, signal.SIGKILL if late else signal.SIGTERM)
        asked |= left
        time.sleep(0.05)


def _marked(mark: str) -> Iterator[int]:
    for folder in _PROCESSES.glob("[0-9]*"):
        if _carries(int(folder.name), mark):
            yield int(folder.name)


def _carries(process: int, mark: str) -> bool:
    try:
        environment = (_PROCESSES / str(process) / "environ").read_bytes()
    except OSError:  # it has ended, or is somebody else's
        return False
    return f"{MARK}={mark}".encode() in environment.split(b"\0")


def _tell(process: int, mark: str, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        # Held by a handle, so that it is still the same process when it is told.
        handle = os.pidfd_open(process)
        try:
            if _carries(process, mark):
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)
