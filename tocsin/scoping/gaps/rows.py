"""Rows that are no request, or whose address cannot be compared: counted by file."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tocsin.domain.scope.gaps import SHOWN, Gap, some
from tocsin.domain.sources import LogSource


def rows_by_file(engine: Any, rows: Any) -> dict[str, tuple[int, int, int]]:
    """By file, what a source's pass read: rows, and those without a readable moment or, in the window, address."""
    table = rows.group_by("file").aggregate(
        n=rows.n.sum(),
        lost=rows.n.sum(where=rows.hour.isnull() & rows.unplaced.isnull()).fill_null(0),
        blind=rows.n.sum(where=rows.blind).fill_null(0),
    )
    found = engine.to_pyarrow(table).to_pylist()
    return {row["file"]: (int(row["n"]), int(row["lost"]), int(row["blind"])) for row in found}


def unreadable(source: str, lost: Counter[str], lines: Mapping[str, Sequence[int]]) -> Iterator[Gap]:
    """Lines that are no request, by file; with their numbers where the reader knows them all."""
    files = tuple(sorted(+lost))
    if total := lost.total():
        detail = some([_file_words(name, lost[name], lines.get(name, ())) for name in files])
        yield Gap(kind="unreadable-lines", source=source, count=total, detail=detail, files=files)


def unreadable_addresses(source: LogSource, blind: Counter[str]) -> Iterator[Gap]:
    """Rows of the window, by file, whose address cannot be compared; a source that has none at all lacks a column."""
    files = tuple(sorted(+blind))
    if source.fields.ip is not None and (total := blind.total()):
        detail = some([f"{name}: {blind[name]}" for name in files])
        yield Gap(kind="unreadable-addresses", source=source.name, count=total, detail=detail, files=files)


def _file_words(name: str, count: int, lines: Sequence[int]) -> str:
    if len(lines) < count:
        return f"{name}: {count}"
    numbers = ", ".join(str(number) for number in lines[:SHOWN])
    return f"{name}: {count} (line {numbers}{', ...' if len(lines) > SHOWN else ''})"
