"""Measure the scope: a question, the sources and the data map in; people, cells and gaps out.

The same question over the same bytes gives the same result, digest by digest. What the engine spills, and lines that
were rescued from a damaged archive, stand in the workspace only while it runs.
"""

import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin.domain.answers import nearest
from tocsin.domain.datamap import DataMap
from tocsin.domain.errors import Refused
from tocsin.domain.scope.buckets import TOLD, Bucket
from tocsin.domain.scope.gaps import hiding
from tocsin.domain.scope.people import AffectedPerson, Stranger, digests
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.result import Proof, ScopeResult, Seen
from tocsin.domain.scope.retained import Retained
from tocsin.domain.scope.unread import UnreadLine
from tocsin.domain.scope.why import Ground
from tocsin.domain.sources import Sources
from tocsin.scoping import cells, controllers
from tocsin.scoping.custody import in_custody, looked_at_again, tables_again
from tocsin.scoping.deletions import Deletions, began, proven, read_deletions, with_deleted
from tocsin.scoping.exposed import deleted_since, refuse_unknown_tables
from tocsin.scoping.findings import findings
from tocsin.scoping.fitting import known_indicators
from tocsin.scoping.gaps.clocks import in_the_future
from tocsin.scoping.gaps.files import other_days
from tocsin.scoping.grounds import Grounds, counted
from tocsin.scoping.guardians import with_guardians
from tocsin.scoping.known import read_customers
from tocsin.scoping.people import people
from tocsin.scoping.persons import persons_of, unowned
from tocsin.scoping.proof import proofs
from tocsin.scoping.reading import Desk, Progress, Reading, chosen, read_logs
from tocsin.scoping.retention import explained, with_overdue
from tocsin.scoping.roll import Roll
from tocsin.scoping.standing import with_standing
from tocsin.scoping.suppressions import read_suppressions, with_suppressed
from tocsin.scoping.workspace import working_in
from tocsin.sources.caches import Cache
from tocsin.sources.engine import Engines, Limits, alone
from tocsin.sources.files import Prints, clerks, prints_now
from tocsin.sources.logs import completed
from tocsin.sources.times import latest

#: Opens what a measurement runs on, in a private folder.
Opens = Callable[[Path, Limits], AbstractContextManager[Engines]]


@dataclass(frozen=True)
class Measurement:
    """The result, and the people behind it on a roll: personal data, to be stored encrypted."""

    result: ScopeResult
    roll: Roll
    data_map: DataMap
    #: From which age on people of a place speak for themselves, where that is not 18.
    majority: Mapping[str, int] = field(default_factory=dict)
    #: Accounts of the logs that nobody owns.
    strangers: Roll | None = None
    grounds: Grounds = field(default_factory=Grounds)
    #: Lines that are no row, the first ones of each file, in order.
    unread: tuple[UnreadLine, ...] = ()

    def unowned(self) -> Iterator[Stranger]:
        """Accounts that were hit and that no customer source knows, in order of ids."""
        return unowned(self.strangers, self.grounds) if self.strangers else iter(())

    def people(self) -> Iterator[AffectedPerson]:
        """Everybody, in every bucket, in order of ids."""
        return persons_of(self.roll, self.data_map, self.majority, self.grounds)


def measure(
    question: Question,
    sources: Sources,
    data_map: DataMap,
    *,
    workspace: Path,
    pseudonym_key: bytes,
    asked_at: datetime,
    progress: Progress = lambda words, share: None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    engines: Opens = alone,
    cache: Cache | None = None,
) -> Measurement:
    """Who was affected. `pseudonym_key` hides ids and the question in the digests; `workspace` must lie on local disk.
    No row is believed that claims to be more than a day younger than `asked_at` (aware): asked again later, the same
    question gives the same answer only with the same `asked_at`. What the `cache` holds of the logs is not read again.

    Refused, in one line without any indicator or person in it, when a source cannot be read as declared.
    """
    sources = completed(sources)
    chosen(question, sources.logs)
    _refuse_unknown_kinds(question, data_map)
    refuse_unknown_tables(question.exposed, data_map)
    with working_in(workspace) as folder, engines(folder, limits) as opened, clerks() as pool:
        desk = Desk(opened, folder, progress, limits.bounds, latest(asked_at), pool, cache)
        found = _found(question, sources, data_map, desk, asked_at)
    gaps = found.reading.gaps
    told, uncounted = cells.cells(found.alike, data_map, "exact" if not gaps else "approximate")
    inputs = tuple(sorted(in_custody(found.reading, sources), key=repr))
    grounds = Grounds.of(question, found.reading.read_from, inputs)
    set_digest, why_digest = digests(
        persons_of(found.people, data_map, {}, grounds), pseudonym_key, [each.sha256 for each in inputs]
    )
    result = ScopeResult(
        people_count=sum(row.count for row in found.alike if row.bucket in TOLD),
        by_place=cells.counted(found.alike, lambda row: [row.place]),
        by_kind=cells.counted(found.alike, lambda row: row.kinds or ("unknown",)),
        buckets=cells.by_bucket(found.alike),
        cells=told,
        gaps=tuple(sorted((*gaps, *uncounted), key=repr)),
        seen=found.seen,
        retained=found.retained,
        controllers=found.controllers,
        inputs=inputs,
        repeated=tuple(found.reading.repeated),
        proof=found.proof,
        question_digest=hmac.digest(pseudonym_key, question.canonical(), "sha256").hex(),
        grounds=found.grounds,
        set_digest=set_digest,
        why_digest=why_digest,
    )
    unread = tuple(sorted(found.reading.unread))
    return Measurement(result, found.people, data_map, sources.majority, found.strangers, grounds, unread)


