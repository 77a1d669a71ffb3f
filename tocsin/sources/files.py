"""Input files, fingerprinted before and after they are read."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from tocsin.domain.errors import Refused
from tocsin.sources.finding import Found

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 18


@dataclass(frozen=True)
class File:
    """One input file. `read_from` differs from `path` where a rescued or rightly named copy is read instead.

    `name` is what results and gaps show, and what the books are kept by: within a source no two files share it.
    """

    source: str
    path: Path
    read_from: Path
    sha256: str
    size: int
    name: str
    #: Bytes of its longest line, or a little more; None in an archive, which nobody has unpacked yet.
    longest: int | None = None


def fingerprint(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex; Refused when it cannot be read."""
    return _looked_at(path)[0]


def _looked_at(path: Path) -> tuple[str, int]:
    """SHA-256 and the length of the longest line, in one reading. Lines within one chunk count as long as it."""
    seen, longest, since = hashlib.sha256(), 0, 0
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                seen.update(chunk)
                first = chunk.find(b"\n")
                if first >= 0:
                    longest, since = max(longest, since + first, len(chunk)), 0
                since += len(chunk) - chunk.rfind(b"\n") - 1
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
    return seen.hexdigest(), max(longest, since)


def take_in(source: str, found: Sequence[Found], folder: Path) -> tuple[File, ...]:
    """The files with their fingerprints; a second file with the same bytes is left out."""
    paths = [Path(each.address) for each in found]
    with ThreadPoolExecutor() as pool:
        looks = list(pool.map(_looked_at, paths))
    files: dict[str, File] = {}
    for each, path, (sha256, longest) in zip(found, paths, looks, strict=True):
        read_from, zipped = _rightly_named(path, folder / f"{source}-{len(files)}")
        known = None if zipped else longest
        files.setdefault(sha256, File(source, path, read_from, sha256, path.stat().st_size, each.name, known))
    return tuple(files.values())


def changed(files: Sequence[File]) -> tuple[File, ...]:
    """The files whose bytes are no longer those that were taken in."""
    with ThreadPoolExecutor() as pool:
        prints = list(pool.map(_print_now, files))
    return tuple(file for file, now in zip(files, prints, strict=True) if file.sha256 != now)


def _print_now(file: File) -> str | None:
    return fingerprint(file.path) if file.path.is_file() else None


def _rightly_named(path: Path, link: Path) -> tuple[Path, bool]:
    """`path`, or a link whose suffix tells the engine whether the bytes are gzip; and whether they are packed."""
    with path.open("rb") as stream:
        begin = stream.read(len(_GZIP))
    # Of an archive that was cut off at once, one byte may be all there is.
    zipped = begin != b"" and _GZIP.startswith(begin)
    if zipped == (path.suffix == ".gz") or path.stat().st_size == 0:
        return path, zipped or path.suffix == ".zst"
    link = link.with_suffix(".gz" if zipped else ".txt")
    link.unlink(missing_ok=True)
    link.symlink_to(path)
    return link, zipped


def as_utf8(text: bytes) -> bytes:
    """The text, with U+FFFD for whatever in it is no UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode(errors="replace").encode()
    return text


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
