"""All due moments of an incident, as the calendar shows them."""

from datetime import datetime

from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.rendering.calendar.marks import Calendar, Mark, Shape
from tocsin.views.duties import DutyView, owed

#: Words of the vocabulary under which nothing is due any more, and nothing was.
_GONE = ("not-owed", "not-notified", "withdrawn")


def calendar(app: App, incident: Incident, now: datetime) -> Calendar:
    """Every duty that stands or was met, and what would be due of what cannot be told yet; the soonest first."""
    law = owed(app, incident, now)
    duties = [duty for duty in law.duties if duty.state not in _GONE]
    marks = [_mark(duty) for duty in duties if duty.soonest is not None]
    would_be: dict[datetime, dict[str, None]] = {}
    for each in law.undecided:
        if (at := each.soonest) is not None:
            would_be.setdefault(at, {})[each.name] = None
    marks += [Mark(tuple(names), at, "would-be", "cannot-tell") for at, names in would_be.items()]
    marks.sort(key=lambda mark: (mark.at, mark.shape == "would-be", mark.duties))
    undated = [duty.key for duty in duties if duty.soonest is None]
    undated += [f"{each.name} (cannot tell)" for each in law.undecided if each.soonest is None]
    return Calendar(
        incident.key,
        incident.code_name,
        incident.drill,
        now,
        app.zone,
        tuple(marks),
        tuple(dict.fromkeys(undated)),
    )


def _mark(duty: DutyView) -> Mark:
    at = duty.soonest
    assert at is not None
    return Mark(
        duties=(duty.key,),
        at=at,
        shape=_shape(duty),
        state=duty.state,
        target=duty.due_at is None,
        assumed=duty.assumed and duty.open,
        candidate=duty.candidate and duty.open,
        start=duty.clock_start,
        met_at=duty.met_at,
        cite=duty.cite,
    )


def _shape(duty: DutyView) -> Shape:
    if not duty.open:
        return "filed"
    if duty.late:
        return "late"
    return "candidate" if duty.candidate else "open"
