"""The ledger: one row per person and notice, and what became of that person's letter.

States: pending, sending, handed_over, delivered, refused, bounced, ambiguous, excluded; and held, which is said of a
letter that has not left while a person is to decide whether its reader is still owed it. They always add up to the
number of recipients. `handed_over` means that a server took it, and never more: what its reports said since stands
beside it, in `reported`, so that a root over what was sent stays as it is. Several workers on PostgreSQL take different
rows (SKIP LOCKED); on SQLite there is one writer at a time. A long module, because whatever moves a letter from one
state to another, or counts it, stands side by side.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
    Row,
    Select,
    String,
    Update,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    type_coerce,
    update,
)

from tocsin.domain.canonical import canonical, canonical_rows, lines_digest
from tocsin.domain.merkle import root
from tocsin.domain.scope.routes import HELD
from tocsin.domain.ways import LISTED, WAYS
from tocsin.storage.database import upsert_into
from tocsin.storage.outbox import LOST
from tocsin.storage.spreading import ForEach, among
from tocsin.storage.tables import Moment, attempt, ledger, mark, moment_text
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

#: What a letter keeps that is given up because its second sender died too.
_TWICE = (
    "it was in doubt, was sent once more, and its sender died before it could record what the other side said"
)
#: People who are named to the database at a time.
_AT_ONCE = 500
#: Letters whose attempts are looked up by one statement.
_LOOKED_UP = 1000
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
_FRESH = and_(ledger.c.state == "pending", ledger.c.settled_at.is_(None))
_IN_DOUBT = and_(ledger.c.state == "ambiguous", ledger.c.settled_at.is_(None), ledger.c.reported.is_(None))
_OPEN = or_(_FRESH, _IN_DOUBT)
#: Those that wait, state by state: asked for both at once, no database goes through the index in its order.
_WAITING_FRESH, _WAITING_IN_DOUBT = (and_(each, ledger.c.held_at.is_(None)) for each in (_FRESH, _IN_DOUBT))
#: Rows whose letters leave now. The index of states knows those alone that nothing has settled, and is asked for them.
_ON_THE_WIRE = and_(ledger.c.state == "sending", ledger.c.settled_at.is_(None))
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
#: Who stands on a list for another way.
_LISTED = ledger.c.way.in_(LISTED)
#: By which way a person was told who is told.
WAY = case(
    (ledger.c.accounted_at.is_not(None), func.coalesce(ledger.c.way, "otherwise")),
    (ledger.c.way == "guardian", "guardian"),
    (ledger.c.address > 1, "next-address"),
    else_="email",
).label("told_by")
#: Rows whose letter has not left, surely or perhaps, and on which nobody has the last word.
_UNSENT = and_(
    ledger.c.settled_at.is_(None),
    or_(
        ledger.c.state == "pending",
        ledger.c.state == "excluded",
        and_(ledger.c.state == "ambiguous", ledger.c.reported.is_(None)),
    ),
)


@dataclass(frozen=True)
class Onward:
    """The letter of a row as it goes to its next address, under a Message-ID of its own."""

    row: int
    address: int
    message_id: str
    sealed: bytes = field(repr=False)
    #: The mark that it had until now.
    before: str
    #: Which of the approved letters it is there, and by which way it is told; a guardian gets words of his own.
    variant: str
    way: str | None

    @property
    def mark(self) -> str:
        """By what comes back it is known from now on."""
        return mark_of(self.message_id)


class Settled(NamedTuple):
    """How one attempt on one row, at one of its addresses, ended; and where the letter goes `onward` from there."""

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
    address: int = 1
    onward: Onward | None = None


def fill(connection: Connection, rows: Sequence[dict[str, Any]], *, over: bool = True) -> None:
    """Write rows for recipients. One who is there already keeps the row; if unsent, it takes on the new draft.

    A doubtful letter of an older draft takes it on too: whoever may have read the wrong words needs the right ones.
    What comes back late on the older one still names its row. Where none of an older draft is there, as in a first
    sending, `over` False spares saying so. All rows name the same columns.
    """
    if not rows:
        return
    marked = [row | {"mark": mark_of(row["message_id"])} for row in rows]
    statement = upsert_into(connection, ledger)
    names = (
        "digest",
        "variant",
        "readers",
        "address",
        "addresses",
        "message_id",
        "mark",
        "state",
        "reason",
        "way",
        "accounted_at",
        "held_at",
        "sealed",
    )
    fresh = {name: statement.excluded[name] for name in names}
    written = list(
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["incident", "notice", "person"],
                # What came back speaks of the letter before.
                # A plain None would be taken for a value of each row's own, and each would be a statement.
                set_=fresh
                | {"doubtful": or_(ledger.c.doubtful, ledger.c.state == "ambiguous"), "reported": null()},
                where=and_(_UNSENT, ledger.c.digest != statement.excluded.digest),
            ).returning(*_MARKED),
            marked,
        )
    )
    if over and written:
        older = update(mark).where(mark.c.row == bindparam("row_")).values(address=OLDER)
        connection.execute(older, [{"row_": each.id} for each in written])
    _mark(connection, written)


def incidents(connection: Connection) -> list[str]:
    """The incidents of which a letter has left, surely or perhaps, in the order of their keys."""
    query = select(ledger.c.incident).where(LEFT).distinct().order_by(ledger.c.incident)
    return list(connection.scalars(query))


def everybody(incident: str, notice: str) -> Select[tuple[str]]:
    """The pseudonyms of all who have a row."""
    return select(ledger.c.person).where(ledger.c.incident == incident, ledger.c.notice == notice)


def passed_over(connection: Connection, incident: str, notice: str) -> dict[str, str | None]:
    """The pseudonyms of all who have a row, and why no letter is for them where another one is, or none."""
    reason = case((ledger.c.way == "other-letter", ledger.c.reason))
    found = connection.execute(_of(select(ledger.c.person, reason), incident, notice))
    return {row.person: row[1] for row in found}


def mark_of(message_id: str) -> str:
    """By which what comes back names its letter."""
    return message_id.partition("@")[0][:_MARK]


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
        .values(state="excluded", reason=reason, way="other-letter", accounted_at=at)
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
    at_once: int = 1,
) -> list[Row[Any]]:
    """Take up to `limit` rows of the approved digest that may leave now; they are `sending` under this lease.

    A row in which somebody died is taken whatever draft it was of: its letter is written anew, by the present draft.
    One that is held by now is not: it may have left, and stays in doubt until a person has decided. Letters in doubt
    are taken alone, no more than are handed over `at_once`: should their sender die, it had begun them all.
    """
    which = {"incident": incident, "notice": notice, "digest": digest, "now": now, "most": limit}
    over = {"clock": clock, "ahead": clock + timedelta(seconds=2 * seconds)}
    died = list(connection.execute(_DIED, which | over))
    _put_in_doubt(connection, [row for row in died if row.held_at is not None], now)
    _give_up(connection, [row for row in died if row.held_at is None and row.doubtful], now)
    rows = [row for row in died if row.held_at is None and not row.doubtful][: min(limit, at_once)]
    # One state at a time, as the index has them: however many letters have left, none of them is looked at.
    rows = rows or list(connection.execute(_DOUBTED, which | {"most": min(limit, at_once)}))
    if not rows:
        found = list(connection.execute(_PENDING, which))
        # One that waits may have left before, too: put off when it was sent once more, or at another address.
        rows = [row for row in found if not row.doubtful] or found[: min(limit, at_once)]
    if rows:
        until = moment_text(clock + timedelta(seconds=seconds))
        same = {"digest": digest, "lease": lease, "lease_until": until, "now": moment_text(now)}
        _CLAIM.run(connection, [{"row": row.id} for row in rows], **same)
        _record_lost(connection, [row for row in rows if row.state == "sending"], now)
    return rows


_CLAIM = ForEach(
    {"row": BigInteger()},
    dict.fromkeys(("digest", "lease", "lease_until", "now"), String()),
    lambda ours: (
        update(ledger)
        .where(ledger.c.id == ours.row)
        .values(
            state="sending",
            digest=ours.digest,
            attempts=ledger.c.attempts + 1,
            doubtful=or_(ledger.c.doubtful, ledger.c.state == "sending", ledger.c.state == "ambiguous"),
            first_attempt_at=func.coalesce(ledger.c.first_attempt_at, ours.now),
            lease=ours.lease,
            lease_until=ours.lease_until,
        )
    ),
)


def regained(
    connection: Connection,
    incident: str,
    notice: str,
    *,
    lease: str,
    known: Collection[int],
    clock: datetime,
    seconds: float,
) -> list[Row[Any]]:
    """Rows that are ours by a commit that was cut off, so that nobody told us: all of this lease that are not `known`.

    They are as they were before, but for `first_attempt_at` of one that was tried, and `doubtful`; none of them was
    begun.
    """
    mine = (_ON_THE_WIRE, ledger.c.lease == lease, ledger.c.id.not_in(known))
    before = ledger.c.attempts - 1
    of_it = (
        attempt.c.door == "ledger",
        attempt.c.row == cast(ledger.c.id, String),
        attempt.c.number == before,
        attempt.c.address == ledger.c.address,
    )
    doubted = exists().where(*of_it, attempt.c.outcome == "ambiguous")
    were = {
        "state": case((doubted, "ambiguous"), else_="pending"),
        "attempts": before,
        "first_attempt_at": case((before > 0, ledger.c.first_attempt_at)),
    }
    taken = [were[each.name].label(each.name) if each.name in were else each for each in _TAKEN]
    rows = list(
        connection.execute(_of(select(*taken).where(*mine).order_by(ledger.c.not_before), incident, notice))
    )
    if rows:
        connection.execute(_these(rows).values(lease_until=clock + timedelta(seconds=seconds)))
    return rows


#: What a sender knows of a letter that it took.
_TAKEN = (
    ledger.c.id,
    ledger.c.incident,
    ledger.c.person,
    ledger.c.message_id,
    ledger.c.mark,
    ledger.c.state,
    ledger.c.attempts,
    ledger.c.address,
    ledger.c.addresses,
    ledger.c.variant,
    ledger.c.way,
    ledger.c.doubtful,
    ledger.c.not_before,
    ledger.c.first_attempt_at,
    ledger.c.held_at,
    ledger.c.sealed,
)


def _waiting(which: ColumnElement[bool]) -> Select[Any]:
    """Rows that nobody else is taking, those first that have waited longest. Made once: a claim is frequent."""
    query = select(*_TAKEN).where(
        ledger.c.incident == bindparam("incident"), ledger.c.notice == bindparam("notice"), which
    )
    return query.order_by(ledger.c.not_before).with_for_update(skip_locked=True)


def _due(waiting: ColumnElement[bool]) -> Select[Any]:
    due = and_(ledger.c.digest == bindparam("digest"), ledger.c.not_before <= bindparam("now", type_=Moment))
    return _waiting(and_(waiting, due)).limit(bindparam("most"))


#: Rows on the wire whose sender is no more. A lease that reaches much further than any was taken before the clock was
#: set back; clocks of two machines differ by less.
_DIED = _waiting(
    and_(
        _ON_THE_WIRE,
        or_(
            ledger.c.lease_until < bindparam("clock", type_=Moment),
            ledger.c.lease_until > bindparam("ahead", type_=Moment),
        ),
    )
)
#: Letters in doubt, and letters that have not left.
_DOUBTED, _PENDING = _due(_WAITING_IN_DOUBT), _due(_WAITING_FRESH)


def _give_up(connection: Connection, rows: Sequence[Row[Any]], now: datetime) -> None:
    """Letters in doubt whose sender died as well: nobody gets a third copy, and a letter that kills whoever sends it
    keeps no other waiting. Nobody knows whether they left, so that their readers are told in another way.
    """
    if rows:
        words = {"phase": LOST["phase"], "reply": _TWICE}
        said = {"door": "ledger", "at": now, "outcome": "refused", **words}
        connection.execute(
            insert(attempt),
            [{**said, "row": str(row.id), "number": row.attempts, "address": row.address} for row in rows],
        )
        settled = {"state": "refused", "settled_at": now, "lease": None, "lease_until": None}
        connection.execute(_these(rows).values(**settled, **words))


def _put_in_doubt(connection: Connection, rows: Sequence[Row[Any]], now: datetime) -> None:
    """Held letters whose sender died: nobody sends them now, and nobody knows whether they left."""
    if rows:
        _record_lost(connection, rows, now)
        connection.execute(
            _these(rows).values(state="ambiguous", doubtful=True, lease=None, lease_until=None)
        )


def _these(rows: Iterable[Row[Any]]) -> Update:
    return update(ledger).where(ledger.c.id.in_([row.id for row in rows]))


def _record_lost(connection: Connection, rows: Sequence[Row[Any]], now: datetime) -> None:
    """Keep the attempts of a sender that died before it could: each may have reached its reader."""
    if rows:
        lost = {"door": "ledger", "at": now, **LOST}
        connection.execute(
            insert(attempt),
            [{**lost, "row": str(row.id), "number": row.attempts, "address": row.address} for row in rows],
        )


def settle(connection: Connection, lease: str, results: Sequence[Settled], at: datetime) -> None:
    """Record attempts, a batch at a time. A row whose lease was lost keeps the other holder's word."""
    if not results:
        return
    moves = [each.onward for each in results if each.onward is not None]
    if moves:
        ours = and_(ledger.c.id == bindparam("row_"), ledger.c.lease == lease, ledger.c.state == "sending")
        connection.execute(update(ledger).where(ours).values(**_ELSEWHERE), [_elsewhere(to) for to in moves])
        _mark_moved(connection, moves)
    rows = [
        {
            "row": each.row,
            "number": each.number,
            "address": each.address,
            "state": each.state,
            "outcome": each.outcome,
            "phase": each.phase,
            "reply": each.reply[:500],
            "letter": each.letter,
            "not_before": moment_text(each.not_before),
            "final": each.final,
        }
        for each in results
    ]
    _SETTLE.run(connection, rows, at=moment_text(at), lease=lease)


