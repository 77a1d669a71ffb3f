"""Input files: found, fingerprinted before and after they are read, and rescued where they are damaged.

A damaged archive is used up to its damage. DuckDB notices one that ends too early; it does not check the CRC-32 that
closes a gzip member (RFC 1952, 2.3.1), so that a bit which flips without breaking the stream shows only in our rescue.
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from glob import escape, glob
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow.parquet import read_metadata  # type: ignore[import-untyped]

from tocsin.domain.errors import Refused

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
_CRUMB = 64


@dataclass(frozen=True)
class File:
    """One input file. `read_from` differs from `path` where a rescued or rightly named copy is read instead."""

    source: str
    path: Path
    read_from: Path
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """The name that results and gaps show; folders stay private."""
        return self.path.name


def find(source: str, patterns: Iterable[str]) -> tuple[Path, ...]:
    """Every file that a pattern names, each once, in order; Refused when a pattern names none."""
    found: set[Path] = set()
    for pattern in patterns:
        names = glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob refuses absolute patterns
        matches = {path.resolve() for name in names if (path := Path(name)).is_file()}
        if not matches:
            raise Refused(f"source {source}: no file matches {pattern}; correct `paths` in sources.yaml")
        found |= matches
    return tuple(sorted(found))


def fingerprint(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex; Refused when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}); check its permissions") from None


def take_in(source: str, paths: Sequence[Path], folder: Path) -> tuple[File, ...]:
    """The files with their fingerprints; a second file with the same bytes is left out."""
    with ThreadPoolExecutor() as pool:
        prints = list(pool.map(fingerprint, paths))
    files: dict[str, File] = {}
    for path, sha256 in zip(paths, prints, strict=True):
        read_from = _rightly_named(path, folder / f"{source}-{len(files)}")
        files.setdefault(sha256, File(source, path, read_from, sha256, path.stat().st_size))
    return tuple(files.values())


def changed(files: Sequence[File]) -> tuple[File, ...]:
    """The files whose bytes are no longer those that were taken in."""
    with ThreadPoolExecutor() as pool:
        prints = list(pool.map(_print_now, files))
    return tuple(file for file, now in zip(files, prints, strict=True) if file.sha256 != now)


def _print_now(file: File) -> str | None:
    return fingerprint(file.path) if file.path.is_file() else None


def _rightly_named(path: Path, link: Path) -> Path:
    """`path`, or a link whose suffix tells the engine whether the bytes are gzip, where the name tells it wrongly."""
    with path.open("rb") as stream:
        begin = stream.read(len(_GZIP))
    # Of an archive that was cut off at once, one byte may be all there is.
    zipped = begin != b"" and _GZIP.startswith(begin)
    if zipped == (path.suffix == ".gz") or path.stat().st_size == 0:
        return path
    link = link.with_suffix(".gz" if zipped else ".txt")
    link.unlink(missing_ok=True)
    link.symlink_to(path)
    return link


@dataclass(frozen=True)
class Mended:
    """What to read in place of a file that the engine could not read; None where nothing of it is left."""

    file: File | None
    damaged: bool


def mended(file: File, folder: Path, kind: str) -> Mended:
    """The whole lines of an archive up to its damage, and a CSV with one kind of line end; else the file as it is.

    A CSV in which CRLF and LF are mixed is no damage, but DuckDB's parser gives up on it.
    """
    if kind == "parquet":
        whole = _has_footer(file.read_from)
        return Mended(file if whole else None, damaged=not whole)
    delimited = kind in ("csv", "tsv")
    if file.read_from.suffix != ".gz" and not delimited:
        return Mended(file, damaged=False)
    target = folder / f"{file.source}-{file.sha256[:16]}.txt"
    with target.open("wb") as out:
        target.chmod(0o600)
        whole = _write_whole_lines(file.read_from, out, even=delimited)
    return Mended(replace(file, read_from=target), damaged=not whole)


def _has_footer(path: Path) -> bool:
    try:
        read_metadata(path)
    except (pa.ArrowException, OSError):
        return False
    return True


def _write_whole_lines(path: Path, out: BinaryIO, *, even: bool) -> bool:
    """Copy line by line what can be read, with `even` line ends if asked; whether that was everything."""
    rest = b""
    for block in unzipped(path) if path.suffix == ".gz" else _plain(path):
        if block is None:
            return False
        head, newline, rest = (rest + block).rpartition(b"\n")
        lines = head + newline
        out.write(lines.replace(b"\r\n", b"\n") if even else lines)
    out.write(rest)
    return True


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


def text_lines(path: Path) -> Iterator[str]:
    """Lines of a plain or gzip file, for a look at its beginning; a damaged archive simply ends."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as stream:
        try:
            yield from stream
        except (EOFError, OSError, zlib.error):
            return


def engine_path(file: File) -> str:
    """The path as the engine must be told it: a `*` or `[` in a name is meant as such."""
    return escape(str(file.read_from))
