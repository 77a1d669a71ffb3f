"""Drafting a notice, and filling the ledger once it was approved and released."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

from email_validator import EmailNotValidError, validate_email

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import LedgerFilled, NoticeDrafted
from tocsin.domain.notice import text_inputs
from tocsin.domain.scope import AffectedPerson
from tocsin.engine.jobs import Job
from tocsin.engine.letters import Writing, approval_digest, readers, variant_digest, variants, writing
from tocsin.record import record
from tocsin.sealing import keyed_digest, seal
from tocsin.storage import ledger
from tocsin.storage.database import in_batches

#: Ledger rows written at a time.
BATCH = 500


def drafted_now(app: App, incident: Incident, notice: str) -> NoticeDrafted:
    """Every distinct letter rendered from what is known now, as the entry that an approval would bind."""
    if incident.scope is None or incident.scope.total == 0:
        raise Refused(f"{incident.key} has nobody to write to yet; run tocsin scope first")
    write = writing(app, incident, notice, fresh=True)
    written = variants(app, incident, write)
    return NoticeDrafted(
        notice=notice,
        edition=incident.notices[notice].edition + 1 if notice in incident.notices else 1,
        digest=approval_digest(write, written, incident.scope.set_digest),
        inputs=text_inputs(incident, app.catalog_of(incident), notice),
        recipients=incident.scope.total,
        recipients_digest=incident.scope.set_digest,
        variants=len(written),
        sender=write.sender,
        dated=write.letters.facts.dated.isoformat(),
    )


def draft(job: Job) -> bool:
    """Draft a notice because the plan asks for it."""
    app, move = job.app, job.move
    incident = app.incident(job.incident)
    body = drafted_now(app, incident, move.subject)

    def decide(change: Change) -> None:
        # Rendered from an older incident: then the plan will ask for another draft, and this one is not worth a line.
        if change.incident.head_seq == incident.head_seq:
            change.add(body, cause=move.cause, key=move.key)
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
    if approval_digest(write, variants(app, incident, write), incident.scope.set_digest) != state.digest:
        raise Refused(f"what would leave of {notice} is not what was approved; reject it, and draft it again")
    rows, excluded = 0, Counter[str]()
    for batch in in_batches(_rows(app, incident, notice, write), BATCH):
        with app.database.write() as connection:
            job.fence(connection)
            ledger.fill(connection, batch)
        rows += len(batch)
        excluded.update(row["reason"] for row in batch if row["reason"])
    others = f"not affected by revision {incident.scope.revision} of the scope"

    def decide(change: Change) -> None:
        # Paused or voided meanwhile: then the rows wait, and nothing says that they may leave.
        now = change.incident.notices[notice]
        if (now.mark, now.digest) == ("released", state.digest):
            body = LedgerFilled(notice=notice, digest=state.digest, rows=rows, excluded=dict(excluded))
            change.add(body, cause=job.move.cause, key=job.move.key)
            drop = partial(
                ledger.drop_others, incident=key, notice=notice, digest=state.digest, reason=others
            )
            change.also += [job.fence, drop]

    return bool(record(app, key, decide, actor="engine").entries)


def _rows(app: App, incident: Incident, notice: str, write: Writing) -> Iterator[dict[str, Any]]:
    """The ledger's row of each reader, as it stands before anything was sent."""
    key, digest, people_key = incident.key, incident.notices[notice].digest, app.people_key(incident.key)
    domain = write.sender.rpartition("@")[2]
    for hidden, person in readers(app, incident):
        reason, reader = _no_route(person), write.reader(person)
        token = keyed_digest(people_key, f"{notice}/{digest}/{hidden}".encode())[:32]
        message_id = f"{token}@{domain}"
        yield {
            "incident": key,
            "notice": notice,
            "digest": digest,
            "person": hidden,
            "variant": variant_digest(write.letters.variant_of(reader, person.locale or "en")),
            "message_id": message_id,
            "state": "excluded" if reason else "pending",
            "reason": reason,
            "attempts": 0,
            "doubtful": False,
            "not_before": app.now(),
            "sealed": seal(people_key, _content(person, reader), ledger.sealed_for(key, message_id)),
        }


def _no_route(person: AffectedPerson) -> str | None:
    """Why this person cannot get the letter by mail, in words for the ledger, or None."""
    if not person.email:
        return "no e-mail address"
    try:
        validate_email(person.email, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return "invalid e-mail address"
    return None


def _content(person: AffectedPerson, reader: Any) -> bytes:
    days = [day and day.isoformat() for day in (reader.first_seen, reader.last_seen)]
    content = [person.email, person.name, person.locale or "en", list(reader.kinds), reader.certainty, *days]
    return json.dumps(content, ensure_ascii=False).encode()
