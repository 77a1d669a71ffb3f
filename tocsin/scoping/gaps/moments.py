"""Rows whose moment was read and cannot be placed in time: a clock that is wrong, or a local time without its zone."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tocsin.domain.scope.gaps import Gap, some
from tocsin.sources.files import File

#: The reasons, and how they are told.
REASONS = {
    "outside": "before 1990 or more than a day after the question",
    "skipped": "at a time that the clocks skipped",
    "twice": "at a time that the clocks showed twice, inside and outside the window",
    "offset": "with an offset from UTC that no place has",
    "leap-second": "in a second :60",
}

#: By the name of a file, how many rows there are for each reason.
Unplaced = Mapping[str, Counter[str]]


def unplaced_by_file(engine: Any, rows: Any, files: Sequence[File]) -> Unplaced:
    """What a source's pass could not place."""
    odd = rows.filter(rows.unplaced.notnull())
    table = odd.group_by("file", "unplaced").aggregate(n=odd.n.sum())
    names = {str(file.read_from): file.name for file in files}
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in engine.to_pyarrow(table).to_pylist():
        found[names[row["file"]]][row["unplaced"]] += int(row["n"])
    return found


def without_moment(unplaced: Unplaced) -> int:
    """How many rows have no moment at all; at a time that the clocks showed twice, a row has two."""
    return sum(reasons.total() - reasons["twice"] for reasons in unplaced.values())


def unplaced_moments(source: str, unplaced: Unplaced) -> Iterator[Gap]:
    """The rows, by file, with the reasons."""
    files = tuple(sorted(unplaced))
    if total := sum(unplaced[name].total() for name in files):
        detail = some([f"{name}: {_told(unplaced[name])}" for name in files])
        yield Gap(kind="unplaced-moments", source=source, count=total, detail=detail, files=files)


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[reason]} {words}" for reason, words in REASONS.items() if counts[reason])
