"""Reading the logs once, source by source: files found and fingerprinted, one pass each, damage rescued, gaps noted.

A long module: the one pass, and whatever has to be said about the files behind it, stand side by side.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.answers import nearest
from tocsin.domain.errors import Refused
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.result import InputFile, Repeated
from tocsin.domain.scope.unread import UnreadLine
from tocsin.domain.sources import LogSource
from tocsin.scoping.accounts import BAD_BYTES, NO_MOMENT, Account, refuse_ours
from tocsin.scoping.asked import Asked
from tocsin.scoping.gaps.clocks import shifted
from tocsin.scoping.gaps.columns import missing_columns
from tocsin.scoping.gaps.files import damaged, unread_files
from tocsin.scoping.gaps.hours import Volumes, hour_gaps, volumes
from tocsin.scoping.gaps.moments import unplaced_by_file, unplaced_moments, without_moment
from tocsin.scoping.gaps.rows import rows_by_file, unreadable, unreadable_addresses
from tocsin.scoping.gaps.volume import with_history
from tocsin.scoping.ordering import note_clocks
from tocsin.scoping.passing import Pass, copies_among
from tocsin.scoping.recalling import recalled
from tocsin.scoping.repeats import by_stream, copies
from tocsin.scoping.requests import folded, judged
from tocsin.scoping.spread import Worker, spread
from tocsin.scoping.wholes import nothing, passed_over, share_of, watched
from tocsin.sources.bounds import Bounds
from tocsin.sources.caches import Cache
from tocsin.sources.engine import Crew, Engines
from tocsin.sources.fetching import fetched
from tocsin.sources.files import File, fingerprint, not_yet_read, take_in
from tocsin.sources.finding import Found, Listing, Unread, find
from tocsin.sources.gate import formats, through
from tocsin.sources.logs import open_log, unfit

#: Told what is being read, and how much of it is behind us (0 to 1).
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Desk:
    """Where a source is read: by whom, the folder for copies, whom to tell of it, and what a file may ask of us.

    A row after `until` (microseconds since 1970) is not believed. `clerks` fingerprint files beside whatever else is
    done. What the `cache` holds need not be read.
    """

    engines: Engines
    folder: Path
    progress: Progress
    bounds: Bounds
    until: int
    clerks: Executor
    cache: Cache | None = None

    @property
    def crew(self) -> Crew:
        """Who reads on this machine."""
        return self.engines.crew


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
    #: Paths of files of which any row may have been altered.
    altered: set[str] = field(default_factory=set)
    inputs: list[InputFile] = field(default_factory=list)
    #: Source and name of a file of this machine to its SHA-256 after it was read.
    after: dict[tuple[str, str], str] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    #: Lines that are no row, the first ones of each file.
    unread: list[UnreadLine] = field(default_factory=list)
    repeated: list[Repeated] = field(default_factory=list)


def read_logs(question: Question, sources: Sequence[LogSource], desk: Desk) -> Reading:
    """Read every source that the question names. Refused when none of a source's rows can be read."""
    reading, engine = Reading(), desk.engines.counts
    for source in chosen(question, sources):
        listing = found_logs(source, question, desk.folder, desk.progress)
        reading.listings.append(listing)
        reading.gaps += unread_files(source.name, listing.unread)
        rows, accounts = _passed(question, source, listing.files, desk)
        files = tuple(each.file for each in accounts)
        reading.passes[source.name] = rows
        reading.files += files
        reading.read_from += (each.read_from for each in accounts if each.read_from)
        reading.altered |= {str(each.file.read_from) for each in accounts if each.fault == "altered"}
        reading.copies.setdefault(source.stream or source.name, []).extend(copies(listing, files))
        _account_for(engine, source, rows, accounts, reading)
        note_clocks(engine, question, source, accounts, desk, reading)
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
    return fetched(source.name, listed(source, question), folder, progress)


def listed(source: LogSource, question: Question) -> Listing:
    """The same files where they lie."""
    windows = with_history(question.windows(source.name), source.volume)
    return find(source.name, source.paths, source.by_date, windows)


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
    question: Question, source: LogSource, found: Sequence[Found], desk: Desk
) -> tuple[Any, list[Account]]:
    """The pass over a source, kept as a table, and what became of the rows of each file."""
    of_lines = source.format in formats()
    if not of_lines:
        desk.progress(f"hashing {source.name}", 0.0)
    files = (
        not_yet_read(source.name, found)
        if of_lines
        else take_in(source.name, found, desk.bounds, of_lines=False)
    )
    odd = unfit(source, files)
    fit = [file for file in files if file not in odd]
    how = _spread if desk.engines.apart else _by_blocks if of_lines else _by_the_engine
    rows, accounts = how(question, source, fit, desk)
    return rows, [*accounts, *(_unfit(file, why) for file, why in odd.items())]