#: On purpose it does not ask for `_ON_THE_WIRE`: a row is found by its id. PostgreSQL, which has counted hardly any on
#: the wire, would go through the index of states for each of them.
_SETTLE = ForEach(
    {
        "row": BigInteger(),
        "number": Integer(),
        "address": Integer(),
        **dict.fromkeys(("state", "outcome", "phase", "reply", "not_before", "letter"), String()),
        "final": Boolean(),
    },
    dict.fromkeys(("at", "lease"), String()),
    lambda came: insert(attempt).from_select(
        ("door", "row", "number", "address", "at", "outcome", "phase", "reply"),
        select(
            literal("ledger"),
            cast(came.row, String),
            came.number,
            came.address,
            came.at,
            came.outcome,
            came.phase,
            came.reply,
        ),
    ),
    lambda came: (
        update(ledger)
        .where(ledger.c.id == came.row, ledger.c.lease == came.lease, ledger.c.state == "sending")
        .values(
            state=came.state,
            reply=came.reply,
            phase=came.phase,
            letter=came.letter,
            settled_at=case((came.final, came.at)),
            not_before=came.not_before,
            lease=null(),
            lease_until=null(),
        )
    ),
)

#: What stands for the address of a letter that a newer draft took the place of.
OLDER = 0
#: A letter that goes to another address is dated by its first attempt there.
_ELSEWHERE: dict[str, Any] = {
    "address": bindparam("address_"),
    "message_id": bindparam("message_id_"),
    "mark": bindparam("mark_"),
    "sealed": bindparam("sealed_"),
    "variant": bindparam("variant_"),
    "way": bindparam("way_"),
    "first_attempt_at": None,
}


