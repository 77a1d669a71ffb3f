"""What came back on letters, against the entries that speak of it; and each letter against what came back of it."""

from sqlalchemy import and_, case, func, or_, select

from tocsin.domain.errors import Refused
from tocsin.evidence.case import Bad, Case, Check
from tocsin.sealing import unseal
from tocsin.storage.returned import digest_of, ranked, sealed_for
from tocsin.storage.tables import ledger, mark, returned


def returns(case_: Case) -> Check:
    """Every report as its entry counted it, and no letter that stands otherwise than its reports say."""
    mine, spoken = returned.c.incident == case_.key, {seq for seq, _, _ in case_.story.returns}
    for seq, notice, digest in case_.story.returns:
        if digest_of(case_.connection, case_.key, notice, seq) != digest:
            raise Bad(
                f"{case_.key} ledger of {notice}: what came back is not what entry {seq} speaks of", seq
            )
    silent = select(returned.c.entry).where(mine, returned.c.entry.is_not(None)).distinct()
    for seq in sorted(set(case_.connection.scalars(silent)) - spoken):
        raise Bad(f"{case_.key}: something came back, and entry {seq} says nothing of it", seq)
    _letters(case_)
    _messages(case_)
    total = case_.connection.scalar(select(func.count()).where(mine, returned.c.entry.is_not(None))) or 0
    return Check("returns", total, f"{total:,} reports and complaints on letters, as their entries say")


def _letters(case_: Case) -> None:
    """Each letter is reported as its reports rank, and carries the mark by which they find it."""
    said = ranked(and_(returned.c.incident == case_.key, returned.c.entry.is_not(None))).subquery()
    by_rank = case((said.c.rank == 2, "bounced"), (said.c.rank == 1, "delivered"), else_="")
    odd = select(ledger.c.person, ledger.c.notice).outerjoin(said, said.c.row == ledger.c.id)
    as_now = (mark.c.row == ledger.c.id, mark.c.address == ledger.c.address)
    odd = odd.outerjoin(mark, and_(mark.c.mark == ledger.c.mark, *as_now))
    unlike = func.coalesce(by_rank, "") != func.coalesce(ledger.c.reported, "")
    unmarked = or_(ledger.c.mark + "@" != func.substr(ledger.c.message_id, 1, 33), mark.c.mark.is_(None))
    row = case_.connection.execute(
        odd.where(ledger.c.incident == case_.key, or_(unlike, unmarked)).order_by(ledger.c.person).limit(1)
    ).first()
    if row is not None:
        raise Bad(
            f"{case_.key} ledger of {row.notice}: person {row.person[:12]} stands otherwise than what came back"
        )


def _messages(case_: Case) -> None:
    """Each message is the one that came: sealed for its place, or gone since the people's data were erased."""
    key = None if case_.story.erased_seq else case_.app.people_key(case_.key)
    query = select(returned.c.id, returned.c.seen, returned.c.sealed).where(returned.c.incident == case_.key)
    for row in case_.connection.execute(query, execution_options={"yield_per": 500}):
        try:
            if key is not None:
                unseal(key, row.sealed, sealed_for(case_.key, row.seen))
            elif row.sealed:
                raise Refused("it was erased")
        except Refused:
            raise Bad(f"{case_.key}: what came back as {row.id} does not open") from None
