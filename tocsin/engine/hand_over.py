"""Hand-over: whoever takes a role gets one brief, and whoever leaves it the same; nobody starts from nothing."""

from collections.abc import Mapping
from datetime import timedelta

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.brief import Standing, standing
from tocsin.domain.checklist import Step
from tocsin.domain.escalation import TRIAGE
from tocsin.domain.incident import DutyState
from tocsin.domain.kinds import HandOverAsked
from tocsin.domain.moves import AskHandOver
from tocsin.domain.offers import Offer
from tocsin.engine.messages import tell
from tocsin.rendering.message import Line, line


def ask_hand_over(app: App, change: Change, move: AskHandOver) -> None:
    """A shift is over: ask who is on call now to take the role, and its holder to hand it. It stays where it is."""
    incident, role = change.incident, move.role
    body = HandOverAsked(role=role, holder=move.holder, to=move.to)
    seq = change.add(body, at=change.now, cause=move.cause, key=move.key)
    first = line("shift_over", role=role, holder=move.holder, to=move.to)
    brief = [first, *_lines(app, change, incident.roles)]
    asked = {
        move.to: (f"tocsin take {incident.key} {role}", [Offer("take", incident.key, role, move.holder)]),
        move.holder: (f"tocsin hand {incident.key} {role} {move.to}", []),
    }
    for who, (action, offers) in asked.items():
        tell(
            app,
            change,
            "hand-over",
            [who],
            brief,
            subject=move.key,
            lane="warning",
            cause=seq,
            action=action,
            offers=offers,
        )


def brief_both(app: App, change: Change, role: str, before: str, to: str, seq: int) -> None:
    """A role changed hands by entry `seq`: one brief to whoever has it now, and to whoever had it."""
    lines = [
        line("handed", role=role, holder=before, to=to),
        *_lines(app, change, {**change.incident.roles, role: to}),
    ]
    action = f"tocsin next {change.incident.key}"
    subject = f"hand-over/{role}/{seq}"
    tell(app, change, "hand-over", [to], lines, subject=subject, lane="warning", cause=seq, action=action)
    tell(app, change, "hand-over", [before], lines, subject=subject, lane="warning", cause=seq)


def _lines(app: App, change: Change, roles: Mapping[str, str]) -> list[Line]:
    """What happened, what is done, what is open, what runs out, who holds what, who waits: each one line."""
    incident = change.incident
    catalog = app.catalog_of(incident)
    found = standing(incident, catalog, change.now)
    happened = line(
        "happened",
        type=catalog.type(incident.type).title,
        status=incident.status,
        since=change.now - (incident.status_at or incident.declared_at),
    )
    lines = [happened]
    if found.steps:
        lines.append(line("open", steps=tuple(_step(step) for step in found.steps)))
    if found.deadlines:
        lines.append(line("deadlines", duties=tuple(_deadline(duty, change) for duty in found.deadlines)))
    if asked := _asked(found):
        lines.append(line("asked", asked=asked))
    kept = {role: who for role, who in roles.items() if role != TRIAGE or incident.status == "triage"}
    holders = tuple(line("holder", role=role, who=who) for role, who in kept.items())
    return [*lines, line("holders", holders=holders), _done(found)]


def _done(found: Standing) -> Line:
    if found.last_done is None:
        return line("steps_done", count=found.done)
    return line("steps_done_last", count=found.done, last=(_step(found.last_done),))


def _step(step: Step) -> Line:
    return line("step", step=step.id, title=step.title)


def _deadline(duty: DutyState, change: Change) -> Line:
    left = duty.soonest - change.now if duty.soonest else timedelta(0)
    # As short as it can be told apart: a law's rule, and for an authority its place.
    key = "/".join(duty.opened.key.split("/")[: 3 if duty.opened.recipient == "authority" else 2])
    return line("deadline" if left > timedelta(0) else "deadline_over", key=key, left=left)


def _asked(found: Standing) -> tuple[Line, ...]:
    """Everything that somebody was asked for and has not given."""
    asked = [line("asked_answer", role=role) for role in found.silent]
    asked += [line("asked_letter", notice=notice) for notice in found.letters]
    asked += [line("asked_decision", of=of) for of in found.doubted]
    return (*asked, *([line("asked_update")] if found.update else []))
