"""Attempts: each try at a message, against the message that counts it and the entries that speak of it.

A message counts its tries, and its last one is as the message says. Of a page each outcome is an entry, which names the
try; each stop of a sending holds a digest over all tries at its letters up to then. A try that was recorded by a holder
whose lease was lost comes late, and is no fault; one that was lost with its holder left the message in doubt.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, case, cast, false, func, or_, select

from tocsin.evidence.case import Bad, Case, Check
from tocsin.storage.ledger import attempts_digest
from tocsin.storage.tables import attempt, ledger, outbox

_SAME: dict[str, tuple[Any, Any]] = {
    "ledger": (ledger, attempt.c.row == cast(ledger.c.id, String)),
    "outbox": (outbox, attempt.c.row == outbox.c.id),
}


def attempts(case: Case) -> Check:
    """Each message has the attempts that it counts, and those of which the timeline tells; and none has others."""
    counted = 0
    for door, (table, same) in _SAME.items():
        joined = attempt.join(table, and_(attempt.c.door == door, same))
        ours = select(func.count()).select_from(joined).where(table.c.incident == case.key)
        counted += case.connection.scalar(ours) or 0
        if surplus := case.connection.scalar(ours.where(attempt.c.number > table.c.attempts)):
            raise Bad(f"{case.key} {door}: {surplus} attempts are recorded that their rows do not count")
        if odd := _first(case, door, _unlike(table)):
            raise Bad(f"{case.key} {door}: row {odd} says what no attempt recorded")
        if odd := _first(case, door, _undoubted(door)):
            raise Bad(f"{case.key} {door}: row {odd} is doubtful, and no attempt at it was")
        if odd := _first(case, door, _miscounted(door)):
            raise Bad(f"{case.key} {door}: row {odd} does not have the attempts that it counts")
    _pages(case)
    _stops(case)
    return Check("attempts", counted, f"{counted:,} attempts recorded, each counted by its message")


def unlike_its_attempt(case: Case, notice: str) -> str | None:
    """The first person whose letter has not the state or reply that its last attempt brought."""
    query = select(ledger.c.person).select_from(_with_last("ledger")).order_by(ledger.c.person)
    query = query.where(ledger.c.incident == case.key, ledger.c.notice == notice, _unlike(ledger))
    return case.connection.scalar(query.limit(1))


def _first(case: Case, door: str, odd: Any) -> Any:
    table = _SAME[door][0]
    query = select(table.c.id).select_from(_with_last(door)).where(table.c.incident == case.key, odd)
    return case.connection.scalar(query.order_by(table.c.id).limit(1))


def _with_last(door: str) -> Any:
    table, same = _SAME[door]
    last = and_(attempt.c.door == door, same, attempt.c.number == table.c.attempts)
    return table.outerjoin(attempt, last)


def _unlike(table: Any) -> Any:
    """A message that is settled without its last attempt, or says otherwise than that did."""
    settled = table.c.state.in_(("handed_over", "refused"))
    final = or_(settled, table.c.state == "ambiguous")
    outcome = or_(
        attempt.c.id.is_(None),
        attempt.c.outcome != table.c.state,
        attempt.c.at != table.c.settled_at,
        and_(settled, table.c.settled_at.is_(None)),
    )
    words = or_(
        attempt.c.reply.is_distinct_from(table.c.reply), attempt.c.phase.is_distinct_from(table.c.phase)
    )
    # In doubt, the row may be waiting for its next try while the word of a lost holder came late.
    told = and_(attempt.c.id.is_not(None), or_(final, ~table.c.doubtful), words)
    return or_(and_(final, outcome), told, _unsettled() if table is outbox else false())


def _unsettled() -> Any:
    """One of our own messages that stands otherwise than its last attempt left it. A letter may: a new draft waits."""
    over = attempt.c.outcome.in_(("handed_over", "refused"))
    withdrawn = outbox.c.state == "excluded"
    return or_(
        and_(over, outbox.c.state != attempt.c.outcome),
        and_(attempt.c.id.is_not(None), ~withdrawn, outbox.c.outcome.is_distinct_from(attempt.c.outcome)),
    )


def _undoubted(door: str) -> Any:
    """A message that is called doubtful, and no attempt at it was: what is in doubt is counted less strictly."""
    table, same = _SAME[door]
    doubts = select(attempt.c.id).where(attempt.c.door == door, same, attempt.c.outcome == "ambiguous")
    return and_(table.c.doubtful, ~doubts.correlate(table).exists())


def _miscounted(door: str) -> Any:
    """A message that nobody doubts has every attempt that it counts, but for the one on the wire."""
    table, same = _SAME[door]
    recorded = select(func.count()).where(attempt.c.door == door, same).correlate(table).scalar_subquery()
    under_way = case((table.c.state == "sending", 1), else_=0)
    return and_(~table.c.doubtful, recorded != table.c.attempts - under_way)


def _pages(case: Case) -> None:
    """Each outcome of a page that the timeline tells of is one attempt."""
    query = select(attempt.c.row, attempt.c.number, attempt.c.outcome).join(
        outbox, and_(attempt.c.door == "outbox", attempt.c.row == outbox.c.id)
    )
    found = {
        (row, number): outcome
        for row, number, outcome in case.connection.execute(query.where(outbox.c.incident == case.key))
    }
    for tried, (seq, outcome) in case.story.outcomes.items():
        if found.get(tried) != outcome:
            what = "was changed" if tried in found else "is missing"
            raise Bad(f"{case.key} entry {seq}: the attempt that it tells of {what}", seq)


def _stops(case: Case) -> None:
    """The attempts on letters, as they were at the last stop of each sending."""
    for notice, sending in case.story.sendings.items():
        # While letters are leaving, another host may record by a clock that is behind: the next stop will tell.
        if sending.stop is None or sending.may_move(case.app.now()):
            continue
        upto = datetime.fromisoformat(sending.stopped_at)
        if attempts_digest(case.connection, case.key, notice, upto) != sending.stop["attempts"]:
            raise Bad(
                f"{case.key} ledger of {notice}: the attempts up to entry {sending.stop_seq} are not those it counted",
                sending.stop_seq,
            )
