"""Letters that were found wrong: who said so and why, who got them, and how far their correction is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.domain.further import wrong_digests
from tocsin.domain.incident import Incident
from tocsin.storage import further, ledger
from tocsin.storage.texts import shown
from tocsin.views.document import words_of


@dataclass(frozen=True)
class Wrong:
    """One letter that was found wrong. `got` is how many people have it by the ledger; `state` is its correction's."""

    notice: str
    by: str
    at: datetime
    because: str
    digests: tuple[str, ...]
    got: int
    correction: str
    state: str


def wrong(app: App, actor: Actor, incident: Incident, notice: str | None = None) -> tuple[Wrong, ...]:
    """What was found wrong in an incident, or of one notice, in order."""
    if not incident.corrections:
        return ()
    texts = words_of(app, actor, incident)
    found = []
    with app.database.read() as connection:
        for each in incident.corrections.values():
            if notice in (None, each.of):
                state = incident.notices.get(each.id)
                got = further.how_many_got(connection, incident.key, {each.of: each.digests})
                mark = state.mark if state else "not-drafted"
                because = str(shown(each.because, texts))
                found.append(Wrong(each.of, each.by, each.at, because, each.digests, got, each.id, mark))
    return tuple(found)


def who_got(app: App, incident: Incident, notice: str) -> list[dict[str, Any]]:
    """Everybody to whom a letter left that was found wrong, under pseudonyms: what became of it, and when."""
    digests = wrong_digests(incident, notice)
    with app.database.read() as connection:
        rows = further.who_got(connection, incident.key, {notice: digests}) if digests else iter(())
        return [
            {"person": row.person, "state": ledger.standing(row), "at": row.settled_at, "digest": row.digest}
            for row in rows
        ]
