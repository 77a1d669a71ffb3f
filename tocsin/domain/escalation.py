"""Escalation: who is called now, and when the next person would be, until somebody answers for each role.

Each role has a ladder of its own and must answer for itself. What became due while everything was dead is weighed
against now, not replayed: only the rung on which the ladder stands at this moment calls, and whatever a person's own
entry lets wait since an earlier call. Long, since whom a ladder calls now and when it calls next are one thing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.contacts import Contacts, Ladder, Person
from tocsin.domain.incident import Incident, Page, Ringing
from tocsin.domain.ladder import Level, Rung, rung_at
from tocsin.domain.roads import Silenced, roads, wanted, ways
from tocsin.domain.turns import edges


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
    """A ladder that calls at this moment: since which entry, on which rung, whom by it, and its calls until now."""

    ladder: Ladder
    ringing: Ringing
    rung: Rung
    level: Level
    people: tuple[Person, ...]
    #: All who could be called, by id.
    here: Mapping[str, Person]
    made: tuple[Page, ...]

    def first_called(self, who: str) -> datetime | None:
        """When this ladder first called somebody since it began; None where it has not."""
        return next((page.at for page in self.made if page.person == who), None)


@dataclass(frozen=True)
class _Pending:
    """A person and the routes by which a rung still calls them, from when on each."""

    person: str
    level: int
    round: int
    repeat: int
    routes: Mapping[str, datetime]


#: The role whose ladder calls for what waits in triage, and for nothing else.
TRIAGE = "triage"


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
    """Everybody who is to be called now and has not been called so: on this rung, or by what waited since a lower."""
    calls = []
    # What is quiet waits for an answer as well, but calls nobody by itself.
    for ladder in () if incident.waits_calmly and incident.quiet else ladders(incident, contacts):
        stands = _standing(ladder, incident, contacts, now)
        cause, role = stands.ringing.seq, ladder.role
        # A clock that was set back calls all the same.
        moment = max(now, stands.rung.since)
        for each in _pending(stands, incident):
            due = tuple(route for route, at in each.routes.items() if at <= moment)
            if due:
                calls.append(Call(cause, role, each.person, each.level, each.round, each.repeat, due))
    return calls


def _standing(ladder: Ladder, incident: Incident, contacts: Contacts, now: datetime) -> _Standing:
    """Where a ladder stands, and whom it calls there.

    Who gave the role back is left out until the ladder starts again, unless nobody else is left. What waits in triage
    and is not urgent stays on the first rung, as it was when it came in.
    """
    ringing = incident.ringing(ladder.role)
    at = ringing.since if incident.waits_calmly else now
    rung = rung_at(ladder, ringing.since, at)
    # Whom nothing can reach is as far away as somebody who is away.
    here = {
        person.id: person
        for person in contacts.people
        if person.id not in incident.excluded and roads(person, incident.silenced)
    }
    fresh = here.keys() - ringing.gave_back if rung.round == 0 else here.keys()
    found = _nearest(ladder, rung, contacts, fresh, at) or _nearest(ladder, rung, contacts, here, at)
    level, people = found or (ladder.levels[rung.level], ())
    # A call that somebody asked for stands in for no rung.
    made = (p for p in incident.pages if p.role == ladder.role and p.seq > ringing.seq and p.asked_by is None)
    return _Standing(ladder, ringing, rung, level, tuple(here[who] for who in people), here, tuple(made))


def _nearest(
    ladder: Ladder, rung: Rung, contacts: Contacts, able: Collection[str], at: datetime
) -> tuple[Level, tuple[str, ...]] | None:
    """The level that calls somebody who is able to come, and whom: this rung's, else the next one's at once.

    Above the last rung there is none: then the nearest below is called again.
    """
    for level in (*ladder.levels[rung.level :], *reversed(ladder.levels[: rung.level])):
        people = tuple(who for who in contacts.called(level, at) if who in able)
        if people:
            return level, people
    return None


def _pending(stands: _Standing, incident: Incident) -> Iterator[_Pending]:
    """Whom this rung still has to call, and what still waits of the calls of lower rungs."""
    yield from _on_the_rung(stands, incident)
    if not incident.waits_calmly:
        yield from _of_lower_rungs(stands, incident)


def _on_the_rung(stands: _Standing, incident: Incident) -> Iterator[_Pending]:
    rung, silenced = stands.rung, incident.silenced
    place = (rung.level, rung.round, rung.repeat)
    made = [page for page in stands.made if (page.level, page.round, page.repeat) == place]
    for person in stands.people:
        if incident.waits_calmly:
            by = dict.fromkeys(ways(person, silenced, loud=False), rung.since)
        elif rung.round > 0:
            # A ladder that starts again is louder: by every route, and at once.
            by = dict.fromkeys(wanted(person, silenced), rung.since)
        else:
            since = stands.first_called(person.id) or rung.since
            waits = _waits(person, stands.level, silenced)
            by = {route: max(since + wait, rung.since) for route, wait in waits.items()}
        used = {route for page in made if page.person == person.id for route in page.routes}
        yield _Pending(person.id, *place, {route: at for route, at in by.items() if route not in used})


def _of_lower_rungs(stands: _Standing, incident: Incident) -> Iterator[_Pending]:
    """A ladder climbs past nobody's telephone: what waits counts from the first call, until somebody answers."""
    levels, silenced = stands.ladder.levels, incident.silenced
    for who in dict.fromkeys(page.person for page in stands.made):
        person, own = stands.here.get(who), [page for page in stands.made if page.person == who]
        if person is None:
            continue
        used = {route for page in own for route in page.routes}
        if person in stands.people:
            # The present rung calls for itself: a louder one by every route.
            loud = wanted(person, silenced) if stands.rung.round else _waits(person, stands.level, silenced)
            used.update(loud)
        waits: dict[str, timedelta] = {}
        for page in own:
            # The ladder may have become shorter since.
            waits |= _waits(person, levels[min(page.level, len(levels) - 1)], silenced)
        by = {route: own[0].at + wait for route, wait in waits.items() if wait and route not in used}
        yield _Pending(who, own[-1].level, own[-1].round, own[-1].repeat, by)


def _waits(person: Person, level: Level, silenced: Silenced) -> dict[str, timedelta]:
    """By which routes a level calls this person, and how long after the first call each of them begins."""
    own = wanted(person, silenced)
    named = [route for route in own if route in level.by] if level.by else []
    waits = {each.by: timedelta(minutes=each.after_minutes) for each in person.routes}
    # Nobody is out of reach because the level names what this person has not.
    return {route: waits.get(route, timedelta(0)) for route in named or own}


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
        for each in _pending(stands, incident):
            moments += [at for at in each.routes.values() if at > stands.rung.since]
        # Who comes on call while it rings is called at once.
        for rotation in {target.rotation for level in ladder.levels for target in level.call}:
            if rotation is not None:
                moments += edges(contacts.rotation(rotation), now, stands.rung.climbs_at, contacts.absences)
    return min((at for at in moments if at is not None and at > now), default=None)


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
