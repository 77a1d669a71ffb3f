"""Where a measurement works: a folder of its own, for its owner alone, of which nothing stays behind.

Lines that came out of an archive, and what the engine spills, lie there in clear text. Who works in a folder holds a
lock on it, which ends with the process however that ends; a folder that nobody holds is what a killed one has left: the
next measurement takes it away, and so does the bell, and whoever closes an incident.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tocsin.logs import Log

log = Log("tocsin.scoping")


@contextmanager
def working_in(place: Path) -> Iterator[Path]:
    """A folder below `place` for the length of the block, beginning with nothing that dead processes left there."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as held:
        # Nobody sweeps while a folder is made or taken away.
        with _held(place, wait=True):
            _sweep(place)
            folder = Path(tempfile.mkdtemp(prefix="scope-", dir=place))
            held.enter_context(_held(folder, wait=False))
        try:
            yield folder
        finally:
            with _held(place, wait=True):
                shutil.rmtree(folder)


def sweep(place: Path) -> None:
    """Take away what dead measurements left below `place`; who measures just now keeps what she has."""
    if place.is_dir():
        with _held(place, wait=True):
            _sweep(place)


def _sweep(place: Path) -> None:
    for folder in place.glob("scope-*"):
        try:
            with _held(folder, wait=False):
                shutil.rmtree(folder)
        except BlockingIOError:
            continue
        except OSError as error:  # another account's, say: whoever measures now is not kept from it
            log.error(
                "what a dead measurement left in clear text stays",
                folder=folder.name,
                error=type(error).__name__,
            )


@contextmanager
def _held(folder: Path, *, wait: bool) -> Iterator[None]:
    """Hold a folder for the length of the block. BlockingIOError where another holds it and we do not `wait`."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(opened)
