"""A clock that was set back: what counts from a moment ahead of it would stand still until it has caught up. Pure.

`fold` lets all of it count from the moment at which this was seen. The declaration and what people stated stand, and so
do the deadlines of laws and steps: it is for a person to say when it was.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tocsin.domain.contacts import Contacts
from tocsin.domain.escalation import ladders
from tocsin.domain.incident import Incident, Rhythm, Tenure

#: What began so much later than now began on a clock that was set back since.
SET_BACK = timedelta(minutes=1)


def set_back(incident: Incident, contacts: Contacts, now: datetime) -> timedelta | None:
    """By how much the clock was set back since something began that still counts; None where it was not."""
    ahead = max(_counted_from(incident, contacts), default=now) - now
    return ahead if ahead > SET_BACK else None


def _counted_from(incident: Incident, contacts: Contacts) -> Iterator[datetime]:
    """The moments from which ladders, waits of telephones, updates, shifts and rests of a sending are counted."""
    for notice in incident.notices.values():
        if notice.mark == "sending" and notice.resume_at is not None and notice.stopped_at is not None:
            yield notice.stopped_at
    for ladder in ladders(incident, contacts):
        ringing = incident.ringing(ladder.role)
        yield ringing.since
        yield from (page.at for page in incident.pages if page.role == ladder.role and page.seq > ringing.seq)
    if incident.status == "triage":
        return
    held: list[Rhythm | Tenure] = [incident.tenures[role] for role in incident.roles]
    for each in (incident.rhythm, *held):
        yield from (at for at in (each.since, each.asked_at) if at is not None)