def is_recorded(connection: Connection, results: Sequence[Settled]) -> bool:
    """Whether these attempts, or none of them, have been recorded: they are written together."""
    each = results[0]
    ours = (attempt.c.door == "ledger", attempt.c.row == str(each.row), attempt.c.number == each.number)
    said = (attempt.c.outcome == each.outcome, attempt.c.reply == each.reply[:500])
    return connection.scalar(select(attempt.c.id).where(*ours, *said).limit(1)) is not None


def _elsewhere(to: Onward) -> dict[str, Any]:
    return {
        "row_": to.row,
        "address_": to.address,
        "message_id_": to.message_id,
        "mark_": to.mark,
        "sealed_": to.sealed,
        "variant_": to.variant,
        "way_": to.way,
    }


#: By what, at which of its addresses, a letter is known.
_MARKED = (ledger.c.id, ledger.c.mark, ledger.c.address)


def _mark(connection: Connection, letters: Iterable[Row[Any]]) -> None:
    """What comes back names these letters as they stand by now; what they carried before names them as it did."""
    marks = [{"mark": each.mark, "row": each.id, "address": each.address} for each in letters]
    if marks:
        statement = upsert_into(connection, mark)
        # A letter may be of a draft again that it was of before.
        as_now = {"address": statement.excluded.address}
        connection.execute(statement.on_conflict_do_update(index_elements=["mark"], set_=as_now), marks)


