"""Files that leave the system: new ones, which nobody but their owner could read at any moment."""

import os
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
