"""The whole incident as one document: `tocsin show`, now or as it stood at a past hour.

Names, once here, stay. A past hour is the fold of what was written by then, so that it equals what was shown then.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from tocsin.actors import Actor, reads_words
from tocsin.app import App
from tocsin.domain.approving import approvals_needed, standing
from tocsin.domain.catalog import Catalog
from tocsin.domain.doubt import fate
from tocsin.domain.errors import Refused
from tocsin.domain.escalation import nobody_reached
from tocsin.domain.fold import as_of as written_by
from tocsin.domain.fold import fold
from tocsin.domain.grounds import doubts
from tocsin.domain.incident import Incident, NoticeState
from tocsin.domain.moments import iso
from tocsin.record import plan_or_none
from tocsin.storage import timeline
from tocsin.storage.tables import attempt, outbox
from tocsin.storage.texts import read_texts, shown
from tocsin.views.access import RESTRICTED, seen
from tocsin.views.duties import owed
from tocsin.views.steps import steps


def stood(app: App, actor: Actor, key: str, moment: datetime) -> Incident:
    """The incident as it was known at a past moment."""
    begun = seen(app, actor, key).opened_at
    with app.database.read() as connection:
        entries = written_by(timeline.entries(connection, key), moment)
    if not entries:
        raise Refused(f"{key} was declared after that moment; it begins at {iso(begun)}")
    return fold(entries)


def document(app: App, actor: Actor, incident: Incident, moment: datetime | None = None) -> dict[str, Any]:
    """The incident as plain values; `moment` is the hour as of which it stood, or None for now."""
    now = moment or app.now()
    texts = words_of(app, actor, incident)
    plan, law = plan_or_none(app, incident, now), owed(app, incident, now)
    facts = incident.facts
    return {
        "key": incident.key,
        "code_name": incident.code_name,
        "title": shown(incident.title, texts),
        "type": incident.type,
        "severity": incident.severity,
        "status": incident.status,
        "drill": incident.drill,
        "restricted": incident.restricted,
        "excluded": list(incident.excluded),
        "opened_at": incident.opened_at,
        "opened_by": incident.opened_by,
        "declared_at": incident.declared_at if incident.declared else None,
        "declared_by": incident.declared_by if incident.declared else None,
        "closed_at": incident.closed_at,
        "aware_at": facts.moment("aware_at"),
        "as_of": moment,
        "facts": _facts(incident, texts),
        "roles": dict(sorted(incident.roles.items())),
        "checklist": [_step(step) for step in steps(app, incident)],
        "duties": [_duty(duty, texts) for duty in law.duties],
        "undecided": [each.as_json() for each in law.undecided],
        "not_notified": [
            asdict(each) | {"because": shown(each.because, texts)} for each in incident.decisions.values()
        ],
        "doubts": [asdict(each) for each in doubts(incident, app.catalog_of(incident))],
        "dissents": [asdict(each) | {"because": shown(each.because, texts)} for each in incident.dissents],
        "notices": [
            _notice(state, incident, app.catalog_of(incident), texts) for state in incident.notices.values()
        ],
        "nobody_reached": nobody_reached(incident, app.catalog.contacts),
        "messages": _messages(app, incident.key, moment),
        "affected": _affected(incident, texts),
        "evidence": list(incident.evidence),
        "wake_at": plan.wake_at if plan else None,
        "waiting_for": plan.waiting_for if plan else "somebody to mend it: its plan fails",
        "room": {"name": incident.room.name, "channel": incident.room.channel} if incident.room else None,
        "head": {"seq": incident.head_seq, "hash": incident.head_hash},
    }


def words_of(app: App, actor: Actor, incident: Incident) -> Mapping[str, str]:
    """Commitment to text, for a person who may read what people wrote; for others every text says `(restricted)`."""
    with app.database.read() as connection:
        texts = read_texts(connection, incident.key, app.record_key(incident.key))
    return texts if reads_words(actor, incident) else dict.fromkeys(texts, RESTRICTED)


def _facts(incident: Incident, texts: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: {
            "value": shown(learned.value, texts),
            "source": shown(learned.source, texts),
            "learned_at": learned.at,
            "by": learned.by,
        }
        for name, learned in sorted(incident.learned.items())
    }


def _step(step: Any) -> dict[str, Any]:
    return {
        "id": step.id,
        "title": step.title,
        "phase": step.phase,
        "role": step.role,
        "gate": step.gate,
        "due_at": step.due_at,
        "state": step.state,
        "evidence": list(step.evidence),
        "waits_for": list(step.waits_for),
        "by": step.by,
        "at": step.at,
        "type": step.type,
    }


def _duty(duty: Any, texts: Mapping[str, str]) -> dict[str, Any]:
    return {
        "key": duty.key,
        "regime": duty.regime,
        "rule": duty.rule,
        "cite": duty.cite,
        "recipient": duty.recipient,
        "authority": duty.authority,
        "clock_from": duty.clock_from,
        "clock_start": duty.clock_start,
        "due_at": duty.due_at,
        "target_at": duty.target_at,
        "assumed": duty.assumed,
        "candidate": duty.candidate,
        "state": duty.state,
        "late": duty.late,
        "because": list(duty.because),
        "doubted": list(duty.doubted) if duty.doubted is not None else None,
        "met_at": duty.met_at,
        "reference": shown(duty.reference, texts),
        "late_because": shown(duty.late_because, texts),
        "papers": list(duty.papers),
        "supplements": [
            {"number": each.number, "at": each.at, "reference": shown(each.reference, texts)}
            for each in duty.supplements
        ],
    }


def _notice(
    state: NoticeState, incident: Incident, catalog: Catalog, texts: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "id": state.id,
        "state": standing(state, incident, catalog),
        "digest": state.digest,
        "approvals": [{"person": each.person, "at": each.at} for each in state.approvals],
        "approvals_needed": approvals_needed(incident, catalog, state.id),
        "released_alone": [
            asdict(each) | {"because": shown(each.because, texts), "lacking": each.lacking}
            for each in state.alone
        ],
        "edition": state.edition,
        "recipients": state.recipients,
        "variants": state.variants,
        "counts": dict(state.counts),
        "root": state.root,
        "told_at": state.told_at,
    }


def _affected(incident: Incident, texts: Mapping[str, str]) -> dict[str, Any]:
    scope = incident.scope
    if scope is None:
        return {
            "total": None,
            "by_place": {},
            "by_kind": {},
            "buckets": {},
            "gaps": [],
            "revision": 0,
            "grounds": [],
        }
    return {
        "total": scope.total,
        "by_place": scope.by_place,
        "by_kind": scope.by_kind,
        "buckets": scope.buckets,
        "gaps": [dict(gap) for gap in scope.gaps],
        "revision": scope.revision,
        "grounds": shown(scope.grounds, texts),
    }


def _messages(app: App, key: str, moment: datetime | None) -> dict[str, int]:
    """Messages to our own people by state, now or as they stood: the attempts tell how each had fared by then."""
    with app.database.read() as connection:
        if moment is None:
            query = select(outbox.c.state, func.count()).where(outbox.c.incident == key)
            return {row.state: row[1] for row in connection.execute(query.group_by(outbox.c.state))}
        rows = select(outbox.c.id, outbox.c.outcome, outbox.c.settled_at)
        known = list(connection.execute(rows.where(outbox.c.incident == key, outbox.c.created_at <= moment)))
        tries = select(attempt.c.row, attempt.c.outcome).where(
            attempt.c.door == "outbox", attempt.c.at <= moment
        )
        ours = tries.where(attempt.c.row.in_([row.id for row in known])).order_by(attempt.c.id)
        last = {row.row: row.outcome for row in connection.execute(ours)}
    counts: dict[str, int] = {}
    for row in known:
        outcome = last.get(row.id)
        state: str = fate(outcome).state if outcome else "pending"
        if row.outcome == "answered" and row.settled_at <= moment:
            state = "excluded"
        counts[state] = counts.get(state, 0) + 1
    return counts
