"""Who was affected: counts, what they cannot know, and one person's story."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from tocsin.actors import Actor, need, need_words
from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.scope.people import AffectedPerson, Stranger, pseudonym
from tocsin.domain.scope.routes import Route
from tocsin.engine.mailability import route
from tocsin.engine.reasons import Reasons, explained
from tocsin.storage import accounts, affected, ledger, revisions, timeline
from tocsin.storage.database import in_batches
from tocsin.storage.revisions import Standing
from tocsin.storage.texts import read_texts


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
    #: No longer supported and undecided, by place; so many of them had a letter. How many a person upheld.
    held: dict[str, int] = field(default_factory=dict)
    held_told: int = 0
    upheld: int = 0
    #: Who measured this revision again, when and whether it was the same; and who signed it, and when.
    repetitions: tuple[dict[str, Any], ...] = ()
    signed: tuple[dict[str, Any], ...] = ()
    inputs: tuple[dict[str, Any], ...] = ()
    controllers: int = 0
    retained: tuple[dict[str, Any], ...] = ()
    #: The first unreadable lines of each log: their number in the vault.
    unread: str = ""


@dataclass(frozen=True)
class Letter:
    """What became of one notice to one person, attempt by attempt."""

    notice: str
    state: str
    reason: str | None
    reply: str | None
    doubtful: bool
    attempts: tuple[dict[str, Any], ...]
    #: The id under which she was written to, where she is known under another one by now.
    under: str | None = None


@dataclass(frozen=True)
class Story:
    """The answer to "was I affected?". `person` is None for somebody whom no revision names.

    Of who is `unsupported` by the latest one it is as an earlier one found it; `because` is why a person decided so.
    """

    revision: int
    gaps: int
    person: AffectedPerson | None
    letters: tuple[Letter, ...]
    #: How she is told, before a law has its say; None for somebody who is not among them.
    way: Route | None = None
    unsupported: Standing | None = None
    because: str | None = None
    reasons: Reasons | None = None
    #: Where the id is no person's but an account's that was hit and that no customer source knows.
    stranger: Stranger | None = None

    @property
    def owed(self) -> bool:
        """Whether a letter is owed: by what was found, or by a person's word."""
        if self.unsupported is not None:
            return self.unsupported.stand == "upheld"
        return self.person is not None and self.person.told


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
        dict(incident.held),
        sum(incident.held_told.values()),
        sum(incident.upheld.values()),
        tuple(
            {"by": each.by, "at": each.at, "same": each.same}
            for each in incident.repetitions
            if each.revision == scope.revision
        ),
        tuple({"by": each.by, "at": each.at} for each in incident.signed_by),
        scope.inputs,
        scope.controllers,
        scope.retained,
        scope.unread,
    )


def story(app: App, actor: Actor, incident: Incident, asked: str) -> Story:
    """One person by the id that the customer database knows, with every letter. For those who work on the incident."""
    need_words(actor, incident, "one person's story")
    found = counts(incident)
    key = app.people_key(incident.key)
    with app.database.read() as connection:
        hidden = accounts.person_of(connection, incident.key, found.revision, key, asked)
        person = affected.person(connection, incident.key, found.revision, key, hidden)
        standing = revisions.standings(connection, incident.key, found.revision, [hidden]).get(hidden)
        if standing is not None:
            person = affected.person(connection, incident.key, standing.revision, key, hidden)
        ids = dict.fromkeys((person.id, *person.accounts, asked) if person else (asked,))
        letters = tuple(_letters(connection, incident, key, tuple(ids)))
        stranger = accounts.stranger(connection, incident.key, found.revision, key, asked)
    because = _because(app, incident, standing.seq) if standing and standing.seq else None
    way = _way(app, incident, person) if person else None
    revision = standing.revision if standing else found.revision
    reasons = explained(app, incident, revision).of(person.why) if person else None
    return Story(found.revision, len(found.gaps), person, letters, way, standing, because, reasons, stranger)


