"""Hours of the window in which a source has no row at all: quiet, or not logged."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.question import Question
from tocsin.scoping.gaps.places import HOUR, Hours, hour_of, hour_words, stretches


def hours(engine: Any, rows: Any) -> list[int]:
    """The hours since 1970 in which a source has at least one row, in order."""
    table = rows.filter(rows.hour.notnull()).select("hour").distinct()
    return sorted(engine.to_pyarrow(table)["hour"].to_pylist())


def missing_hours(source: str, present: Sequence[int], window: Hours) -> Iterator[Gap]:
    """Hours of the window in which the source has no row at all."""
    holes = list(_holes(present, *window))
    if count := sum(end - start for start, end in holes):
        detail, places = hour_words(holes), stretches(holes)
        yield Gap(kind="missing-hours", source=source, count=count, detail=detail, hours=places)


def _holes(present: Iterable[int], start: int, end: int) -> Iterator[Hours]:
    for hour in present:
        if start <= hour < end:
            if hour > start:
                yield start, hour
            start = hour + 1
    if start < end:
        yield start, end


def window_hours(question: Question, present: Iterable[Sequence[int]]) -> Hours:
    """The window in whole hours since 1970; an open side ends where any source's rows end."""
    known = [hour for hours in present for hour in (hours[:1] + hours[-1:] if hours else ())]  # type: ignore[operator]
    first = min(known, default=0) if question.since is None else hour_of(question.since)
    if question.until is None:
        return first, max(known, default=first - 1) + 1
    last = question.until.timestamp()
    return first, int(-(-last // HOUR))
