"""Files that pass through our home in clear text on their way into the vault, and of which nothing stays behind.

Who passes files holds a lock on their folder, which ends with the process however that ends. A folder that nobody holds
is what a killed process has left.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tocsin.logs import Log
from tocsin.settings import Settings

log = Log("tocsin.evidence")


@contextmanager
def passing(settings: Settings) -> Iterator[Path]:
    """A folder for as long as files pass through: they may hold anything."""
    place = _place(settings)
    place.mkdir(mode=0o700, exist_ok=True)
    # Nobody sweeps while a folder is made or taken away.
    with _lock(place, wait=True):
        _sweep(place)
        folder = Path(tempfile.mkdtemp(dir=place))
        held = _lock(folder, wait=False)
    with held:
        try:
            yield folder
        finally:
            with _lock(place, wait=True):
                shutil.rmtree(folder)


def sweep(settings: Settings) -> None:
    """Take away what passed through when its process was killed."""
    place = _place(settings)
    if place.is_dir():
        with _lock(place, wait=True):
            _sweep(place)


def _place(settings: Settings) -> Path:
    return settings.home / "uploads"


def _sweep(place: Path) -> None:
    for folder in [each for each in place.iterdir() if each.is_dir()]:
        try:
            with _lock(folder, wait=False):
                shutil.rmtree(folder)
        except BlockingIOError:
            continue
        except OSError as error:  # another account's, say: whoever passes files now is not kept from it
            log.error(
                "what a dead process left in clear text stays", folder=folder.name, error=type(error).__name__
            )


def _lock(folder: Path, *, wait: bool) -> IO[str]:
    """Hold a folder until what comes back is closed. BlockingIOError where another holds it and we do not `wait`."""
    held = (folder / ".held").open("a", encoding="ascii")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BaseException:
        held.close()
        raise
    return held
