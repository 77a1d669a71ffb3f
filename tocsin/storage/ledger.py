"""The ledger: one row per person and notice, and what became of that person's letter.

States: pending, sending, handed_over, delivered, refused, bounced, ambiguous, excluded; and held, which is said of a
letter that has not left while a person is to decide whether its reader is still owed it. They always add up to the
number of recipients. `handed_over` means that a server took it, and never more: what its reports said since stands
beside it, in `reported`, so that a root over what was sent stays as it is. Several workers on PostgreSQL take different
rows (SKIP LOCKED); on SQLite there is one writer at a time. A long module, because whatever moves a letter from one
state to another, or counts it, stands side by side.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)

from tocsin.domain.merkle import root
from tocsin.domain.moments import iso
from tocsin.domain.scope.routes import HELD
from tocsin.domain.timeline import canonical, lines_digest
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

#: Characters of a Message-ID by which what comes back names its letter.
_MARK = 32
#: Rows of which reports may speak: their letter left, surely or perhaps, and is not on the wire now. One that was
#: refused when it was tried again may have left before.
LEFT = or_(
    ledger.c.state.in_(("handed_over", "ambiguous")), and_(ledger.c.state == "refused", ledger.c.doubtful)
)
#: What a report said of such a letter, whatever came first: one that came back did not reach its reader.
CAME_BACK = and_(LEFT, func.coalesce(ledger.c.reported, "") == "bounced")
_ARRIVED = and_(LEFT, func.coalesce(ledger.c.reported, "") == "delivered")
#: Rows whose people have been told, surely or perhaps.
TOLD = or_(
    and_(ledger.c.state == "handed_over", func.coalesce(ledger.c.reported, "") != "bounced"),
    _ARRIVED,
    and_(ledger.c.state == "ambiguous", ledger.c.settled_at.is_not(None), ledger.c.reported.is_(None)),
)
#: Rows whose letter did not reach its reader, and will not by itself.
FAILED = or_(and_(ledger.c.state == "refused", not_(_ARRIVED)), CAME_BACK)
#: Rows that the next letter may be taken from, unless they are held.
_OPEN = and_(
    ledger.c.settled_at.is_(None),
    or_(ledger.c.state == "pending", and_(ledger.c.state == "ambiguous", ledger.c.reported.is_(None))),
)
_WAITING = and_(_OPEN, ledger.c.held_at.is_(None))
#: Rows as they are counted. What is held keeps its state, which a root may have recorded; of who was released from the
#: scope a letter that never left is one that was excluded.
COUNTED = case(
    (and_(LEFT, ledger.c.reported.is_not(None)), ledger.c.reported),
    (and_(_OPEN, ledger.c.held_at.is_not(None), ledger.c.accounted_at.is_(None)), "held"),
    (and_(ledger.c.state == "pending", ledger.c.held_at.is_not(None)), "excluded"),
    else_=ledger.c.state,
)
#: Rows whose people have not surely or perhaps been told, and for whom nobody has accounted.
UNTOLD = and_(not_(TOLD), ledger.c.accounted_at.is_(None))
#: Of those, the people whom the letter will not reach.
_UNREACHABLE = and_(UNTOLD, or_(ledger.c.state == "excluded", FAILED))
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
_UNSENT = and_(
    ledger.c.settled_at.is_(None),
    or_(
        ledger.c.state.in_(("pending", "excluded")),
        and_(ledger.c.state == "ambiguous", ledger.c.reported.is_(None)),
    ),
)


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
    #: SHA-256 of the letter's bytes; None where none could be made.
    letter: str | None = None


def fill(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows for recipients. One who is there already keeps the row; if unsent, it takes on the new draft.

    A doubtful letter of an older draft takes it on too: whoever may have read the wrong words needs the right ones.
    """
    if not rows:
        return
    marked = [row | {"mark": row["message_id"].partition("@")[0][:_MARK]} for row in rows]
    statement = upsert(connection, ledger, marked)
    names = (
        "digest",
        "variant",
        "readers",
        "message_id",
        "mark",
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
            # What came back speaks of the letter before.
            set_=fresh
            | {"doubtful": or_(ledger.c.doubtful, ledger.c.state == "ambiguous"), "reported": None},
            where=and_(_UNSENT, ledger.c.digest != statement.excluded.digest),
        )
    )


def incidents(connection: Connection) -> list[str]:
    """The incidents of which a letter has left, surely or perhaps, in the order of their keys."""
    query = select(ledger.c.incident).where(LEFT).distinct().order_by(ledger.c.incident)
    return list(connection.scalars(query))


def everybody(incident: str, notice: str) -> Select[tuple[str]]:
    """The pseudonyms of all who have a row."""
    return select(ledger.c.person).where(ledger.c.incident == incident, ledger.c.notice == notice)