def _unfit(file: File, why: str) -> Account:
    return Account(replace(file, sha256=file.sha256 or fingerprint(file.path)), None, unfit=why)


def _by_blocks(
    question: Question, source: LogSource, files: Sequence[File], desk: Desk
) -> tuple[Any, list[Account]]:
    words = f"reading {source.name}"
    whole = max(1, sum(file.size for file in files))

    def told(behind: int, rows: int) -> None:
        desk.progress(f"{words}, {rows:,} rows", behind / whole)

    kept = recalled(question, source, files, desk)
    left = [file for file in files if file not in kept.files]
    asked = Asked(desk.crew, question, source, desk.until)
    rows, accounts = Pass(desk.crew, asked, source, desk.bounds).over(left, told)
    found = [each for each in (kept.rows, rows) if each is not None]
    places = {file.path: place for place, file in enumerate(files)}
    accounts = sorted((*kept.accounts, *accounts), key=lambda each: places[each.file.path])
    return _union(found) if found else nothing(desk.crew.engine, question, source), accounts


def _by_the_engine(
    question: Question, source: LogSource, files: Sequence[File], desk: Desk
) -> tuple[Any, list[Account]]:
    """The pass over files that the engine reads as a whole; what is damaged is read again as far as it is sound."""
    whole = [file for file in files if file.packing == "none"]
    rows = _tried(question, source, whole, desk) if whole else None
    sound = whole if rows is not None else []
    accounts = [Account(file, file) for file in sound]
    passes = [] if rows is None else [rows]
    for file in files:
        if file not in sound:
            passed = through(file, desk.folder, source.format, desk.bounds, source.fields.mapped())
            rows = _tried(question, source, [passed.file], desk) if passed.file else None
            fault = passed.fault if passed.file is None or rows is not None else "damaged"
            accounts.append(
                Account(file, passed.file if rows is not None else None, 0, fault, passed.rejects)
            )
            passes += [] if rows is None else [rows]
    table = _union(passes) if passes else nothing(desk.crew.engine, question, source)
    _note_rows(desk.crew.engine, table, accounts)
    return table, accounts


def _note_rows(engine: Any, table: Any, accounts: Sequence[Account]) -> None:
    """Note in the accounts of files that are read as a whole what the pass found in them."""
    counts = rows_by_file(engine, table)
    for each in accounts:
        n, lost, _ = counts.get(str(each.read_from.read_from) if each.read_from else "", (0, 0, 0))
        each.rows = n - lost
        if lost:
            each.rejects.counts[NO_MOMENT] += lost


def _spread(
    question: Question, source: LogSource, files: Sequence[File], desk: Desk
) -> tuple[Any, list[Account]]:
    """The pass whose rows are read wherever Spark works."""
    spark, of_lines = desk.engines.counts, source.format in formats()
    worker = Worker(source, files, desk.folder, desk.bounds, desk.until)
    with watched(spark.share, f"reading {source.name}", desk.progress):
        rows, accounts = spread(spark, worker, lambda log: folded(judged(log, question, source)))
    if not of_lines:
        _note_rows(spark, rows, accounts)
    alike = copies_among(accounts)
    rows = rows.filter(~rows.file.isin(sorted(alike))) if alike else rows
    return rows, [each for each in accounts if str(each.file.read_from) not in alike]


def _tried(question: Question, source: LogSource, files: Sequence[File], desk: Desk) -> Any:
    """The pass over files; None where their bytes cannot be read."""
    engine = desk.crew.engine
    try:
        with watched(share_of(engine), f"reading {source.name}", desk.progress):
            return passed_over(
                engine,
                question,
                source,
                lambda only: open_log(engine, source, files, desk.until, only=only),
            )
    except BAD_BYTES as error:
        refuse_ours(error)
        return None


def _union(passes: list[Any]) -> Any:
    return ibis.union(*passes) if len(passes) > 1 else passes[0]


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
    odd = [Unread(account.file.name, account.unfit) for account in accounts if account.unfit]
    reading.gaps += unread_files(source.name, odd)
    reading.gaps += unreadable(source.name, accounts)
    reading.unread += (line for account in accounts for line in _unread(source.name, account))
    reading.gaps += unreadable_addresses(source, blind)
    reading.gaps += unplaced_moments(source.name, unplaced)


def _unread(source: str, account: Account) -> Iterator[UnreadLine]:
    for reason, numbers in account.rejects.numbers.items():
        for number in numbers:
            text = account.rejects.texts.get(number, b"").rstrip(b"\n").decode(errors="replace")
            if text:
                yield UnreadLine(source, account.file.name, number, reason, text)


def _input(source: str, account: Account) -> InputFile:
    file, rows = account.file, account.rows + account.rejects.total()
    return InputFile(source=source, name=file.name, sha256=file.sha256, bytes=file.size, rows=rows)
