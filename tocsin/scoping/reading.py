"""Reading the logs once, source by source: files found and fingerprinted, one pass each, damage rescued, gaps noted."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import duckdb
import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.answers import nearest
from tocsin.domain.errors import Refused
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.result import InputFile, Repeated
from tocsin.domain.sources import LOG_COLUMNS, LogSource
from tocsin.scoping.gaps.columns import missing_columns
from tocsin.scoping.gaps.files import damaged, unread_files
from tocsin.scoping.gaps.hours import Volumes, hour_gaps, volumes
from tocsin.scoping.gaps.moments import unplaced_by_file, unplaced_moments, without_moment
from tocsin.scoping.gaps.rows import rows_by_file, unreadable, unreadable_addresses
from tocsin.scoping.repeats import by_stream
from tocsin.scoping.requests import passed_over
from tocsin.sources.delimited import rejected_lines, spoilt_files
from tocsin.sources.fetching import fetched
from tocsin.sources.files import File, take_in
from tocsin.sources.finding import Listing, find
from tocsin.sources.logs import open_log, repairs
from tocsin.sources.rescue import mended

#: Told what is being read, and how much of it is behind us (0 to 1).
Progress = Callable[[str, float], None]
_TICK = 0.5  # seconds
#: What the engine says of bytes that it cannot read; its other errors are mistakes of ours.
BAD_BYTES = (duckdb.OperationalError, duckdb.DataError, duckdb.InvalidInputException)


@dataclass
class Reading:
    """What the logs gave: one pass for each source or stream, and everything that has to be said about the files."""

    passes: dict[str, Any] = field(default_factory=dict)
    logged: list[Volumes] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    #: The files as the engine read them; beside them, by source or stream, the names of those that are copies of one.
    read_from: list[File] = field(default_factory=list)
    copies: dict[str, list[str]] = field(default_factory=dict)
    inputs: list[InputFile] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    repeated: list[Repeated] = field(default_factory=list)


def read_logs(
    engine: Any,
    question: Question,
    sources: Sequence[LogSource],
    folder: Path,
    progress: Progress,
    until: int,
) -> Reading:
    """Read every source that the question names; a row after `until` (microseconds) is not believed.

    Refused when none of a source's rows can be read.
    """
    reading = Reading()
    for source in chosen(question, sources):
        listing = _found(source, question, folder, progress)
        reading.listings.append(listing)
        reading.gaps += unread_files(source.name, listing.unread)
        progress(f"hashing {source.name}", 0.0)
        files = take_in(source.name, listing.files, folder)
        rows, read_from = _passed(engine, question, source, files, (folder, reading.gaps, progress, until))
        reading.passes[source.name] = rows
        reading.files += files
        reading.read_from += read_from
        _note_copies(source, listing, files, reading)
        _account_for(engine, source, rows, read_from, reading)
        lacking = tuple(missing_columns(source, question))
        reading.gaps += lacking
        reading.logged.append(volumes(engine, source, rows, comparable=not lacking))
    reading.gaps += hour_gaps(reading.logged, question)
    reading.passes = by_stream(reading.passes, sources)
    return reading


def _found(source: LogSource, question: Question, folder: Path, progress: Progress) -> Listing:
    """The files of a source, those of a store fetched; of dated ones what may hold rows of the question's window."""
    progress(f"looking for {source.name}", 0.0)
    listing = find(source.name, source.paths, source.by_date, (question.since, question.until))
    return fetched(source.name, listing, folder, progress)


def _note_copies(source: LogSource, listing: Listing, files: Sequence[File], reading: Reading) -> None:
    names = {file.name for file in files}
    if copies := [found.name for found in listing.files if found.name not in names]:
        reading.copies.setdefault(source.stream or source.name, []).extend(copies)


def chosen(question: Question, sources: Sequence[LogSource]) -> tuple[LogSource, ...]:
    """The log sources that the question is put to: those it names, else all; none where it only lists people."""
    names = [source.name for source in sources]
    for name in question.sources:
        if name not in names:
            raise Refused(f"there is no log source {name!r}{nearest(name, names)}")
    if not question.given():
        return ()
    if not sources:
        raise Refused("no log source is declared; add one under `logs` in sources.yaml")
    return tuple(source for source in sources if not question.sources or source.name in question.sources)


