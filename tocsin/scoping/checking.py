"""A look at every declared source before it is needed: its files, and ten rows of it as they are understood.

No value is kept that may be somebody's: what stands in a column is told by its kind. Nothing is hashed, nothing
counted and no whole file read, so that it takes seconds for logs of any size.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import ibis  # type: ignore[import-untyped]
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from tocsin.domain.errors import Refused
from tocsin.domain.lists import DeletionSource, ListSource, SuppressionSource
from tocsin.domain.paths import by_date
from tocsin.domain.sources import CustomerSource, LogSource
from tocsin.scoping.understanding import Checked, FilesSeen, Source, time_of, understand
from tocsin.scoping.workspace import working_in
from tocsin.sources.customers import few_customers, open_customers
from tocsin.sources.databases import first_rows
from tocsin.sources.engine import Limits, engine
from tocsin.sources.files import File
from tocsin.sources.finding import Found, Listing, find
from tocsin.sources.heads import ROWS, Sample, sample
from tocsin.sources.logs import open_log, readers
from tocsin.sources.missing import MissingColumn
from tocsin.sources.times import latest, placed

_LIMITS = Limits("256MB", 1)
_KINDS: dict[type[Source], str] = {
    LogSource: "logs",
    CustomerSource: "customers",
    DeletionSource: "deletions",
    SuppressionSource: "suppressions",
}
_S = TypeVar("_S", bound=Source)


def check(source: Source, workspace: Path, allowed: Callable[[Source], None], now: datetime) -> Checked:
    """One source, looked at `now`. `allowed` raises Refused where it may not be read at all; then no row of it is."""
    database = source if isinstance(source, ListSource) and source.url is not None else None
    form = "database" if database else source.format
    found = Checked(source.name, _KINDS[type(source)], form, source.country)
    if (time := time_of(source)) is not None:
        found.time = f"{time.format}, {time.zone or 'no zone'}"
    try:
        allowed(source)
        with working_in(workspace) as folder, engine(folder / "spill", _LIMITS) as backend:
            if database is not None:
                _look_at_database(backend, database, found, latest(now))
            else:
                _look_at_files(backend, source, folder, found, latest(now))
    except Refused as error:
        found.faults.append(_said(source, error))
    except Exception as error:  # all sources are told of, and what drivers and engines say may hold a value
        found.faults.append(f"cannot be read as {form} ({type(error).__name__}); check its declaration")
    return found


def _said(source: Source, error: Refused) -> str:
    return str(error).removeprefix(f"source {source.name}: ").removeprefix(f"source {source.name} ")


def _look_at_database(backend: Any, source: ListSource, found: Checked, until: int) -> None:
    with suppress(SQLAlchemyError):
        if make_url(source.url or "").password:
            found.remarks.append(
                "its url holds a password; PostgreSQL reads one from ~/.pgpass, MySQL from ~/.my.cnf"
            )
    table, _ = _opened(source, found, lambda asked: _few(asked, until))
    understand(backend, source, table, None, found)


def _look_at_files(backend: Any, source: Source, folder: Path, found: Checked, until: int) -> None:
    listing = find(source.name, source.patterns)
    holding = [each for each in listing.files if each.size] or list(listing.files)
    found.files = _files(listing, holding[-1])
    _remark_on_files(source, listing, found)
    last = _sample(source, holding[-1], folder / "last")
    names = (
        [last.names]
        if len(holding) == 1
        else [last.names, _sample(source, holding[0], folder / "first").names]
    )
    # What the first lines of two files do not name at all is a mistake; what ten rows lack may be rare.
    table, asked = _opened(source, found, lambda asked: _table(backend, asked, names, until))
    if table is not None:
        table, _ = _opened(asked, None, lambda asked: _table(backend, asked, [last.rows], until))
        understand(backend, source, table, last.records, found)


def _sample(source: Source, each: Found, folder: Path) -> Sample:
    folder.mkdir(mode=0o700)
    try:
        return sample(source.name, source.format, each, folder)
    except OSError as error:
        raise Refused(f"{each.name} cannot be read ({error.strerror or type(error).__name__})") from None


def _table(backend: Any, source: Source, files: list[File], until: int) -> Any:
    if isinstance(source, LogSource):
        return open_log(backend, source, files, until, written=True)
    # Its files are read one by one.
    first, *_ = [_of_list(backend, source, file, until) for file in files]
    return first


def _of_list(backend: Any, source: ListSource, file: File, until: int) -> Any:
    if isinstance(source, CustomerSource):
        return open_customers(backend, source, file).table
    raw = readers()[source.format](backend, source.name, [file], source.fields.mapped(), source.format)
    return _with_moments(raw, source, until)


def _few(source: ListSource, until: int) -> Any:
    """Some rows of a database."""
    if isinstance(source, CustomerSource):
        return few_customers(source, ROWS)
    return _with_moments(ibis.memtable(first_rows(source, ROWS)), source, until)


def _with_moments(raw: Any, source: ListSource, until: int) -> Any:
    """The rows of a list, their moments as written and as understood where it has any."""
    time = time_of(source)
    return raw if time is None else placed(raw.mutate(written=raw.at.cast("string")), time, until)


def _opened(source: _S, found: Checked | None, open_: Callable[[_S], Any]) -> tuple[Any | None, _S]:
    """The table of a source without the columns that are not there, each of them a fault; None without moments."""
    while True:
        try:
            return open_(source), source
        except MissingColumn as error:
            if found is not None:
                found.faults.append(_said(source, error))
                found.lacking.append(
                    error.ours.rpartition("_")[0] if error.ours[-1].isdigit() else error.ours
                )
            if error.ours == "at":
                return None, source
            source = _without(source, error.ours)


def _without(source: _S, name: str) -> _S:
    """The same source, with one column less; of several under one name, `flags_2` is the second."""
    ours, _, number = name.rpartition("_")
    several = getattr(source.fields, ours, None)
    update: dict[str, Any] = {name: None}
    if isinstance(several, tuple):
        update = {ours: tuple(each for place, each in enumerate(several, 1) if str(place) != number)}
    less: Any = source.model_copy(update={"fields": source.fields.model_copy(update=update)})
    return less  # type: ignore[no-any-return]


def _files(listing: Listing, chosen: Found) -> FilesSeen:
    names = [each.name for each in listing.files]
    unread = tuple(f"{each.name} {each.why}" for each in listing.unread)
    return FilesSeen(
        len(names), sum(each.size for each in listing.files), names[0], names[-1], chosen.name, unread
    )


def _remark_on_files(source: Source, listing: Listing, found: Checked) -> None:
    if isinstance(source, CustomerSource):
        if listing.unread:
            found.faults.append(
                "a customer base is read whole or not at all, and some of its files cannot be read"
            )
        return
    if listing.unread and not isinstance(source, SuppressionSource):
        found.remarks.append("while files cannot be read, nobody is excluded")
    if not isinstance(source, LogSource):
        return
    if source.by_date is not None:
        dates = by_date(source.by_date)
        undated = sum(not dates.dated(each.name) for each in listing.files)
        if undated:
            found.remarks.append(
                f"by_date: {undated} of {len(listing.files)} files bear no such date, and are always read"
            )
