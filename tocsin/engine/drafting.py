"""Drafting a notice, and filling the ledger once it was approved and released."""

from collections import Counter
from collections.abc import Iterable
from functools import partial

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.demands import Readers
from tocsin.domain.errors import Refused
from tocsin.domain.further import further_kind, leaving, unsaid_since
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import LedgerFilled, NoticeDrafted
from tocsin.domain.letters import LetterPlan
from tocsin.domain.notice import is_letter, letter_of, text_inputs
from tocsin.domain.noticenames import CONTROLLERS
from tocsin.engine.ahead import approve_ahead
from tocsin.engine.controllers import NOBODY_HIT
from tocsin.engine.jobs import Job
from tocsin.engine.ledgerrows import rows_of
from tocsin.engine.letters import (
    approval_digest,
    leaving_digest,
    recipients_of,
    writing,
)
from tocsin.engine.linting import how_many, look_at
from tocsin.engine.writing import Writing
from tocsin.record import record
from tocsin.storage import ledger
from tocsin.storage.database import in_batches
from tocsin.storage.holding import hold
from tocsin.storage.refusals import reopen
from tocsin.storage.revisions import owed_by_any_id

#: Ledger rows written at a time.
BATCH = 500


def drafted_now(app: App, incident: Incident, notice: str) -> NoticeDrafted:
    """Every distinct letter rendered from what is known now, as the entry that an approval would bind."""
    if incident.owed_letters == 0 and not further_kind(notice):
        raise Refused(
            f"{incident.key} has nobody to write to yet; tocsin scope {incident.key} finds the people first"
        )
    letter = letter_of(incident, app.catalog_of(incident), notice)
    _refuse_lacking(incident, letter)
    _refuse_unsaid(incident, notice)
    write = writing(app, incident, notice, fresh=True)
    found, problems = look_at(app, incident, notice, write)
    people, written = found.by_law, found.written
    if not people:
        nobody = f"{notice} has no readers any more; tocsin letters {incident.key} says who gets which letter"
        if notice == CONTROLLERS:
            nobody = f"we hold data for no customer whose people were hit; tocsin affected {incident.key}"
        raise Refused(nobody)
    recipients = recipients_of(app, incident, notice)
    return NoticeDrafted(
        notice=notice,
        edition=incident.notices[notice].edition + 1 if notice in incident.notices else 1,
        digest=approval_digest(write, written, recipients),
        inputs=text_inputs(incident, app.catalog_of(incident), notice, letter),
        recipients=people.total(),
        recipients_digest=recipients,
        variants=len(written),
        problems=how_many(found, problems, app.people_key(incident.key), notice, app.now()),
        sender=write.sender,
        dated=write.letters.facts.dated.isoformat(),
        left_out=letter.left_out if letter else (),
        added=_added(incident, notice, people, write) if is_letter(notice) else {},
    )


def _refuse_lacking(incident: Incident, letter: LetterPlan | None) -> None:
    """Refused while the letter lacks a part that a duty needs, or has one that a law forbids."""
    for lack in letter.lacks if letter else ():
        raise Refused(lack.words(incident.key, letter.id if letter else ""))


def _refuse_unsaid(incident: Incident, notice: str) -> None:
    """Refused while nobody has said what a further letter is to say, or the letters before it still leave."""
    if fact := unsaid_since(incident, notice):
        raise Refused(
            f"nobody has said what the {notice} says; tocsin learn {incident.key} '{fact}={{en: ...}}' --source '...'"
        )
    if further_kind(notice) and (other := leaving(incident, notice)):
        raise Refused(f"{other} is still leaving; wait until its sending has ended")


def _added(
    incident: Incident, notice: str, people: Iterable[Readers], write: Writing
) -> dict[str, tuple[str, ...]]:
    """What stands in whose letter besides. Who was told by an earlier draft has what that one said."""
    before = incident.notices.get(notice)
    told = {key for key, left in before.untold.items() if not left} if before else set()
    kept = {key: texts for key, texts in before.added.items() if key in told} if before else {}
    return {readers.key: write.added.get(readers, ()) for readers in sorted(people)} | kept


def draft(job: Job) -> bool:
    """Draft a notice because the plan asks for it."""
    app, move = job.app, job.move
    incident = app.incident(job.incident)
    body = drafted_now(app, incident, move.subject)

    def decide(change: Change) -> None:
        # Rendered from an older incident: then the plan will ask for another draft, and this one is not worth a line.
        if change.incident.head_seq == incident.head_seq:
            change.add(body, cause=move.cause, key=move.key)
            approve_ahead(app, change, body)
            change.also.append(job.fence)

    return bool(record(app, job.incident, decide, actor="engine").entries)


def fill(job: Job) -> bool:
    """Write one ledger row for each recipient. Begun again after a crash, it writes only what is missing.

    Refused when what would leave is no longer what was approved.
    """
    app, key, notice = job.app, job.incident, job.move.subject
    incident = app.incident(key)
    state, write = incident.notices[notice], writing(app, incident, notice)
    assert incident.scope is not None
    if leaving_digest(app, incident, notice) != state.digest:
        raise Refused(f"what would leave of {notice} is not what was approved; reject it, and draft it again")
    with app.database.write() as connection:
        job.fence(connection)
        # What was refused for our fault was told to nobody: the new draft is for them too.
        reopen(connection, key, notice, app.now())
    rows, excluded = 0, Counter[str]()
    for batch in in_batches(rows_of(app, incident, notice, write), BATCH):
        with app.database.write() as connection:
            job.fence(connection)
            ledger.fill(connection, batch, over=len(state.editions) > 1)
        rows += len(batch)
        excluded.update(row["reason"] for row in batch if row["reason"])

    def decide(change: Change) -> None:
        # Paused or voided meanwhile: then the rows wait, and nothing says that they may leave.
        now = change.incident.notices[notice]
        if (now.mark, now.digest) == ("released", state.digest):
            body = LedgerFilled(notice=notice, digest=state.digest, rows=rows, excluded=dict(excluded))
            change.add(body, cause=job.move.cause, key=job.move.key)
            change.also.append(job.fence)
            if not further_kind(notice):
                change.also.append(partial(_set_apart, change=change, notice=notice))

    return bool(record(app, key, decide, actor="engine").entries)


def _set_apart(connection: Connection, change: Change, notice: str) -> None:
    """Whom another letter is for by now leaves this one. Who is no longer supported is held, and stays in it.

    Of the letter to companies leaves who has nobody among the affected any more.
    """
    incident = change.incident
    assert incident.scope is not None
    key, revision, digest = incident.key, incident.scope.revision, incident.notices[notice].digest
    if notice == CONTROLLERS:
        gone = ledger.everybody(key, notice)
        ledger.drop_moved(connection, key, notice, digest, gone, NOBODY_HIT, change.now)
        return
    written, why = owed_by_any_id(key, revision), "another letter is for them by now"
    ledger.drop_moved(connection, key, notice, digest, written, why, change.now)
    if incident.held:
        hold(connection, key, revision, change.now)
