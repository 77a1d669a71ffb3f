"""Reading the logs once, source by source: files found and fingerprinted, one pass each, damage rescued, gaps noted.

A long module: the one pass, and whatever has to be said about the files behind it, stand side by side.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.answers import nearest
from tocsin.domain.errors import Refused
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.result import InputFile, Repeated
from tocsin.domain.sources import LOG_COLUMNS, LogSource
from tocsin.scoping.accounts import (
    BAD_BYTES,
    Account,
    behind_the_gate,
    doubtful,
    refuse_ours,
    trusted,
    unplaced,
)
from tocsin.scoping.gaps.clocks import shifted
from tocsin.scoping.gaps.columns import missing_columns
from tocsin.scoping.gaps.files import damaged, unread_files
from tocsin.scoping.gaps.hours import Volumes, hour_gaps, volumes
from tocsin.scoping.gaps.moments import unplaced_by_file, unplaced_moments, without_moment
from tocsin.scoping.gaps.rows import rows_by_file, unreadable, unreadable_addresses
from tocsin.scoping.gaps.volume import with_history
from tocsin.scoping.ordering import note_clocks
from tocsin.scoping.repeats import by_stream, copies
from tocsin.scoping.requests import passed_over
from tocsin.sources.bounds import Bounds
from tocsin.sources.clocks import set_right
from tocsin.sources.fetching import fetched
from tocsin.sources.files import File, take_in
from tocsin.sources.finding import Listing, find
from tocsin.sources.gate import formats, needs_gate, through
from tocsin.sources.logs import open_log

#: Told what is being read, and how much of it is behind us (0 to 1).
Progress = Callable[[str, float], None]
_TICK = 0.5  # seconds


@dataclass(frozen=True)
class Desk:
    """Where a source is read: the folder for copies, whom to tell how far it is, and what a file may ask of us.

    A row after `until` (microseconds since 1970) is not believed.
    """

    folder: Path
    progress: Progress
    bounds: Bounds
    until: int


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
    #: Source and name of a file of this machine to its SHA-256 after it was read.
    after: dict[tuple[str, str], str] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    #: Accounts that nobody owns, once people were looked for.
    strangers: Any = None
    repeated: list[Repeated] = field(default_factory=list)


def read_logs(engine: Any, question: Question, sources: Sequence[LogSource], desk: Desk) -> Reading:
    """Read every source that the question names. Refused when none of a source's rows can be read."""
    reading = Reading()
    for source in chosen(question, sources):
        listing = found_logs(source, question, desk.folder, desk.progress)
        reading.listings.append(listing)
        reading.gaps += unread_files(source.name, listing.unread)
        desk.progress(f"hashing {source.name}", 0.0)
        files = take_in(source.name, listing.files, desk.bounds, of_lines=source.format in formats())
        rows, accounts = _passed(engine, question, source, files, desk)
        reading.passes[source.name] = rows
        reading.files += files
        reading.read_from += (each.read_from for each in accounts if each.read_from)
        reading.copies.setdefault(source.stream or source.name, []).extend(copies(listing, files))
        _account_for(engine, source, rows, accounts, reading)
        note_clocks(engine, question, source, desk, reading)
        lacking = tuple(missing_columns(source, question))
        reading.gaps += lacking
        reading.logged.append(volumes(engine, source, rows, comparable=not lacking))
    reading.gaps += (*hour_gaps(reading.logged, question), *shifted(reading.logged))
    reading.passes = by_stream(reading.passes, sources)
    return reading


def found_logs(source: LogSource, question: Question, folder: Path, progress: Progress) -> Listing:
    """The files of a source, those of a store fetched; of dated ones what may hold rows of the question's windows, and
    of some days before them: without these nobody knows how many rows an hour usually has."""
    progress(f"looking for {source.name}", 0.0)
    windows = with_history(question.windows(source.name), source.volume)
    listing = find(source.name, source.paths, source.by_date, windows)
    return fetched(source.name, listing, folder, progress)


def chosen(question: Question, sources: Sequence[LogSource]) -> tuple[LogSource, ...]:
    """The log sources that the question, or a clause of it, is put to; none where it only lists people."""
    names = [source.name for source in sources]
    for name in question.named_sources():
        if name not in names:
            raise Refused(f"there is no log source {name!r}{nearest(name, names)}")
    if not question.given():
        return ()
    if not sources:
        raise Refused("no log source is declared; add one under `logs` in sources.yaml")
    asked = (source for source in sources if source.name in (question.sources or (source.name,)))
    return tuple(source for source in asked if question.leaves_for(source.name))


