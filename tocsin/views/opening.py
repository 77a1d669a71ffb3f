"""How an incident stands right after it was declared: who was called, which clocks run, what is first."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.domain.duties import Undecided
from tocsin.domain.escalation import NextCall
from tocsin.views.calls import Called, called, climbs
from tocsin.views.duties import DutyView, owed
from tocsin.views.steps import StepView, next_step, steps


@dataclass(frozen=True)
class Opening:
    """`next_calls` says by role whom its ladder calls next; `first` is the step to begin with."""

    key: str
    code_name: str
    severity: str
    restricted: bool
    drill: bool
    declared_at: datetime
    calls: tuple[Called, ...]
    next_calls: dict[str, NextCall]
    clocks: tuple[DutyView, ...]
    undecided: tuple[Undecided, ...]
    first: StepView | None

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


def opening(app: App, actor: Actor, key: str) -> Opening:
    """The incident as it stands now, in the shape that a declarer wants to see."""
    incident, now = app.incident(key), app.now()
    law = owed(app, incident, now)
    return Opening(
        key=incident.key,
        code_name=incident.code_name,
        severity=incident.severity,
        restricted=incident.restricted,
        drill=incident.drill,
        declared_at=incident.declared_at,
        calls=tuple(called(incident)),
        next_calls=climbs(app, incident, now),
        clocks=law.duties,
        undecided=law.undecided,
        first=next_step(steps(app, incident), incident, actor),
    )
