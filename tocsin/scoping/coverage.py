"""Coverage: what the logs cannot show. Each thing that may be missing becomes a gap with a count, never a guess."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LogSource
from tocsin.scoping.indicators import COLUMNS
from tocsin.scoping.requests import HOUR
from tocsin.sources.files import File

#: A detail names so many places at most.
_SHOWN = 5


def rows_by_file(engine: Any, rows: Any) -> dict[str, tuple[int, int, int]]:
    """By file, what a source's pass read: rows, and those without a readable moment or, in the window, address."""
    table = rows.group_by("file").aggregate(
        n=rows.n.sum(),
        lost=rows.n.sum(where=rows.hour.isnull()).fill_null(0),
        blind=rows.n.sum(where=rows.blind).fill_null(0),
    )
    found = engine.to_pyarrow(table).to_pylist()
    return {row["file"]: (int(row["n"]), int(row["lost"]), int(row["blind"])) for row in found}


def hours(engine: Any, rows: Any) -> list[int]:
    """The hours since 1970 in which a source has at least one row, in order."""
    table = rows.filter(rows.hour.notnull()).select("hour").distinct()
    return sorted(engine.to_pyarrow(table)["hour"].to_pylist())


def missing_columns(source: LogSource, question: Question) -> Iterator[Gap]:
    """An indicator that the source cannot be asked about."""
    for kind in question.given():
        if getattr(source.fields, COLUMNS[kind]) is None:
            detail = f"no column for {COLUMNS[kind]}: its rows cannot be compared with {kind}"
            yield Gap(kind="missing-column", source=source.name, count=1, detail=detail)


def unreadable(source: str, lost: Counter[str], lines: Mapping[str, Sequence[int]]) -> Iterator[Gap]:
    """Lines that are no request, by file; with their numbers where the reader knows them all."""
    if total := lost.total():
        shown = [_file_words(name, lost[name], lines.get(name, ())) for name in sorted(+lost)]
        yield Gap(kind="unreadable-lines", source=source, count=total, detail=_some(shown))


def unreadable_addresses(source: LogSource, blind: Counter[str]) -> Iterator[Gap]:
    """Rows of the window, by file, whose address cannot be compared; a source that has none at all lacks a column."""
    if source.fields.ip is not None and (total := blind.total()):
        shown = [f"{name}: {blind[name]}" for name in sorted(+blind)]
        yield Gap(kind="unreadable-addresses", source=source.name, count=total, detail=_some(shown))


def _file_words(name: str, count: int, lines: Sequence[int]) -> str:
    if len(lines) < count:
        return f"{name}: {count}"
    numbers = ", ".join(str(number) for number in lines[:_SHOWN])
    return f"{name}: {count} (line {numbers}{', ...' if len(lines) > _SHOWN else ''})"


def missing_hours(source: str, present: Sequence[int], window: tuple[int, int]) -> Iterator[Gap]:
    """Hours of the window (first, last + 1) in which the source has no row at all: quiet, or not logged."""
    holes = list(_holes(present, *window))
    if count := sum(end - start for start, end in holes):
        shown = [f"{_clock(start)} to {_clock(end)}" for start, end in holes]
        yield Gap(kind="missing-hours", source=source, count=count, detail=_some(shown))


def _holes(present: Iterable[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    for hour in present:
        if start <= hour < end:
            if hour > start:
                yield start, hour
            start = hour + 1
    if start < end:
        yield start, end


def window_hours(question: Question, present: Iterable[Sequence[int]]) -> tuple[int, int]:
    """The window in whole hours since 1970; an open side ends where any source's rows end."""
    known = [hour for hours in present for hour in (hours[:1] + hours[-1:] if hours else ())]  # type: ignore[operator]
    first = min(known, default=0) if question.since is None else _hour(question.since)
    if question.until is None:
        return first, max(known, default=first - 1) + 1
    last = question.until.timestamp()
    return first, int(-(-last // 3600))


def changed_files(files: Iterable[File]) -> Iterator[Gap]:
    """Files whose bytes changed while they were read."""
    for file in files:
        detail = f"{file.name} changed while it was read; take a copy and ask again"
        yield Gap(kind="changed-file", source=file.source, count=1, detail=detail)


def damaged(file: File, *, used: bool) -> Gap:
    """A file that could be read only up to its damage, or not at all."""
    rest = "what came before the damage was used" if used else "nothing of it could be used"
    detail = f"{file.name} is damaged; {rest}"
    return Gap(kind="damaged-file", source=file.source, count=1, detail=detail)


def _hour(moment: datetime) -> int:
    return int(moment.timestamp() // 3600)


def _clock(hour: int) -> str:
    return datetime.fromtimestamp(hour * HOUR // 1_000_000, UTC).strftime("%Y-%m-%dT%H:00Z")


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return "; ".join(words[:_SHOWN]) + more
