"""plan: the one function that says what to do next. Flows, the bell, the drill and the simulator all run it.

Pure: an incident, what the catalog knows, and now. Its moves performed, planning again yields none of them; and every
open dated duty that is not yet due has a wake before it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.approving import release_moves, release_wakes, waits_for_countersignature
from tocsin.domain.catalog import Catalog
from tocsin.domain.checklist import IncidentType, Phase, applicable, open_gates, step_due_at
from tocsin.domain.decisions import next_look
from tocsin.domain.escalation import calls_due, next_call_at, unanswered
from tocsin.domain.further import further_moves, further_wakes
from tocsin.domain.grounds import doubt_moves, doubts
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import Status
from tocsin.domain.letters import LetterPlan, letters_of
from tocsin.domain.moves import (
    CallPerson,
    CountAnew,
    EnterStatus,
    Move,
    PublishHead,
    RemindOfStep,
)
from tocsin.domain.newer import newer_moves
from tocsin.domain.notice import individuals_duties
from tocsin.domain.owing import (
    SIGNATURE_LEAD,
    assessment,
    deadline_moves,
    duty_moves,
    facts_of,
    look_again_moves,
    warnings,
)
from tocsin.domain.rhythm import update_moves, update_wake
from tocsin.domain.setback import set_back
from tocsin.domain.shifts import shift_moves, shift_wake
from tocsin.domain.telling import awaited, notice_moves, sending_moves
from tocsin.domain.unsupported import unsupported_moves, waits_for_judgement

__all__ = ["TO_ANSWER", "Plan", "assessment", "calls", "facts_of", "plan"]

#: The phases whose gates must be passed to leave a status, and the status that follows.
_COURSE: dict[Status, tuple[tuple[Phase, ...], Status]] = {
    "declared": (("declare",), "containment"),
    "containment": (("contain", "scope"), "eradication"),
    "eradication": (("eradicate",), "recovery"),
    "recovery": (("recover",), "stable"),
    "stable": (("assess", "notify"), "review"),
}
#: What all that waits in triage waits for.
_WHETHER = "triage: an incident or not"
#: How what waits for people who were called ends.
TO_ANSWER = "to answer"
#: The phases without whose steps no report is worth much: what they wait for is said before what is to be filed.
_BEFORE_PAPERS: tuple[Phase, ...] = ("declare", "contain", "scope")


@dataclass(frozen=True)
class Plan:
    """What is due now, the next moment at which anything can become due, and what the incident waits for."""

    moves: tuple[Move, ...]
    wake_at: datetime | None
    waiting_for: str


def plan(incident: Incident, catalog: Catalog, now: datetime, newer: Catalog | None = None) -> Plan:
    """The moves that are due, in the order in which they should be made. `now` is aware.

    `catalog` is what the incident is bound to; `newer`, what it would be bound to if a person accepted today's laws.
    A closed file waits for nothing, but the days to look again at a decision not to notify.
    """
    if not incident.open:
        last = (*_published(incident), *look_again_moves(incident, now))
        return Plan(last, next_look(incident.decisions, now), f"nothing: {incident.status}")
    moves: list[Move] = list(calls(incident, catalog, now))
    if incident.status == "triage":
        # No law is asked and no step is due before a person has said that it is an incident.
        return Plan(tuple(moves), next_call_at(incident, catalog.contacts, now), _WHETHER)
    type_ = catalog.type(incident.type)
    answers = _applicable(incident, catalog, type_)
    moves += duty_moves(incident, assessment(incident, catalog))
    moves += newer_moves(incident, catalog, newer)
    moves += deadline_moves(incident, catalog, now)
    moves += look_again_moves(incident, now)
    moves += doubt_moves(incident, catalog)
    moves += unsupported_moves(incident)
    moves += _step_moves(incident, type_, answers, now)
    moves += update_moves(incident, catalog.contacts, now)
    moves += shift_moves(incident, catalog.contacts, now)
    letters = letters_of(incident, catalog)
    moves += notice_moves(incident, catalog, letters)
    moves += sending_moves(incident, now)
    moves += further_moves(incident, now)
    moves += release_moves(incident, catalog, letters, now)
    # Statuses that are passed through at one moment are one milestone: the head of the last covers them all.
    moves += list(_status_moves(incident, type_, answers)) or _published(incident)
    return Plan(
        tuple(moves),
        min(_wakes(incident, catalog, type_, answers, letters, now), default=None),
        waiting_for(incident, catalog, type_, answers, letters),
    )


def calls(incident: Incident, catalog: Catalog, now: datetime) -> Iterable[Move]:
    """Whoever is to be called now. It needs no law, and so it can be asked before all else."""
    if (ahead := set_back(incident, catalog.contacts, now)) is not None:
        yield CountAnew(incident.clock_seq, int(ahead.total_seconds()))
        return
    for call in calls_due(incident, catalog.contacts, now):
        yield CallPerson(call.cause, call.role, call.person, call.level, call.round, call.repeat, call.routes)


def _applicable(incident: Incident, catalog: Catalog, type_: IncidentType) -> dict[str, bool | None]:
    organisation = catalog.contacts.organisation
    facts = facts_of(incident, catalog)
    return {step.id: applicable(step, facts, organisation).answer for step in type_.steps}


def _published(incident: Incident) -> Iterable[Move]:
    # The first page carries the head of the declaration already, and what was never an incident has no milestones.
    begun = incident.status_seq > max(incident.declared_seq, 1)
    if incident.declared and begun and incident.published < incident.status_seq:
        yield PublishHead(incident.status_seq, incident.status)


# --- steps and status


def _step_moves(
    incident: Incident, type_: IncidentType, answers: dict[str, bool | None], now: datetime
) -> Iterable[Move]:
    for step in type_.steps:
        due = step_due_at(step, incident.moments)
        since = incident.undone.get(step.id, 0)
        if (
            due is not None
            and due <= now
            and step.id not in incident.steps
            # One that perhaps applies is reminded of too: what is not known is no reason to be silent.
            and answers[step.id] is not False
            and incident.reminded.get(step.id, 0) <= since
        ):
            yield RemindOfStep(max(since, 1), step.id, step.role, step.phase)


def _status_moves(incident: Incident, type_: IncidentType, answers: dict[str, bool | None]) -> Iterable[Move]:
    course = _COURSE.get(incident.status)
    if course is None:
        return
    phases, following = course
    gates = [gate for phase in phases for gate in open_gates(type_.steps, phase, incident.steps, answers)]
    # The first status ends when somebody took command: containment does not wait for the paperwork of declaring.
    passed = "incident-commander" in incident.answered if incident.status == "declared" else not gates
    if passed:
        yield EnterStatus(incident.status_seq, following)


# --- when to look again, and what for


def _wakes(
    incident: Incident,
    catalog: Catalog,
    type_: IncidentType,
    answers: dict[str, bool | None],
    letters: tuple[LetterPlan, ...],
    now: datetime,
) -> Iterable[datetime]:
    candidates = [next_call_at(incident, catalog.contacts, now), next_look(incident.decisions, now)]
    candidates += [each(incident, catalog.contacts, now) for each in (update_wake, shift_wake)]
    candidates += [state.resume_at for state in incident.notices.values()]
    candidates += [*further_wakes(incident), *release_wakes(incident, catalog, letters, now)]
    for duty in incident.duties.values():
        if duty.mark == "open" and duty.soonest is not None:
            candidates += [at for _, at in warnings(duty)] + [duty.soonest - SIGNATURE_LEAD]
    for step in type_.steps:
        if step.id not in incident.steps and answers[step.id] is not False:
            candidates.append(step_due_at(step, incident.moments))
    return (at for at in candidates if at is not None and at > now)


def waiting_for(
    incident: Incident,
    catalog: Catalog,
    type_: IncidentType,
    answers: dict[str, bool | None],
    letters: tuple[LetterPlan, ...],
) -> str:
    """What the incident waits for, in words for a dashboard: the most pressing thing that a person must do."""
    silent = unanswered(incident, catalog.contacts)
    if silent:
        return f"{' and '.join(silent)} {TO_ANSWER}"
    return (
        _waits_for_decision(incident, catalog)
        or _waits_for_letter(incident, catalog, letters)
        or waits_for_judgement(incident)
        or _waits_for_gate(incident, type_, answers, _BEFORE_PAPERS)
        or _waits_for_filing(incident)
        or _waits_for_gate(incident, type_, answers, type_.phases)
        or waits_for_countersignature(incident)
        or "review and closing"
    )


def _waits_for_decision(incident: Incident, catalog: Catalog) -> str | None:
    doubted = doubts(incident, catalog)
    if not doubted:
        return None
    more = f" and {len(doubted) - 1} more" if len(doubted) > 1 else ""
    return f"a second look at a doubted decision: {doubted[0].of}{more}"


def _waits_for_filing(incident: Incident) -> str | None:
    filings = [d for d in incident.duties.values() if d.mark == "open"]
    if not filings:
        return None
    first = min(filings, key=lambda d: (d.soonest is None, d.soonest or incident.declared_at))
    return f"{first.opened.key} to be met" + (f" and {len(filings) - 1} more" if len(filings) > 1 else "")


def _waits_for_letter(incident: Incident, catalog: Catalog, letters: tuple[LetterPlan, ...]) -> str | None:
    if found := awaited(incident, catalog, letters):
        return found.what
    if not incident.notices and individuals_duties(incident) and incident.scope is None:
        return "scope of the affected people" if incident.status != "declared" else None
    return None


def _waits_for_gate(
    incident: Incident,
    type_: IncidentType,
    answers: dict[str, bool | None],
    phases: Iterable[Phase],
) -> str | None:
    for phase in phases:
        gates = open_gates(type_.steps, phase, incident.steps, answers)
        if gates:
            step = type_.step(gates[0])
            title = f" ({step.title['en']}, {step.role})" if step else ""
            return f"{phase}: step {gates[0]}{title}" + (
                f" and {len(gates) - 1} more" if len(gates) > 1 else ""
            )
    return None
