"""The ledger: one row per person and notice, and what became of that person's letter.

States: pending, sending, handed_over, delivered, refused, bounced, ambiguous, excluded; and held, which is said of a
letter that has not left while a person is to decide whether its reader is still owed it. They always add up to the
number of recipients. `handed_over` means that a server took it, and never more. Several workers on PostgreSQL take
different rows (SKIP LOCKED); on SQLite there is one writer at a time. A long module, because whatever moves a letter
from one state to another, or counts it, stands side by side.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from tocsin.domain.merkle import root
from tocsin.domain.moments import iso
from tocsin.domain.scope.routes import HELD
from tocsin.domain.timeline import canonical
from tocsin.storage.database import upsert
from tocsin.storage.outbox import LOST
from tocsin.storage.tables import Moment, attempt, ledger
from tocsin.storage.tables import account as other

STATES = (
    "pending",
    "sending",
    "handed_over",
    "delivered",
    "refused",
    "bounced",
    "ambiguous",
    "excluded",
    "held",
)

#: Rows that the next letter may be taken from, unless they are held.
_OPEN = and_(ledger.c.state.in_(("pending", "ambiguous")), ledger.c.settled_at.is_(None))
_WAITING = and_(_OPEN, ledger.c.held_at.is_(None))
#: Rows as they are counted. What is held keeps its state, which a root may have recorded; of who was released from the
#: scope a letter that never left is one that was excluded.
_COUNTED = case(
    (and_(_OPEN, ledger.c.held_at.is_not(None), ledger.c.accounted_at.is_(None)), "held"),
    (and_(ledger.c.state == "pending", ledger.c.held_at.is_not(None)), "excluded"),
    else_=ledger.c.state,
)
#: Rows whose people have not surely or perhaps been told, and for whom nobody has accounted.
_UNTOLD = and_(
    or_(
        ledger.c.state.not_in(("handed_over", "delivered", "ambiguous")),
        and_(ledger.c.state == "ambiguous", ledger.c.settled_at.is_(None)),
    ),
    ledger.c.accounted_at.is_(None),
)
#: Of those, the people whom the letter will not reach.
_UNREACHABLE = and_(_UNTOLD, ledger.c.state.in_(("excluded", "refused", "bounced")))
#: Of those, each in one part: whom the scope no longer supports, of whom a person decides first whether she is owed a
#: letter; who is held for a decision, such as a suspect; and everybody else.
_UNSUPPORTED = and_(_UNREACHABLE, ledger.c.held_at.is_not(None))
_UNDECIDED = and_(_UNREACHABLE, ledger.c.held_at.is_(None), ledger.c.reason.in_(sorted(HELD)))
_ELSEWISE = and_(
    _UNREACHABLE,
    ledger.c.held_at.is_(None),
    or_(ledger.c.reason.is_(None), ledger.c.reason.not_in(sorted(HELD))),
)
#: Rows whose letter has not left, surely or perhaps, and on which nobody has the last word.
_UNSENT = and_(ledger.c.state.in_(("pending", "ambiguous", "excluded")), ledger.c.settled_at.is_(None))


@dataclass(frozen=True)
class Settled:
    """How one attempt on one row ended."""

    row: int
    number: int
    state: str
    outcome: str
    phase: str
    reply: str
    final: bool
    not_before: datetime


def fill(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows for recipients. One who is there already keeps the row; if unsent, it takes on the new draft.

    A doubtful letter of an older draft takes it on too: whoever may have read the wrong words needs the right ones.
    """
    if not rows:
        return
    statement = upsert(connection, ledger, rows)
    names = (
        "digest",
        "variant",
        "readers",
        "message_id",
        "state",
        "reason",
        "accounted_at",
        "held_at",
        "sealed",
    )
    fresh = {name: statement.excluded[name] for name in names}
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["incident", "notice", "person"],
            set_=fresh | {"doubtful": or_(ledger.c.doubtful, ledger.c.state == "ambiguous")},
            where=and_(_UNSENT, ledger.c.digest != statement.excluded.digest),
        )
    )


def drop_moved(
    connection: Connection,
    incident: str,
    notice: str,
    digest: str,
    written: CompoundSelect[tuple[str]],
    reason: str,
    at: datetime,
) -> None:
    """Take out of the sending whom another letter is for by now, and was not yet written to.

    `written` selects the pseudonyms of who is owed a letter, if under another id. Of anybody else a person decides: her
    row stays as it is.
    """
    connection.execute(
        _of(update(ledger), incident, notice)
        .where(ledger.c.digest != digest, _UNSENT, ledger.c.person.in_(written))
        .values(state="excluded", reason=reason, accounted_at=at)
    )


