"""What was decided of people whom a scope no longer supports, and the digests that prove of whom."""

import hashlib
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, Select, insert, literal, select

from tocsin.storage.revisions import Unsupported
from tocsin.storage.tables import judged


def judge(connection: Connection, seq: int, whom: Unsupported, *, upheld: bool) -> None:
    """Write down what an entry decided of these people."""
    chosen = whom.pseudonyms.subquery()
    values = (literal(whom.incident), chosen.c.person, literal(seq), literal(whom.revision), literal(upheld))
    names = ["incident", "person", "seq", "revision", "upheld"]
    connection.execute(insert(judged).from_select(names, select(*values)))


def judged_people(incident: str, seq: int) -> Select[tuple[str]]:
    """The pseudonyms of those about whom an entry decided."""
    return select(judged.c.person).where(judged.c.incident == incident, judged.c.seq == seq)


def pseudonyms(connection: Connection, persons: Select[tuple[str]]) -> Iterator[str]:
    """The pseudonyms that a query selects, in order, some thousand in memory at a time."""
    (column,) = persons.selected_columns
    rows = connection.execute(persons.order_by(column), execution_options={"yield_per": 5000})
    yield from map(str, rows.scalars())


def digest_of(persons: Iterable[str]) -> str:
    """SHA-256 over pseudonyms in this order, one a line."""
    seen = hashlib.sha256()
    for person in persons:
        seen.update(f"{person}\n".encode())
    return seen.hexdigest()
