"""The affected people of each revision of the scope, under pseudonyms; everything else about them is sealed."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from tocsin.domain.scope import TOLD, AffectedPerson, Bucket, pseudonym
from tocsin.sealing import seal, unseal
from tocsin.storage.tables import affected

#: Rows written at a time: enough to be quick, little enough that other writers wait only milliseconds.
BATCH = 500


def row(incident: str, revision: int, person: AffectedPerson, key: bytes) -> dict[str, Any]:
    """A person as a row, sealed with the incident's people key."""
    hidden = pseudonym(key, person.id)
    content = json.dumps(asdict(person), default=_plain, ensure_ascii=False).encode()
    return {
        "incident": incident,
        "revision": revision,
        "person": hidden,
        "bucket": str(person.bucket),
        "place": person.place,
        "locale": person.locale or "",
        "sealed": seal(key, content, f"affected/{incident}/{hidden}"),
    }


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
    query = (
        select(affected.c.person, affected.c.sealed)
        .where(affected.c.incident == incident, affected.c.revision == revision)
        .order_by(affected.c.person)
    )
    for row in connection.execution_options(yield_per=BATCH).execute(query):
        yield row.person, _person(unseal(key, row.sealed, f"affected/{incident}/{row.person}"))


def person(
    connection: Connection, incident: str, revision: int, key: bytes, identifier: str
) -> AffectedPerson | None:
    """One person of a revision, by the id that the customer database knows, or None: not among the affected."""
    hidden = pseudonym(key, identifier)
    query = select(affected.c.sealed).where(
        affected.c.incident == incident, affected.c.revision == revision, affected.c.person == hidden
    )
    sealed = connection.scalar(query)
    return None if sealed is None else _person(unseal(key, sealed, f"affected/{incident}/{hidden}"))


def pseudonyms(connection: Connection, incident: str, revision: int, *, told_only: bool = False) -> set[str]:
    """Everybody of a revision, or only those who are told, as pseudonyms."""
    query = select(affected.c.person).where(affected.c.incident == incident, affected.c.revision == revision)
    if told_only:
        query = query.where(affected.c.bucket.in_([str(bucket) for bucket in TOLD]))
    return set(connection.scalars(query))


def forget(connection: Connection, incident: str) -> None:
    """Take away what the destroyed key had sealed; the pseudonyms, buckets and places stay as proof."""
    connection.execute(affected.update().where(affected.c.incident == incident).values(sealed=b""))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _person(content: bytes) -> AffectedPerson:
    raw = json.loads(content)
    moments = {name: raw[name] and datetime.fromisoformat(raw[name]) for name in ("first_seen", "last_seen")}
    return AffectedPerson(**(raw | moments | {"bucket": Bucket(raw["bucket"]), "kinds": tuple(raw["kinds"])}))