def drop_moved(
    connection: Connection,
    incident: str,
    notice: str,
    digest: str,
    written: CompoundSelect[tuple[str]] | Select[tuple[str]],
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
    died = and_(ledger.c.state == "sending", ledger.c.lease_until < clock)
    rows = _taken(connection, incident, notice, died, limit)
    # One state at a time, as the index has them: however many letters have left, none of them is looked at.
    for state in ("ambiguous", "pending"):
        waits = and_(ledger.c.state == state, ledger.c.digest == digest, _WAITING, ledger.c.not_before <= now)
        rows += _taken(connection, incident, notice, waits, limit - len(rows))
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


def _taken(
    connection: Connection, incident: str, notice: str, which: ColumnElement[bool], limit: int
) -> list[Row[Any]]:
    """Rows that nobody else is taking, those first that have waited longest."""
    if limit <= 0:
        return []
    query = _of(select(ledger), incident, notice).where(which).order_by(ledger.c.not_before)
    return list(connection.execute(query.limit(limit).with_for_update(skip_locked=True)))


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
            letter=bindparam("bytes"),
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
                "bytes": each.letter,
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


#: As what a letter counts that did not surely reach its reader, or came back.
UNREACHED = ("refused", "bounced", "ambiguous")


def counts(connection: Connection, incident: str, notice: str) -> dict[str, int]:
    """Rows by state, every state named; and how many letters may have arrived twice."""
    state = COUNTED.label("state")
    found = _of(select(state, func.count()), incident, notice).group_by(state)
    by_state: dict[str, int] = {row.state: row[1] for row in connection.execute(found)}
    twice = _of(select(func.count()), incident, notice).where(ledger.c.doubtful, ledger.c.attempts > 1)
    return {state: by_state.get(state, 0) for state in STATES} | {
        "possible_duplicates": connection.scalar(twice) or 0
    }


def by_readers(connection: Connection, incident: str, notice: str) -> dict[str, tuple[int, int]]:
    """For all readers of a notice: how many letters, and how many people still to be told or accounted for."""
    query = _of(
        select(ledger.c.readers, func.count(), func.sum(case((UNTOLD, 1), else_=0))), incident, notice
    )
    rows = connection.execute(query.group_by(ledger.c.readers).order_by(ledger.c.readers))
    return {row.readers: (int(row[1]), int(row[2])) for row in rows}


def untold(connection: Connection, incident: str, notice: str) -> dict[str, int]:
    """For all readers of a notice how many are still to be told or accounted for; 0 where everybody is."""
    return {readers: left for readers, (_, left) in by_readers(connection, incident, notice).items()}


def accounted(connection: Connection, incident: str, notice: str) -> int:
    """Of those whom the letter did not surely reach, for how many a person accounted."""
    unreached = COUNTED.in_(UNREACHED)
    query = _of(select(func.count()), incident, notice).where(unreached, ledger.c.accounted_at.is_not(None))
    return connection.scalar(query) or 0


def standing(row: Row[Any]) -> str:
    """How a row is counted."""
    left = row.state in ("handed_over", "ambiguous") or (row.state == "refused" and row.doubtful)
    if left and row.reported:
        return str(row.reported)
    waits = row.state in ("pending", "ambiguous") and row.settled_at is None
    if waits and row.held_at is not None and row.accounted_at is None:
        return "held"
    return "excluded" if row.state == "pending" and row.held_at is not None else str(row.state)


def is_untold(row: Row[Any]) -> bool:
    """Whether this row's person is still to be told or accounted for."""
    state = standing(row)
    told = state in ("handed_over", "delivered") or (state == "ambiguous" and row.settled_at)
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
    left = or_(ledger.c.state == "sending", and_(LEFT, not_(CAME_BACK)))
    leaves = and_(
        ledger.c.state == "pending",
        ledger.c.held_at.is_(None),
        ledger.c.accounted_at.is_(None),
        ledger.c.digest == leaving,
    )
    written = left if leaving is None else or_(left, leaves)
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
    # What left and came back was settled by its last attempt, or never: no later draft takes such a row.
    settled = case(
        (CAME_BACK, ledger.c.settled_at), else_=func.coalesce(ledger.c.settled_at, literal(at, Moment))
    )
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
    """SHA-256 over the lines of all attempts on the notice's letters up to a moment."""
    return lines_digest(attempts_lines(connection, incident, notice, upto))


def attempts_lines(connection: Connection, incident: str, notice: str, upto: datetime) -> Iterator[bytes]:
    """What each attempt says, as canonical JSON: letter by letter in the order of the pseudonyms, each one's in turn.

    In that order both are found by an index, and of other incidents nothing is looked at.
    """
    same = and_(attempt.c.door == "ledger", attempt.c.row == cast(ledger.c.id, String))
    said = (attempt.c.number, attempt.c.at, attempt.c.outcome, attempt.c.phase, attempt.c.reply)
    query = _of(select(ledger.c.person, *said).join(attempt, same), incident, notice)
    query = query.where(attempt.c.at <= upto).order_by(ledger.c.person, attempt.c.id)
    for person, number, at, *words in connection.execute(query, execution_options={"yield_per": 5000}):
        yield canonical([person, number, iso(at), *words])


def sealed_for(incident: str, message_id: str) -> str:
    """What a row's address and name are sealed for: one letter of one draft to one person, which the root names."""
    return f"ledger/{incident}/{message_id}"


_LEAF = (
    "person",
    "digest",
    "variant",
    "message_id",
    "letter",
    "state",
    "reason",
    "attempts",
    "doubtful",
    "reply",
)


def leaf(row: Row[Any]) -> bytes:
    """What one row says, without the person's data: it stays the same after erasure."""
    return canonical({name: getattr(row, name) for name in _LEAF})


def rows_of(
    connection: Connection, incident: str, notice: str, *, states: Sequence[str] = ()
) -> list[Row[Any]]:
    """Rows of a notice, all or of these states, in the order in which they were filled."""
    query = _of(select(ledger), incident, notice).order_by(ledger.c.id)
    return list(connection.execute(query.where(COUNTED.in_(states)) if states else query))


def row_of(connection: Connection, incident: str, notice: str, person: str) -> Row[Any] | None:
    """One person's row, by pseudonym."""
    return connection.execute(_of(select(ledger), incident, notice).where(ledger.c.person == person)).first()


def by_id(connection: Connection, row: int) -> Row[Any] | None:
    """One row by its number."""
    return connection.execute(select(ledger).where(ledger.c.id == row)).first()


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
    unsent = or_(FAILED, and_(ledger.c.state.in_(("pending", "ambiguous")), not_(_ARRIVED)))
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
