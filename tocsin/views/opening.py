"""How an incident stands right after it was declared: who was called, which clocks run, what is first and usual."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.domain.asking import NextQuestion
from tocsin.domain.escalation import TRIAGE, NextCall
from tocsin.domain.incident import Incident
from tocsin.domain.law.duties import Undecided
from tocsin.views.calls import Called, called, climbs
from tocsin.views.duties import DutyView, owed
from tocsin.views.room import RoomView, room_of
from tocsin.views.steps import StepView, next_step, steps


@dataclass(frozen=True)
class Opening:
    """`next_calls` says by role whom its ladder calls next; `first` is the step to begin with.

    `at_risk` names the kinds of data that an incident of this type usually opens, `usual` the answers that usually fit.
    """

    key: str
    code_name: str
    severity: str
    status: str
    restricted: bool
    drill: bool
    declared_at: datetime
    calls: tuple[Called, ...]
    next_calls: dict[str, NextCall]
    clocks: tuple[DutyView, ...]
    undecided: tuple[Undecided, ...]
    questions: tuple[NextQuestion, ...]
    at_risk: tuple[str, ...]
    usual: dict[str, Any]
    first: StepView | None
    room: RoomView

    @property
    def unreached(self) -> tuple[str, ...]:
        """People whom no route took a call to."""
        return tuple(sorted({call.person for call in self.calls if not call.reached}))

    @property
    def uncalled(self) -> tuple[str, ...]:
        """Roles for which nobody could be called: all whom their ladders name are excluded, or not real."""
        return tuple(role for role in self.next_calls if role not in {call.role for call in self.calls})

    @property
    def somebody(self) -> bool:
        """Whether anybody at all was reached."""
        return any(call.reached for call in self.calls)


def usual(app: App, incident: Incident) -> dict[str, Any]:
    """Values of facts that usually fit the type and that nobody has stated: a person says whether they do."""
    type_ = app.catalog_of(incident).type(incident.type)
    return {name: value for name, value in type_.default_facts.items() if not incident.facts.known(name)}


def opening(app: App, actor: Actor, key: str) -> Opening:
    """The incident as it stands now, in the shape that a declarer wants to see."""
    incident, now = app.incident(key), app.now()
    waits = incident.status == "triage"
    law = owed(app, incident, now)
    return Opening(
        key=incident.key,
        code_name=incident.code_name,
        severity=incident.severity,
        status=incident.status,
        restricted=incident.restricted,
        drill=incident.drill,
        declared_at=incident.declared_at,
        # Whoever looked at it in triage was called for that alone.
        calls=tuple(call for call in called(incident) if (call.role == TRIAGE) is waits),
        next_calls=climbs(app, incident, now),
        clocks=law.duties,
        undecided=law.undecided,
        questions=law.questions,
        at_risk=() if waits else app.catalog_of(incident).type(incident.type).data_at_risk,
        usual={} if waits else usual(app, incident),
        first=next_step(steps(app, incident), incident, actor),
        room=room_of(app, incident),
    )
