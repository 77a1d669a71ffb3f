"""What was decided of people whom a scope no longer supports, against the entries that say so: the same people, so."""

from sqlalchemy import func, select

from tocsin.evidence.case import Bad, Case, Check
from tocsin.storage import judging
from tocsin.storage.tables import judged


def judgements(case: Case) -> Check:
    """The people of each decision, and how it was decided. It needs no key: they stand under pseudonyms."""
    of_case = judged.c.incident == case.key
    query = (
        select(
            judged.c.seq,
            func.count(),
            func.min(judged.c.revision),
            func.max(judged.c.revision),
            func.count(judged.c.person).filter(judged.c.upheld),
        )
        .where(of_case)
        .group_by(judged.c.seq)
    )
    held = {row[0]: tuple(row[1:]) for row in case.connection.execute(query)}
    total = 0
    for seq, said in case.story.judgements:
        persons = judging.pseudonyms(case.connection, judging.judged_people(case.key, seq))
        count, digest = said["count"], judging.digest_of(persons)
        wanted = (count, said["revision"], said["revision"], count if said["upheld"] else 0)
        if held.pop(seq, None) != wanted or digest != said["digest"]:
            raise Bad(f"{case.key} entry {seq}: the people whom it decided about are listed otherwise", seq)
        total += count
    for seq in sorted(held):
        raise Bad(f"{case.key}: people were decided about, and entry {seq} says nothing of it", seq)
    return Check("decided", total, f"{total:,} people decided about, as their entries say")