@dataclass(frozen=True)
class _Found:
    """What the engine found: the people, how many are alike, and which indicators any log knows."""

    reading: Reading
    people: Roll
    alike: tuple[cells.Alike, ...]
    seen: tuple[Seen, ...]
    proof: tuple[Proof, ...]
    strangers: Roll
    retained: tuple[Retained, ...]
    controllers: int
    grounds: tuple[Ground, ...]


def _found(question: Question, sources: Sources, data_map: DataMap, desk: Desk, asked_at: datetime) -> _Found:
    """Read, and count, while the engines run."""
    reads, backend, over = desk.crew.engine, desk.engines.counts, desk.engines.over
    reading = read_logs(question, sources.logs, desk)
    desk.progress("checking the files", 0.0)
    prints = prints_now(reading.files, desk.clerks)
    reading.gaps += in_the_future(reading.logged, asked_at)
    customers = read_customers(reads, sources.customers, desk, reading)
    deleted = read_deletions(reads, sources.deletions, desk, reading)
    reading.gaps += deleted_since(question.exposed, sources.deletions)
    suppressed = read_suppressions(reads, sources.suppressions, desk, reading)
    customers = over(customers)
    deleted = replace(deleted, table=with_standing(backend, over(deleted.table), customers))
    customers = with_deleted(customers, deleted.table)
    desk.progress("counting people", 0.0)
    known = customers, sources.customers
    said = findings(backend, question, known, data_map, reading)
    met = people(backend, said, *known, hidden=hiding(reading.gaps))
    if _changed(reading, prints, question):
        met = people(backend, said, *known, hidden=True)
    reading.gaps += met.gaps
    table = with_guardians(backend, met.known, *known, sources.majority, asked_at.date())
    table = _with_records(backend, table, deleted, question, data_map, reading)
    table = with_suppressed(backend, table, over(suppressed))
    table = controllers.with_controllers(backend, table, *known)
    seen = known_indicators(backend, reading.passes, question)
    found = Roll.of(backend, table.order_by("id"), desk.folder)
    alike = cells.tally(backend, table, data_map)
    excludes = any(row.bucket is Bucket.EXCLUDED for row in alike) and not hiding(reading.gaps)
    proof = tuple(proofs(backend, question, reading)) if excludes else ()
    reading.gaps += tables_again(reading, sources.lists)
    strangers = Roll.of(backend, met.strangers.order_by("id"), desk.folder)
    retained = explained(backend, table, began(question), data_map)
    to_tell, nameless = controllers.counted(backend, table, data_map)
    reading.gaps += nameless
    grounds = counted(found, question)
    return _Found(reading, found, alike, seen, proof, strangers, retained, to_tell, grounds)


def _changed(reading: Reading, prints: Prints, question: Question) -> bool:
    """Note what the files of the logs are by now. Whether, other than before, nobody can be excluded for it."""
    hidden = hiding(reading.gaps)
    reading.gaps += looked_at_again(reading, prints, reading.listings)
    if hiding(reading.gaps):
        reading.gaps += other_days(reading.listings, question)
    return not hidden and hiding(reading.gaps)


def _with_records(
    backend: Any, table: Any, deleted: Deletions, question: Question, data_map: DataMap, reading: Reading
) -> Any:
    """The people, but those whom a record of a deletion excludes, and what of theirs should be gone by now."""
    start = began(question)
    table, contradicted = proven(backend, table, deleted, start, data_map)
    reading.gaps += contradicted
    return with_overdue(backend, table, start, data_map)


def _refuse_unknown_kinds(question: Question, data_map: DataMap) -> None:
    known = [kind.id for kind in data_map.kinds]
    for listed in question.people:
        for kind in listed.kinds:
            if kind not in known:
                raise Refused(f"the data map has no kind {kind!r}{nearest(kind, known)}")
