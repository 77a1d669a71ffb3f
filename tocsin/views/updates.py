"""A status update as the engine would write it: proposed to whoever commands, who knows better."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.delivery.told import untold
from tocsin.domain.brief import next_deadlines
from tocsin.domain.incident import Incident
from tocsin.views.access import seen
from tocsin.views.card import blocked
from tocsin.views.steps import in_order, steps

#: Characters of a proposal: what is cut is said.
_LONGEST = 240


@dataclass(frozen=True)
class Proposal:
    """The three parts of a CAN report, from what is recorded."""

    conditions: str
    actions: str
    needs: str


def proposed(app: App, actor: Actor, key: str) -> Proposal:
    """What the engine knows of conditions, actions and needs. Refused for who may not know of the incident."""
    incident, now = seen(app, actor, key), app.now()
    held = blocked(app, incident, now)
    return Proposal(
        conditions=_short(_conditions(app, incident)),
        actions=_short(_actions(app, incident)),
        needs=_short(held.what if held else "none"),
    )


def _conditions(app: App, incident: Incident) -> str:
    parts = [f"Status {incident.status}"]
    if (told := untold(app, incident)) is not None:
        parts.append(f"{told[1]:,} people affected, {told[1] - told[0]:,} told")
    clocks = [f"{_name(duty.opened.key)} by {_hour(app, duty.soonest)}" for duty in next_deadlines(incident)]
    if clocks:
        more = f" and {len(clocks) - 2} more" if len(clocks) > 2 else ""
        parts.append(f"next deadlines: {', '.join(clocks[:2])}{more}")
    return "; ".join(parts) + "."


def _actions(app: App, incident: Incident) -> str:
    """The steps that were done since the last update, and the next that can be."""
    found, since = steps(app, incident), incident.rhythm.told_at or incident.declared_at
    done = [step.title for step in found if step.state == "done" and step.at and step.at >= since]
    following = next(iter(in_order(found)), None)
    parts = [f"Done: {'; '.join(done)}"] if done else ["No step done since"]
    return ". ".join([*parts, f"Next: {following.title}"] if following else parts) + "."


def _name(duty: str) -> str:
    """`eu-gdpr/authority/de/controller` without what only a lawyer asks for."""
    return "/".join(duty.split("/")[:3])


def _hour(app: App, moment: datetime | None) -> str:
    return f"{moment.astimezone(app.zone):%a %d %b %H:%M}" if moment else "?"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
