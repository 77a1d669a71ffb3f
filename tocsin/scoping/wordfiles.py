"""Words that a person hands over in a file, or on stdin: one to a line, and so many that memory holds them.

A file may be a pipe that never ends; what is too much is refused as soon as it is read, and no more of it.
"""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from tocsin.domain.errors import BadFile, Refused
from tocsin.domain.scope.values import BLANKS

#: Bytes of a line; no token, address or user agent is longer.
LONGEST = 65_536
#: Bytes and lines of a file: ten million ids, or a million long tokens.
LARGEST = 256 << 20
MOST = 10_000_000
_STDIN = 0


def read_lines(path: Path | None) -> tuple[str, ...]:
    """What a file says, or stdin where none is named, each word once; Refused where that is nothing, or too much."""
    return spoken(path, lines_of(path))


def spoken(path: Path | None, lines: Iterable[str]) -> tuple[str, ...]:
    """The words among the lines of `path`, each once; blank lines and lines that start with `#` say nothing."""
    found = tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if not found:
        raise Refused(f"{_name(path)}: holds no indicator; write one to a line")
    return found


def lines_of(path: Path | None) -> Iterator[str]:
    """Its lines without the blanks around them, one after the other: only what is kept of them takes memory."""
    name, read = _name(path), 0
    try:
        with path.open("rb") if path else open(_STDIN, "rb", closefd=False) as file:
            for number, line in enumerate(iter(partial(file.readline, LONGEST + 1), b""), 1):
                if len(line) > LONGEST:
                    what = f"is longer than {LONGEST} bytes; write one indicator to a line"
                    raise BadFile(name, number, what)
                read += len(line)
                if read > LARGEST or number > MOST:
                    bound = f"{LARGEST >> 20} MB or {MOST:,} lines"
                    raise Refused(f"{name}: is more than {bound}; hand it over in several files")
                text = line.removeprefix(BOM_UTF8) if number == 1 else line
                yield from (each.strip(BLANKS) for each in _decoded(name, number, text).split("\r"))
    except OSError as error:
        why = f"cannot be read ({error.strerror}); check its path and permissions"
        raise Refused(f"{name}: {why}") from None


def _decoded(name: str, number: int, line: bytes) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise BadFile(name, number, "is not UTF-8; save it as UTF-8") from None
    if "\0" in text:
        raise BadFile(name, number, "holds NUL, as UTF-16 does; save it as UTF-8, without that character")
    return text


def _name(path: Path | None) -> str:
    return str(path) if path else "stdin"
