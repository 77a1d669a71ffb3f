"""Who was called, how each call fared, and who is next."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from tocsin.app import App
from tocsin.domain.errors import TocsinError
from tocsin.domain.escalation import NextCall, next_calls, nobody_reached
from tocsin.domain.incident import Incident, Page
from tocsin.domain.plan import TO_ANSWER
from tocsin.storage.outbox import WANTS_TO_LEAVE
from tocsin.storage.routes import health
from tocsin.storage.tables import incident as incidents
from tocsin.storage.tables import outbox
from tocsin.storage.waiting import left_unconfirmed


@dataclass(frozen=True)
class Called:
    """One person called for one role; `outcomes` says by route how the call fared, `waiting` while it is on its way."""

    person: str
    role: str
    at: datetime
    round: int
    outcomes: Mapping[str, str]
    reached: bool
    answered: bool


@dataclass(frozen=True)
class DownRoute:
    """A route that takes nothing: since when, why, and which other routes do take messages."""

    route: str
    since: timedelta
    why: str
    instead: tuple[str, ...]


def called(incident: Incident) -> list[Called]:
    """The last call of each person for each role, in the order of the first."""
    last: dict[tuple[str, str], Page] = {}
    for page in incident.pages:
        last[page.role, page.person] = page
    return [
        Called(
            page.person,
            page.role,
            page.at,
            page.round,
            dict.fromkeys(page.routes, "waiting") | dict(page.outcomes),
            page.reached,
            incident.answered.get(page.role, 0) > page.seq,
        )
        for page in last.values()
    ]


def climbs(app: App, incident: Incident, now: datetime) -> dict[str, NextCall]:
    """For each role that has not answered: who is called next, and when."""
    calls = next_calls(incident, app.catalog.contacts, now) if incident.open else ()
    return {call.role: call for call in calls}


def silence(incident: Incident, role: str, now: datetime) -> timedelta | None:
    """For how long a role that was called has not answered; None where nobody was called."""
    first = min((page.at for page in incident.pages if page.role == role), default=None)
    return None if first is None else now - first


def unreached(app: App, *, without: Collection[str] = ()) -> tuple[str, ...]:
    """The open incidents for which nobody has been reached. Only those that wait for an answer are read."""
    silent = or_(incidents.c.status == "triage", incidents.c.waiting_for.endswith(TO_ANSWER))
    query = select(incidents.c.key).where(incidents.c.open, silent, incidents.c.quarantined.is_(None))
    with app.database.read() as connection:
        keys = connection.scalars(query.order_by(incidents.c.number)).all()
    return tuple(key for key in keys if key not in without and _nobody(app, key))


def _nobody(app: App, key: str) -> bool:
    try:
        return nobody_reached(app.incident(key), app.catalog.contacts)
    except TocsinError:  # it cannot be read: the bell sets it apart and says so
        return False


def untried(app: App, key: str) -> int:
    """How many messages of an incident wait that nobody has tried to send."""
    return _count(app, key, outbox.c.state == "pending", outbox.c.attempts == 0)


def underway(app: App, key: str) -> int:
    """How many calls of an incident somebody, the bell say, is sending at this moment."""
    held = outbox.c.lease_until >= app.clock()
    return _count(app, key, outbox.c.state == "sending", outbox.c.page.is_not(None), held)


def waiting(app: App, key: str) -> int:
    """How many calls of an incident no route has taken yet, and are tried again."""
    return _count(app, key, outbox.c.page.is_not(None), WANTS_TO_LEAVE)


def perhaps_untold(app: App, key: str) -> tuple[str, ...]:
    """To whom something of an incident perhaps never came, as often as no route has confirmed it."""
    with app.database.read() as connection:
        return tuple(person for _, person in left_unconfirmed(connection, outbox.c.incident == key))


def _count(app: App, key: str, *which: ColumnElement[bool]) -> int:
    query = select(func.count()).where(outbox.c.incident == key, *which)
    with app.database.read() as connection:
        return connection.scalar(query) or 0


def routes(app: App, now: datetime) -> dict[str, datetime | None]:
    """Every route that our people are called by, and since when it takes nothing; None for one that does."""
    down = {each.route: now - each.since for each in down_routes(app, now)}
    used = {route for person in app.catalog.contacts.people for route in person.reached_by}
    return {route: down.get(route) for route in sorted(used)}


def down_routes(app: App, now: datetime) -> list[DownRoute]:
    """Routes that took nothing at the last try."""
    with app.database.read() as connection:
        found = health(connection)
    up = tuple(sorted(name for name, each in found.items() if each.last_success and not each.down_since))
    return [
        DownRoute(name, now - each.down_since, each.why, up)
        for name, each in sorted(found.items())
        if each.down_since
    ]