def _mark_moved(connection: Connection, moves: Sequence[Onward]) -> None:
    """As they stand: one whose lease was lost has not moved."""
    _mark(connection, connection.execute(select(*_MARKED).where(ledger.c.id.in_([to.row for to in moves]))))


def go_on(connection: Connection, moves: Sequence[Onward], at: datetime) -> bool:
    """Let letters that came back wait for their next address. False where one is not as it was, and nothing is done."""
    # One after the other, since of many at once no database says how many were still as they were.
    for to in moves:
        result = connection.execute(
            update(ledger)
            .where(
                ledger.c.id == to.row, ledger.c.mark == to.before, CAME_BACK, ledger.c.accounted_at.is_(None)
            )
            .values(
                state="pending",
                reported=None,
                settled_at=None,
                not_before=at,
                first_attempt_at=None,
                address=to.address,
                message_id=to.message_id,
                mark=to.mark,
                sealed=to.sealed,
                variant=to.variant,
                way=to.way,
            )
        )
        if result.rowcount != 1:
            return False
    if moves:
        _mark_moved(connection, moves)
    return True


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


def ways(connection: Connection, incident: str, notice: str) -> dict[str, int]:
    """How many people were told, surely or perhaps, by which way; with those who are owed no letter any more."""
    told = or_(TOLD, ledger.c.accounted_at.is_not(None))
    query = _of(select(WAY, func.count()), incident, notice).where(told).group_by(WAY)
    found = {row[0]: int(row[1]) for row in connection.execute(query)}
    return {way: found[way] for way in WAYS if way in found}


