"""The first rows of a source as a small file that its reader can open: nothing large is read, wherever it lies.

Of a log of lines the first ones are unpacked; of Parquet the first rows are taken through its footer, in a store too.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow.parquet import ParquetFile, write_table  # type: ignore[import-untyped]

from tocsin.domain.errors import Refused
from tocsin.sources.bounds import Bounds
from tocsin.sources.files import File, take_in
from tocsin.sources.finding import Found

#: Rows that are looked at, and lines among which seldom-used fields may show.
ROWS, _LINES = 10, 1000
#: Bytes that are looked at of each file, packed and unpacked: a longer line is no line.
_LONGEST = 4 << 20
_CHUNK = 1 << 16
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True)
class Sample:
    """The beginning of a file, twice: `rows` holds the first few records, `names` more, to learn its columns by.

    `records` is how many records the rows should be; None where lines do not count them.
    """

    rows: File
    names: File
    records: int | None


def sample(source: str, kind: str, found: Found, folder: Path) -> Sample:
    """The beginning of a file, copied into `folder`. Refused where it has none."""
    if kind == "parquet":
        return _of_table(source, found, folder)
    head, whole = _unpacked(_beginning(found))
    lines = head.splitlines(keepends=True) if whole else head.splitlines(keepends=True)[:-1]
    if not any(line.strip() for line in lines):
        why = "holds no line" if whole else f"holds no whole line in its first {_LONGEST >> 20} MB"
        raise Refused(f"{found.name} {why}")
    wanted, records = _first(lines, headed=kind in ("csv", "tsv"))
    rows = _written(source, found, folder / f"{source}-rows.txt", wanted)
    return Sample(rows, _written(source, found, folder / f"{source}-names.txt", lines[:_LINES]), records)


def _beginning(found: Found) -> Iterator[bytes]:
    """The first bytes of a file, packed as they are."""
    left = _LONGEST
    for block in found.store.blocks(found.address) if found.store else _blocks(Path(found.address)):
        yield block[:left]
        left -= len(block)
        if left <= 0:
            return


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _unpacked(blocks: Iterator[bytes]) -> tuple[bytes, bool]:
    """What the first bytes unpack to, up to a limit, and whether that is all there is."""
    packed = b"".join(blocks)
    if packed.startswith(_GZIP):
        found = _gunzipped(packed)
    elif packed.startswith(_ZSTD):
        found = _unzstandard(packed)
    else:
        found = packed
    return found[:_LONGEST], len(packed) < _LONGEST and len(found) < _LONGEST


def _gunzipped(packed: bytes) -> bytes:
    """The members of an archive, up to where it is cut off or damaged."""
    found = b""
    while packed.startswith(_GZIP) and len(found) < _LONGEST:
        member = zlib.decompressobj(wbits=31)
        try:
            found += member.decompress(packed, _LONGEST - len(found))
        except zlib.error:
            break
        packed = member.unused_data
    return found


def _unzstandard(packed: bytes) -> bytes:
    found = b""
    with pa.input_stream(pa.BufferReader(packed), compression="zstd") as stream:
        try:
            while len(found) < _LONGEST and (chunk := stream.read(_CHUNK)):
                found += chunk
        except (pa.ArrowException, OSError):
            return found
    return found


def _first(lines: list[bytes], *, headed: bool) -> tuple[list[bytes], int | None]:
    """The lines of the first records, and how many these are; of a table its header comes first, and is none."""
    taken: list[bytes] = []
    ends, quotes = 0, 0
    for line in lines:
        taken.append(line)
        quotes += line.count(b'"') if headed else 0
        # A cell may hold line ends: a record ends where all its quotes are closed.
        ends += bool(line.strip()) and quotes % 2 == 0
        if ends == ROWS + headed:
            break
    records = ends - headed + (quotes % 2)
    return taken, records if len(lines) > 1 else None


def _written(source: str, found: Found, target: Path, lines: list[bytes]) -> File:
    target.touch(mode=0o600)
    target.write_bytes(b"".join(lines))
    return _taken(source, found, target, of_lines=True)


def _taken(source: str, found: Found, target: Path, *, of_lines: bool) -> File:
    size = target.stat().st_size
    (file,) = take_in(source, [Found(str(target), found.name, size, "")], Bounds(), of_lines=of_lines)
    return file


def _of_table(source: str, found: Found, folder: Path) -> Sample:
    """The first rows of a Parquet file, by its footer."""
    target = folder / f"{source}-rows.parquet"
    try:
        with _opened(found) as stream, ParquetFile(stream) as table:
            batch = next(table.iter_batches(batch_size=ROWS), None)
            rows = pa.Table.from_batches([batch] if batch else [], table.schema_arrow)
    except (pa.ArrowException, OSError, ValueError):
        raise Refused(f"{found.name} is no Parquet file, or is damaged") from None
    target.touch(mode=0o600)
    write_table(rows, target)
    file = _taken(source, found, target, of_lines=False)
    return Sample(file, file, rows.num_rows)


def _opened(found: Found) -> Any:
    return found.store.opened(found.address) if found.store else Path(found.address).open("rb")
