"""Accounts that a scope came upon and that are no person's own row: another's second one, or one that nobody owns."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.people import AffectedPerson, Stranger, pseudonym
from tocsin.sealing import seal, unseal
from tocsin.storage.tables import account


def rows_of(incident: str, revision: int, person: AffectedPerson, key: bytes) -> Iterator[dict[str, Any]]:
    """A row for each other account of a person: it leads to hers, and says nothing more."""
    whose = {"incident": incident, "revision": revision, "person": pseudonym(key, person.id), "sealed": b""}
    for other in person.accounts:
        yield whose | {"account": pseudonym(key, other)}


def row(incident: str, revision: int, stranger: Stranger, key: bytes) -> dict[str, Any]:
    """An account that nobody owns as a row, sealed with the incident's people key."""
    hidden = pseudonym(key, stranger.id)
    edges = [edge and edge.isoformat() for edge in (stranger.first_seen, stranger.last_seen)]
    content = json.dumps([stranger.id, stranger.bucket, *edges, stranger.hits]).encode()
    sealed = seal(key, content, _context(incident, revision, hidden))
    return {
        "incident": incident,
        "revision": revision,
        "account": hidden,
        "person": None,
        "sealed": sealed,
    }


def _context(incident: str, revision: int, hidden: str) -> str:
    return f"account/{incident}/{revision}/{hidden}"


def write(connection: Connection, batch: list[dict[str, Any]]) -> None:
    """Write one batch."""
    connection.execute(insert(account), batch)


def clear(connection: Connection, incident: str, revision: int) -> None:
    """Take away what an interrupted measurement left of this revision."""
    connection.execute(delete(account).where(account.c.incident == incident, account.c.revision == revision))


def person_of(connection: Connection, incident: str, revision: int, key: bytes, asked: str) -> str:
    """The pseudonym of the person with this account: of its owner, where it is one of several, else its own."""
    hidden = pseudonym(key, asked)
    query = select(account.c.person).where(
        account.c.incident == incident, account.c.revision == revision, account.c.account == hidden
    )
    return connection.scalar(query) or hidden


def unowned(connection: Connection, incident: str, revision: int, key: bytes) -> Iterator[Stranger]:
    """Every account that nobody owns, in the order of the pseudonyms."""
    query = (
        select(account)
        .where(account.c.incident == incident, account.c.revision == revision, account.c.person.is_(None))
        .order_by(account.c.account)
    )
    for found in connection.execute(query, execution_options={"yield_per": 500}):
        content = unseal(key, found.sealed, _context(incident, revision, found.account))
        who, bucket, first, last, hits = json.loads(content)
        moments = [edge and datetime.fromisoformat(edge) for edge in (first, last)]
        yield Stranger(who, Bucket(bucket), moments[0], moments[1], hits)


def forget(connection: Connection, incident: str) -> None:
    """Take away what the destroyed key had sealed; the pseudonyms stay."""
    connection.execute(account.update().where(account.c.incident == incident).values(sealed=b""))
