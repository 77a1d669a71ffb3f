"""Drafting a notice, and filling the ledger once it was approved and released."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

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
from tocsin.domain.scope.people import AffectedPerson
from tocsin.engine.ahead import approve_ahead
from tocsin.engine.further import came_back
from tocsin.engine.jobs import Job
from tocsin.engine.letters import (
    approval_digest,
    leaving_digest,
    readers,
    recipients_of,
    variant_digest,
    variants,
    writing,
)
from tocsin.engine.mailability import no_route, route
from tocsin.engine.writing import Writing, readers_of
from tocsin.record import record
from tocsin.sealing import seal
from tocsin.storage import ledger
from tocsin.storage.database import in_batches
from tocsin.storage.holding import hold
from tocsin.storage.refusals import reopen
from tocsin.storage.revisions import owed_by_any_id

#: Ledger rows written at a time.
BATCH = 500
#: Marks of a notice whose waiting letters will leave.
_ON_ITS_WAY = ("released", "sending", "paused")
#: Why somebody gets no further letter.
_UNREAD = "the letter before came back: she has not read it"


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
    people = Counter(readers_of(person) for _, person in readers(app, incident, notice))
    if not people:
        raise Refused(
            f"{notice} has no readers any more; tocsin letters {incident.key} says who gets which letter"
        )
    written = variants(app, incident, notice, write)
    recipients = recipients_of(app, incident, notice)
    return NoticeDrafted(
        notice=notice,
        edition=incident.notices[notice].edition + 1 if notice in incident.notices else 1,
        digest=approval_digest(write, written, recipients),
        inputs=text_inputs(incident, app.catalog_of(incident), notice, letter),
        recipients=people.total(),
        recipients_digest=recipients,
        variants=len(written),
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
    for batch in in_batches(_rows(app, incident, notice, write), BATCH):
        with app.database.write() as connection:
            job.fence(connection)
            ledger.fill(connection, batch)
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
    """Whom another letter is for by now leaves this one. Who is no longer supported is held, and stays in it."""
    incident = change.incident
    assert incident.scope is not None
    key, revision, digest = incident.key, incident.scope.revision, incident.notices[notice].digest
    written = owed_by_any_id(key, revision)
    ledger.drop_moved(
        connection, key, notice, digest, written, "another letter is for them by now", change.now
    )
    if incident.held:
        hold(connection, key, revision, change.now)


def _rows(app: App, incident: Incident, notice: str, write: Writing) -> Iterator[dict[str, Any]]:
    """The ledger's row of each reader, as it stands before anything was sent."""
    key, digest, people_key = incident.key, incident.notices[notice].digest, app.people_key(incident.key)
    others = _told_by_others(app, incident, notice)
    further = further_kind(notice) is not None
    unread = came_back(app, incident, notice) if further else frozenset()
    catalog = app.catalog_of(incident)
    letter, organisation = letter_of(incident, catalog, notice), catalog.contacts.organisation
    needs = {readers: owed.email_needs for readers, owed in letter.readers.items()} if letter else {}
    day = app.now().astimezone(write.zone).date()
    for hidden, person in readers(app, incident, notice):
        wanted = needs.get(readers_of(person), {})
        if further:
            address, reason = person.email, _UNREAD if hidden in unread else None
        else:
            way = route(person, catalog.data_map.openers, day)
            address = way.address
            reason = others.get(hidden) or no_route(person, way, wanted, organisation)
        reader = write.reader(person)
        message_id = write.message_id(people_key, notice, digest, hidden)
        yield {
            "incident": key,
            "notice": notice,
            "digest": digest,
            "person": hidden,
            "variant": variant_digest(write.letters.variant_of(reader, person.locale or "en")),
            "readers": readers_of(person).key,
            "message_id": message_id,
            "state": "excluded" if reason else "pending",
            "reason": reason,
            "accounted_at": app.now() if hidden in others or hidden in unread else None,
            "held_at": None,
            "attempts": 0,
            "doubtful": False,
            "not_before": app.now(),
            "sealed": seal(people_key, _content(person, address, reader), ledger.sealed_for(key, message_id)),
        }


def _told_by_others(app: App, incident: Incident, notice: str) -> dict[str, str]:
    """Who had another letter of ours about this, or this one as another account of hers: nobody gets two."""
    if not is_letter(notice) or incident.scope is None:
        return {}
    found: dict[str, str] = {}
    with app.database.read() as connection:
        for other, state in incident.notices.items():
            if not is_letter(other):
                continue
            leaving = state.digest if other != notice and state.mark in _ON_ITS_WAY else None
            rows = ledger.written_to(connection, incident.key, other, incident.scope.revision, leaving)
            for had_as, person in rows:
                if other != notice:
                    found[person] = f"has the letter {other}"
                elif had_as != person:
                    found.setdefault(person, f"has the letter {other}, as another account of hers")
    return found


def _content(person: AffectedPerson, address: str | None, reader: Any) -> bytes:
    """What is sealed in a row. `address` is where the letter goes; without one, the first of hers stands there."""
    days = [day and day.isoformat() for day in (reader.first_seen, reader.last_seen)]
    content = [
        address or person.email,
        person.name,
        person.locale or "en",
        list(reader.kinds),
        reader.certainty,
        *days,
    ]
    content += [list(reader.added), [list(each) for each in reader.otherwise], list(reader.left_out)]
    return json.dumps(content, ensure_ascii=False).encode()
