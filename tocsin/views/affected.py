"""Who was affected: counts and what they cannot know, accounts that nobody owns, and how revisions differ."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.scope.people import Stranger
from tocsin.engine.reasons import Reasons, explained
from tocsin.storage import accounts, affected, revisions
from tocsin.storage.database import in_batches
from tocsin.storage.revisions import Standing


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


def unowned(app: App, actor: Actor, incident: Incident) -> list[tuple[Stranger, Reasons]]:
    """The accounts that were hit and that nobody owns, with why: work for whoever can find out whose they are."""
    need(actor, incident, "dpo", "investigation")
    revision = counts(incident).revision
    of = explained(app, incident, revision).of
    with app.database.read() as connection:
        found = accounts.unowned(connection, incident.key, revision, app.people_key(incident.key))
        return [(each, of(each.why)) for each in sorted(found, key=lambda each: each.id)]


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
