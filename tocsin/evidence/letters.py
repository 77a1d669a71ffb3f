"""The ledger against the timeline: every stop of a sending named counts and a Merkle root over all rows.

Rows may differ from that root for two reasons that the timeline knows: a person settled letters since (the row as it
was is made up again from its last attempt), or letters are leaving right now (the next stop will prove them).
"""

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row, func, select

from tocsin.domain.errors import Refused
from tocsin.domain.merkle import root
from tocsin.evidence.attempts import unlike_its_attempt
from tocsin.evidence.case import Bad, Case, Check
from tocsin.evidence.story import Sending
from tocsin.sealing import unseal
from tocsin.storage import ledger
from tocsin.storage.tables import attempt
from tocsin.storage.tables import ledger as rows

#: The state that a row has after an attempt with this outcome.
_AFTER = {state: state for state in ("refused", "ambiguous", "handed_over")}


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
        if not _as_stopped(case, notice, sending):
            open_.append(f"{notice} is on its way, proven at its next stop")
        else:
            proven += count
    words = f"{proven:,} letters as their Merkle root says" if known else "no letters"
    return Check("ledger", proven, "; ".join([words, *open_]))


def _rows(case: Case, notice: str) -> int:
    query = select(func.count()).where(rows.c.incident == case.key, rows.c.notice == notice)
    return case.connection.scalar(query) or 0


def _as_stopped(case: Case, notice: str, sending: Sending) -> bool:
    """Whether the rows are those of the last stop. False where letters left since; Bad where none can have."""
    # Each row is opened on the way, whether a stop has named a root yet or not.
    found, stop = root(_leaves(case, notice, sending)), sending.stop
    if stop is None:
        return False
    if found == stop["root"]:
        return True
    if sending.may_move(case.app.now()):
        return False
    place = f"{case.key} ledger of {notice}: not as entry {sending.stop_seq} recorded it"
    raise Bad(f"{place}{_suspect(case, notice, stop)}", sending.stop_seq)


def _leaves(case: Case, notice: str, sending: Sending) -> Iterator[bytes]:
    return (ledger.leaf(was) for _, was in rows_as_stopped(case, notice, sending))


def rows_as_stopped(case: Case, notice: str, sending: Sending) -> Iterator[tuple[Row[Any], Any]]:
    """Each row, and as it was at the last stop, in the order of the pseudonyms. Bad at the first that does not open."""
    key = None if case.story.erased_seq else case.app.people_key(case.key)
    query = select(rows).where(rows.c.incident == case.key, rows.c.notice == notice).order_by(rows.c.person)
    for row in case.connection.execute(query, execution_options={"yield_per": 5000}):
        _refuse_changed(case, row, key, sending.stop_seq or sending.filled_seq or None)
        settled = sending.settled.get(row.person)
        yield row, _as_it_was(case, row, *settled) if settled and not sending.moved else row


def _refuse_changed(case: Case, row: Row[Any], key: bytes | None, seq: int | None) -> None:
    """The address and name of a row: sealed for this very letter, or gone since they were erased."""
    place = f"{case.key} ledger of {row.notice}: the letter to person {row.person[:12]}"
    if key is None and row.sealed:
        raise Bad(f"{place} is filled again after it was erased", case.story.erased_seq)
    if key is not None:
        try:
            unseal(key, row.sealed, ledger.sealed_for(row.incident, row.message_id))
        except Refused:
            raise Bad(f"{place} was changed: what is sealed does not open", seq) from None


def _as_it_was(case: Case, row: Row[Any], seq: int, because: str, reason: str) -> Any:
    """A row before a person settled it: with the reason for which no letter was to leave, where it had one.

    Else its state follows from its last attempt, and a reason it had none.
    """
    if (row.state, row.reason) != ("excluded", because):
        raise Bad(f"{case.key} entry {seq}: the letter that it settled says otherwise in the ledger", seq)
    if reason:
        return SimpleNamespace(**{**row._mapping, "reason": reason})
    last = select(attempt.c.outcome, attempt.c.address)
    last = last.where(attempt.c.door == "ledger", attempt.c.row == str(row.id))
    tried = case.connection.execute(last.order_by(attempt.c.id.desc()).limit(1)).first()
    # At an address that it was never sent to, it waited.
    outcome = tried.outcome if tried and tried.address == row.address else None
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
    odd = unlike_its_attempt(case, notice)
    parts = ([", ".join(differ)] if differ else []) + ([f"row of person {odd[:12]}"] if odd else [])
    return f" ({'; '.join(parts)})" if parts else " (a row was changed, added or taken away)"
