"""Accounts that a scope came upon and that are no person's own row: another's second one, or one that nobody owns."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select

from tocsin.domain.canonical import canonical
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.people import AffectedPerson, Stranger, lines_digest, pseudonym, stranger_line
from tocsin.sealing import seal, unseal
from tocsin.storage.affected import BATCH, plain, why_of
from tocsin.storage.tables import account


def rows_of(incident: str, revision: int, person: AffectedPerson, key: bytes) -> Iterator[dict[str, Any]]:
    """A row for each other account of a person: it leads to hers, and says nothing more."""
    whose = {"incident": incident, "revision": revision, "person": pseudonym(key, person.id), "sealed": b""}
    for other in person.accounts:
        yield whose | {"account": pseudonym(key, other)}


def row(incident: str, revision: int, stranger: Stranger, key: bytes) -> dict[str, Any]:
    """An account that nobody owns as a row, sealed with the incident's people key."""
    hidden = pseudonym(key, stranger.id)
    content = json.dumps(asdict(stranger), default=plain, ensure_ascii=False).encode()
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


def rows(connection: Connection, incident: str, revision: int) -> Iterator[Row[Any]]:
    """The rows of a revision as they stand, in the order of the pseudonyms, some hundred in memory at a time."""
    return _found(connection, account.c.incident == incident, account.c.revision == revision)


def _found(connection: Connection, *which: ColumnElement[bool]) -> Iterator[Row[Any]]:
    query = select(account).where(*which).order_by(account.c.account)
    yield from connection.execute(query, execution_options={"yield_per": BATCH})


def rows_digest(connection: Connection, incident: str, revision: int) -> str:
    """SHA-256 over whose each account is, one JSON list a line: its pseudonym, that of the person. It needs no key."""
    seen = hashlib.sha256()
    for row in rows(connection, incident, revision):
        seen.update(canonical([row.account, row.person]) + b"\n")
    return seen.hexdigest()


def unowned_digest(
    connection: Connection, incident: str, revision: int, key: bytes, files: Sequence[str]
) -> str:
    """SHA-256 over what was seen of the accounts that nobody owns; `files` are the SHA-256 of the inputs.

    Raises Refused where one cannot be opened.
    """
    found = unowned(connection, incident, revision, key)
    return lines_digest(stranger_line(each, pseudonym(key, each.id), files) for each in found)


def unowned(connection: Connection, incident: str, revision: int, key: bytes) -> Iterator[Stranger]:
    """Every account that nobody owns, in the order of the pseudonyms."""
    which = (account.c.incident == incident, account.c.revision == revision, account.c.person.is_(None))
    for row in _found(connection, *which):
        yield opened(row, key)


def stranger(connection: Connection, incident: str, revision: int, key: bytes, asked: str) -> Stranger | None:
    """The account with this id, where it is one that nobody owns."""
    which = (account.c.incident == incident, account.c.revision == revision, account.c.person.is_(None))
    row = connection.execute(
        select(account).where(*which, account.c.account == pseudonym(key, asked))
    ).first()
    return opened(row, key) if row is not None else None


def opened(row: Any, key: bytes) -> Stranger:
    """The account of a row. Raises Refused when it was sealed for another row or key, or was changed."""
    raw = json.loads(unseal(key, row.sealed, _context(row.incident, row.revision, row.account)))
    seen = {edge: raw[edge] and datetime.fromisoformat(raw[edge]) for edge in ("first_seen", "last_seen")}
    return Stranger(**(raw | seen | {"bucket": Bucket(raw["bucket"]), "why": why_of(raw["why"])}))


def forget(connection: Connection, incident: str) -> None:
    """Take away what the destroyed key had sealed; the pseudonyms stay."""
    connection.execute(account.update().where(account.c.incident == incident).values(sealed=b""))
