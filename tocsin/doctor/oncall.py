"""On call: is somebody called at every hour of the next weeks, and does the rota say what its writer meant?"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import combinations
from pathlib import Path

from tocsin.app import App
from tocsin.doctor.finding import Finding
from tocsin.doctor.gaps import AHEAD, Gap, LevelGap, away, level_gaps, rotation_gaps, rotations_of
from tocsin.doctor.people import place
from tocsin.domain.contacts import Person, Rotation
from tocsin.domain.errors import Refused
from tocsin.domain.rota import Period
from tocsin.domain.turns import call_at

#: So many stretches are said one by one; of more, their number.
_SAID = 3


def ladders(app: App, config: Path | None) -> Iterator[Finding]:
    """Each level of each ladder calls somebody who can be reached, for the next weeks."""
    try:
        contacts, now = app.catalog.contacts, app.now()
    except Refused as error:
        yield Finding("FAIL", "on-call", str(error))
        return
    reachable = {person.id for person in contacts.people if _has_route(app, person)}
    if not reachable:
        why = "nobody has a route that is configured" if contacts.people else "all of them are samples"
        where = place(app, "people.yaml", "people")
        yield Finding("FAIL", "on-call", f"no level calls anybody: {why}", where)
        return
    empty = list(level_gaps(contacts, reachable, now))
    yield from _empty_levels(app, empty)
    yield from _open_rotations(app, empty, reachable)
    yield from _levels_on_holiday(app)
    for rotation in contacts.rotations:
        yield from _overrides(app, rotation)
    if not empty:
        levels = sum(len(ladder.levels) for ladder in contacts.ladders)
        words = f"{levels} levels of {len(contacts.ladders)} ladders, {AHEAD.days} days ahead"
        yield Finding("ok", "on-call", words)


def _empty_levels(app: App, empty: Iterable[LevelGap]) -> Iterator[Finding]:
    """One finding for each level and cause, with the line that would end it."""
    found: dict[tuple[str, str], list[Gap]] = {}
    for gap in empty:
        why, where = _cause(app, gap, gap.rotations)
        if not where:
            why = "nobody real has that role"
            where = place(app, "escalation.yaml", "ladders", gap.ladder.id, "levels", gap.level)
        words = f"level {gap.level + 1} of {gap.ladder.id} is empty ({why})"
        found.setdefault((words, where), []).append(gap)
    for (words, where), several in found.items():
        yield Finding("FAIL", "on-call", f"{_when(app, several)}: {words}", where)


def _open_rotations(app: App, empty: Sequence[LevelGap], reachable: Collection[str]) -> Iterator[Finding]:
    """What a rotation leaves open while others of its level are called: less than a failure, and no plan either."""
    contacts = app.catalog.contacts
    asked = {each for ladder in contacts.ladders for level in ladder.levels for each in rotations_of(level)}
    for rotation in contacts.rotations:
        # A rotation of made-up people alone stands in the shipped file, and is not there in production.
        if set(rotation.people).isdisjoint(reachable):
            continue
        if rotation.id not in asked:
            where = place(app, "oncall.yaml", "rotations", rotation.id)
            yield Finding("warn", "on-call", f"no level calls the rotation {rotation.id}", where)
        known = [gap for gap in empty if rotation.id in gap.rotations]
        found: dict[tuple[str, str], list[Gap]] = {}
        for gap in rotation_gaps(contacts, rotation, reachable, app.now()):
            if not any(each.start <= gap.start and gap.end <= each.end for each in known):
                found.setdefault(_cause(app, gap, (rotation.id,)), []).append(gap)
        for (why, where), several in found.items():
            words = f"{_when(app, several)}: rotation {rotation.id} calls nobody ({why})"
            yield Finding("warn", "on-call", words, where)


def _levels_on_holiday(app: App) -> Iterator[Finding]:
    """Only turns are passed on: whom a level names by id or role is called on holiday too."""
    # The shipped file has no absences, so that the number of one is its place in the company's own.
    contacts = app.catalog.contacts
    for gap in away(contacts, app.now()):
        number = next(
            n
            for n, each in enumerate(contacts.absences)
            if each.covers(gap.start) and each.person in gap.named
        )
        who = f"{', '.join(gap.named)}, who {'is' if len(gap.named) == 1 else 'are'} absent"
        words = f"{_when(app, [gap])}: level {gap.level + 1} of {gap.ladder.id} calls only {who}"
        yield Finding("warn", "on-call", words, place(app, "oncall.yaml", "absences", number))


def _overrides(app: App, rotation: Rotation) -> Iterator[Finding]:
    """Overrides of the next weeks that name somebody absent, or contradict each other."""
    now = app.now()
    soon = Period(start=now, end=now + AHEAD)
    ahead = [(number, each) for number, each in enumerate(rotation.overrides) if each.overlaps(soon)]
    for number, override in ahead:
        for absence in app.catalog.contacts.absences:
            if absence.person == override.person and absence.overlaps(override):
                words = f"an override of {rotation.id} calls {override.person}, who is absent then"
                yield _doubt(app, rotation, number, override.shared(absence), words)
    for (_, one), (number, other) in combinations(ahead, 2):
        if one.person != other.person and one.overlaps(other):
            words = f"of two overrides of {rotation.id} the later line wins: {other.person}, not {one.person}"
            yield _doubt(app, rotation, number, one.shared(other), words)


def _doubt(app: App, rotation: Rotation, override: int, when: Period, words: str) -> Finding:
    where = place(app, "oncall.yaml", "rotations", rotation.id, "overrides", override)
    return Finding("warn", "on-call", f"{_span(app, when)}: {words}", where)


def _cause(app: App, gap: Gap, rotations: Iterable[str]) -> tuple[str, str]:
    """Why nobody is reached, and the line to change; nothing where nobody is named and no rotation asked."""
    absences = app.catalog.contacts.absences
    if gap.named:
        why = f"{', '.join(gap.named)}: a sample, or without a route"
        return why, place(app, "people.yaml", "people", gap.named[0])
    for which in rotations:
        missing = call_at(app.catalog.contacts.rotation(which), gap.start, absences).instead_of
        if missing is None:
            return f"{which} leaves these hours open", place(app, "oncall.yaml", "rotations", which)
        number = next(
            n for n, each in enumerate(absences) if each.person == missing and each.covers(gap.start)
        )
        return f"all of {which} are absent", place(app, "oncall.yaml", "absences", number)
    return "", ""


def _has_route(app: App, person: Person) -> bool:
    """Whether one of the person's routes could carry a message, by its settings."""
    return any(
        app.channel(route) is not None for route in person.reached_by if route != "slack" or person.slack
    )


def _when(app: App, several: Sequence[Gap]) -> str:
    """The stretches, or the first of many and their number; `always` where it never ends."""
    if several[0].end - several[0].start >= AHEAD:
        return "always"
    said = ", ".join(_span(app, gap) for gap in several[:_SAID])
    more = len(several) - _SAID
    return f"{said} and {more} more by {_day(app, several[-1])}" if more > 0 else said


def _span(app: App, stretch: Gap | Period) -> str:
    """`Sat 28 Nov 00:00-08:00`, in the company's zone; both days where it lasts longer than one."""
    start, end = (moment.astimezone(app.zone) for moment in (stretch.start, stretch.end))
    if stretch.end - stretch.start < timedelta(days=1):
        return f"{start:%a} {start.day} {start:%b %H:%M}-{end:%H:%M}"
    return f"{start:%a} {start.day} {start:%b %H:%M} to {end:%a} {end.day} {end:%b %H:%M}"


def _day(app: App, gap: Gap) -> str:
    end = gap.end.astimezone(app.zone)
    return f"{end:%a} {end.day} {end:%b}"
