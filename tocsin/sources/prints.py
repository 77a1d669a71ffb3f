"""SHA-256 of a file, as fast as one core can work it out: the next bytes are read while those before are hashed."""

import hashlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO

_CHUNK = 1 << 20


def sha256_of(file: IO[bytes], size: int = sys.maxsize) -> str:
    """In hex, of the next `size` bytes of an open file, or of as many as there are. Raises OSError."""
    seen = hashlib.sha256()
    for chunk in _ahead(file, size):
        seen.update(chunk)
    return seen.hexdigest()


def _ahead(file: IO[bytes], left: int) -> Iterator[bytes]:
    chunk = file.read(min(_CHUNK, left))
    if len(chunk) < _CHUNK:  # most files are small, and a thread costs more than to read one
        yield chunk
        return
    with ThreadPoolExecutor(1, "reader") as reader:
        while chunk:
            left -= len(chunk)
            coming = reader.submit(file.read, min(_CHUNK, left))
            yield chunk
            chunk = coming.result()
