"""Who was affected: counts, what they cannot know, and one person's story."""

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from tocsin.actors import Actor, need, need_words
from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.scope.people import AffectedPerson, Stranger, pseudonym
from tocsin.domain.scope.routes import Route
from tocsin.engine.mailability import route
from tocsin.storage import accounts, affected, ledger


@dataclass(frozen=True)
class Counts:
    """One revision of the scope. `total` are those who are told: a lower bound while there are gaps."""

    revision: int
    at_seq: int
    total: int
    by_place: dict[str, int]
    by_kind: dict[str, int]
    buckets: dict[str, int]
    gaps: tuple[dict[str, Any], ...]
    added: int
    kept: int
    unsupported: int
    #: `{way, reason, people}`, together everybody who is to be told; and how many each circumstance holds for.
    routes: tuple[dict[str, Any], ...] = ()
    circumstances: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Letter:
    """What became of one notice to one person, attempt by attempt."""

    notice: str
    state: str
    reason: str | None
    reply: str | None
    doubtful: bool
    attempts: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Story:
    """The answer to "was I affected?". `person` is None for somebody whom the revision does not name."""

    revision: int
    gaps: int
    person: AffectedPerson | None
    letters: tuple[Letter, ...]
    #: How she is told, before a law has its say; None for somebody who is not among them.
    way: Route | None = None


def counts(incident: Incident) -> Counts:
    """The latest revision of the scope. Refused before the first one."""
    scope = incident.scope
    if scope is None:
        raise Refused(f"{incident.key} has no scope yet; tocsin scope {incident.key} measures it first")
    return Counts(
        scope.revision,
        incident.scope_seq,
        scope.total,
        scope.by_place,
        scope.by_kind,
        scope.buckets,
        scope.gaps,
        scope.added,
        scope.kept,
        scope.unsupported,
        scope.routes,
        scope.circumstances,
    )


def story(app: App, actor: Actor, incident: Incident, asked: str) -> Story:
    """One person by the id that the customer database knows, with every letter. For those who work on the incident."""
    need_words(actor, incident, "one person's story")
    found = counts(incident)
    key = app.people_key(incident.key)
    with app.database.read() as connection:
        hidden = accounts.owner(connection, incident.key, found.revision, key, asked) or pseudonym(key, asked)
        person = affected.person(connection, incident.key, found.revision, key, hidden)
        rows = [
            (notice, ledger.row_of(connection, incident.key, notice, hidden)) for notice in incident.notices
        ]
        letters = tuple(
            Letter(
                notice,
                row.state,
                row.reason,
                row.reply,
                row.doubtful,
                tuple(_attempt(each) for each in ledger.attempts_of(connection, row.id)),
            )
            for notice, row in rows
            if row is not None
        )
    return Story(
        found.revision, len(found.gaps), person, letters, _way(app, incident, person) if person else None
    )


def unowned(app: App, actor: Actor, incident: Incident) -> list[Stranger]:
    """The accounts that were hit and that nobody owns: work for whoever can find out whose they are."""
    need(actor, incident, "dpo", "investigation")
    found = counts(incident)
    with app.database.read() as connection:
        key = app.people_key(incident.key)
        return sorted(
            accounts.unowned(connection, incident.key, found.revision, key), key=lambda each: each.id
        )


def _way(app: App, incident: Incident, person: AffectedPerson) -> Route:
    catalog = app.catalog_of(incident)
    zone = ZoneInfo(catalog.contacts.organisation.zone)
    return route(person, catalog.data_map.openers, app.now().astimezone(zone).date())


def _attempt(row: dict[str, Any]) -> dict[str, Any]:
    names = ("number", "at", "outcome", "phase", "reply")
    return {name: row[name] for name in names}
