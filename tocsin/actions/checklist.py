"""The checklist: steps done with evidence, skipped with a reason, and opened again."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tocsin.actions.asking import (
    FOUND,
    act,
    command_of,
    content_of,
    refuse_before,
    refuse_future,
    refuse_silence,
)
from tocsin.actors import Actor, known, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.answers import nearest
from tocsin.domain.checklist import Step, applicable, waits_for
from tocsin.domain.errors import NotYours, Refused
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import StepDone, StepSkipped, StepUndone
from tocsin.domain.plan import facts_of
from tocsin.domain.playbook import Item, playbook
from tocsin.evidence.vault import keep, put_file
from tocsin.record import Recorded


def done(
    app: App,
    actor: Actor,
    key: str,
    step: str,
    *,
    evidence: Sequence[Path] = (),
    note: str | None = None,
    at: datetime | None = None,
    command: str | None = None,
) -> Recorded:
    """Tick a step. Steps before it come first; evidence goes into the vault in the same breath."""
    # A stranger, or a step that nobody knows, puts nothing into the vault.
    known(actor, incident := app.incident(key))
    step_of(app, incident, step)
    sealed = [(put_file(app, key, content_of(path, "evidence")), path.name) for path in evidence]

    def decide(change: Change) -> None:
        refuse_future(at, change.now)
        refuse_before(at, change.incident, ("occurred_from", *FOUND))
        refuse_others_step(app, actor, change.incident, step)
        _ready(app, change.incident, step, with_evidence=bool(evidence))
        items = tuple(keep(change, each, name, by=actor.id, step=step) for each, name in sealed)
        change.add(StepDone(step=step, evidence=items, note=change.keep(note) if note else None), at=at)

    content = [step, [each.content for each, _ in sealed], note, at and str(at.timestamp())]
    return act(app, actor, key, decide, command=command_of(command, "done", content))


def _ready(app: App, incident: Incident, step: str, *, with_evidence: bool) -> None:
    """Refused for a step that is not there, not open, blocked by others, or wants the evidence that is missing."""
    wanted = open_step(app, incident, step)
    refuse_blocked(app, incident, wanted)
    if wanted.evidence_required and not with_evidence:
        raise Refused(
            f"step {step} needs evidence ({wanted.evidence}): tocsin done {incident.key} {step} --evidence FILE"
        )


def skip(
    app: App, actor: Actor, key: str, step: str, *, because: str, command: str | None = None
) -> Recorded:
    """Say that a step does not apply, and why. A gate is skipped by the commander or the role it belongs to."""

    def decide(change: Change) -> None:
        wanted = open_step(app, change.incident, step)
        if not _item_of(app, change.incident, step).asked:
            raise Refused(
                f"step {step} is no longer asked, since this is {change.incident.type} now; nothing waits for it"
            )
        if wanted.gate:
            need(actor, change.incident, "incident-commander", "deputy", wanted.role)
        refuse_silence(because, f"say why step {step} does not apply: --because '...'")
        change.add(StepSkipped(step=step, because=change.keep(because)))

    return act(app, actor, key, decide, command=command_of(command, "skip", [step, because]))


def undo(
    app: App, actor: Actor, key: str, step: str, *, because: str, command: str | None = None
) -> Recorded:
    """Open a step again that was ticked or skipped. Its evidence stays in the vault."""

    def decide(change: Change) -> None:
        step_of(app, change.incident, step)
        if step not in change.incident.steps:
            raise Refused(f"step {step} is open already; tocsin done {key} {step} ticks it")
        refuse_silence(because, f"say why step {step} is open again: --because '...'")
        change.add(StepUndone(step=step, because=change.keep(because)))

    return act(app, actor, key, decide, command=command_of(command, "undo", [step, because]))


def step_of(app: App, incident: Incident, wanted: str) -> Step:
    """The step with this id, of its type or an earlier one; Refused with the nearest right one when there is none."""
    return _item_of(app, incident, wanted).step


def _item_of(app: App, incident: Incident, wanted: str) -> Item:
    items = {item.step.id: item for item in playbook(incident, app.catalog_of(incident))}
    if wanted not in items:
        raise Refused(
            f"{incident.key} ({incident.type}) has no step {wanted!r}"
            f"{nearest(wanted, items, f'tocsin show {incident.key}')}"
        )
    return items[wanted]


def open_step(app: App, incident: Incident, wanted: str) -> Step:
    """The step with this id. Refused when there is none, or when it was ticked or skipped."""
    step = step_of(app, incident, wanted)
    state = incident.steps.get(wanted)
    if state is not None:
        raise Refused(
            f"step {wanted} was {state.mark} by {state.by}; "
            f"tocsin undo {incident.key} {wanted} --because '...' opens it again"
        )
    return step


def refuse_others_step(app: App, actor: Actor, incident: Incident, wanted: str) -> None:
    """A step is done by its role; whoever commands may do what nobody of that role is there for."""
    person, step = known(actor, incident), step_of(app, incident, wanted)
    if not any(actor.holds(incident, role) for role in (step.role, "incident-commander", "deputy")):
        raise NotYours(
            f"step {wanted} is for the {step.role}, and {person.id} is not; "
            f"ask them or the incident-commander, or keep what you did: tocsin note {incident.key} '...'"
        )


def refuse_blocked(app: App, incident: Incident, step: Step) -> None:
    """Refused for a step that waits for others."""
    if not _item_of(app, incident, step.id).asked:
        # Done all the same, though another type asks for other things now: it happened, and is kept.
        return
    catalog = app.catalog_of(incident)
    facts, organisation = facts_of(incident, catalog), catalog.contacts.organisation
    steps = catalog.type(incident.type).steps
    answers = {each.id: applicable(each, facts, organisation).answer for each in steps}
    first = waits_for(step, steps, incident.steps, answers)
    if first:
        raise Refused(f"step {step.id} waits for {', '.join(first)}; do or skip that first")