def claim(
    connection: Connection,
    incident: str,
    notice: str,
    digest: str,
    *,
    lease: str,
    now: datetime,
    clock: datetime,
    seconds: float,
    limit: int,
) -> list[Row[Any]]:
    """Take up to `limit` rows of the approved digest that may leave now; they are `sending` under this lease.

    A row in which somebody died is taken whatever draft it was of: its letter is written anew, by the present draft.
    One that is held by now is not: it may have left, and stays in doubt until a person has decided.
    """
    _put_in_doubt(connection, incident, notice, now, clock)
    waits = and_(ledger.c.digest == digest, _WAITING, ledger.c.not_before <= now)
    expired = and_(ledger.c.state == "sending", ledger.c.lease_until < clock)
    query = (
        _of(select(ledger), incident, notice)
        .where(or_(waits, expired))
        .order_by(ledger.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = list(connection.execute(query))
    if rows:
        connection.execute(
            update(ledger)
            .where(ledger.c.id == bindparam("row"))
            .values(
                state="sending",
                digest=digest,
                attempts=ledger.c.attempts + 1,
                doubtful=bindparam("doubt"),
                first_attempt_at=func.coalesce(ledger.c.first_attempt_at, literal(now, Moment)),
                lease=lease,
                lease_until=clock + timedelta(seconds=seconds),
            ),
            [{"row": row.id, "doubt": row.doubtful or row.state in ("sending", "ambiguous")} for row in rows],
        )
        _record_lost(connection, [row for row in rows if row.state == "sending"], now)
    return rows


def _put_in_doubt(connection: Connection, incident: str, notice: str, now: datetime, clock: datetime) -> None:
    """Held letters whose sender died: nobody sends them now, and nobody knows whether they left."""
    died = and_(ledger.c.state == "sending", ledger.c.lease_until < clock, ledger.c.held_at.is_not(None))
    rows = list(connection.execute(_of(select(ledger), incident, notice).where(died)))
    if rows:
        _record_lost(connection, rows, now)
        values = {"state": "ambiguous", "doubtful": True, "lease": None, "lease_until": None}
        connection.execute(_of(update(ledger), incident, notice).where(died).values(**values))


def _record_lost(connection: Connection, rows: Sequence[Row[Any]], now: datetime) -> None:
    """Keep the attempts of a sender that died before it could: each may have reached its reader."""
    if rows:
        lost = {"door": "ledger", "at": now, **LOST}
        connection.execute(
            insert(attempt), [{**lost, "row": str(row.id), "number": row.attempts} for row in rows]
        )


def settle(connection: Connection, lease: str, results: Sequence[Settled], at: datetime) -> None:
    """Record attempts, a batch at a time. A row whose lease was lost keeps the other holder's word."""
    if not results:
        return
    connection.execute(
        update(ledger)
        .where(ledger.c.id == bindparam("row"), ledger.c.lease == lease, ledger.c.state == "sending")
        .values(
            state=bindparam("to"),
            reply=bindparam("said"),
            phase=bindparam("came_to"),
            settled_at=bindparam("settled"),
            not_before=bindparam("again"),
            lease=None,
            lease_until=None,
        ),
        [
            {
                "row": each.row,
                "to": each.state,
                "said": each.reply[:500],
                "came_to": each.phase,
                "settled": at if each.final else None,
                "again": each.not_before,
            }
            for each in results
        ],
    )
    connection.execute(insert(attempt), [_attempt(each, at) for each in results])


def _attempt(each: Settled, at: datetime) -> dict[str, Any]:
    return {
        "door": "ledger",
        "row": str(each.row),
        "number": each.number,
        "at": at,
        "outcome": each.outcome,
        "phase": each.phase,
        "reply": each.reply[:500],
    }


def unclaim(connection: Connection, lease: str, rows: Iterable[Row[Any]]) -> None:
    """Give back rows as they were taken, since they were never tried: the sending was stopped between two letters.

    One that was in doubt is in doubt again, as its last attempt says.
    """
    values = [
        {
            "row": row.id,
            "was": "pending" if row.state == "pending" else "ambiguous",
            "dated": row.first_attempt_at,
        }
        for row in rows
    ]
    if values:
        connection.execute(
            update(ledger)
            .where(ledger.c.id == bindparam("row"), ledger.c.lease == lease, ledger.c.state == "sending")
            .values(
                state=bindparam("was"),
                attempts=ledger.c.attempts - 1,
                first_attempt_at=bindparam("dated"),
                lease=None,
                lease_until=None,
            ),
            values,
        )


def counts(connection: Connection, incident: str, notice: str) -> dict[str, int]:
    """Rows by state, every state named; and how many letters may have arrived twice."""
    state = _COUNTED.label("state")
    found = _of(select(state, func.count()), incident, notice).group_by(state)
    by_state: dict[str, int] = {row.state: row[1] for row in connection.execute(found)}
    twice = _of(select(func.count()), incident, notice).where(ledger.c.doubtful, ledger.c.attempts > 1)
    return {state: by_state.get(state, 0) for state in STATES} | {
        "possible_duplicates": connection.scalar(twice) or 0
    }


def untold(connection: Connection, incident: str, notice: str) -> dict[str, int]:
    """For all readers of a notice how many are still to be told or accounted for; 0 where everybody is."""
    query = _of(select(ledger.c.readers, func.sum(case((_UNTOLD, 1), else_=0))), incident, notice)
    rows = connection.execute(query.group_by(ledger.c.readers).order_by(ledger.c.readers))
    return {row.readers: int(row[1]) for row in rows}


def standing(row: Row[Any]) -> str:
    """How a row is counted."""
    waits = row.state in ("pending", "ambiguous") and row.settled_at is None
    if waits and row.held_at is not None and row.accounted_at is None:
        return "held"
    return "excluded" if row.state == "pending" and row.held_at is not None else str(row.state)


def is_untold(row: Row[Any]) -> bool:
    """Whether this row's person is still to be told or accounted for."""
    told = row.state in ("handed_over", "delivered") or (row.state == "ambiguous" and row.settled_at)
    return not told and row.accounted_at is None


def reader(revision: int) -> ColumnElement[str]:
    """The pseudonym of a row's person as a revision knows her: an account may have become another one's since."""
    hers = select(other.c.person).where(
        other.c.incident == ledger.c.incident,
        other.c.revision == revision,
        other.c.account == ledger.c.person,
    )
    return func.coalesce(hers.scalar_subquery(), ledger.c.person)


def written_to(
    connection: Connection, incident: str, notice: str, revision: int, leaving: str | None
) -> Iterator[tuple[str, str]]:
    """(pseudonym, that of the person as the revision knows her) of everybody to whom a letter of this notice left,
    surely or perhaps, or will leave: what waits does so only where `leaving` is the digest of what is on its way.
    """
    states = ("sending", "handed_over", "delivered", "ambiguous")
    leaves = and_(
        ledger.c.state == "pending",
        ledger.c.held_at.is_(None),
        ledger.c.accounted_at.is_(None),
        ledger.c.digest == leaving,
    )
    written = ledger.c.state.in_(states) if leaving is None else or_(ledger.c.state.in_(states), leaves)
    query = _of(select(ledger.c.person, reader(revision)), incident, notice).where(written)
    for row in connection.execute(query, execution_options={"yield_per": 500}):
        yield row[0], row[1]


@dataclass(frozen=True)
class Unaccounted:
    """People whom the letter did not reach and will not, and for whom nobody has accounted: by readers, in three parts.

    Who can be told in another way, who is held for a decision, and whom the scope no longer supports.
    """

    elsewise: dict[str, int]
    undecided: dict[str, int]
    unsupported: dict[str, int]


def unaccounted(connection: Connection, incident: str, notice: str) -> Unaccounted:
    """Who is left to be accounted for."""

    def by_readers(part: ColumnElement[bool]) -> dict[str, int]:
        query = _of(select(ledger.c.readers, func.count()), incident, notice).where(part)
        return {row.readers: row[1] for row in connection.execute(query.group_by(ledger.c.readers))}

    return Unaccounted(by_readers(_ELSEWISE), by_readers(_UNDECIDED), by_readers(_UNSUPPORTED))


def account(
    connection: Connection, incident: str, notice: str, at: datetime, *, undecided: bool
) -> Unaccounted:
    """Account for who can be told in another way, and for the `undecided` if asked; who was left before.

    A later draft does not write to them anew.
    """
    found = unaccounted(connection, incident, notice)
    settled = func.coalesce(ledger.c.settled_at, literal(at, Moment))
    which = or_(_ELSEWISE, _UNDECIDED) if undecided else _ELSEWISE
    connection.execute(
        _of(update(ledger), incident, notice).where(which).values(accounted_at=at, settled_at=settled)
    )
    return found


def next_due(connection: Connection, incident: str, notice: str) -> datetime | None:
    """When the next row may be tried (again), or None when no row waits."""
    query = _of(select(func.min(ledger.c.not_before)), incident, notice)
    found: datetime | None = connection.scalar(query.where(_WAITING))
    return found


def lease_end(connection: Connection, incident: str, notice: str) -> datetime | None:
    """When the first row on the wire counts as in doubt, on the real clock, or None when none is there."""
    query = _of(select(func.min(ledger.c.lease_until)), incident, notice)
    found: datetime | None = connection.scalar(query.where(ledger.c.state == "sending"))
    return found


def in_flight(connection: Connection) -> int:
    """How many letters are on the wire now."""
    return connection.scalar(select(func.count()).where(ledger.c.state == "sending")) or 0


def root_of(connection: Connection, incident: str, notice: str) -> str:
    """The Merkle root over the notice's rows in the order of their pseudonyms: who, which letter, what became of it."""
    query = _of(select(ledger), incident, notice).order_by(ledger.c.person)
    return root(leaf(row) for row in connection.execute(query, execution_options={"yield_per": 5000}))


def attempts_digest(connection: Connection, incident: str, notice: str, upto: datetime) -> str:
    """SHA-256 over every attempt on the notice's letters up to a moment, in the order in which they were recorded."""
    same = and_(attempt.c.door == "ledger", attempt.c.row == cast(ledger.c.id, String))
    said = (attempt.c.number, attempt.c.at, attempt.c.outcome, attempt.c.phase, attempt.c.reply)
    query = _of(select(ledger.c.person, *said).join(attempt, same), incident, notice)
    query = query.where(attempt.c.at <= upto).order_by(attempt.c.id)
    seen = hashlib.sha256()
    for person, number, at, *words in connection.execute(query, execution_options={"yield_per": 5000}):
        seen.update(canonical([person, number, iso(at), *words]) + b"\n")
    return seen.hexdigest()


def sealed_for(incident: str, message_id: str) -> str:
    """What a row's address and name are sealed for: one letter of one draft to one person, which the root names."""
    return f"ledger/{incident}/{message_id}"


def leaf(row: Row[Any]) -> bytes:
    """What one row says, without the person's data: it stays the same after erasure."""
    names = ("person", "digest", "variant", "message_id", "state", "reason", "attempts", "doubtful", "reply")
    return canonical({name: getattr(row, name) for name in names})


def rows_of(
    connection: Connection, incident: str, notice: str, *, states: Sequence[str] = ()
) -> list[Row[Any]]:
    """Rows of a notice, all or of these states, in the order in which they were filled."""
    query = _of(select(ledger), incident, notice).order_by(ledger.c.id)
    return list(connection.execute(query.where(ledger.c.state.in_(states)) if states else query))


def row_of(connection: Connection, incident: str, notice: str, person: str) -> Row[Any] | None:
    """One person's row, by pseudonym."""
    return connection.execute(_of(select(ledger), incident, notice).where(ledger.c.person == person)).first()


def attempts_of(connection: Connection, row: int) -> list[dict[str, Any]]:
    """Each attempt on one row: when, how far it came, what the other side said."""
    query = (
        select(attempt).where(attempt.c.door == "ledger", attempt.c.row == str(row)).order_by(attempt.c.id)
    )
    return [dict(each) for each in connection.execute(query).mappings()]


def exclude(connection: Connection, row: int, reason: str, at: datetime) -> bool:
    """Take a person out of the sending, for a reason that a person gave; False when the letter is leaving or left.

    Whom no letter was to leave for is settled so too, once.
    """
    unsent = ledger.c.state.in_(("pending", "refused", "bounced", "ambiguous"))
    unsettled = and_(ledger.c.state == "excluded", ledger.c.accounted_at.is_(None))
    result = connection.execute(
        update(ledger)
        .where(ledger.c.id == row, or_(unsent, unsettled))
        .values(state="excluded", reason=reason, settled_at=at, accounted_at=at)
    )
    return result.rowcount == 1


def _of(query: Any, incident: str, notice: str) -> Any:
    return query.where(ledger.c.incident == incident, ledger.c.notice == notice)


def forget(connection: Connection, incident: str) -> None:
    """Take away what the destroyed key had sealed; pseudonyms, and what became of each letter, stay."""
    connection.execute(update(ledger).where(ledger.c.incident == incident).values(sealed=b""))
