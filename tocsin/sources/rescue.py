"""The rescue of files that the engine could not read, or of which it lost lines: what can still be read, as a copy.

A damaged archive is used up to its damage. DuckDB notices one that ends too early; it does not check the CRC-32 that
closes a gzip member (RFC 1952, 2.3.1), so that a bit which flips without breaking the stream shows only in our rescue.
What is wrong within lines, each format repairs in its own way. The copy lies in the workspace, for its owner alone.
"""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow.parquet import read_metadata  # type: ignore[import-untyped]

from tocsin.sources.files import File
from tocsin.sources.logs import repairs

_CHUNK = 1 << 20
_CRUMB = 64


@dataclass(frozen=True)
class Mended:
    """What to read in place of a file; the file itself where a rescue changes nothing, None where nothing is left."""

    file: File | None
    damaged: bool


def mended(file: File, folder: Path, kind: str) -> Mended:
    """The lines of a file up to its damage, repaired; a Parquet file unpacked, which is whole or nothing."""
    if kind == "parquet":
        return _unpacked(file, folder)
    target = folder / f"{file.source}-{file.sha256[:16]}.txt"
    lines, written = _Lines(file.read_from), hashlib.sha256()
    with _private(target) as out:
        for block in repairs()[kind](lines, kind):
            out.write(block)
            written.update(block)
    if lines.whole and written.digest() == lines.seen.digest():
        target.unlink()
        return Mended(file, damaged=False)
    return Mended(replace(file, read_from=target), damaged=not lines.whole)


def _unpacked(file: File, folder: Path) -> Mended:
    whole = True
    if file.read_from.suffix == ".gz":
        target = folder / f"{file.source}-{file.sha256[:16]}.parquet"
        with _private(target) as out:
            for block in unzipped(file.read_from):
                whole = block is not None
                out.write(block or b"")
        file = replace(file, read_from=target)
    whole = whole and _has_footer(file.read_from)
    return Mended(file if whole else None, damaged=not whole)


def _private(target: Path) -> BinaryIO:
    target.touch(mode=0o600)
    return target.open("wb")


def _has_footer(path: Path) -> bool:
    try:
        read_metadata(path)
    except (pa.ArrowException, OSError):
        return False
    return True


class _Lines:
    """The whole lines of a file in blocks. Once they are read: `whole` says if that was all, `seen` is their digest."""

    def __init__(self, path: Path) -> None:
        self.path, self.whole, self.seen = path, True, hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        for block in unzipped(self.path) if self.path.suffix == ".gz" else _plain(self.path):
            if block is None:
                self.whole = False
                return
            head, newline, rest = (rest + block).rpartition(b"\n")
            yield self._noted(head + newline)
        yield self._noted(rest)

    def _noted(self, lines: bytes) -> bytes:
        self.seen.update(lines)
        return lines


def _plain(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def unzipped(archive: Path) -> Iterator[bytes | None]:
    """What each gzip member holds, block by block; None, last, where the stream is damaged or is no gzip."""
    with archive.open("rb") as stream:
        member, between = zlib.decompressobj(wbits=31), False
        while chunk := stream.read(_CHUNK):
            while chunk:
                before = member.copy()
                try:
                    yield member.decompress(chunk)
                except zlib.error:
                    yield _up_to_the_damage(before, chunk)
                    yield None
                    return
                chunk, between = member.unused_data, member.eof
                if between:
                    member = zlib.decompressobj(wbits=31)
        if not between:
            yield None


def _up_to_the_damage(member: "zlib._Decompress", chunk: bytes) -> bytes:
    """zlib keeps what it unpacked of a damaged chunk to itself, so feed it crumbs until it balks."""
    found = []
    for start in range(0, len(chunk), _CRUMB):
        try:
            found.append(member.decompress(chunk[start : start + _CRUMB]))
        except zlib.error:
            break
    return b"".join(found)
