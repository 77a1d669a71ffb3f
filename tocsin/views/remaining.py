"""What is left of an incident once no step can be done: what it waits for, the open duties, the end of the file."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.views.card import blocked
from tocsin.views.duties import DutyView, owed


@dataclass(frozen=True)
class Remaining:
    """One thing that is left, until when, and the whole command that moves it on. `owed` is a duty."""

    what: str
    command: str
    owed: bool = False
    due_at: datetime | None = None


def remaining(app: App, incident: Incident, now: datetime) -> tuple[Remaining, ...]:
    """What is left, in the order in which one would do it; closing the file once nothing else is. Empty if closed."""
    if not incident.open:
        return ()
    found = []
    if (held := blocked(app, incident, now)) is not None:
        found.append(Remaining(held.what, held.command))
    law, key = owed(app, incident, now), incident.key
    duties = [duty for duty in law.duties if duty.open]
    found += [
        Remaining(duty.key, _way(app, incident, duty), owed=True, due_at=duty.soonest) for duty in duties
    ]
    if not found and law.questions:
        # A file is not closed in silence over what nobody can tell yet.
        found.append(Remaining("what cannot be told yet", f"tocsin duties {key}"))
    return tuple(found) or (Remaining("nothing but the end of the file", f"tocsin close {key}"),)


def _way(app: App, incident: Incident, duty: DutyView) -> str:
    """The command by which a duty is met: its form where there is one, the letter, or what was filed elsewhere."""
    from tocsin.engine.papers import has_form

    key = incident.key
    if duty.candidate:
        return f"tocsin duties {key} --confirm {duty.key} --because ..."
    if duty.recipient == "individuals":
        return f"tocsin letters {key}"
    if has_form(app, incident, duty.key):
        return f"tocsin report {key} {duty.key} --out FILE.pdf"
    return f"tocsin filed {key} {duty.key} --reference NO"
