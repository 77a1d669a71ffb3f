"""People: is the company ours, is somebody called at every hour, and did they take a test page?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from tocsin.app import App
from tocsin.catalog import default_folders
from tocsin.catalog.yamlfile import read_document
from tocsin.doctor.finding import Finding, ago
from tocsin.domain.contacts import Contacts, Ladder, Person
from tocsin.domain.errors import Refused
from tocsin.domain.rota import next_hand_over
from tocsin.storage import clock as beats

#: So far ahead somebody must be there to be called.
AHEAD = timedelta(days=14)
#: A test page that is older proves little.
STALE_TEST = timedelta(days=90)
#: The heartbeat under which a person's last test page is kept.
TEST_PAGE = "page:"


@dataclass(frozen=True)
class Gap:
    """A stretch of time in which a level of a ladder reaches nobody. `named` are those whom it would call."""

    ladder: Ladder
    level: int
    start: datetime
    end: datetime
    named: tuple[str, ...]


def organisation(app: App, config: Path | None) -> Iterator[Finding]:
    """The company is not the sample, and its offices are held by real people."""
    contacts = app.catalog.contacts
    company, people = contacts.organisation, {person.id for person in contacts.people}
    if app.settings.fenced:
        yield Finding("ok", "company", f"{company.name} (sample people may be called here)")
        return
    if company.sample:
        yield Finding("FAIL", "company", "is still the sample", place(app, "organisation.yaml", "sample"))
    for office in ("dpo", "accountable_officer", "signatory"):
        who = getattr(company, office)
        if who not in people:
            where = place(app, "organisation.yaml", office)
            yield Finding("FAIL", "company", f"{office} {who} is a sample, who counts as nobody", where)


def ladders(app: App, config: Path | None) -> Iterator[Finding]:
    """Each level of each ladder calls somebody who can be reached, for the next fortnight."""
    try:
        contacts, now = app.catalog.contacts, app.now()
    except Refused as error:
        yield Finding("FAIL", "on-call", str(error))
        return
    reachable = {person.id for person in contacts.people if _has_route(app, person)}
    if not reachable:
        why = "nobody has a route that is configured" if contacts.people else "all of them are samples"
        yield Finding(
            "FAIL", "on-call", f"no level calls anybody: {why}", place(app, "people.yaml", "people")
        )
        return
    found = 0
    for gap in gaps(contacts, reachable, now):
        found += 1
        when = f"{_day(app, gap.start)} to {_day(app, gap.end)}"
        if gap.end - gap.start >= AHEAD:
            when = "always"
        who = f" ({', '.join(gap.named)}: a sample, or without a route)" if gap.named else ""
        words = f"{gap.ladder.id} level {gap.level + 1} calls nobody, {when}{who}"
        yield Finding("FAIL", "on-call", words, _line(app, gap))
    if not found:
        levels = sum(len(ladder.levels) for ladder in contacts.ladders)
        yield Finding(
            "ok", "on-call", f"{levels} levels of {len(contacts.ladders)} ladders, {AHEAD.days} days ahead"
        )


def gaps(contacts: Contacts, reachable: set[str], now: datetime) -> Iterator[Gap]:
    """Every stretch of the next fortnight in which a level reaches nobody, joined where it goes on."""
    moments = sorted(_changes(contacts, now))
    for ladder in contacts.ladders:
        for number, level in enumerate(ladder.levels):
            empty: Gap | None = None
            for start, end in pairwise(moments):
                called = contacts.called(level, start)
                if not reachable & set(called):
                    empty = Gap(ladder, number, empty.start if empty else start, end, called)
                elif empty:
                    yield empty
                    empty = None
            if empty:
                yield empty


def _changes(contacts: Contacts, now: datetime) -> set[datetime]:
    """Every moment of the next fortnight at which somebody else may be on call."""
    until = now + AHEAD
    found = {now, until}
    for rotation in contacts.rotations:
        at = next_hand_over(rotation, now)
        while at < until:
            found.add(at)
            at = next_hand_over(rotation, at)
        for override in rotation.overrides:
            found |= {edge for edge in (override.start, override.end) if now < edge < until}
    return found


def _has_route(app: App, person: Person) -> bool:
    """Whether one of the person's routes could carry a message, by its settings."""
    return any(
        app.channel(route) is not None for route in person.reached_by if route != "slack" or person.slack
    )


def _line(app: App, gap: Gap) -> str:
    """The line that would close the gap: the sample person, or the level that names nobody."""
    if gap.named:
        return place(app, "people.yaml", "people", gap.named[0])
    return place(app, "escalation.yaml", "ladders", gap.ladder.id, "levels", gap.level)


def place(app: App, name: str, *way: str | int) -> str:
    """`path:line` of a node in the contacts: in the company's own folder where it stands there, else in ours.

    An entry of a list is named by its id.
    """
    folders = [path for path in (app.settings.contacts, default_folders()[1]) if path]
    for folder in folders:
        if not (folder / name).is_file():
            continue
        document = read_document(folder / name)
        loc: tuple[str | int, ...] = ()
        value = document.value
        for step in way:
            if isinstance(value, list) and isinstance(step, str):
                step = next((n for n, each in enumerate(value) if each.get("id") == step), -1)
            if (isinstance(value, list) and step == -1) or (isinstance(value, dict) and step not in value):
                break
            loc, value = (*loc, step), value[step]
        else:
            return f"{folder / name}:{document.line(loc)}"
    return str(folders[0] / name)


def test_pages(app: App, config: Path | None) -> Iterator[Finding]:
    """Whoever is called first took a test page not long ago."""
    if app.settings.fenced:
        return
    with app.database.read() as connection:
        taken = {
            name.removeprefix(TEST_PAGE): at
            for name, (at, _) in beats.beats(connection).items()
            if name.startswith(TEST_PAGE)
        }
    contacts, now = app.catalog.contacts, app.clock()
    first = {who: None for ladder in contacts.ladders for who in contacts.called(ladder.levels[0], app.now())}
    for who in first:
        at = taken.get(who)
        if at is None or now - at > STALE_TEST:
            since = "never" if at is None else f"{ago(now - at)} ago"
            yield Finding("warn", "test page", f"{who}: {since}", f"tocsin doctor --page {who}")
        else:
            yield Finding("ok", "test page", f"{who} was handed one {ago(now - at)} ago")


def _day(app: App, moment: datetime) -> str:
    return f"{moment.astimezone(app.zone):%a %d %b %H:%M}"
