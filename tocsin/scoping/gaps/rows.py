"""Rows that are no request, or whose address cannot be compared: counted by file."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tocsin.domain.scope.gaps import SHOWN, Gap, some
from tocsin.domain.sources import LogSource
from tocsin.scoping.accounts import Account
from tocsin.scoping.gaps.places import neighbours
from tocsin.sources.lines import Rejects


def rows_by_file(engine: Any, rows: Any) -> dict[str, tuple[int, int, int]]:
    """By file, what a source's pass read: rows, and those without a readable moment or, in the window, address."""
    table = rows.group_by("file").aggregate(
        n=rows.n.sum(),
        lost=rows.n.sum(where=rows.slot.isnull() & rows.unplaced.isnull()).fill_null(0),
        blind=rows.n.sum(where=rows.blind).fill_null(0),
    )
    found = engine.to_pyarrow(table).to_pylist()
    return {row["file"]: (int(row["n"]), int(row["lost"]), int(row["blind"])) for row in found}


def unreadable(source: str, accounts: Sequence[Account]) -> Iterator[Gap]:
    """Lines that are no row, by file and reason; with their numbers where they are known."""
    lost = sorted(
        ((each.file.name, each.rejects) for each in accounts if each.rejects.total()),
        key=lambda each: each[0],
    )
    if total := sum(rejects.total() for _, rejects in lost):
        detail = some([_file_words(name, rejects) for name, rejects in lost])
        files = tuple(name for name, _ in lost)
        yield Gap(kind="unreadable-lines", source=source, count=total, detail=detail, files=files)


def unreadable_addresses(source: LogSource, blind: Counter[str]) -> Iterator[Gap]:
    """Rows of the window, by file, whose address cannot be compared; a source that has none at all lacks a column."""
    files = tuple(sorted(+blind))
    if source.fields.ip is not None and (total := blind.total()):
        detail = some([f"{name}: {blind[name]}" for name in files])
        yield Gap(kind="unreadable-addresses", source=source.name, count=total, detail=detail, files=files)


def _file_words(name: str, rejects: Rejects) -> str:
    """`log.csv: 4 (line 3, 7-9: too few values)`, in order of the first lines."""
    known = sorted((min(rejects.numbers[reason], default=0), reason) for reason in +rejects.counts)
    reasons = [f"{_lines(rejects.numbers[reason], rejects.counts[reason])}{reason}" for _, reason in known]
    return f"{name}: {rejects.total()} ({'; '.join(reasons)})"


def _lines(numbers: Sequence[int], count: int) -> str:
    """Some numbers, in order, of `count` lines; how many they are, where none is known."""
    if not numbers:
        return f"{count} " if count > 1 else ""
    found = [
        f"{start}-{end - 1}" if end - start > 1 else str(start) for start, end in neighbours(sorted(numbers))
    ]
    more = ", ..." if len(found) > SHOWN or len(numbers) < count else ""
    return f"line {', '.join(found[:SHOWN])}{more}: "
