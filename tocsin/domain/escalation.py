"""Escalation: who is called now, and when the next person would be, until somebody answers for each role.

Each role has a ladder of its own and must answer for itself. What became due while everything was dead is weighed
against now, not replayed: only the rung on which the ladder stands at this moment calls.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.contacts import Contacts, Ladder
from tocsin.domain.incident import Incident


@dataclass(frozen=True)
class Call:
    """One person to be called for one role; from the second round on by all routes at once."""

    role: str
    person: str
    level: int
    round: int


@dataclass(frozen=True)
class NextCall:
    """Whom a role's ladder calls next, and when."""

    role: str
    at: datetime
    people: tuple[str, ...]


@dataclass(frozen=True)
class Rung:
    """Where a ladder stands, and when it moves on."""

    round: int
    level: int
    until: datetime


def rung_at(ladder: Ladder, start: datetime, now: datetime) -> Rung:
    """The rung of a ladder that began at `start`; a clock that stands before the start is on the first rung."""
    again = timedelta(minutes=ladder.again_after_minutes)
    elapsed = max(now - start, timedelta(0))
    round_ = elapsed // again
    inside = elapsed - round_ * again
    waits = [timedelta(minutes=level.after_minutes) for level in ladder.levels]
    level = sum(wait <= inside for wait in waits) - 1
    leaves = waits[level + 1] if level + 1 < len(waits) else again
    return Rung(round_, level, start + round_ * again + leaves)


def ladders(incident: Incident, contacts: Contacts) -> Iterable[Ladder]:
    """The ladders that still call: those of roles for which nobody has answered."""
    for ladder in contacts.ladders:
        if incident.severity in ladder.severities and ladder.role not in incident.answered:
            yield ladder


def calls_due(incident: Incident, contacts: Contacts, now: datetime) -> list[Call]:
    """Everybody who is to be called now and has not been called on this rung."""
    made = {
        (page.role, page.person, page.round, page.level)
        for page in incident.pages
        # A call that somebody asked for stands in for no rung.
        if page.seq > incident.called_seq and page.asked_by is None
    }
    calls = []
    for ladder in ladders(incident, contacts):
        rung = rung_at(ladder, incident.called_from, now)
        calls += [
            Call(ladder.role, person, rung.level, rung.round)
            for person in _reachable(ladder, rung.level, incident, contacts, now)
            if (ladder.role, person, rung.round, rung.level) not in made
        ]
    return calls


def _reachable(
    ladder: Ladder, level: int, incident: Incident, contacts: Contacts, now: datetime
) -> list[str]:
    """Whom a rung calls. Where it would call nobody, its person being excluded, the next rung is called at once."""
    known = {person.id for person in contacts.people} - set(incident.excluded)
    called = ([p for p in contacts.called(rung, now) if p in known] for rung in ladder.levels[level:])
    return next((people for people in called if people), [])


def next_calls(incident: Incident, contacts: Contacts, now: datetime) -> list[NextCall]:
    """For each role that has not answered: the first moment after now at which its ladder climbs, and to whom."""
    found = []
    for ladder in ladders(incident, contacts):
        until = rung_at(ladder, incident.called_from, now).until
        level = rung_at(ladder, incident.called_from, until).level
        people = _reachable(ladder, level, incident, contacts, until)
        found.append(NextCall(ladder.role, until, tuple(people)))
    return found


def next_call_at(incident: Incident, contacts: Contacts, now: datetime) -> datetime | None:
    """The first moment after now at which a ladder climbs, or None when every role has answered."""
    return min((call.at for call in next_calls(incident, contacts, now)), default=None)


def unanswered(incident: Incident, contacts: Contacts) -> list[str]:
    """The roles that are being called and have not answered."""
    return [ladder.role for ladder in ladders(incident, contacts)]
