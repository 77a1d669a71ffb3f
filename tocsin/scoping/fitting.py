"""The requests that fit: one row for each, with exact addresses, the kinds of data it showed, and how sure that is.

`level` orders the buckets, so that a person's bucket is the highest level of her requests.
"""

from collections.abc import Iterator
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.datamap import DataMap
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.gaps import Gap, GapKind
from tocsin.domain.scope.question import Question, network
from tocsin.domain.scope.result import Seen
from tocsin.scoping.addresses import lies_in
from tocsin.scoping.indicators import ADDRESS, BITS, COLUMNS, PERSONAL
from tocsin.scoping.requests import REQUEST
from tocsin.scoping.subjects import with_kinds

#: Weakest first: a level is a place in this tuple.
LEVELS = (
    Bucket.EXCLUDED,
    Bucket.ATTEMPTED,
    Bucket.CANNOT_EXCLUDE,
    Bucket.LISTED,
    Bucket.LIKELY,
    Bucket.CONFIRMED,
)
LEVEL = {bucket: level for level, bucket in enumerate(LEVELS)}


def fitting_requests(engine: Any, passes: dict[str, Any], question: Question, data_map: DataMap) -> Any:
    """Distinct requests that fit, over all sources, with `source`, `level` and what they showed (`subjects.SHOWN`)."""
    parts = [
        rows.filter(rows.hit).select(source=ibis.literal(name), **{each: rows[each] for each in REQUEST})
        for name, rows in passes.items()
    ]
    rows = (ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else _none()).distinct()
    if question.ips:
        rows = _with_exact_addresses(engine, engine.create_table("candidates", rows, temp=True), question)
    rows = with_kinds(engine, rows, data_map)
    return engine.create_table("fitting", rows.mutate(level=_level(rows, question)), temp=True)


def _none() -> Any:
    """No request at all, in the columns that requests have."""
    whole = {"at", "status", "bytes", "marks"}
    columns = {
        name: pa.array([], pa.int64() if name in whole else pa.string()) for name in ("source", *REQUEST)
    }
    return ibis.memtable(pa.table(columns))


def _with_exact_addresses(engine: Any, rows: Any, question: Question) -> Any:
    networks = [network(text) for text in question.ips]
    perhaps = rows.filter((rows.marks & ADDRESS) > 0).select("ip").distinct()
    texts = engine.to_pyarrow(perhaps)["ip"].to_pylist()
    exact = [text for text in texts if text is not None and lies_in(text, networks)]
    wanted = ibis.memtable(pa.table({"exact_ip": pa.array(exact, pa.string())}))
    rows = rows.left_join(wanted, rows.ip == wanted.exact_ip)
    mistaken = ((rows.marks & ADDRESS) > 0) & rows.exact_ip.isnull()
    rows = rows.mutate(marks=ibis.ifelse(mistaken, rows.marks - ADDRESS, rows.marks)).drop("exact_ip")
    return rows.filter(rows.marks > 0)


def _level(rows: Any, question: Question) -> Any:
    """How sure a request makes us. An unknown or failed outcome (5xx) cannot be excluded; 1xx to 3xx gave an answer."""
    denied = rows.status.between(400, 499).fill_null(False)
    answered = rows.status.between(100, 399).fill_null(False)
    every = rows.marks == sum(BITS[kind] for kind in question.given())
    personal = (rows.marks & PERSONAL) > 0
    return ibis.cases(
        (denied, LEVEL[Bucket.ATTEMPTED]),
        (~answered, LEVEL[Bucket.CANNOT_EXCLUDE]),
        (every & personal, LEVEL[Bucket.CONFIRMED]),
        (personal | ((rows.marks & ADDRESS) > 0), LEVEL[Bucket.LIKELY]),
        else_=LEVEL[Bucket.CANNOT_EXCLUDE],
    )


def gaps_of(engine: Any, rows: Any) -> Iterator[Gap]:
    """What the fitting requests leave open: whose they were, what they showed, how they ended."""
    read = rows.filter(rows.level >= LEVEL[Bucket.CANNOT_EXCLUDE])
    by_source = read.group_by("source").aggregate(
        nobody=(read.account.isnull() & ((read.kinds == 0) | (read.of_caller != 0))).sum(),
        unmapped=(read.kinds == 0).sum(),
        unended=read.status.isnull().sum(),
    )
    for row in engine.to_pyarrow(by_source).to_pylist():
        for kind, column, detail in _LEFT_OPEN:
            if row[column]:
                yield Gap(kind=kind, source=row["source"], count=row[column], detail=detail)


_LEFT_OPEN: tuple[tuple[GapKind, str, str], ...] = (
    ("requests-without-account", "nobody", "fitting requests that name no account"),
    ("unmapped-endpoint", "unmapped", "fitting requests to endpoints that the data map does not know"),
    ("unknown-outcome", "unended", "fitting requests without a status"),
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
        if BITS[kind] & PERSONAL and passes:
            column = COLUMNS[kind]
            parts = [rows.filter((rows.marks & BITS[kind]) > 0).select(column) for rows in passes.values()]
            known = (ibis.union(*parts) if len(parts) > 1 else parts[0])[column].nunique()
            seen = int(engine.to_pyarrow(known).as_py())
            found.append(Seen(indicator=kind, given=len(getattr(question, kind)), seen=seen))
    return tuple(found)
