"""The same request said more than once: by two files, two lines, or two sources of one stream. It counts once.

Two rows are one request when they agree in every column that was read, the moment to the microsecond. How many rows
only repeated others is stated; it is no gap.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.scope.result import Repeated
from tocsin.domain.sources import LogSource
from tocsin.sources.files import File
from tocsin.sources.finding import Listing


def by_stream(passes: Mapping[str, Any], sources: Iterable[LogSource]) -> dict[str, Any]:
    """The passes, those of one stream in one: under its name, else under that of the source."""
    members: dict[str, list[Any]] = {}
    for source in sources:
        if source.name in passes:
            members.setdefault(source.stream or source.name, []).append(passes[source.name])
    return {name: _one(rows) for name, rows in members.items()}


def _one(passes: Sequence[Any]) -> Any:
    if len(passes) == 1:
        return passes[0]
    # One may keep what switches its logging, another need not.
    alike = [name for name in passes[0].columns if all(name in rows.columns for rows in passes)]
    return ibis.union(*(rows.select(alike) for rows in passes))


def once_each(rows: Any) -> Any:
    """Each request once, with `copies`: how many more rows said it. `n` is how many rows each row stands for.

    `marks` are all clauses that fit any of its rows: of a stream, not every source is asked every clause. A request was
    `denied` where each source that logs it says so, and may have been `altered` where no sound file says it. Of its
    places, `first_row` is the least, `last_row` the greatest.
    """
    keys = [
        name
        for name in rows.columns
        if name not in ("n", "marks", "denied", "altered", "first_row", "last_row")
    ]
    return rows.group_by(keys).aggregate(
        copies=rows.n.sum() - 1,
        marks=rows.marks.bit_or(),
        denied=rows.denied.all(),
        altered=rows.altered.all(),
        first_row=rows.first_row.min(),
        last_row=rows.last_row.max(),
    )


def copies(listing: Listing, files: Sequence[File]) -> list[str]:
    """Names of the files of a source that were left out, since another one of `files` holds the same bytes."""
    read = {file.name for file in files}
    return [found.name for found in listing.files if found.name not in read]


def repeated(engine: Any, requests: Any, copied: Mapping[str, Sequence[str]]) -> Iterator[Repeated]:
    """What was said again, by source or stream: fitting rows, and files (`copied`) that are copies of others."""
    counted = requests.group_by("source").aggregate(rows=requests.copies.sum())
    rows = {row["source"]: int(row["rows"]) for row in engine.to_pyarrow(counted).to_pylist()}
    for source in sorted({*rows, *copied}):
        found = Repeated(source=source, rows=rows.get(source, 0), files=tuple(copied.get(source, ())))
        if found.rows or found.files:
            yield found
