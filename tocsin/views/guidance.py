"""The next step as a calm colleague would put it: which one, why now, what to type, and what comes after."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.domain.facts import FACTS
from tocsin.domain.incident import Incident, StepState
from tocsin.views.opening import usual
from tocsin.views.steps import StepView, is_theirs, next_step, steps

#: How a phase is called in a sentence.
_PHASES = {
    "declare": "the declaration",
    "contain": "containment",
    "scope": "scoping",
    "assess": "the assessment",
    "notify": "notification",
    "eradicate": "eradication",
    "recover": "recovery",
    "review": "the review",
}
#: So many choices of a fact are worth naming in one line.
_FEW = 8


@dataclass(frozen=True)
class Ask:
    """A fact that decides whether the step applies: its question, and what one may answer."""

    fact: str
    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Guidance:
    """A step and its surroundings. `why` are reasons in order; `then` is what comes first once it is done."""

    step: StepView
    yours: bool
    holder: str | None
    why: tuple[str, ...]
    asks: tuple[Ask, ...]
    then: StepView | None


def guidance(app: App, incident: Incident, actor: Actor, passed: Collection[str] = ()) -> Guidance | None:
    """The next step for this person, their own before anybody else's; None when nothing can be done now.

    `passed` are ids of steps that they do not want to see now.
    """
    # Of a file that is closed, or was no incident, nothing is left to do.
    found = [step for step in steps(app, incident) if incident.open and step.id not in passed]
    first = next_step(found, incident, actor)
    if first is None:
        return None
    now = app.now()
    return Guidance(
        step=first,
        yours=is_theirs(first, incident, actor),
        holder=incident.roles.get(first.role),
        why=tuple(_reasons(first, found, now)),
        asks=tuple(_asks(app, incident, first)),
        then=_following(app, incident, actor, first, passed),
    )


def _following(
    app: App, incident: Incident, actor: Actor, done: StepView, passed: Collection[str]
) -> StepView | None:
    """What would come first if the step were done now: the same rules on the incident as it would then be."""
    ticked = StepState("done", actor.id, app.now(), incident.head_seq)
    after = replace(incident, steps={**incident.steps, done.id: ticked})
    return next_step([step for step in steps(app, after) if step.id not in passed], after, actor)


def _reasons(step: StepView, found: list[StepView], now: datetime) -> Iterator[str]:
    """Why this step, now: the most pressing reason first."""
    if step.due_at is not None and step.due_at <= now:
        yield "it is overdue"
    if step.keeps and step.due_at is not None:
        yield f"after that hour this is lost: {step.keeps}"
    waiting = [other.id for other in found if step.id in other.waits_for and other.phase != "review"]
    if waiting:
        yield f"{', '.join(waiting)} {'wait' if len(waiting) > 1 else 'waits'} for it"
    if step.gate:
        gates = sum(other.gate and other.pending and other.phase == step.phase for other in found)
        yield (
            f"one of {gates} gates before {_PHASES[step.phase]} ends"
            if gates > 1
            else f"the last gate of {_PHASES[step.phase]}"
        )
    if step.due_at is not None and now < step.due_at <= now + timedelta(hours=1):
        yield f"{max(int((step.due_at - now).total_seconds()) // 60, 1)} min are left"


def _asks(app: App, incident: Incident, step: StepView) -> Iterator[Ask]:
    fitting = usual(app, incident)
    for name in step.needs:
        question = FACTS.get(name)
        if question is None:
            continue
        likely = fitting.get(name)
        answers = likely if isinstance(likely, list) else [likely] if isinstance(likely, str) else []
        if question.type == "bool":
            answers = ["yes", "no"]
        elif not answers and len(question.choices) <= _FEW:
            answers = list(question.choices)
        yield Ask(name, question.question, tuple(answers))
