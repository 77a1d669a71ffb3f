"""SHA-256 of a file, as fast as one core can work it out: the next bytes are read while those before are hashed.

A large file is left to a process of its own, for which this module is the program: where other threads need the
interpreter, each chunk would wait for it. So nothing but the standard library is imported here. Where no such process
can be had, or somebody killed it, the file is hashed here.
"""

import hashlib
import os
import re
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
#: Signals that ask to end: where one reached the other process, we are to end too.
_ASKED_TO_END = (-signal.SIGHUP, -signal.SIGINT, -signal.SIGTERM)
_others: set["subprocess.Popen[bytes]"] = set()


def sha256_of(file: IO[bytes], size: int = sys.maxsize, *, beside: bool = False) -> str:
    """In hex, of the first `size` bytes of a file that was just opened, or of as many as there are. Raises OSError.

    What is worked out `beside` something else lets that go first.
    """
    if min(os.fstat(file.fileno()).st_size, size) >= _LARGE:
        if found := _by_another(file, size, _NICE if beside else 0):
            return found
        file.seek(0)
    return _worked_out(file, size)


def end_others() -> None:
    """End what other processes work out for this one, which is itself to end: who waits for it is interrupted."""
    for each in tuple(_others):
        each.terminate()


def _by_another(file: IO[bytes], size: int, nice: int) -> str:
    """What another process finds; empty where there is none, or where it was killed."""
    if not sys.executable:
        return ""
    command = (sys.executable, "-I", "-S", __file__, *map(str, (size, nice, os.getpid())))
    try:
        other = subprocess.Popen(  # noqa: S603 - the program is this module
            command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        return ""
    _others.add(other)
    try:
        said, _ = other.communicate()
    finally:
        _others.discard(other)
    if other.returncode in _ASKED_TO_END:
        raise KeyboardInterrupt
    # Where another program than Python stands in its place, it may say anything.
    return said.decode() if other.returncode == 0 and re.fullmatch(rb"[0-9a-f]{64}", said) else ""


def _worked_out(file: IO[bytes], size: int, parent: int = 0) -> str:
    """The same by this process, as long as its `parent` lives."""
    seen = hashlib.sha256()
    for chunk in _ahead(file, size):
        seen.update(chunk)
        if parent and os.getppid() != parent:
            raise SystemExit(1)
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
    _size, _nice, _parent = map(int, sys.argv[1:])
    os.nice(_nice)
    sys.stdout.write(_worked_out(sys.stdin.buffer, _size, _parent))
