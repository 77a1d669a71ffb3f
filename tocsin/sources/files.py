"""Input files, fingerprinted before and after they are read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path

from tocsin.domain.errors import Refused
from tocsin.sources.bounds import Bounds
from tocsin.sources.finding import Found
from tocsin.sources.prints import end_others, sha256_of
from tocsin.sources.survey import Survey, surveyed
from tocsin.sources.unpacking import Packing, packing_of

#: As many as the fastest disks can feed, on a machine of however many cores.
_CLERKS = 4


@dataclass(frozen=True)
class File:
    """One input file. `read_from` differs from `path` where a copy is read instead, each line of it `numbered`.

    `name` is what results and gaps show, and what the books are kept by: within a source no two files share it.
    """

    source: str
    path: Path
    read_from: Path
    sha256: str
    size: int
    name: str
    survey: Survey
    packing: Packing
    numbered: bool = False
    #: Whether `path` is a copy that was fetched from a store.
    far: bool = False
    #: Of a file that was hashed and not read: how it lay on the disk before.
    lay: tuple[int, ...] = ()


def fingerprint(path: Path, *, beside: bool = False) -> str:
    """SHA-256 of the file's bytes, in hex, perhaps worked out `beside` other work; Refused when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return sha256_of(stream, beside=beside)
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}); check its permissions") from None


def hashed(file: File) -> File:
    """A file that need not be read, with the SHA-256 of the bytes that it had when it was found; empty where these are
    no more to be had.
    """
    try:
        lay = lying(file.read_from)
        with file.read_from.open("rb") as stream:
            sha256 = sha256_of(stream, file.size)
    except OSError:
        return file
    return replace(file, sha256=sha256, lay=lay)


def lying(path: Path) -> tuple[int, ...]:
    """What changes with the bytes of a file on this machine, and by whatever takes its place."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@contextmanager
def clerks() -> Iterator[Executor]:
    """Threads that fingerprint files beside other work, for the length of the block. What nobody began by then is left
    undone.
    """
    pool = ThreadPoolExecutor(_CLERKS, thread_name_prefix="clerk")
    try:
        yield pool
    except BaseException as error:
        if not isinstance(error, Exception):  # we are to end, and not after hours
            end_others()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def take_in(source: str, found: Sequence[Found], bounds: Bounds, *, of_lines: bool) -> tuple[File, ...]:
    """The files with their fingerprints; a second file with the same bytes is left out."""
    paths = [each.copy or Path(each.address) for each in found]
    with clerks() as pool:
        surveys = list(pool.map(lambda path: surveyed(path, bounds, of_lines=of_lines), paths))
    files: dict[str, File] = {}
    for each, path, survey in zip(found, paths, surveys, strict=True):
        sha256, far = survey.sha256, each.copy is not None
        file = File(source, path, path, sha256, survey.size, each.name, survey, survey.packing, far=far)
        files.setdefault(sha256, file)
    return tuple(files.values())


def not_yet_read(source: str, found: Sequence[Found]) -> tuple[File, ...]:
    """Files of lines, of which only reading them will tell the fingerprint."""
    files = []
    for each in found:
        path, far = each.copy or Path(each.address), each.copy is not None
        try:
            packing, size = packing_of(path), path.stat().st_size
        except OSError as error:
            raise Refused(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
        survey = Survey("", size, packing, 0, 0)
        files.append(File(source, path, path, "", size, each.name, survey, packing, far=far))
    return tuple(files)


#: Files to their SHA-256 as they are by now, once it is known.
Prints = Mapping[File, Future[str]]


def prints_now(files: Iterable[File], pool: Executor, *, beside: bool) -> Prints:
    """Begin to fingerprint files, and the copies of far ones, as they are by now; empty for one that is gone. `beside`:
    other work is done meanwhile, and goes first.
    """
    return {file: pool.submit(_print_now, file, beside=beside) for file in files}


def _print_now(file: File, *, beside: bool) -> str:
    with suppress(OSError):
        if file.lay and file.lay == lying(file.path):
            return file.sha256
    return fingerprint(file.path, beside=beside) if file.path.is_file() else ""


def engine_path(file: File) -> str:
    """The path as the engine must be told it: a `*` or `[` in a name is meant as such."""
    return escape(str(file.read_from))
