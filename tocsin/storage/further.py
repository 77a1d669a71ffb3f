"""Who got the letters of a draft, surely or perhaps, as the ledger has it."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from tocsin.storage.ledger import LEFT
from tocsin.storage.tables import ledger


def who_got(
    connection: Connection, incident: str, letters: Mapping[str, tuple[str, ...]]
) -> Iterator[Row[Any]]:
    """The rows of letters that left under these digests (notice to digests), in the order of their pseudonyms.

    Each person once. Reports that came in later change nothing in who they are.
    """
    query = select(ledger).where(_got(incident, letters)).order_by(ledger.c.person, ledger.c.id)
    before = None
    for row in connection.execute(query, execution_options={"yield_per": 500}):
        if row.person != before:
            yield row
        before = row.person


def how_many_got(connection: Connection, incident: str, letters: Mapping[str, tuple[str, ...]]) -> int:
    """How many people that are."""
    query = select(func.count(ledger.c.person.distinct())).where(_got(incident, letters))
    return connection.scalar(query) or 0


def _got(incident: str, letters: Mapping[str, tuple[str, ...]]) -> ColumnElement[bool]:
    named = [
        and_(ledger.c.notice == notice, ledger.c.digest.in_(digests)) for notice, digests in letters.items()
    ]
    tried = or_(LEFT, and_(ledger.c.state == "sending", ledger.c.attempts > 0))
    return and_(ledger.c.incident == incident, or_(*named), tried)
