"""The checklist of an incident: each step with its state, and which one is next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.domain.checklist import Step, applicable, step_due_at, waits_for
from tocsin.domain.incident import Incident, RunState
from tocsin.domain.law.criteria import Condition
from tocsin.domain.plan import facts_of
from tocsin.domain.playbook import Item, playbook
from tocsin.domain.records import in_language

Mark = Literal["open", "blocked", "done", "skipped", "not-applicable", "no-longer-asked"]


@dataclass(frozen=True)
class StepView:
    """A step as it stands. `wants` says in words what to keep as evidence; `needs` which facts decide if it applies.

    `type` is the incident type that it comes from: one that the incident had before, where it is no longer asked.
    `only_if` is the condition under which it applies, `keeps` what perishes, `command` the id of the company's command.
    """

    id: str
    title: str
    text: str
    warning: str | None
    phase: str
    role: str
    gate: bool
    due_at: datetime | None
    state: Mark
    waits_for: tuple[str, ...]
    needs: tuple[str, ...]
    wants: str | None
    wants_required: bool
    evidence: tuple[str, ...]
    by: str | None
    at: datetime | None
    source: str
    type: str
    only_if: Condition | None
    #: What is gone for good at `due_at`, where that is why it is due then.
    keeps: str | None
    command: str | None
    ran: RunState | None

    @property
    def pending(self) -> bool:
        """Whether somebody still has to do it or to skip it."""
        return self.state in ("open", "blocked")


def steps(app: App, incident: Incident, language: str = "en") -> list[StepView]:
    """Every step of the incident's type, in the order of work; then those that are left of types it had before.

    What waits in triage has none yet.
    """
    if incident.status == "triage":
        return []
    catalog = app.catalog_of(incident)
    items, facts = playbook(incident, catalog), facts_of(incident, catalog)
    asked = [item.step for item in items if item.asked]
    verdicts = {item.step.id: applicable(item.step, facts, catalog.contacts.organisation) for item in items}
    answers = {id_: verdict.answer for id_, verdict in verdicts.items()}

    def view(item: Item) -> StepView:
        step = item.step
        done = incident.steps.get(step.id)
        waits = waits_for(step, asked, incident.steps, answers) if item.asked else ()
        state: Mark = "blocked" if waits else "open"
        if done is not None:
            state = done.mark
        elif not item.asked:
            state = "no-longer-asked"
        elif answers[step.id] is False:
            state = "not-applicable"
        return StepView(
            id=step.id,
            title=in_language(step.title, language),
            text=in_language(step.text, language),
            warning=in_language(step.warning, language) if step.warning else None,
            phase=step.phase,
            role=step.role,
            gate=step.gate,
            due_at=step_due_at(step, incident.moments),
            state=state,
            waits_for=waits,
            needs=verdicts[step.id].needs,
            wants=step.evidence,
            wants_required=step.evidence_required,
            evidence=done.evidence if done else (),
            by=done.by if done else None,
            at=done.at if done else None,
            source=step.source,
            type=item.type,
            only_if=step.only_if,
            keeps=_perishing(step, incident),
            command=command.id if (command := app.catalog.contacts.command(step.id)) else None,
            ran=incident.runs.get(step.id),
        )

    return [view(item) for item in items]


def _perishing(step: Step, incident: Incident) -> str | None:
    """What is lost with the step's due moment, if something is."""
    if step.perishes is None or step.perishes.at(incident.moments) is None:
        return None
    due = step_due_at(step, incident.moments)
    return step.perishes.what if due == step.perishes.at(incident.moments) else None


@dataclass(frozen=True)
class Merged:
    """What another type made of the checklist, as ids: what stays done or skipped, what is new, what an earlier type
    had asked and is asked again, what is asked no longer.
    """

    kept: tuple[str, ...]
    new: tuple[str, ...]
    back: tuple[str, ...]
    left: tuple[str, ...]


def merged(app: App, before: Incident, after: Incident) -> Merged:
    """The checklist before and after the incident was set to another type."""
    was, found = {step.id: step.state for step in steps(app, before)}, steps(app, after)
    dropped = {id_ for id_, state in was.items() if state == "no-longer-asked"}
    return Merged(
        kept=tuple(step.id for step in found if step.state in ("done", "skipped")),
        new=tuple(step.id for step in found if step.id not in was),
        back=tuple(step.id for step in found if step.id in dropped and step.state != "no-longer-asked"),
        left=tuple(step.id for step in found if step.state == "no-longer-asked" and step.id not in dropped),
    )


def in_order(found: list[StepView]) -> list[StepView]:
    """What can be done now, the soonest due first; among those without a clock, gates first, then the order of work."""
    ready = [step for step in found if step.state == "open"]
    return sorted(
        ready, key=lambda step: (step.due_at is None, step.due_at and step.due_at.timestamp(), not step.gate)
    )


def next_step(found: list[StepView], incident: Incident, actor: Actor) -> StepView | None:
    """The step to do now: one of the person's own roles before anybody else's."""
    ready = in_order(found)
    own = (step for step in ready if is_theirs(step, incident, actor))
    return next(own, None) or next(iter(ready), None)


def is_theirs(step: StepView, incident: Incident, actor: Actor) -> bool:
    """Whether this person does the step: by holding its role, or by the company's list while nobody holds it."""
    holder = incident.roles.get(step.role)
    if holder is not None:
        return holder == actor.id
    return actor.person is not None and step.role in actor.person.roles