def _passed(
    engine: Any, question: Question, source: LogSource, files: Sequence[File], desk: Desk
) -> tuple[Any, list[Account]]:
    """The pass over a source, kept as a table, and what became of the lines of each file.

    The engine reads what it can be trusted with. Files that it may have lost lines of are read again through the gate.
    """
    whole = [file for file in files if not needs_gate(file, source.format)]
    rows, counts = _tried(engine, question, source, whole, desk)
    doubts = doubtful(engine, source.format, whole, counts) if rows is not None else set(whole)
    accounts = trusted(engine, source.format, [file for file in whole if file not in doubts], counts)
    left = [file for file in files if file in doubts or file not in whole]
    if not left:
        return rows, accounts
    behind, passed = _through_the_gate(engine, question, source, left, desk)
    accounts += passed
    if rows is not None:
        kept = [str(each.file.read_from) for each in accounts if each.file not in left]
        behind = ibis.union(rows.filter(rows.file.isin(kept)), behind)
    if not any(account.read_from for account in accounts):
        raise _unreadable(source)
    return engine.create_table(ibis.util.gen_name("pass"), behind, temp=True), accounts


def _tried(
    engine: Any, question: Question, source: LogSource, files: Sequence[File], desk: Desk
) -> tuple[Any, dict[str, tuple[int, int]]]:
    """The pass over files, with the rows and the unplaced rows of each path; None where their bytes cannot be read."""
    try:
        rows = _kept(engine, question, source, files, desk)
        return rows, {path: (n, lost) for path, (n, lost, _) in rows_by_file(engine, rows).items()}
    except BAD_BYTES as error:
        refuse_ours(error)
        return None, {}


def _through_the_gate(
    engine: Any, question: Question, source: LogSource, files: Sequence[File], desk: Desk
) -> tuple[Any, list[Account]]:
    """The pass over what the gate lets through, together or, where that fails, file by file."""
    fields = source.fields.mapped()
    passed = {file: through(file, desk.folder, source.format, desk.bounds, fields) for file in files}
    copies = [each.file for each in passed.values() if each.file is not None]
    rows, counts = _tried(engine, question, source, copies, desk)
    if rows is None:
        tries = {copy: _tried(engine, question, source, [copy], desk) for copy in copies}
        rows = _union([each for each, _ in tries.values() if each is not None])
        counts = {path: count for _, each in tries.values() for path, count in each.items()}
        beyond = [file for file, each in passed.items() if each.file and tries[each.file][0] is None]
        passed |= {file: replace(passed[file], file=None, fault="damaged") for file in beyond}
    copies = [each.file for each in passed.values() if each.file is not None]
    log = open_log(engine, source, copies, desk.until) if copies else _empty_log()
    places = unplaced(engine, log, [path for path, (_, lost) in counts.items() if lost])
    return rows, [behind_the_gate(file, each, counts, places) for file, each in passed.items()]


def _unreadable(source: LogSource) -> Refused:
    # The engine's own words may quote a row.
    return Refused(
        f"source {source.name}: its files cannot be read as {source.format}; check `format` and `fields`"
    )


def _kept(engine: Any, question: Question, source: LogSource, files: Sequence[File], desk: Desk) -> Any:
    """The pass over files, as a table. In a file without any line there is nothing to read."""
    read = [file for file in files if file.survey.lines or source.format not in formats()]
    log = set_right(open_log(engine, source, read or files, desk.until), source) if files else _empty_log()
    with _watched(engine, f"reading {source.name}", desk.progress):
        # A pass that failed leaves its empty table behind, so each has a name of its own.
        return engine.create_table(ibis.util.gen_name("pass"), passed_over(log, question, source), temp=True)


def _union(passes: list[Any]) -> Any:
    return ibis.union(*passes) if len(passes) > 1 else passes[0] if passes else None


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
    engine: Any, source: LogSource, rows: Any, accounts: Sequence[Account], reading: Reading
) -> None:
    """Rows and unreadable lines of each file. Refused when a source with rows has none that can be read."""
    blind: Counter[str] = Counter()
    by_path = rows_by_file(engine, rows)
    unplaced = unplaced_by_file(engine, rows, [each.read_from for each in accounts if each.read_from])
    for account in accounts:
        path = str(account.read_from.read_from) if account.read_from else ""
        blind[account.file.name] += by_path.get(path, (0, 0, 0))[2]
        reading.inputs.append(_input(source.name, account))
        if account.fault:
            reading.gaps.append(damaged(account))
    believed = sum(account.rows for account in accounts) - without_moment(unplaced)
    if not believed and any(n for n, _, _ in by_path.values()):
        raise Refused(
            f"source {source.name}: no row has a moment that can be read;"
            " check `fields.at`, `time.format` and `time.zone`"
        )
    reading.gaps += unreadable(source.name, accounts)
    reading.gaps += unreadable_addresses(source, blind)
    reading.gaps += unplaced_moments(source.name, unplaced)


def _input(source: str, account: Account) -> InputFile:
    file, rows = account.file, account.rows + account.rejects.total()
    return InputFile(source=source, name=file.name, sha256=file.sha256, bytes=file.size, rows=rows)
