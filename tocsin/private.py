"""Files that leave the system: new ones, which nobody but their owner could read at any moment."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from tocsin.domain.errors import Refused


@contextmanager
def private_file(target: Path, mode: Literal["w", "wb"] = "wb", *, failing: str = "") -> Iterator[IO[Any]]:
    """A new file for its owner alone; text is UTF-8. Refused when it exists or cannot be written.

    `failing` is added to what is said when the disk refuses.
    """
    encoding, newline = ("utf-8", "") if mode == "w" else (None, None)
    try:
        # The mode belongs to the creation: a file that is closed to others afterwards was open to them for a moment.
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, mode, encoding=encoding, newline=newline) as file:
            yield file
    except FileExistsError:
        raise Refused(f"{target} exists; choose another name") from None
    except OSError as error:
        raise Refused(f"{target}: {error.strerror}{failing}") from None


@contextmanager
def appearing(target: Path, *, advice: str) -> Iterator[Path]:
    """Where to make a new file or folder that is there at the end of the block, whole, or not at all.

    Refused when it exists, or cannot be written; `advice` says what to name instead.
    """
    if target.exists():
        raise Refused(f"{target} exists; choose another name")
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        yield unfinished
        unfinished.rename(target)
    except OSError as error:
        raise Refused(f"{target}: {error.strerror}; {advice}") from None
    finally:
        if unfinished.is_dir():
            shutil.rmtree(unfinished, ignore_errors=True)
        else:
            unfinished.unlink(missing_ok=True)
