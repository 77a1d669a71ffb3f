"""How everything stands now: routes, parts, incidents that were set apart, and the oldest move that waits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.moments import iso
from tocsin.storage import arrivals, inbound, returned, routes, tables, timeline
from tocsin.storage import clock as beats
from tocsin.storage.routes import Health
from tocsin.storage.waiting import left_unconfirmed
from tocsin.storage.waiting import queues as waiting_queues


@dataclass(frozen=True)
class Route:
    """One way to people. `down` says why nobody can use it; letters of the ledger are counted with e-mail."""

    name: str
    last_success: datetime | None
    waiting: int
    oldest: datetime | None
    down: str | None


@dataclass(frozen=True)
class Beat:
    """The last sign of life of a part, on the real clock."""

    at: datetime
    age: timedelta
    detail: dict[str, Any] | None


@dataclass(frozen=True)
class Standing:
    """The house at one moment."""

    routes: tuple[Route, ...]
    parts: dict[str, Beat]
    quarantined: dict[str, str]
    oldest_overdue: timedelta
    open: int
    #: Whether `watch` should look after the bell: where there is Prefect, or was.
    watched: bool = False
    #: What waits in triage: how many, since when the oldest was opened, and how many are urgent.
    triage: int = 0
    triage_since: datetime | None = None
    triage_urgent: int = 0
    #: The last look into the mailbox of the privacy address; None where none is configured, or nobody has looked.
    mailbox: Beat | None = None
    #: That into the one to which letters come back; and how much of what came waits for a person.
    bounces: Beat | None = None
    unread: int = 0
    #: What came in from Slack and is not worked off: how many, and since when the oldest waits, on the real clock.
    inbox: int = 0
    inbox_since: datetime | None = None
    #: Messages of open incidents that perhaps never arrived: the incident and the person of each.
    unconfirmed: tuple[tuple[str, str], ...] = ()
    #: When a run was last woken; it beats only while it is awake.
    woken: datetime | None = None
    #: When the backup was made that this home was restored from, while what waited then is held back.
    restored: datetime | None = None

    @property
    def bell_rings(self) -> bool:
        """Whether the bell itself is heard."""
        bell = self.parts.get("bell")
        return bell is not None and not beats.is_silent(bell.age, beats.SILENT["bell"])

    @property
    def stood_in(self) -> bool:
        """Whether `watch` rings in the stead of a silent bell, with a pause between two of its runs."""
        watch = self.parts.get("watch")
        # Only who rings says more in a beat than that it lives.
        if self.bell_rings or watch is None or watch.detail is None:
            return False
        return not beats.is_silent(watch.age, beats.SILENT["house"])

    @property
    def well(self) -> bool:
        """Whether the bell rings, every route works, and nothing is set apart."""
        return (
            self.bell_rings
            and not self.quarantined
            and not self.restored
            and not any(route.down for route in self.routes)
        )

    def as_json(self) -> dict[str, Any]:
        """The same as plain values; spans in seconds."""
        return {
            "routes": [
                {
                    "route": each.name,
                    "last_success": each.last_success and iso(each.last_success),
                    "waiting": each.waiting,
                    "oldest": each.oldest and iso(each.oldest),
                    "down": each.down,
                }
                for each in self.routes
            ],
            "parts": {name: _beat_json(each) for name, each in self.parts.items()},
            "quarantined": self.quarantined,
            "oldest_overdue_s": int(self.oldest_overdue.total_seconds()),
            "open": self.open,
            "triage": {
                "waiting": self.triage,
                "since": self.triage_since and iso(self.triage_since),
                "urgent": self.triage_urgent,
            },
            "mailbox": _beat_json(self.mailbox) if self.mailbox else None,
            "bounces": _beat_json(self.bounces) if self.bounces else None,
            "unread": self.unread,
            "inbox": {"waiting": self.inbox, "since": self.inbox_since and iso(self.inbox_since)},
            "unconfirmed": [{"incident": key, "person": person} for key, person in self.unconfirmed],
            "woken": self.woken and iso(self.woken),
            "restored": self.restored and iso(self.restored),
        }


def _beat_json(beat: Beat) -> dict[str, Any]:
    return {"beat": iso(beat.at), "age_s": int(beat.age.total_seconds()), "detail": beat.detail}


def standing(app: App, *, without: Collection[str] = ()) -> Standing:
    """Read everything in one view of the database; incidents `without` are neither counted nor named."""
    clock, prefect = app.clock(), app.settings.prefect
    with app.database.read() as connection:
        queues = {str(row["route"]): row for row in waiting_queues(connection)}
        found = routes.health(connection)
        letters = connection.execute(_letters()).one()
        every = {name: Beat(at, clock - at, detail) for name, (at, detail) in beats.beats(connection).items()}
        parts = {name: beat for name, beat in every.items() if name in beats.SILENT}
        runner = connection.scalar(select(func.max(tables.run.c.beat)))
        if runner is not None:
            parts.setdefault("runner", Beat(runner, clock - runner, None))
        told = tables.incident.c.key.not_in(without)
        apart = select(tables.incident.c.key, tables.incident.c.quarantined).where(
            tables.incident.c.quarantined.is_not(None), told
        )
        waits = select(func.count(), func.min(tables.incident.c.declared_at)).where(
            tables.incident.c.status == "triage", told
        )
        triage, since = connection.execute(waits).one()
        came = inbound.waiting(connection)
        return Standing(
            tuple(
                _route(app, name, found.get(name), queues.get(name), letters) for name in _names(app, found)
            ),
            parts,
            {row.key: row.quarantined for row in connection.execute(apart)},
            timeline.oldest_overdue(connection, app.now()),
            connection.scalar(select(func.count()).where(tables.incident.c.open, told)) or 0,
            woken=connection.scalar(select(func.max(tables.run.c.woken_at))),
            restored=app.restored,
            watched=bool(prefect.url) or app.settings.prefect_port_file.is_file() or "watch" in parts,
            triage=triage,
            triage_since=since,
            triage_urgent=len(arrivals.urgent(connection) - {*without}),
            inbox=len(came),
            inbox_since=next(iter(came), None),
            unconfirmed=tuple(left_unconfirmed(connection, _open(told))),
            mailbox=every.get("mailbox") if app.settings.intake.host else None,
            bounces=every.get("bounces") if app.settings.bounces.host else None,
            unread=returned.how_many_unread(connection),
        )


def _open(told: ColumnElement[bool]) -> ColumnElement[bool]:
    return tables.outbox.c.incident.in_(select(tables.incident.c.key).where(tables.incident.c.open, told))


def _letters() -> Any:
    table = tables.ledger
    leaving = table.c.state.in_(("pending", "sending"))
    return select(
        func.count().filter(leaving).label("waiting"),
        func.max(table.c.settled_at).filter(table.c.state == "handed_over").label("last_success"),
    )


def _names(app: App, found: Collection[str]) -> tuple[str, ...]:
    """Mail and Slack, what our people are reached by, and what was ever used."""
    people = app.catalog.contacts.people
    used = sorted({route for person in people for route in person.reached_by} | set(found))
    return tuple(dict.fromkeys(("email", "slack", *used)))


def _route(app: App, name: str, health: Health | None, queue: dict[str, Any] | None, letters: Any) -> Route:
    last = health.last_success if health else None
    waiting, oldest = (queue["waiting"], queue["oldest"]) if queue else (0, None)
    if name == "email":
        waiting += letters.waiting
        last = max(filter(None, (last, letters.last_success)), default=None)
    return Route(name, last, waiting, oldest, _down(app, name, health))


def _down(app: App, name: str, health: Health | None) -> str | None:
    try:
        if app.channel(name) is None:
            return "not configured"
    except Refused as error:
        return str(error)
    return health.why if health and health.down_since else None
