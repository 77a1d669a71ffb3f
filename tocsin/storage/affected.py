"""The affected people of each revision of the scope, under pseudonyms; everything else about them is sealed."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from tocsin.domain.canonical import canonical
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.people import AffectedPerson, Deletion, pseudonym
from tocsin.domain.scope.why import LogRow, Way, Why
from tocsin.sealing import seal, unseal
from tocsin.storage.tables import affected

#: Rows written at a time: enough to be quick, little enough that other writers wait only milliseconds.
BATCH = 500


def row(incident: str, revision: int, person: AffectedPerson, key: bytes) -> dict[str, Any]:
    """A person as a row, sealed with the incident's people key."""
    hidden = pseudonym(key, person.id)
    content = json.dumps(asdict(person), default=plain, ensure_ascii=False).encode()
    return {
        "incident": incident,
        "revision": revision,
        "person": hidden,
        **listed(person),
        "sealed": seal(key, content, _context(incident, revision, hidden)),
    }


def listed(person: AffectedPerson) -> dict[str, str]:
    """What of a person stands readable in the row, and stays when the rest is erased."""
    return {"bucket": str(person.bucket), "place": person.place, "locale": person.locale or ""}


def _context(incident: str, revision: int, hidden: str) -> str:
    return f"affected/{incident}/{revision}/{hidden}"


def write(connection: Connection, batch: list[dict[str, Any]]) -> None:
    """Write one batch."""
    connection.execute(insert(affected), batch)


def clear(connection: Connection, incident: str, revision: int) -> None:
    """Take away what an interrupted measurement left of this revision."""
    connection.execute(
        delete(affected).where(affected.c.incident == incident, affected.c.revision == revision)
    )


def people(
    connection: Connection, incident: str, revision: int, key: bytes
) -> Iterator[tuple[str, AffectedPerson]]:
    """(pseudonym, person) of a revision, in the order of the pseudonyms."""
    for row in rows(connection, incident, revision):
        yield row.person, opened(row, key)


def rows(connection: Connection, incident: str, revision: int) -> Iterator[Row[Any]]:
    """The rows of a revision as they stand, in the order of the pseudonyms, some hundred in memory at a time."""
    query = (
        select(affected)
        .where(affected.c.incident == incident, affected.c.revision == revision)
        .order_by(affected.c.person)
    )
    yield from connection.execute(query, execution_options={"yield_per": BATCH})


def opened(row: Row[Any], key: bytes) -> AffectedPerson:
    """The person of a row. Raises Refused when it was sealed for another row or key, or was changed."""
    return _person(unseal(key, row.sealed, _context(row.incident, row.revision, row.person)))


def rows_digest(rows: Iterable[Row[Any]]) -> str:
    """SHA-256 over the readable columns, one JSON list a line: pseudonym, bucket, place, locale. It needs no key."""
    seen = hashlib.sha256()
    for row in rows:
        seen.update(canonical([row.person, row.bucket, row.place, row.locale]) + b"\n")
    return seen.hexdigest()


def person(
    connection: Connection, incident: str, revision: int, key: bytes, hidden: str
) -> AffectedPerson | None:
    """One person of a revision, by her pseudonym, or None: not among the affected."""
    query = select(affected.c.sealed).where(
        affected.c.incident == incident, affected.c.revision == revision, affected.c.person == hidden
    )
    sealed = connection.scalar(query)
    return None if sealed is None else _person(unseal(key, sealed, _context(incident, revision, hidden)))


def number(connection: Connection, incident: str, revision: int) -> int:
    """How many people a revision found, whatever their bucket."""
    query = select(func.count()).where(affected.c.incident == incident, affected.c.revision == revision)
    return connection.scalar(query) or 0


def forget(connection: Connection, incident: str) -> None:
    """Take away what the destroyed key had sealed; the pseudonyms, buckets and places stay as proof."""
    connection.execute(affected.update().where(affected.c.incident == incident).values(sealed=b""))


def plain(value: object) -> str:
    """What of a person is no value of JSON, as one."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def why_of(raw: dict[str, Any] | None) -> Why:
    """The reasons of a person or an account out of plain values."""
    if raw is None:
        return Why()
    known: dict[str, Any] = {name: tuple(raw[name]) for name in ("tables", "accounts")}
    known |= {edge: raw[edge] and _log_row(raw[edge]) for edge in ("first", "last")}
    known["clauses"] = tuple((number, Bucket(bucket)) for number, bucket in raw["clauses"])
    return Why(ways=tuple(map(Way, raw["ways"])), **known)


def _log_row(raw: dict[str, Any]) -> LogRow:
    return LogRow(raw["file"], raw["line"], raw["at"] and datetime.fromisoformat(raw["at"]))


def _deletion(raw: dict[str, Any] | None) -> Deletion | None:
    return None if raw is None else Deletion(**(raw | {"at": datetime.fromisoformat(raw["at"])}))


def _person(content: bytes) -> AffectedPerson:
    raw = json.loads(content)
    moments = {name: raw[name] and datetime.fromisoformat(raw[name]) for name in ("first_seen", "last_seen")}
    doubts = tuple((kind, Bucket(bucket)) for kind, bucket in raw.get("less_sure", ()))
    known = {"bucket": Bucket(raw["bucket"]), "kinds": tuple(raw["kinds"]), "less_sure": doubts}
    several = {
        name: tuple(raw.get(name, ()))
        for name in ("emails", "flags", "accounts", "shared", "overdue", "controller_of", "guardian_emails")
    }
    several["suppressed"] = tuple(tuple(each) for each in raw.get("suppressed", ()))
    proof = {"deletion": _deletion(raw.get("deletion")), "why": why_of(raw.get("why"))}
    return AffectedPerson(**(raw | moments | known | several | proof))
