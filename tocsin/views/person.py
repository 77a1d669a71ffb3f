"""One person's story: whether she was affected, why, and what became of every letter to her."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from tocsin.actors import Actor, need_words
from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.scope.people import AffectedPerson, Stranger, pseudonym
from tocsin.domain.scope.routes import Route
from tocsin.engine.meant import meant
from tocsin.engine.reasons import Reasons, explained
from tocsin.storage import accounts, affected, ledger, returned, revisions, timeline
from tocsin.storage.revisions import Standing
from tocsin.storage.texts import read_texts
from tocsin.views.affected import counts
from tocsin.views.guardians import to_decide, way_of


@dataclass(frozen=True)
class Letter:
    """What became of one notice to one person, attempt by attempt."""

    notice: str
    state: str
    reason: str | None
    reply: str | None
    #: By which way she was told instead and when; the way alone where she is on a list for it.
    way: str | None
    accounted_at: datetime | None
    doubtful: bool
    #: Each with which of her addresses it went to, the first being 1.
    attempts: tuple[dict[str, Any], ...]
    #: What came back on it since, each with when it was taken in, what it says, of which address, and who reports it.
    came_back: tuple[dict[str, Any], ...]
    #: The id under which she was written to, where she is known under another one by now.
    under: str | None = None
    #: What a person decides, where no address of hers took it; empty where nothing is to be decided.
    decide: str = ""


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


def story(app: App, actor: Actor, incident: Incident, asked: str) -> Story:
    """One person by the id that a customer source knows, or an address, with every letter. For those who work on it."""
    need_words(actor, incident, "one person's story")
    found = counts(incident)
    key, asked = app.people_key(incident.key), meant(app, incident, asked)
    with app.database.read() as connection:
        hidden = accounts.person_of(connection, incident.key, found.revision, key, asked)
        person = affected.person(connection, incident.key, found.revision, key, hidden)
        standing = revisions.standings(connection, incident.key, found.revision, [hidden]).get(hidden)
        if standing is not None:
            person = affected.person(connection, incident.key, standing.revision, key, hidden)
        ids = dict.fromkeys((person.id, *person.accounts, asked) if person else (asked,))
        letters = tuple(_letters(connection, app, incident, key, tuple(ids), person))
        stranger = accounts.stranger(connection, incident.key, found.revision, key, asked)
    because = _because(app, incident, standing.seq) if standing and standing.seq else None
    way = way_of(app, incident, person) if person else None
    revision = standing.revision if standing else found.revision
    reasons = explained(app, incident, revision).of(person.why) if person else None
    return Story(found.revision, len(found.gaps), person, letters, way, standing, because, reasons, stranger)


def _letters(
    connection: Connection,
    app: App,
    incident: Incident,
    key: bytes,
    ids: Sequence[str],
    person: AffectedPerson | None,
) -> Iterator[Letter]:
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
                    row.way,
                    row.accounted_at,
                    row.doubtful,
                    tuple(_attempt(each) for each in ledger.attempts_of(connection, row.id)),
                    tuple(_came_back(each, address) for each, address in returned.of_letter(connection, row)),
                    under=None if id_ == ids[0] else id_,
                    decide=to_decide(app, incident, row, person),
                )


def _because(app: App, incident: Incident, seq: int) -> str | None:
    """The reason that an entry gives; None for one that was erased."""
    with app.database.read() as connection:
        body: Any = timeline.entries(connection, incident.key, after=seq - 1)[0].body
        texts = read_texts(connection, incident.key, app.record_key(incident.key), [body.because])
    return texts.get(body.because)


def _attempt(row: dict[str, Any]) -> dict[str, Any]:
    names = ("number", "address", "at", "outcome", "phase", "reply")
    return {name: row[name] for name in names}


def _came_back(row: Row[Any], address: int | None) -> dict[str, Any]:
    names = ("taken_at", "action", "status", "code", "reporter")
    return {name: getattr(row, name) for name in names} | {"address": address}
