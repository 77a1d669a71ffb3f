"""The affected people against the timeline: as many as each scope counted, the same, and listed as they were found.

What singles a person out is sealed, and goes when it is erased. Pseudonym, bucket, place and locale stay readable: the
scope's entry holds a digest over them that needs no key, so that they are proven before erasure and after it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Row, func, select

from tocsin.domain.errors import Refused
from tocsin.domain.scope.people import lines_digest, pseudonym, set_line
from tocsin.domain.scope.why import why_line
from tocsin.evidence.case import Bad, Case, Check
from tocsin.storage import affected
from tocsin.storage.tables import affected as table


def people(case: Case) -> Check:
    """Every revision of the scope. The last one is opened person by person, while its key is there."""
    total = 0
    for seq, said in case.story.scopes:
        total = _counted(case, seq, said)
        last = (seq, said) == case.story.scopes[-1]
        whole = last and not case.story.erased_seq
        rows = (
            _opened(case, seq, said) if whole else affected.rows(case.connection, case.key, said["revision"])
        )
        if affected.rows_digest(rows) != said["rows_digest"]:
            raise Bad(
                f"{case.key} entry {seq}: revision {said['revision']} lists the affected people otherwise "
                "(bucket, place or locale)",
                seq,
            )
    if not case.story.scopes:
        return Check("people", 0, "no scope")
    if case.story.erased_seq:
        return Check("people", total, f"{_erased(case, total):,} people as pseudonyms, erased")
    return Check("people", total, f"{total:,} affected people as they were found")


def _counted(case: Case, seq: int, said: Mapping[str, Any]) -> int:
    query = select(table.c.bucket, func.count()).where(
        table.c.incident == case.key, table.c.revision == said["revision"]
    )
    found = {row.bucket: row[1] for row in case.connection.execute(query.group_by(table.c.bucket))}
    if found != {bucket: count for bucket, count in said["buckets"].items() if count}:
        raise Bad(f"{case.key} entry {seq}: the affected people are not as many as it counted", seq)
    return sum(found.values())


def _opened(case: Case, seq: int, said: Mapping[str, Any]) -> Iterator[Row[Any]]:
    """The rows, each held against the person who is sealed in it; at their end, the set of all and their reasons."""
    key, lines = case.app.people_key(case.key), []
    for row in affected.rows(case.connection, case.key, said["revision"]):
        try:
            person = affected.opened(row, key)
        except Refused as fault:
            raise Bad(f"{case.key} affected people: {fault}") from None
        for name, value in affected.listed(person).items():
            if getattr(row, name) != value:
                raise Bad(
                    f"{case.key} entry {seq}: the {name} of person {row.person[:12]} is not the one sealed",
                    seq,
                )
        # The set is digested in the order of ids, which the rows do not show: of a person a line is kept, no more.
        hidden = pseudonym(key, person.id)
        lines.append((person.id, set_line(person, hidden), why_line(hidden, person.why, said["files"])))
        yield row
    lines.sort()
    if lines_digest(line for _, line, _ in lines) != said["set_digest"]:
        raise Bad(f"{case.key} entry {seq}: the affected people are not those that were found", seq)
    if said["why_digest"] and lines_digest(line for *_, line in lines) != said["why_digest"]:
        raise Bad(f"{case.key} entry {seq}: the affected people are not there for the reasons found", seq)


def _erased(case: Case, total: int) -> int:
    full = select(func.count()).where(table.c.incident == case.key, func.length(table.c.sealed) > 0)
    if left := case.connection.scalar(full):
        seq = case.story.erased_seq
        raise Bad(f"{case.key} entry {seq}: it erased the affected people, and {left} rows are filled", seq)
    return total
