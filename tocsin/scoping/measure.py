"""Measure the scope: a question, the sources and the data map in; people, cells and gaps out.

The same question over the same bytes gives the same result, digest by digest. What the engine spills, and lines that
were rescued from a damaged archive, stand in the workspace only while it runs.
"""

import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from tocsin.domain.answers import nearest
from tocsin.domain.datamap import DataMap
from tocsin.domain.errors import Refused
from tocsin.domain.scope.buckets import TOLD, Bucket
from tocsin.domain.scope.gaps import hiding
from tocsin.domain.scope.people import AffectedPerson, Stranger, digests
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.result import Proof, ScopeResult, Seen
from tocsin.domain.scope.unread import UnreadLine
from tocsin.domain.sources import Sources
from tocsin.scoping import cells
from tocsin.scoping.census import Census, Known, census
from tocsin.scoping.custody import in_custody, looked_at_again, tables_again
from tocsin.scoping.deletions import began
from tocsin.scoping.exposed import deleted_since, refuse_unknown_tables
from tocsin.scoping.findings import findings
from tocsin.scoping.fitting import known_indicators
from tocsin.scoping.gaps.clocks import in_the_future
from tocsin.scoping.gaps.files import other_days
from tocsin.scoping.grounds import Grounds, counted
from tocsin.scoping.persons import persons_of, unowned
from tocsin.scoping.proof import proofs
from tocsin.scoping.reading import Desk, Progress, Reading, chosen, read_logs
from tocsin.scoping.roll import Roll
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
    people, alike = found.people, found.people.alike
    told, uncounted = cells.cells(alike, data_map, "exact" if not gaps else "approximate")
    inputs = tuple(sorted(in_custody(found.reading, sources), key=repr))
    grounds = Grounds.of(question, found.reading.read_from, inputs)
    set_digest, why_digest = digests(
        persons_of(people.roll, data_map, {}, grounds), pseudonym_key, [each.sha256 for each in inputs]
    )
    result = ScopeResult(
        people_count=sum(row.count for row in alike if row.bucket in TOLD),
        by_place=cells.counted(alike, lambda row: [row.place]),
        by_kind=cells.counted(alike, lambda row: row.kinds or ("unknown",)),
        buckets=cells.by_bucket(alike),
        cells=told,
        gaps=tuple(sorted((*gaps, *uncounted), key=repr)),
        seen=found.seen,
        retained=people.retained,
        controllers=people.controllers,
        inputs=inputs,
        repeated=tuple(found.reading.repeated),
        proof=found.proof,
        question_digest=hmac.digest(pseudonym_key, question.canonical(), "sha256").hex(),
        grounds=counted(people.roll, question),
        set_digest=set_digest,
        why_digest=why_digest,
    )
    unread = tuple(sorted(found.reading.unread))
    return Measurement(result, people.roll, data_map, sources.majority, people.strangers, grounds, unread)


@dataclass(frozen=True)
class _Found:
    """What the engine found: the people, and which indicators any log knows."""

    reading: Reading
    people: Census
    seen: tuple[Seen, ...]
    proof: tuple[Proof, ...]


def _found(question: Question, sources: Sources, data_map: DataMap, desk: Desk, asked_at: datetime) -> _Found:
    """Read, and count, while the engines run."""
    backend = desk.engines.counts
    reading = read_logs(question, sources.logs, desk)
    desk.progress("checking the files", 0.0)
    prints = prints_now(reading.files, desk.clerks, beside=True)
    reading.gaps += in_the_future(reading.logged, asked_at)
    known = Known.to(sources, desk, reading)
    reading.gaps += deleted_since(question.exposed, sources.deletions)
    desk.progress("counting people", 0.0)
    said = findings(backend, question, (known.customers, known.declared), data_map, reading)
    taken = partial(census, desk, said, known, data_map, start=began(question), today=asked_at.date())
    people = taken(hidden=hiding(reading.gaps))
    seen = known_indicators(backend, reading.passes, question)
    # The files take longest to be fingerprinted once more, so these are waited for last.
    if _changed(reading, prints, question):
        people = taken(hidden=True)
    reading.gaps += people.gaps
    excludes = any(row.bucket is Bucket.EXCLUDED for row in people.alike) and not hiding(reading.gaps)
    proof = tuple(proofs(backend, question, reading)) if excludes else ()
    reading.gaps += tables_again(reading, sources.lists)
    return _Found(reading, people, seen, proof)


def _changed(reading: Reading, prints: Prints, question: Question) -> bool:
    """Note what the files of the logs are by now. Whether, other than before, nobody can be excluded for it."""
    hidden = hiding(reading.gaps)
    reading.gaps += looked_at_again(reading, prints, reading.listings)
    if hiding(reading.gaps):
        reading.gaps += other_days(reading.listings, question)
    return not hidden and hiding(reading.gaps)


def _refuse_unknown_kinds(question: Question, data_map: DataMap) -> None:
    known = [kind.id for kind in data_map.kinds]
    for listed in question.people:
        for kind in listed.kinds:
            if kind not in known:
                raise Refused(f"the data map has no kind {kind!r}{nearest(kind, known)}")