def listed(connection: Connection, incident: str, notice: str) -> dict[str, int]:
    """How many people are on a list for which way, and not yet said to be told by it."""
    query = _of(select(ledger.c.way, func.count()), incident, notice).where(_UNREACHABLE, _LISTED)
    rows = connection.execute(query.group_by(ledger.c.way).order_by(ledger.c.way))
    return {row[0]: int(row[1]) for row in rows}


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


@dataclass(frozen=True)
class Whom:
    """Of those who are left, of whom somebody speaks: all, who is on the list for a way, or some by pseudonym."""

    listed: str = ""
    persons: frozenset[str] | None = None

    def parts(self) -> list[ColumnElement[bool]]:
        """Conditions that hold for each of them once: one for everybody, or one for some hundred people at a time."""
        mine = ledger.c.way == self.listed if self.listed else true()
        if self.persons is None:
            return [mine]
        persons = sorted(self.persons)
        chunks = [persons[start : start + _AT_ONCE] for start in range(0, len(persons), _AT_ONCE)]
        return [and_(mine, ledger.c.person.in_(chunk)) for chunk in chunks]


EVERYBODY = Whom()


def unaccounted(connection: Connection, incident: str, notice: str, whom: Whom = EVERYBODY) -> Unaccounted:
    """Who is left to be accounted for."""

    def by_readers(part: ColumnElement[bool]) -> dict[str, int]:
        found: dict[str, int] = {}
        for some in whom.parts():
            query = _of(select(ledger.c.readers, func.count()), incident, notice).where(part, some)
            for row in connection.execute(query.group_by(ledger.c.readers).order_by(ledger.c.readers)):
                found[row.readers] = found.get(row.readers, 0) + row[1]
        return found

    return Unaccounted(by_readers(_ELSEWISE), by_readers(_UNDECIDED), by_readers(_UNSUPPORTED))


def account(
    connection: Connection,
    incident: str,
    notice: str,
    at: datetime,
    *,
    undecided: bool,
    way: str = "otherwise",
    whom: Whom = EVERYBODY,
) -> Unaccounted:
    """Account for who was told by another way, and for the `undecided` if asked; who was left before.

    A later draft does not write to them anew.
    """
    found = unaccounted(connection, incident, notice, whom)
    # What left and came back was settled by its last attempt, or never: no later draft takes such a row.
    settled = case(
        (CAME_BACK, ledger.c.settled_at), else_=func.coalesce(ledger.c.settled_at, literal(at, Moment))
    )
    which = or_(_ELSEWISE, _UNDECIDED) if undecided else _ELSEWISE
    for some in whom.parts():
        connection.execute(
            _of(update(ledger), incident, notice)
            .where(which, some)
            .values(accounted_at=at, settled_at=settled, way=way)
        )
    return found


def persons_left(
    connection: Connection, incident: str, notice: str, whom: Whom = EVERYBODY
) -> Iterator[Row[Any]]:
    """The rows of those who can be told in another way, in the order of their pseudonyms."""
    for some in whom.parts():
        query = _of(select(ledger), incident, notice).where(_ELSEWISE, some).order_by(ledger.c.person)
        yield from connection.execute(query, execution_options={"yield_per": 500})


def put_on_list(connection: Connection, incident: str, notice: str, way: str, persons: Iterable[str]) -> int:
    """These stand on the list for a way now; how many of them still can be told in another way."""
    found = 0
    for some in Whom(persons=frozenset(persons)).parts():
        listed = _of(update(ledger), incident, notice).where(_ELSEWISE, some).values(way=way)
        found += connection.execute(listed).rowcount
    return found


