"""The ledger against the timeline: every stop of a sending named counts and a Merkle root over all rows.

Rows may differ from that root for two reasons that the timeline knows: a person settled letters since (the row as it
was is made up again from its last attempt), or letters are leaving right now (the next stop will prove them).
"""

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row, String, and_, cast, func, or_, select

from tocsin.domain.merkle import root
from tocsin.evidence.case import Bad, Case, Check
from tocsin.evidence.story import Sending
from tocsin.storage import ledger
from tocsin.storage.tables import attempt, outbox
from tocsin.storage.tables import ledger as rows

#: The state that a row has after an attempt with this outcome.
_AFTER = {"refused": "refused", "ambiguous": "ambiguous"}


def letters(case: Case) -> Check:
    """Every notice's rows against the root and the counts of its last stop."""
    proven, open_ = 0, []
    known = set(case.connection.scalars(select(rows.c.notice).where(rows.c.incident == case.key).distinct()))
    for notice in sorted(known | set(case.story.sendings)):
        sending = case.story.sendings.get(notice, Sending())
        count = _rows(case, notice)
        if count < sending.filled:
            raise Bad(
                f"{case.key} ledger of {notice}: {sending.filled - count} rows are missing of the "
                f"{sending.filled} that entry {sending.filled_seq} speaks of",
                sending.filled_seq,
            )
        if sending.stop is None or not _as_stopped(case, notice, sending, sending.stop):
            open_.append(f"{notice} is on its way, proven at its next stop")
        else:
            proven += count
    words = f"{proven:,} letters as their Merkle root says" if known else "no letters"
    return Check("ledger", proven, "; ".join([words, *open_]))


def _rows(case: Case, notice: str) -> int:
    query = select(func.count()).where(rows.c.incident == case.key, rows.c.notice == notice)
    return case.connection.scalar(query) or 0


def _as_stopped(case: Case, notice: str, sending: Sending, stop: Mapping[str, Any]) -> bool:
    """Whether the rows are those of the last stop. False where letters left since; Bad where none can have."""
    if root(list(_leaves(case, notice, sending))) == stop["root"]:
        return True
    if sending.may_move(case.app.now()):
        return False
    place = f"{case.key} ledger of {notice}: not as entry {sending.stop_seq} recorded it"
    raise Bad(f"{place}{_suspect(case, notice, stop)}", sending.stop_seq)


def _leaves(case: Case, notice: str, sending: Sending) -> Iterator[bytes]:
    """What each row said at the last stop, in the order of the pseudonyms."""
    query = select(rows).where(rows.c.incident == case.key, rows.c.notice == notice).order_by(rows.c.person)
    for row in case.connection.execute(query, execution_options={"yield_per": 5000}):
        settled = sending.settled.get(row.person)
        yield ledger.leaf(_as_it_was(case, row, *settled) if settled and not sending.moved else row)


def _as_it_was(case: Case, row: Row[Any], seq: int, because: str) -> Any:
    """A row before a person settled it: its state follows from its last attempt, a reason it had none."""
    if (row.state, row.reason) != ("excluded", because):
        raise Bad(f"{case.key} entry {seq}: the letter that it settled says otherwise in the ledger", seq)
    last = select(attempt.c.outcome).where(attempt.c.door == "ledger", attempt.c.row == str(row.id))
    outcome = case.connection.scalar(last.order_by(attempt.c.id.desc()).limit(1))
    before = {"state": _AFTER.get(outcome or "", "pending"), "reason": None}
    return SimpleNamespace(**{**row._mapping, **before})


def _suspect(case: Case, notice: str, stop: Mapping[str, Any]) -> str:
    """Which row it may be, or which counts differ: a root says that something changed, not what."""
    found = ledger.counts(case.connection, case.key, notice)
    differ = [
        f"{state} {count} -> {found.get(state, 0)}"
        for state, count in stop["counts"].items()
        if found.get(state, 0) != count
    ]
    odd = _unlike_its_attempt(case, notice)
    parts = ([", ".join(differ)] if differ else []) + ([f"row of person {odd[:12]}"] if odd else [])
    return f" ({'; '.join(parts)})" if parts else " (a row was changed, added or taken away)"


def _unlike_its_attempt(case: Case, notice: str) -> str | None:
    """The first row whose state or reply is not what its last attempt brought."""
    query = (
        select(rows.c.person)
        .select_from(_with_last_attempt())
        .where(rows.c.incident == case.key, rows.c.notice == notice, _settled_otherwise(rows))
        .order_by(rows.c.person)
    )
    return case.connection.scalar(query.limit(1))


def attempts(case: Case) -> Check:
    """Each message that counts as sent or refused has the attempt that says so; none has attempts it does not count."""
    counted = 0
    doors: tuple[tuple[str, Any, Any], ...] = (
        ("ledger", rows, attempt.c.row == cast(rows.c.id, String)),
        ("outbox", outbox, attempt.c.row == outbox.c.id),
    )
    for door, table, same in doors:
        joined = attempt.join(table, and_(attempt.c.door == door, same))
        ours = select(func.count()).select_from(joined).where(table.c.incident == case.key)
        counted += case.connection.scalar(ours) or 0
        too_many = ours.where(attempt.c.number > table.c.attempts)
        if surplus := case.connection.scalar(too_many):
            raise Bad(f"{case.key} {door}: {surplus} attempts are recorded that their rows do not count")
        if odd := _without_attempt(case, door, table):
            raise Bad(f"{case.key} {door}: row {odd} says what no attempt recorded")
    return Check("attempts", counted, f"{counted:,} attempts recorded, each counted by its message")


def _without_attempt(case: Case, door: str, table: Any) -> Any:
    joined = _with_last_attempt() if door == "ledger" else _outbox_with_last_attempt()
    query = select(table.c.id).select_from(joined).where(table.c.incident == case.key)
    return case.connection.scalar(query.where(_settled_otherwise(table)).order_by(table.c.id).limit(1))


def _with_last_attempt() -> Any:
    same = attempt.c.row == cast(rows.c.id, String)
    return rows.outerjoin(
        attempt, and_(attempt.c.door == "ledger", same, attempt.c.number == rows.c.attempts)
    )


def _outbox_with_last_attempt() -> Any:
    same = and_(attempt.c.row == outbox.c.id, attempt.c.number == outbox.c.attempts)
    return outbox.outerjoin(attempt, and_(attempt.c.door == "outbox", same))


def _settled_otherwise(table: Any) -> Any:
    final = table.c.state.in_(("handed_over", "refused", "ambiguous"))
    unlike = or_(attempt.c.id.is_(None), attempt.c.outcome != table.c.state)
    return and_(final, unlike)
