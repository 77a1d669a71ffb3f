"""What somebody who comes in fresh must know of an incident: what is done, what is open, what runs out, who waits.

Pure: the matter of a hand-over brief, before anybody puts it into words.
"""

from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.catalog import Catalog
from tocsin.domain.checklist import Step, applicable, step_due_at, waits_for
from tocsin.domain.escalation import unanswered
from tocsin.domain.grounds import doubts
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.owing import facts_of
from tocsin.domain.rhythm import next_update

#: So many steps and deadlines are named: a brief fits a phone.
NAMED = 3


@dataclass(frozen=True)
class Standing:
    """An incident at a glance. `steps` and `deadlines` are the next three of each, the soonest due first."""

    done: int
    last_done: Step | None
    steps: tuple[Step, ...]
    deadlines: tuple[DutyState, ...]
    #: Roles that are called and have not answered.
    silent: tuple[str, ...]
    #: Letters that wait for somebody's yes.
    letters: tuple[str, ...]
    #: Decisions that the facts no longer carry, and that somebody was asked to take anew.
    doubted: tuple[str, ...]
    #: Whether a status update is due.
    update: bool


def standing(incident: Incident, catalog: Catalog, now: datetime) -> Standing:
    """How the incident stands at this moment; `now` is aware."""
    steps = catalog.type(incident.type).steps
    ticked = sorted(incident.steps.items(), key=lambda item: item[1].seq)
    last = next((step for step in steps if ticked and step.id == ticked[-1][0]), None)
    update = next_update(incident, catalog.contacts, now)
    return Standing(
        done=len(ticked),
        last_done=last,
        steps=tuple(open_steps(incident, catalog)[:NAMED]),
        deadlines=tuple(next_deadlines(incident)[:NAMED]),
        silent=tuple(unanswered(incident, catalog.contacts)),
        letters=tuple(each.id for each in incident.notices.values() if each.mark == "in-review"),
        doubted=tuple(each.of for each in doubts(incident, catalog)),
        update=update is not None and update.due_at <= now,
    )


def open_steps(incident: Incident, catalog: Catalog) -> list[Step]:
    """The steps that can be done now: the soonest due first, then gates, then the order of work. None in triage."""
    if incident.status == "triage":
        return []
    steps, facts = catalog.type(incident.type).steps, facts_of(incident, catalog)
    answers = {step.id: applicable(step, facts, catalog.contacts.organisation).answer for step in steps}
    ready = [
        step
        for step in steps
        if step.id not in incident.steps
        and answers[step.id] is not False
        and not waits_for(step, steps, incident.steps, answers)
    ]
    moments = incident.moments

    def order(step: Step) -> tuple[bool, float, bool]:
        due = step_due_at(step, moments)
        return due is None, due.timestamp() if due else 0.0, not step.gate

    return sorted(ready, key=order)


def next_deadlines(incident: Incident) -> list[DutyState]:
    """The open duties that have a clock, the soonest first."""
    dated = [duty for duty in incident.duties.values() if duty.mark == "open" and duty.soonest]
    return sorted(dated, key=lambda duty: duty.soonest.timestamp() if duty.soonest else 0.0)
