"""SHA-256 of a file, as fast as one core can work it out: the next bytes are read while those before are hashed.

A large file is left to a process of its own, for which this module is the program: where other threads need the
interpreter, each chunk would wait for it. So nothing but the standard library is imported here.
"""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO

_CHUNK = 1 << 20
#: Bytes that take longer to be hashed than a process takes to start.
_LARGE = 64 << 20
#: By how much a process gives way that works beside others.
_NICE = 10


def sha256_of(file: IO[bytes], size: int = sys.maxsize, *, beside: bool = False) -> str:
    """In hex, of the first `size` bytes of a file that was just opened, or of as many as there are. Raises OSError.

    What is worked out `beside` something else lets that go first.
    """
    if min(os.fstat(file.fileno()).st_size, size) >= _LARGE:
        if found := _by_another(file, size, _NICE if beside else 0):
            return found
        file.seek(0)
    return _worked_out(file, size)


def _by_another(file: IO[bytes], size: int, nice: int) -> str:
    """What another process finds; empty where there is none, or where it was ended."""
    command = (sys.executable, "-I", "-S", __file__, str(size), str(nice))
    try:
        done = subprocess.run(command, stdin=file, capture_output=True, check=False)  # noqa: S603 - it is ours
    except OSError:
        return ""
    if done.returncode == -signal.SIGINT:  # Ctrl-C reaches both of us
        raise KeyboardInterrupt
    return done.stdout.decode("ascii") if done.returncode == 0 else ""


def _worked_out(file: IO[bytes], size: int) -> str:
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


if __name__ == "__main__":
    os.nice(int(sys.argv[2]))
    sys.stdout.write(_worked_out(sys.stdin.buffer, int(sys.argv[1])))
