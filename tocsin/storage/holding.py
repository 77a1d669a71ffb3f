"""Letters of people whom the scope no longer supports: they wait, and are accounted for once a person has decided.

All by SQL, beside `tocsin/storage/ledger.py`, which moves the letters themselves.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, and_, case, func, literal, or_, select, update

from tocsin.storage.ledger import FAILED, TOLD, UNTOLD, reader
from tocsin.storage.revisions import Unsupported, owed
from tocsin.storage.tables import Moment, ledger


def hold(connection: Connection, incident: str, revision: int, at: datetime) -> None:
    """Letters that have not left wait while a person is to decide on their reader; those of who is told again leave.

    Whom a letter did not reach need not be told in another way either, before that is decided.

    What became of a letter is not touched: a root that was recorded over it still proves it.
    """
    again = ledger.c.person.in_(owed(incident, revision))
    by_hand = and_(ledger.c.state == "excluded", ledger.c.settled_at.is_not(None))
    connection.execute(
        update(ledger)
        .where(ledger.c.incident == incident, ledger.c.held_at.is_not(None), again)
        .values(held_at=None, accounted_at=case((by_hand, ledger.c.accounted_at), else_=None))
    )
    unsent = and_(
        ledger.c.state.in_(("pending", "sending", "ambiguous", "excluded")), ledger.c.settled_at.is_(None)
    )
    untold = and_(
        or_(unsent, FAILED),
        ledger.c.accounted_at.is_(None),
        ledger.c.held_at.is_(None),
    )
    held = Unsupported(incident, revision, "held").pseudonyms
    connection.execute(
        update(ledger)
        .where(ledger.c.incident == incident, untold, ledger.c.person.in_(held))
        .values(held_at=at)
    )


def account(connection: Connection, incident: str, persons: Select[tuple[str]], at: datetime) -> None:
    """Nobody owes these people a letter any more: what has not left never does."""
    since = func.coalesce(ledger.c.held_at, literal(at, Moment))
    connection.execute(
        update(ledger)
        .where(ledger.c.incident == incident, ledger.c.person.in_(persons), UNTOLD)
        .values(accounted_at=at, held_at=since, way="not-owed")
    )


def unaccounted(
    connection: Connection, incident: str, parts: Sequence[Select[tuple[str]]]
) -> dict[str, dict[str, int]]:
    """Notice to readers to how many of these people it has still to tell, or somebody to account for."""
    found: dict[str, dict[str, int]] = {}
    for part in parts:
        query = (
            select(ledger.c.notice, ledger.c.readers, func.count())
            .where(ledger.c.incident == incident, ledger.c.person.in_(part), UNTOLD)
            .group_by(ledger.c.notice, ledger.c.readers)
            .order_by(ledger.c.notice, ledger.c.readers)
        )
        for notice, readers, count in connection.execute(query):
            of_notice = found.setdefault(notice, {})
            of_notice[readers] = of_notice.get(readers, 0) + count
    return found


def told(connection: Connection, incident: str, revision: int, notices: Iterable[str]) -> int:
    """How many of those who are owed a letter have one of these notices, if as another account of theirs."""
    person = reader(revision)
    had = select(func.count(person.distinct())).where(
        ledger.c.incident == incident,
        ledger.c.notice.in_(list(notices)),
        or_(ledger.c.state == "handed_over", ledger.c.reported == "delivered"),
        TOLD,
        person.in_(owed(incident, revision)),
    )
    return connection.scalar(had) or 0