def _letters(connection: Connection, incident: Incident, key: bytes, ids: Sequence[str]) -> Iterator[Letter]:
    """Every letter to one person: under her id, which is the first, or under another one that she had before."""
    for notice in incident.notices:
        for id_ in ids:
            row = ledger.row_of(connection, incident.key, notice, pseudonym(key, id_))
            if row is not None:
                yield Letter(
                    notice,
                    ledger.standing(row),
                    row.reason,
                    row.reply,
                    row.doubtful,
                    tuple(_attempt(each) for each in ledger.attempts_of(connection, row.id)),
                    under=None if id_ == ids[0] else id_,
                )


def unowned(app: App, actor: Actor, incident: Incident) -> list[tuple[Stranger, Reasons]]:
    """The accounts that were hit and that nobody owns, with why: work for whoever can find out whose they are."""
    need(actor, incident, "dpo", "investigation")
    revision = counts(incident).revision
    of = explained(app, incident, revision).of
    with app.database.read() as connection:
        found = accounts.unowned(connection, incident.key, revision, app.people_key(incident.key))
        return [(each, of(each.why)) for each in sorted(found, key=lambda each: each.id)]


def _way(app: App, incident: Incident, person: AffectedPerson) -> Route:
    catalog = app.catalog_of(incident)
    zone = ZoneInfo(catalog.contacts.organisation.zone)
    return route(person, catalog.data_map.openers, app.now().astimezone(zone).date())


def _because(app: App, incident: Incident, seq: int) -> str | None:
    """The reason that an entry gives; None for one that was erased."""
    with app.database.read() as connection:
        body: Any = timeline.entries(connection, incident.key, after=seq - 1)[0].body
        texts = read_texts(connection, incident.key, app.record_key(incident.key), [body.because])
    return texts.get(body.because)


class Changed(NamedTuple):
    """Somebody whom one revision tells and the other does not, or both. `told`: a letter left, surely or perhaps."""

    person: str
    place: str
    bucket: str
    told: bool
    #: Of the unsupported: held, released or upheld.
    stand: str | None
    #: By the revision that tells her; None once the people are erased.
    reasons: Reasons | None


@dataclass(frozen=True)
class Differences:
    """How one revision differs from an earlier one. `people` gives the pseudonyms of one kind of change, one by one."""

    incident: Incident
    before: int
    revision: int
    counts: revisions.Changes

    def people(self, app: App, change: revisions.Change) -> Iterator[Changed]:
        """Everybody of one kind of change, in the order of their pseudonyms; a batch is in memory."""
        if not getattr(self.counts, change):
            # Before the first revision there is none whose reasons could be read.
            return
        key = app.people_key(self.incident.key)
        of = explained(app, self.incident, self.before if change == "unsupported" else self.revision).of
        with app.database.read() as connection:
            rows = revisions.changed(connection, self.incident.key, self.before, self.revision, change)
            for batch in in_batches(rows, revisions.BATCH):
                stands: dict[str, Standing] = {}
                if change == "unsupported":
                    among = [row.person for row in batch]
                    stands = revisions.standings(connection, self.incident.key, self.revision, among)
                for row in batch:
                    stand = stands[row.person].stand if row.person in stands else None
                    reasons = of(affected.opened(row, key).why) if row.sealed else None
                    yield Changed(row.person, row.place, row.bucket, bool(row.told), stand, reasons)


def differences(app: App, incident: Incident, since: int | None) -> Differences:
    """The latest revision beside an earlier one, the one before where none is named; before the first stands 0.

    Refused where there is none.
    """
    now = counts(incident).revision
    before = now - 1 if since is None else since
    if not 0 <= before < now:
        raise Refused(
            f"{incident.key} has revisions 1 to {now}; name an earlier one: --since {max(now - 1, 1)}"
        )
    with app.database.read() as connection:
        return Differences(incident, before, now, revisions.changes(connection, incident.key, before, now))


def _attempt(row: dict[str, Any]) -> dict[str, Any]:
    names = ("number", "at", "outcome", "phase", "reply")
    return {name: row[name] for name in names}
