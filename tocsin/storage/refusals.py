"""Letters that were refused for our fault, as the ledger keeps them, and how they come to be sent again.

Whose fault it was, the reply says; so it needs no column, and what an earlier release refused is known too.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)

from tocsin.domain.refusals import is_ours
from tocsin.domain.retrying import GIVEN_UP
from tocsin.storage.tables import ledger, returned

_ANSWERED = ("handed_over", "refused")
#: Written out and not bound, or SQLite would not see that the index of these rows answers it.
_REFUSED = ledger.c.state == literal_column("'refused'")


def letters(connection: Connection, incident: str, notice: str, most: int) -> int:
    """How many letters of a notice are to leave or have left, counted up to `most`."""
    theirs = select(ledger.c.id).where(_of(incident, notice), ledger.c.state != "excluded")
    # In this order, in which an index has them, none of another incident is looked at.
    some = theirs.order_by(ledger.c.person).limit(most)
    return connection.scalar(select(func.count()).select_from(some.subquery())) or 0


def is_any_our_fault(connection: Connection, incident: str, notice: str) -> bool:
    """Whether any letter is refused for our fault: a run of a million letters begins with this."""
    return any(True for _ in _for_our_fault(connection, incident, notice))


def latest_answers(connection: Connection, incident: str, notice: str, most: int) -> list[str | None]:
    """The latest answers to letters of a notice, the oldest first: the reply of a refusal, None for what was taken."""
    query = (
        select(ledger.c.state, ledger.c.reply)
        .where(_of(incident, notice), ledger.c.state.in_(_ANSWERED))
        .order_by(ledger.c.settled_at.desc(), ledger.c.id.desc())
        .limit(most)
    )
    rows = list(connection.execute(query))
    return [row.reply or "" if row.state == "refused" else None for row in reversed(rows)]


def refused_for_our_fault(connection: Connection, incident: str, notice: str) -> Iterator[int]:
    """The rows of letters that were, and for whose readers nobody has accounted in another way."""
    yield from _for_our_fault(
        connection,
        incident,
        notice,
        ledger.c.accounted_at.is_(None),
        ledger.c.held_at.is_(None),
        # Of one that was in doubt before, a report may have said by now that it arrived, or came back.
        ledger.c.reported.is_(None),
    )


def _for_our_fault(
    connection: Connection, incident: str, notice: str, *which: ColumnElement[bool]
) -> Iterator[int]:
    """Of the letters that are refused, and of no others is any read, those that are for our fault: their rows."""
    query = select(ledger.c.id, ledger.c.reply).where(_of(incident, notice), _REFUSED, *which)
    for row in connection.execute(query, execution_options={"yield_per": 500}):
        if is_ours(row.reply or ""):
            yield row.id


def reopen(connection: Connection, incident: str, notice: str, now: datetime) -> int:
    """Let them wait again, as if they had not been tried; their attempts stay. Returns how many they are.

    They were surely not taken, so the next attempt dates them; but for one that was in doubt before.
    """
    rows = [{"row": row} for row in refused_for_our_fault(connection, incident, notice)]
    if rows:
        dated = case((ledger.c.doubtful, ledger.c.first_attempt_at), else_=null())
        connection.execute(
            update(ledger)
            .where(ledger.c.id == bindparam("row"), ledger.c.state == "refused")
            .values(state="pending", settled_at=None, not_before=now, first_attempt_at=dated),
            rows,
        )
    return len(rows)


def failed_by_status(
    connection: Connection, incident: str, notice: str, upto: int
) -> dict[tuple[str, str], int]:
    """(status, code) to how many letters came back so: of what an entry speaks of, and what waits up to `upto`."""
    query = (
        select(returned.c.status, returned.c.code, func.count(returned.c.row.distinct()))
        .select_from(returned.join(ledger, returned.c.row == ledger.c.id))
        .where(
            returned.c.incident == incident,
            returned.c.notice == notice,
            returned.c.action == "failed",
            # Of a later draft to the same person it says nothing.
            returned.c.mark == ledger.c.mark,
            or_(returned.c.entry.is_not(None), returned.c.id <= upto),
        )
        .group_by(returned.c.status, returned.c.code)
    )
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}


def given_up(connection: Connection, incident: str, notice: str) -> int:
    """How many letters were put off until there was only time left to tell their readers otherwise."""
    late = and_(_REFUSED, ledger.c.reply.startswith(GIVEN_UP, autoescape=True))
    return connection.scalar(select(func.count()).where(_of(incident, notice), late)) or 0


def _of(incident: str, notice: str) -> ColumnElement[bool]:
    return and_(ledger.c.incident == incident, ledger.c.notice == notice)