def next_due(connection: Connection, incident: str, notice: str) -> datetime | None:
    """When the next row may be tried (again), or None when no row waits."""
    soonest = _of(select(func.min(ledger.c.not_before)), incident, notice)
    found = (connection.scalar(soonest.where(each)) for each in (_WAITING_FRESH, _WAITING_IN_DOUBT))
    return min((moment for moment in found if moment), default=None)


def count_anew(connection: Connection, incident: str, now: datetime) -> None:
    """The clock was set back: letters that were put off by the one before are looked at now."""
    ahead = (ledger.c.incident == incident, _OPEN, ledger.c.not_before > now)
    connection.execute(update(ledger).where(*ahead).values(not_before=now))


def lease_end(connection: Connection, incident: str, notice: str) -> datetime | None:
    """When the first row on the wire counts as in doubt, on the real clock, or None when none is there."""
    query = _of(select(func.min(ledger.c.lease_until)), incident, notice)
    found: datetime | None = connection.scalar(query.where(_ON_THE_WIRE))
    return found


def in_flight(connection: Connection) -> int:
    """How many letters are on the wire now."""
    return connection.scalar(select(func.count()).where(_ON_THE_WIRE)) or 0


def root_of(connection: Connection, incident: str, notice: str) -> str:
    """The Merkle root over the notice's rows in the order of their pseudonyms: who, which letter, what became of it."""
    query = _of(select(*(ledger.c[name] for name in _LEAF)), incident, notice).order_by(ledger.c.person)
    rows = connection.execute(query, execution_options={"yield_per": 5000})
    return root(canonical_rows(rows, _LEAF))


def attempts_digest(connection: Connection, incident: str, notice: str, upto: datetime) -> str:
    """SHA-256 over the lines of all attempts on the notice's letters up to a moment."""
    return lines_digest(attempts_lines(connection, incident, notice, upto))


def attempts_lines(connection: Connection, incident: str, notice: str, upto: datetime) -> Iterator[bytes]:
    """What each attempt says, as canonical JSON: letter by letter in the order of the pseudonyms, each one's in turn.

    Some letters at a time are looked up by an index, so that of other incidents nothing is looked at. PostgreSQL, asked
    for all in one join, was seen to compare each letter with each attempt: it plans by what it had last counted, and
    that was before the letters left.
    """
    said = (
        attempt.c.number,
        _AS_ISO,
        attempt.c.outcome,
        attempt.c.phase,
        attempt.c.reply,
        attempt.c.address,
    )
    ours = (attempt.c.door == "ledger", among(connection, attempt.c.row, "rows"), attempt.c.at <= upto)
    query = select(attempt.c.row, *said).where(*ours).order_by(attempt.c.id)
    letters = _of(select(ledger.c.id, ledger.c.person), incident, notice).order_by(ledger.c.person)
    for some in connection.execute(letters, execution_options={"yield_per": _LOOKED_UP}).partitions():
        tries: dict[str, list[Sequence[Any]]] = {str(row.id): [] for row in some}
        for row in connection.execute(query, {"rows": [*tries]}):
            tries[row.row].append(row[1:])
        yield from canonical_rows((row.person, *each) for row in some for each in tries[str(row.id)])


#: When an attempt was made, as `iso` writes it: without microseconds where there are none. Text from the first, since a
#: million of them are read for one digest.
_AS_ISO = func.replace(type_coerce(attempt.c.at, String), ".000000+", "+")


def sealed_for(incident: str, message_id: str) -> str:
    """What a row's address and name are sealed for: one letter of one draft to one person, which the root names."""
    return f"ledger/{incident}/{message_id}"


#: In the order of their names, as canonical rows have them.
_LEAF = (
    "address",
    "attempts",
    "digest",
    "doubtful",
    "letter",
    "message_id",
    "person",
    "reason",
    "reply",
    "state",
    "variant",
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
        .values(state="excluded", reason=reason, settled_at=at, accounted_at=at, way="otherwise")
    )
    return result.rowcount == 1


def _of(query: Any, incident: str, notice: str) -> Any:
    return query.where(ledger.c.incident == incident, ledger.c.notice == notice)


def forget(connection: Connection, incident: str) -> None:
    """Take away what the destroyed key had sealed; pseudonyms, and what became of each letter, stay."""
    connection.execute(update(ledger).where(ledger.c.incident == incident).values(sealed=b""))
