"""Findings: what the logs, the tables that lay open and our lists say of whom, before anybody is known by name."""

from collections.abc import Sequence
from typing import Any

from tocsin.domain.datamap import DataMap
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.question import Question
from tocsin.domain.sources import CustomerSource
from tocsin.scoping.exposed import holders, unlisted, weighed
from tocsin.scoping.fitting import fitting_requests, gaps_of, subject_gaps
from tocsin.scoping.people import Findings, linked_accounts, listed_people, of_tables
from tocsin.scoping.reading import Reading
from tocsin.scoping.repeats import repeated
from tocsin.scoping.subjects import whose
from tocsin.scoping.why import numbered


def findings(
    backend: Any,
    question: Question,
    known: tuple[Any | None, Sequence[CustomerSource]],
    data_map: DataMap,
    reading: Reading,
) -> Findings:
    """What was found, with its gaps noted in `reading`. `known`: the customers, and how they were declared."""
    customers, declared = known
    number = numbered(reading.read_from, reading.altered)
    found = fitting_requests(backend, reading.passes, number, question, data_map)
    requests = found.filter(~found.set_aside)
    shown, unnamed = whose(backend, requests, data_map)
    if unnamed is not None:
        reading.gaps += subject_gaps(backend, unnamed)
    linked = linked_accounts(reading.passes, number, question, requests)
    others = []
    if customers is not None and (question.exposed or data_map.shows_tables):
        held = holders(backend, customers, declared, data_map, question.exposed)
        reading.gaps += unlisted(held.unlisted)
        others += of_tables(requests, held.table)
        if data_map.shows_tables:
            shown = weighed(shown, held.table)
    if question.people:
        listed, strangers = listed_people(question, customers, declared, data_map)
        others.append(listed)
        if count := int(backend.to_pyarrow(strangers.count()).as_py()):
            detail = "listed ids or addresses that no customer source knows"
            reading.gaps.append(Gap(kind="unknown-listed", source="list", count=count, detail=detail))
    reading.gaps += gaps_of(backend, found)
    reading.repeated += repeated(backend, found, reading.copies)
    return Findings(shown, linked, others)
