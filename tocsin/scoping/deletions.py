"""Records of deletions: the one proof that somebody's data were no longer there to be read.

Retention excludes nobody, since data are kept longer than they should be. A record does, where all copies were gone
before the time that is asked about: the deletion, and then the days for which backups keep what was deleted. Kinds
that outlive a deletion (payments, by law) are not covered; nor is anybody of whom a request was answered, whom a
colleague lists, or whose row still stands: where a record and a log or a row say different things, nobody is excluded,
and that is counted.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.datamap import DataMap
from tocsin.domain.lists import DeletionSource
from tocsin.domain.moments import from_microseconds, in_microseconds
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.gaps import SHOWN, Gap
from tocsin.domain.scope.people import Deletion
from tocsin.domain.scope.question import Question
from tocsin.scoping.gaps.files import incomplete
from tocsin.scoping.levels import LEVEL
from tocsin.scoping.lists import read_list
from tocsin.scoping.owners import SURE_OF, TOLD
from tocsin.scoping.reading import Desk, Reading
from tocsin.sources.times import placed

DAY = 86_400_000_000
_UNDATED = "records of deletions without a moment that can be read; they exclude nobody"
_CONTRADICTED = (
    "people of whom a request was answered, or whose row still stands, though a record says that they were deleted"
    " before; they are told"
)
#: What is kept of a record that excludes somebody.
PROOF = ("proof_source", "proof_file", "proof_sha256", "proof_record", "deleted_us")


@dataclass(frozen=True)
class Deletions:
    """By account its latest deletion and the record of it (`PROOF`), and until when a row of it stood (`stood_us`, null
    where none did); None where no list is declared, or holds any.

    While a row of a list is lost, it may be a later deletion of anybody: `whole` is false, and no record excludes.
    """

    table: Any | None = None
    whole: bool = True


def read_deletions(
    engine: Any, declared: Sequence[DeletionSource], desk: Desk, reading: Reading
) -> Deletions:
    """The records of deletions of every list.

    An account of which a record has no readable moment is none that is proven deleted.
    """
    parts, whole = [], True
    for source in declared:
        rows, lost = read_list(engine, source, "id", desk, reading)
        whole = whole and not lost
        reading.gaps += incomplete(lost, "no record excludes anybody while a later one may be lost")
        if rows is not None:
            parts.append(_records(placed(rows, source.time, desk.until), source))
    if not parts:
        return Deletions(None, whole)
    rows = engine.create_table(ibis.util.gen_name("deletions"), ibis.union(*parts), temp=True)
    undated = rows.filter(rows.at.isnull())
    for row in engine.to_pyarrow(undated.group_by("source").aggregate(count=undated.count())).to_pylist():
        detail = _UNDATED + _lines(engine, undated.filter(undated.source == row["source"]))
        reading.gaps.append(
            Gap(kind="unproven-deletions", source=row["source"], count=row["count"], detail=detail)
        )
    last = rows.group_by("account").aggregate(
        deleted_us=rows.at.max(),
        undated=rows.at.isnull().any(),
        **{f"proof_{name}": rows[name].argmax(rows.at) for name in ("source", "file", "sha256", "record")},
    )
    last = last.mutate(deleted_us=ibis.ifelse(last.undated, ibis.null("int64"), last.deleted_us)).drop(
        "undated"
    )
    last = last.mutate(stood_us=ibis.null("int64"))
    return Deletions(engine.create_table(ibis.util.gen_name("deleted"), last, temp=True), whole)


def _lines(engine: Any, rows: Any) -> str:
    """The first of these rows by file and line, as the end of a sentence; empty where no line is known."""
    first = rows.filter(rows.line.notnull()).select("file", "line").order_by("file", "line").limit(SHOWN + 1)
    places = [f"{row['file']} line {row['line']}" for row in engine.to_pyarrow(first).to_pylist()]
    more = ", ..." if len(places) > SHOWN else ""
    return f": {', '.join(places[:SHOWN])}{more}" if places else ""


def _records(rows: Any, source: DeletionSource) -> Any:
    account = rows.id.cast("string").strip().nullif("")
    record = (
        rows.record.cast("string").strip().nullif("") if "record" in rows.columns else ibis.null("string")
    )
    return rows.select(
        "file",
        "sha256",
        "line",
        account=account,
        # Of the two moments at which a clock shows the same when it is put back, the later.
        at=ibis.greatest(rows.at, ibis.coalesce(rows.again, rows.at)),
        source=ibis.literal(source.name),
        record=record.fill_null(account),
    )


def with_deleted(customers: Any | None, deleted: Any | None) -> Any | None:
    """The customers, and those of whom nothing is left but the record of their deletion."""
    if customers is None or deleted is None:
        return customers
    gone = deleted.anti_join(customers, deleted.account == customers.id)
    known = {
        "id": gone.account,
        "source": gone.proof_source,
        "basis": ibis.literal("unknown"),
        "group": ibis.literal("customers"),
        "status": ibis.literal("deleted"),
        "deleted_at": _as_text(gone.deleted_us),
        "flags": ibis.literal(0),
    }
    types = customers.schema()
    return ibis.union(
        customers,
        gone.select(
            **{name: known.get(name, ibis.null(types[name])).cast(types[name]) for name in customers.columns}
        ),
    )


def _as_text(microseconds_: Any) -> Any:
    return (microseconds_ / 1_000_000).floor().cast("int64").as_timestamp("s").strftime("%Y-%m-%dT%H:%M:%SZ")


def began(question: Question) -> datetime | None:
    """The first moment that is asked about; None where that is open."""
    edges = [leaf.window[0] for leaf in question.leaves()]
    if question.exposed:
        edges.append(question.exposed.since)
    known = [edge for edge in edges if edge is not None]
    return min(known) if known and len(known) == len(edges) else None


def proven(
    engine: Any, people: Any, deleted: Deletions, start: datetime | None, data_map: DataMap
) -> tuple[Any, list[Gap]]:
    """The people, without those whose data were gone before `start` by the records, and with the proof (`PROOF`).

    Beside them the gaps: people of whom a request was answered, or a row still stands, long after they were deleted.
    """
    if deleted.table is None or not deleted.whole:
        return people.mutate(**{name: ibis.null(_type(name)) for name in PROOF}), []
    records = _by_person(people, deleted.table)
    people = people.left_join(records, people.id == records.owner).drop("owner")
    people = people.mutate(
        said=_gone(people.deleted_us, start, data_map),
        gone=_gone(ibis.greatest(people.deleted_us, people.stood_us), start, data_map),
    )
    known = (people.answered | (people.level == LEVEL[Bucket.LISTED]) | (people.listed != 0)).fill_null(False)
    tried = people.level == LEVEL[Bucket.ATTEMPTED]
    open_ = (people.gone != 0) & ~known & ~tried
    every = (1 << len(data_map.kinds)) - 1
    asked = ibis.ifelse(people.kinds == 0, ibis.literal(every, "int64"), people.kinds)
    covered = open_ & ((asked & people.gone) == asked)
    columns = {
        name: ibis.ifelse(open_, people[name] - (people[name] & people.gone), people[name])
        for name in ("kinds", *SURE_OF.values())
    }
    found = people.mutate(
        **columns,
        level=ibis.ifelse(covered, LEVEL[Bucket.EXCLUDED], people.level).cast(people.level.type()),
        **{name: ibis.ifelse(open_, people[name], ibis.null(_type(name))) for name in PROOF},
        contradicted=_contradicted(people),
    ).drop("said", "gone", "stood_us")
    found = engine.create_table(ibis.util.gen_name("proven"), found.order_by("id"), temp=True)
    count = int(engine.to_pyarrow(found.contradicted.sum()).as_py() or 0)
    gap = Gap(kind="deletion-contradicted", source="customers", count=count, detail=_CONTRADICTED)
    return found.drop("contradicted"), [gap] if count else []


def _contradicted(people: Any) -> Any:
    """Who is told though a record says (`said`) that some kinds of hers were gone: a log, or a row, says otherwise."""
    stands = (people.said != people.gone) & (people.level >= TOLD)
    return (people.said != 0) & (people.answered.fill_null(False) | stands)


def proof_of(row: Mapping[str, Any]) -> Deletion | None:
    """The record that keeps a person, or some of her kinds, out; `row` has `PROOF`."""
    if row["deleted_us"] is None or row["proof_record"] is None:
        return None
    at = from_microseconds(row["deleted_us"])
    return Deletion(row["proof_source"], row["proof_file"], row["proof_sha256"], row["proof_record"], at)


def _type(name: str) -> str:
    return "int64" if name == "deleted_us" else "string"


def _by_person(people: Any, deleted: Any) -> Any:
    """The records under the ids of people: of several accounts each must have one, and the last counts."""
    rows = people.select(owner=people.id, held=ibis.coalesce(people.accounts, people.id).split("\n").unnest())
    rows = rows.distinct()
    rows = rows.left_join(deleted, rows.held == deleted.account)
    owned = rows.group_by("owner").aggregate(
        open_=rows.deleted_us.isnull().any(),
        deleted_us=rows.deleted_us.max(),
        stood_us=rows.stood_us.max(),
        **{name: rows[name].argmax(rows.deleted_us) for name in PROOF if name != "deleted_us"},
    )
    return owned.filter(~owned.open_).drop("open_")


def _gone(deleted: Any, start: datetime | None, data_map: DataMap) -> Any:
    """The bits of the kinds of which no copy was left at `start`, not even in backups."""
    if start is None:
        return ibis.literal(0, "int64")
    kinds: defaultdict[int, int] = defaultdict(int)
    for place, kind in enumerate(data_map.kinds):
        if not kind.retention.survives_deletion:
            kinds[kind.retention.backup_days] |= 1 << place
    gone = ibis.literal(0, "int64")
    edge = in_microseconds(start)
    for days, bits in sorted(kinds.items()):
        before = (deleted + days * DAY < edge).fill_null(False)
        gone = gone | ibis.ifelse(before, ibis.literal(bits, "int64"), 0)
    return gone
