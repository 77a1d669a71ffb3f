"""Input files, fingerprinted before and after they are read."""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from tocsin.domain.errors import Refused
from tocsin.sources.finding import Copy, Found
from tocsin.sources.looking import CHUNK, Look

_GZIP = b"\x1f\x8b"


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
    #: Whether `path` is a copy that was fetched from a store.
    far: bool = False


def fingerprint(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex; Refused when it cannot be read."""
    return _looked_at(path).sha256


def _looked_at(path: Path) -> Look:
    look = Look()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                look.see(chunk)
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
    return look


def take_in(source: str, found: Sequence[Found], folder: Path) -> tuple[File, ...]:
    """The files with their fingerprints; a second file with the same bytes is left out."""
    with ThreadPoolExecutor() as pool:
        copies = list(pool.map(_copy_of, found))
    files: dict[str, File] = {}
    for each, copy in zip(found, copies, strict=True):
        look = copy.look
        read_from, zipped = _rightly_named(copy.path, folder / f"{source}-{len(files)}")
        known = None if zipped else look.longest
        file = File(
            source, copy.path, read_from, look.sha256, look.size, each.name, known, far=copy is each.copy
        )
        files.setdefault(look.sha256, file)
    return tuple(files.values())


def _copy_of(found: Found) -> Copy:
    """Where the bytes of a file lie on this machine, looked at."""
    path = Path(found.address)
    return found.copy or Copy(path, _looked_at(path))


def changed(files: Sequence[File]) -> tuple[File, ...]:
    """The files of this machine whose bytes are no longer those that were taken in."""
    near = [file for file in files if not file.far]
    with ThreadPoolExecutor() as pool:
        prints = list(pool.map(_print_now, near))
    return tuple(file for file, now in zip(near, prints, strict=True) if file.sha256 != now)


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
