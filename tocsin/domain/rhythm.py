"""The rhythm of status updates: when the next one is due, and when the commander is asked for it.

Pure. It is counted from the last update, or from the decision to skip one; another severity, and an incident opened
again, begin to count anew. What became due while everything was dead is weighed against now: one update is asked
for, and how many were missed is said.

Source: PagerDuty, Incident Response (response.pagerduty.com), "Internal Liaison": updates at fixed times.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.contacts import Contacts
from tocsin.domain.incident import Incident
from tocsin.domain.ladder import Level
from tocsin.domain.moves import AskUpdate


@dataclass(frozen=True)
class Update:
    """The next status update: when it is, or was, due; how many before it never came; when it is asked for next."""

    due_at: datetime
    missed: int
    asks_at: datetime


def next_update(incident: Incident, contacts: Contacts, now: datetime) -> Update | None:
    """The update that is due next; None where nobody waits for one. `now` is aware."""
    cadences = (each for each in contacts.updates if each.id == incident.severity)
    minutes = next((each.minutes(incident.status) for each in cadences), None)
    if minutes is None:
        return None
    rhythm, period = incident.rhythm, timedelta(minutes=minutes)
    since = rhythm.since
    gone = max((now - since) // period, 0)
    latest = since + gone * period
    asked = rhythm.asked_at is not None and rhythm.asked_at >= latest
    asks_at = latest if gone and not asked else latest + period
    return Update(since + period, max(gone - 1, 0), asks_at)


def update_moves(incident: Incident, contacts: Contacts, now: datetime) -> Iterable[AskUpdate]:
    """The question for the update that is due by now and was not asked for in this period."""
    update = next_update(incident, contacts, now)
    if update is not None and update.asks_at <= now:
        yield AskUpdate(max(incident.rhythm.seq, incident.rhythm.asked_seq), update.missed)


def update_wake(incident: Incident, contacts: Contacts, now: datetime) -> datetime | None:
    """When the next question can become due; None where none can."""
    update = next_update(incident, contacts, now)
    return update.asks_at if update else None


def readers(contacts: Contacts, at: datetime) -> tuple[str, ...]:
    """Ids of the stakeholders at a moment, each once: found as a level of a ladder finds whom it calls."""
    if not contacts.stakeholders:
        return ()
    return contacts.called(Level(after_minutes=0, call=contacts.stakeholders), at)
