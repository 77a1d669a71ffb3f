"""The requests that fit: one row for each, with the kinds of data it showed, and how sure it makes us."""

from collections.abc import Iterator
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.datamap import DataMap
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.clauses import PERSONAL
from tocsin.domain.scope.gaps import Gap, GapKind
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.result import Seen
from tocsin.scoping.conditions import COLUMNS
from tocsin.scoping.exact import settled
from tocsin.scoping.levels import LEVEL, level
from tocsin.scoping.repeats import once_each
from tocsin.scoping.requests import REQUEST
from tocsin.scoping.subjects import with_kinds
from tocsin.scoping.why import EDGES, Numbers, needed

_PLACES = ("first_row", "last_row")


def fitting_requests(
    engine: Any, passes: dict[str, Any], number: Numbers, question: Question, data_map: DataMap
) -> Any:
    """Distinct requests that fit, over all sources, with `source`, `level` and what they showed (`subjects.SHOWN`).

    `marks` are the bits of the clauses that fit, `why` of those that the tree needed, `first_row` and `last_row` where
    the request stands (`why.numbered`); `set_aside` are the owners' own requests, which do not count.
    `copies` says how many more rows said the same.
    """
    parts = [
        number(rows.filter(rows.hit).select("file", "n", *REQUEST, *EDGES))
        .drop(*EDGES)
        .mutate(source=ibis.literal(name))
        for name, rows in passes.items()
    ]
    hits = ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else _none()
    rows = settled(engine, once_each(hits), question)
    rows = with_kinds(engine, rows, hits, data_map)
    rows = rows.mutate(level=level(rows, question), why=needed(question.tree(), rows.marks))
    return engine.create_table("fitting", rows, temp=True)


def _none() -> Any:
    """No request at all, in the columns that requests have."""
    kinds = dict.fromkeys(("n", "at", "again", "status", "bytes", "marks", *_PLACES), pa.int64()) | {
        "denied": pa.bool_(),
        "altered": pa.bool_(),
    }
    names = ("n", "altered", *_PLACES, "source", *REQUEST)
    columns = {name: pa.array([], kinds.get(name, pa.string())) for name in names}
    return ibis.memtable(pa.table(columns))


def gaps_of(engine: Any, rows: Any) -> Iterator[Gap]:
    """What the fitting requests leave open: whose they were, what they showed, how they ended, which did not count."""
    read = rows.filter(rows.level >= LEVEL[Bucket.CANNOT_EXCLUDE])
    counts = ~read.set_aside
    by_source = read.group_by("source").aggregate(
        nobody=(counts & read.account.isnull() & ((read.kinds == 0) | (read.of_caller != 0))).sum(),
        unmapped=(counts & (read.kinds == 0)).sum(),
        unended=(counts & read.status.isnull()).sum(),
        owned=read.set_aside.sum(),
    )
    for row in engine.to_pyarrow(by_source).to_pylist():
        for kind, column, detail in _LEFT_OPEN:
            if row[column]:
                yield Gap(kind=kind, source=row["source"], count=row[column], detail=detail)


_LEFT_OPEN: tuple[tuple[GapKind, str, str], ...] = (
    ("requests-without-account", "nobody", "fitting requests that name no account"),
    ("unmapped-endpoint", "unmapped", "fitting requests to endpoints that the data map does not know"),
    ("unknown-outcome", "unended", "fitting requests without a status"),
    (
        "own-requests-set-aside",
        "owned",
        "requests that the question calls the owner's own and does not count",
    ),
)


def subject_gaps(engine: Any, unnamed: Any) -> Iterator[Gap]:
    """The requests that were read and name nobody, though the data map says that they show data of whom they name."""
    read = unnamed.filter(unnamed.level >= LEVEL[Bucket.CANNOT_EXCLUDE])
    for row in engine.to_pyarrow(read.group_by("source").aggregate(count=read.count())).to_pylist():
        detail = "fitting requests that do not name whose data they showed"
        yield Gap(kind="subject-unknown", source=row["source"], count=row["count"], detail=detail)


def known_indicators(engine: Any, passes: dict[str, Any], question: Question) -> tuple[Seen, ...]:
    """How many of the tokens, sessions and accounts that were asked about any log knows, at any time."""
    found = []
    for kind in question.given():
        if kind in PERSONAL and passes:
            column, asked = COLUMNS[kind], question.values_of(kind)
            parts = [rows.filter(rows.hit | rows.linked).select(column) for rows in passes.values()]
            values = ibis.union(*parts) if len(parts) > 1 else parts[0]
            wanted = ibis.memtable(pa.table({column: pa.array(asked, pa.string())}))
            known = values.semi_join(wanted, column)[column].nunique()
            found.append(Seen(indicator=kind, given=len(asked), seen=int(engine.to_pyarrow(known).as_py())))
    return tuple(found)
