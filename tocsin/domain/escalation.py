"""Escalation: who is called now, and when the next person would be, until somebody answers for each role.

Each role has a ladder of its own and must answer for itself. What became due while everything was dead is weighed
against now, not replayed: only the rung on which the ladder stands at this moment calls.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.contacts import Contacts, Ladder, Person
from tocsin.domain.incident import Incident, Ringing
from tocsin.domain.ladder import Level, Rung, rung_at
from tocsin.domain.roads import Silenced, roads, wanted, ways


@dataclass(frozen=True)
class Call:
    """One person to be called for one role by these routes, and the entry from which the ladder counts."""

    cause: int
    role: str
    person: str
    level: int
    round: int
    repeat: int
    routes: tuple[str, ...]


@dataclass(frozen=True)
class NextCall:
    """Whom a role's ladder calls next, and when."""

    role: str
    at: datetime
    people: tuple[str, ...]


@dataclass(frozen=True)
class _Standing:
    """A ladder that calls at this moment: since which entry, on which rung, and whom by it."""

    ladder: Ladder
    ringing: Ringing
    rung: Rung
    level: Level
    people: tuple[Person, ...]

    def routes(self, person: Person, silenced: Silenced) -> dict[str, datetime]:
        """By which routes this person is called on this rung, and from when on each of them."""
        waits = {each.by: timedelta(minutes=each.after_minutes) for each in person.routes}
        own, now = wanted(person, silenced), timedelta(0)
        # A ladder that starts again is louder: by every route, and at once.
        if self.rung.round > 0:
            return dict.fromkeys(own, self.rung.since)
        named = [route for route in own if route in self.level.by] if self.level.by else []
        # Nobody is out of reach because the level names what this person has not.
        return {route: self.rung.since + waits.get(route, now) for route in named or own}


#: The role whose ladder calls for what waits in triage, and for nothing else.
TRIAGE = "triage"
#: A ladder that began so much later than now began on a clock that was set back since.
SET_BACK = timedelta(minutes=1)


def ladders(incident: Incident, contacts: Contacts) -> Iterable[Ladder]:
    """The ladders of roles for which nobody has answered. In triage that is its own alone."""
    waits = incident.status == "triage"
    for ladder in contacts.ladders:
        if (
            incident.severity in ladder.severities
            and ladder.role not in incident.answered
            and (ladder.role == TRIAGE) is waits
        ):
            yield ladder


def calls_due(incident: Incident, contacts: Contacts, now: datetime) -> list[Call]:
    """Everybody who is to be called now and has not been called so on this rung."""
    calls = []
    # What is quiet waits for an answer as well, but calls nobody by itself.
    for ladder in () if incident.waits_calmly and incident.quiet else ladders(incident, contacts):
        stands = _standing(ladder, incident, contacts, now)
        rung, ringing = stands.rung, stands.ringing
        made = {
            (page.person, page.round, page.level, page.repeat, route)
            for page in incident.pages
            # A call that somebody asked for stands in for no rung.
            if page.role == ladder.role and page.seq > ringing.seq and page.asked_by is None
            for route in page.routes
        }
        for person in stands.people:
            place = (person.id, rung.round, rung.level, rung.repeat)
            by = stands.routes(person, incident.silenced)
            if incident.waits_calmly:
                by = dict.fromkeys(ways(person, incident.silenced, loud=False), rung.since)
            # A clock that was set back calls all the same.
            moment = max(now, rung.since)
            fresh = tuple(route for route, at in by.items() if at <= moment and (*place, route) not in made)
            if fresh:
                calls.append(
                    Call(ringing.seq, ladder.role, person.id, rung.level, rung.round, rung.repeat, fresh)
                )
    return calls


def _standing(ladder: Ladder, incident: Incident, contacts: Contacts, now: datetime) -> _Standing:
    """A rung that would call nobody, its people being away or excluded, calls those of the next one at once.

    Above the last rung there is none: then the nearest below is called again. Who gave the role back is left out until
    the ladder starts again, unless nobody else is left. What waits in triage and is not urgent stays on the first rung,
    as it was when it came in.
    """
    ringing = incident.ringing(ladder.role)
    now = ringing.since if incident.waits_calmly else now
    rung = rung_at(ladder, ringing.since, now)
    # Whom nothing can reach is as far away as somebody who is away.
    here = {
        person.id: person
        for person in contacts.people
        if person.id not in incident.excluded and roads(person, incident.silenced)
    }
    tired = ringing.gave_back if rung.round == 0 else frozenset[str]()
    for out in (tired, frozenset[str]()):
        for level in (*ladder.levels[rung.level :], *reversed(ladder.levels[: rung.level])):
            people = tuple(here[who] for who in contacts.called(level, now) if who in here and who not in out)
            if people:
                return _Standing(ladder, ringing, rung, level, people)
    return _Standing(ladder, ringing, rung, ladder.levels[rung.level], ())


def next_calls(incident: Incident, contacts: Contacts, now: datetime) -> list[NextCall]:
    """For each role that has not answered: the first moment after now at which its ladder climbs, and to whom."""
    found = []
    for ladder in ladders(incident, contacts):
        if incident.waits_calmly:
            continue
        until = rung_at(ladder, incident.ringing(ladder.role).since, now).climbs_at
        people = _standing(ladder, incident, contacts, until).people
        found.append(NextCall(ladder.role, until, tuple(person.id for person in people)))
    return found


def next_call_at(incident: Incident, contacts: Contacts, now: datetime) -> datetime | None:
    """The first moment after now at which a ladder calls somebody, or None when every role has answered."""
    moments: list[datetime | None] = []
    for ladder in () if incident.waits_calmly else ladders(incident, contacts):
        stands = _standing(ladder, incident, contacts, now)
        moments += [stands.rung.climbs_at, stands.rung.again_at]
        for person in stands.people:
            later = stands.routes(person, incident.silenced).values()
            moments += [at for at in later if at > stands.rung.since]
    return min((at for at in moments if at is not None and at > now), default=None)


def set_back(incident: Incident, contacts: Contacts, now: datetime) -> timedelta | None:
    """By how much the clock was set back under a ladder that still calls: it would stand until the clock caught up."""
    begun = [incident.ringing(ladder.role).since for ladder in ladders(incident, contacts)]
    ahead = max(begun, default=now) - now
    return ahead if ahead > SET_BACK else None


def unanswered(incident: Incident, contacts: Contacts) -> list[str]:
    """The roles for which nobody has answered."""
    return [ladder.role for ladder in ladders(incident, contacts)]


def muted(
    contacts: Contacts, severity: str, excluded: Collection[str], silenced: Silenced, now: datetime
) -> list[str]:
    """The roles whose ladder at this severity could call nobody, were these routes silenced."""
    here = {p.id for p in contacts.people if p.id not in excluded and roads(p, silenced)}
    return [
        ladder.role
        for ladder in contacts.ladders
        if severity in ladder.severities
        and not any(who in here for level in ladder.levels for who in contacts.called(level, now))
    ]


def nobody_reached(incident: Incident, contacts: Contacts) -> bool:
    """Whether somebody should answer, nobody has, and no route has taken a call since the ladders began."""
    silent = unanswered(incident, contacts) if incident.open else []
    if not silent or set(incident.answered) - {TRIAGE}:
        return False
    since = min(incident.ringing(role).seq for role in silent)
    return not any(page.reached for page in incident.pages if page.seq > since)
