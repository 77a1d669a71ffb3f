"""Why each person is in the answer, by the engine: which clauses needed her requests, and her first and last row.

A row is a number: that of its file, in order of (name, source), and its line. So rows of one moment have an order that
is the same however the files were read, and no person carries the name of a file.
"""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.tree import Gate, Leaf
from tocsin.domain.scope.why import Way
from tocsin.scoping.levels import LEVEL, satisfied
from tocsin.sources.files import File

#: Ways as bits, in the order of their names.
WAY = {way: 1 << place for place, way in enumerate(Way)}
#: Column of the clauses whose requests make us so sure; a list has no clauses.
BY: dict[Bucket, str] = {
    bucket: f"by_{bucket.value.replace('-', '_')}"
    for bucket in sorted(Bucket, key=lambda each: -LEVEL[each])
    if bucket is not Bucket.LISTED
}
#: The edges of what brought somebody in: a moment below its rank (`ranked`), and a row.
EDGES = ("first_when", "first_row", "last_when", "last_row")
#: More lines than any file has.
_LINES = 1 << 40
#: Later than any moment, in microseconds since 1970.
_RANK = 1 << 60
#: What was read comes before what was only tried, and that before what only points at somebody.
READ, TRIED, POINTED = range(3)


def kept_edges(rows: Any, kept: Any) -> dict[str, Any]:
    """`first` and `last` of the rows of a group that are `kept`, as (at, line); `moment` and `line` are a row's own."""
    line = rows.line.fill_null(0)
    first = ibis.struct({"at": rows.moment.fill_null(_RANK - 1), "line": line})
    last = ibis.struct({"at": rows.moment.fill_null(0), "line": line})
    return {"first": first.min(where=kept), "last": last.max(where=kept)}


def in_order(files: Sequence[File]) -> list[File]:
    """The files as their rows are numbered by."""
    return sorted(files, key=lambda file: (file.name, file.source))


def with_rows(rows: Any, files: Sequence[File]) -> Any:
    """The rows of a pass with `first_row` and `last_row`; `files` are those that the engine read."""
    numbers: dict[str, int] = {}
    for number, file in enumerate(in_order(files)):
        numbers.setdefault(str(file.read_from), number)
    known = ibis.memtable(
        pa.table(
            {
                "known_path": pa.array(numbers.keys(), pa.string()),
                "number": pa.array(numbers.values(), pa.int64()),
            }
        )
    )
    rows = rows.left_join(known, rows.file == known.known_path)
    return rows.mutate(
        first_row=rows.number * _LINES + rows["first"].line, last_row=rows.number * _LINES + rows["last"].line
    ).drop("known_path", "number")


def needed(node: Leaf | Gate, marks: Any) -> Any:
    """The bits of the clauses that make a tree hold: those of a group that does not hold are no reason."""
    if isinstance(node, Leaf):
        return marks & node.bit
    below = reduce(or_, (needed(part, marks) for part in node.parts), ibis.literal(0, "int64"))
    return ibis.ifelse(satisfied(node, marks), below, 0) if node.every else below


def ranked(rank: Any, first: Any, last: Any) -> dict[str, Any]:
    """`first_when` and `last_when`: what was read comes first among the first, and last among the last."""
    return {
        "first_when": rank * _RANK + first.fill_null(_RANK - 1),
        "last_when": (POINTED - rank) * _RANK + last.fill_null(0),
    }


def edges(rows: Any) -> dict[str, Any]:
    """`first` and `last` of a group of rows with `EDGES`, as (when, row): the least and the greatest of both."""
    firsts, lasts = (
        ibis.struct({"when": rows[f"{edge}_when"], "row": rows[f"{edge}_row"]}) for edge in ("first", "last")
    )
    known = rows.first_when.notnull()
    return {"first": firsts.min(where=known), "last": lasts.max(where=known)}


def unfolded(groups: Any) -> Any:
    """Groups with `first` and `last` as `EDGES`."""
    columns = {f"{edge}_{part}": groups[edge][part] for edge in ("first", "last") for part in ("when", "row")}
    return groups.mutate(**columns).drop("first", "last")


def seen(groups: Any) -> dict[str, Any]:
    """`first_seen` and `last_seen` by the edges: null for whom no request shows, and where no moment can be placed."""
    requests = groups.first_when < POINTED * _RANK
    return {
        f"{edge}_seen": ibis.ifelse(
            requests, (groups[f"{edge}_when"] % _RANK).nullif(blank), ibis.null("int64")
        )
        for edge, blank in (("first", _RANK - 1), ("last", 0))
    }


def row_at(row: dict[str, Any], edge: str) -> tuple[int, int | None, int | None] | None:
    """File, line and moment (microseconds since 1970) of an edge of a person; None where no row brought her in."""
    when, place = row[f"{edge}_when"], row[f"{edge}_row"]
    if when is None or place is None:
        return None
    at = when % _RANK
    return place // _LINES, place % _LINES or None, at if at not in (0, _RANK - 1) else None


def ways_of(bits: int) -> tuple[Way, ...]:
    """The ways that these bits stand for."""
    return tuple(way for way, bit in WAY.items() if bits & bit)
