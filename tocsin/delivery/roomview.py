"""What the room of an incident should be at this moment, in words that Slack takes: made anew on each look."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.app import App
from tocsin.delivery.told import untold
from tocsin.domain.incident import Incident
from tocsin.domain.room import Card, card_of, members
from tocsin.rendering import room as said
from tocsin.rendering.room import Pinned, Speaker
from tocsin.rendering.words import load_words
from tocsin.storage import rooms, routes
from tocsin.storage.texts import read_texts


@dataclass(frozen=True)
class Wanted:
    """The room as it should be. `guests` are member ids of Slack; `rooms` counts all that are in use, this one too."""

    card: Card
    by: Speaker
    pinned: Pinned
    guests: tuple[str, ...]
    bookmarks: Mapping[str, str]
    rooms: int

    @property
    def topic(self) -> str:
        """The topic: how bad, until when, who."""
        return said.topic(self.card, self.by)

    def purpose(self, mark: str) -> str:
        """The purpose, with the mark by which we find the channel again."""
        return said.purpose(self.card, self.by, mark)


def speaker(app: App) -> Speaker:
    """Who speaks in all rooms: in the organisation's first language, by its clock."""
    contacts = app.catalog.contacts
    words = load_words(app.pack_folder(app.catalog), contacts.organisation.languages[0])
    return Speaker(words, contacts.organisation.zone, {each.id: each.name for each in contacts.people})


def wanted_of(app: App, incident: Incident, by: Speaker) -> Wanted:
    """The room of this incident. A restricted one goes by its code name."""
    now, contacts = app.now(), app.catalog.contacts
    with app.database.read() as connection:
        down = sorted(name for name, road in routes.health(connection).items() if road.down_since)
        count = rooms.kept(connection)
    left, title = untold(app, incident), None if incident.restricted else _title(app, incident)
    card = card_of(incident, app.catalog_of(incident), untold=left, down=down, title=title)
    people = (contacts.person(who) for who in members(incident, contacts, now))
    return Wanted(
        card,
        by,
        said.pinned(card, by, now),
        tuple(person.slack for person in people if person.slack),
        said.bookmarks(incident.key, app.settings.console_url, by),
        count,
    )


def _title(app: App, incident: Incident) -> str | None:
    with app.database.read() as connection:
        texts: Any = read_texts(connection, incident.key, app.record_key(incident.key), [incident.title])
    title: str | None = texts.get(incident.title)
    return title