def _passed(
    engine: Any,
    question: Question,
    source: LogSource,
    files: Sequence[File],
    rest: tuple[Path, list[Gap], Progress, int],
) -> tuple[Any, tuple[File, ...]]:
    """The pass over a source, kept as a table, and the files as they were read.

    Files that cannot be read, or that lost lines, are mended once, and the source is read again where that helps.
    """
    folder, gaps, progress, until = rest
    rows = None
    try:
        rows = _kept(engine, question, source, files, progress, until)
        doubtful = _doubtful(engine, source, rows, files)
    except BAD_BYTES:
        doubtful = set(files)
    left = {file: mended(file, folder, source.format) for file in files if file in doubtful}
    gaps += (damaged(file, used=each.file is not None) for file, each in left.items() if each.damaged)
    read_from = (left[file].file if file in left else file for file in files)
    remains = tuple(file for file in read_from if file is not None)
    if remains == tuple(files):
        if rows is None:
            raise _unreadable(source)
        return rows, remains
    try:
        return _kept(engine, question, source, remains, progress, until), remains
    except BAD_BYTES:
        raise _unreadable(source) from None


def _doubtful(engine: Any, source: LogSource, rows: Any, files: Sequence[File]) -> set[File]:
    """Files of which the engine lost lines that a repair may bring back."""
    paths: set[str] = set()
    if source.format in ("csv", "tsv"):
        paths = spoilt_files(engine)
    elif source.format in repairs():
        paths = {path for path, (_, lost, _) in rows_by_file(engine, rows).items() if lost}
    return {file for file in files if str(file.read_from) in paths}


def _unreadable(source: LogSource) -> Refused:
    # The engine's own words may quote a row.
    return Refused(
        f"source {source.name}: its files cannot be read as {source.format}; check `format` and `fields`"
    )


def _kept(
    engine: Any, question: Question, source: LogSource, files: Sequence[File], progress: Progress, until: int
) -> Any:
    log = open_log(engine, source, files, until) if files else _empty_log()
    with _watched(engine, f"reading {source.name}", progress):
        # A pass that failed leaves its empty table behind, so each has a name of its own.
        return engine.create_table(ibis.util.gen_name("pass"), passed_over(log, question, source), temp=True)


def _empty_log() -> Any:
    whole = {"at", "again", "status", "bytes"}
    columns = {
        name: pa.array([], pa.int64() if name in whole else pa.string())
        for name in ("file", "again", "unplaced", *LOG_COLUMNS)
    }
    return ibis.memtable(pa.table(columns))


@contextmanager
def _watched(engine: Any, words: str, progress: Progress) -> Iterator[None]:
    """Tell `progress` how far the engine is, now and then, while the block runs."""
    done = Event()

    def tell() -> None:
        while not done.wait(_TICK):
            progress(words, max(0.0, engine.con.query_progress() / 100))

    teller = Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
    progress(words, 1.0)


def _account_for(
    engine: Any, source: LogSource, rows: Any, read_from: Sequence[File], reading: Reading
) -> None:
    """Rows and unreadable lines of each file. Refused when a source with rows has none that can be read."""
    counts, unplaced = rows_by_file(engine, rows), unplaced_by_file(engine, rows, read_from)
    rejected = _rejected(engine, read_from) if source.format in ("csv", "tsv") else {}
    lost: Counter[str] = Counter()
    blind: Counter[str] = Counter()
    for file in read_from:
        n, unread, unaddressed = counts.get(str(file.read_from), (0, 0, 0))
        beside = len(rejected.get(file.name, ()))
        lost[file.name] += unread + beside
        blind[file.name] += unaddressed
        reading.inputs.append(
            InputFile(
                source=source.name, name=file.name, sha256=file.sha256, bytes=file.size, rows=n + beside
            )
        )
    total = sum(n for n, _, _ in counts.values())
    if total and total == without_moment(unplaced) + sum(unread for _, unread, _ in counts.values()):
        raise Refused(
            f"source {source.name}: no row has a moment that can be read;"
            " check `fields.at`, `time.format` and `time.zone`"
        )
    reading.gaps += unreadable(source.name, lost, rejected)
    reading.gaps += unreadable_addresses(source, blind)
    reading.gaps += unplaced_moments(source.name, unplaced)


def account_for_rejected(engine: Any, source: str, files: Sequence[File], reading: Reading) -> int:
    """Note the lines of these files that are no row, and say how many they are."""
    rejected = _rejected(engine, files)
    lost = Counter({name: len(lines) for name, lines in rejected.items()})
    reading.gaps += unreadable(source, lost, rejected)
    return lost.total()


def _rejected(engine: Any, files: Sequence[File]) -> dict[str, list[int]]:
    """Name of the file to the numbers of the lines that the reader had to leave out."""
    names = {str(file.read_from): file.name for file in files}
    found: defaultdict[str, list[int]] = defaultdict(list)
    for path, line in rejected_lines(engine):
        if path in names:
            found[names[path]].append(line)
    return dict(found)
