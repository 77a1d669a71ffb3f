"""A few rows of a file in the order in which it holds them: what shows whether its clock went back.

The engine reads a file in no order, and to ask it for one would cost more than the whole reading. So pieces of the file
are copied, whole lines from beginning to end: of a plain file all over it, of an archive its beginning.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tocsin.sources.bounds import Bounds
from tocsin.sources.files import File
from tocsin.sources.unpacking import Content

#: Bytes of one piece.
_PIECE = 1 << 14
#: Pieces of one file at most, and of all files of a source together.
_PIECES, _ALL = 64, 1024


def samples(files: Sequence[File], folder: Path, *, header: bool) -> Iterator[tuple[File, File]]:
    """Files, each with its sample in `folder`; `header` where the first line names the columns.

    Of more files than there may be pieces only so many are looked at, evenly chosen.
    """
    chosen = files[:: -(-len(files) // _ALL) or 1]
    each = min(_PIECES, _ALL // max(1, len(chosen)))
    for number, file in enumerate(chosen):
        content = b"".join(_pieces(file, each, header=header))
        if content:
            target = folder / f"{file.source}-sample-{number}.txt"
            target.touch(mode=0o600)
            target.write_bytes(content)
            yield file, replace(file, read_from=target, packing="none")


def _pieces(file: File, count: int, *, header: bool) -> Iterator[bytes]:
    size, whole = file.read_from.stat().st_size, count * _PIECE
    if file.packing != "none" or size <= whole:
        yield _beginning(file, whole)
        return
    with file.read_from.open("rb") as stream:
        first = stream.readline(_PIECE)
        if header:
            yield first if first.endswith(b"\n") else b""
        for place in range(count):
            stream.seek(max(len(first), place * (size - _PIECE) // max(1, count - 1)))
            # Where a piece begins within a line, that line is left out.
            piece = stream.read(_PIECE).partition(b"\n")[2]
            yield _whole_lines(piece)


def _beginning(file: File, most: int) -> bytes:
    """The first lines of a file, all of them where it holds no more than `most` bytes."""
    found = b""
    for block in Content(file.read_from, file.packing, Bounds()):
        found += block
        if len(found) > most:
            return _whole_lines(found[:most])
    return found if found.endswith(b"\n") else found + b"\n"


def _whole_lines(piece: bytes) -> bytes:
    return piece[: piece.rfind(b"\n") + 1]
