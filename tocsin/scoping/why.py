"""Why each person is in the answer, by the engine: which clauses needed her requests, and her first and last row.

A row is a number: that of its file, in order of (name, source), and its line. So rows of one moment have an order that
is the same however the files were read, and no person carries the name of a file.
"""

from collections.abc import Callable, Sequence, Set
from functools import cache, reduce
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
#: The edges of what brought somebody in, each a moment below its rank (`edges_of`) and a row; null where there is none.
EDGES = dict.fromkeys(("first", "last"), "struct<when: int64, row: int64>")
#: Tells of rows in which file and line they stand.
Numbers = Callable[[Any], Any]
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


def numbered(files: Sequence[File], altered: Set[str]) -> Numbers:
    """What gives rows of a pass, in place of their `file`, the numbers of their `first_row` and `last_row`, and says
    whether they may have been `altered`. `files` are those that the engine read, `altered` the paths of some of them.
    """
    numbers: dict[str, int] = {}
    for number, file in enumerate(in_order(files)):
        numbers.setdefault(str(file.read_from), number)
    known = ibis.memtable(
        pa.table(
            {
                "known_path": pa.array(numbers.keys(), pa.string()),
                "number": pa.array(numbers.values(), pa.int64()),
                "altered": pa.array([path in altered for path in numbers], pa.bool_()),
            }
        )
    )

    def with_places(rows: Any) -> Any:
        both = rows.left_join(known, rows.file == known.known_path)
        places = {f"{edge}_row": both.number * _LINES + both[edge].line for edge in EDGES}
        return both.mutate(**places).drop("file", "known_path", "number")

    return with_places


def needed(node: Leaf | Gate, marks: Any) -> Any:
    """The bits of the clauses that make a tree hold: those of a group that does not hold are no reason."""
    if isinstance(node, Leaf):
        return marks & node.bit
    below = reduce(or_, (needed(part, marks) for part in node.parts), ibis.literal(0, "int64"))
    return ibis.ifelse(satisfied(node, marks), below, 0) if node.every else below


def edges_of(rank: Any, rows: Any, moments: Any | None = None) -> dict[str, Any]:
    """`EDGES` of rows with `first_row` and `last_row`: what was read is first among the first, and last among the last.

    A row's moment is `at`; `moments` has two, `first.at` and `last.at`.
    """
    first, last = (rows.at, rows.at) if moments is None else (moments["first"].at, moments["last"].at)
    return {
        "first": ibis.struct({"when": rank * _RANK + first.fill_null(_RANK - 1), "row": rows.first_row}),
        "last": ibis.struct({"when": (POINTED - rank) * _RANK + last.fill_null(0), "row": rows.last_row}),
    }


def outermost(edges: Any) -> dict[str, Any]:
    """The least first and the greatest last of a group; `edges` has `EDGES`."""
    return {"first": edges["first"].min(), "last": edges["last"].max()}


def seen(groups: Any) -> dict[str, Any]:
    """`first_seen` and `last_seen` by the edges: null for whom no request shows, and where no moment can be placed."""
    requests = groups["first"].when < POINTED * _RANK
    return {
        f"{edge}_seen": ibis.ifelse(requests, (groups[edge].when % _RANK).nullif(blank), ibis.null("int64"))
        for edge, blank in (("first", _RANK - 1), ("last", 0))
    }


def row_at(when: int | None, row: int | None) -> tuple[int, int | None, int | None] | None:
    """File, line and moment (microseconds since 1970) of an edge of a person; None where no row brought her in."""
    if when is None or row is None:
        return None
    at = when % _RANK
    return row // _LINES, row % _LINES or None, at if at not in (0, _RANK - 1) else None


@cache
def ways_of(bits: int) -> tuple[Way, ...]:
    """The ways that these bits stand for."""
    return tuple(way for way, bit in WAY.items() if bits & bit)
