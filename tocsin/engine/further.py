"""The readers of a correction or a follow-up: those to whom the letters before it left, each as that letter went."""

import hashlib
from collections.abc import Iterator, Mapping

from tocsin.app import App
from tocsin.domain.canonical import canonical
from tocsin.domain.further import letters_that
from tocsin.domain.incident import Incident
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.people import AffectedPerson
from tocsin.engine.letterrow import address_of, opened, reader_at
from tocsin.rendering.letter import addressed
from tocsin.storage import further


def further_readers(app: App, incident: Incident, notice: str) -> Iterator[tuple[str, AffectedPerson]]:
    """(pseudonym, person) of everybody who gets it, at the address and in the language of the letter before."""
    return readers_of_letters(app, incident, letters_that(incident, notice))


def readers_of_letters(
    app: App, incident: Incident, letters: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, AffectedPerson]]:
    """(pseudonym, person) of everybody to whom a letter left, surely or perhaps: notice to digests."""
    key = app.people_key(incident.key)
    with app.database.read() as connection:
        for row in further.who_got(connection, incident.key, letters):
            content = opened(key, row)
            reader, locale = reader_at(content, row)
            place, role, group = row.readers.split("/")
            # Of a child whose guardian read it, no name: the letter goes to the guardian.
            name, email = addressed(reader) or None, address_of(content, row)
            yield (
                row.person,
                AffectedPerson(
                    row.person,
                    Bucket.LISTED,
                    (),
                    None,
                    None,
                    0,
                    0,
                    place,
                    group,
                    role,
                    email=email,
                    name=name,
                    locale=locale,
                ),
            )


def further_recipients(app: App, incident: Incident, notice: str) -> str:
    """The digest of who gets it, and of which letters they got before."""
    letters = letters_that(incident, notice)
    found = hashlib.sha256(canonical({name: list(digests) for name, digests in letters.items()}))
    with app.database.read() as connection:
        for row in further.who_got(connection, incident.key, letters):
            found.update(row.person.encode())
    return found.hexdigest()


def came_back(app: App, incident: Incident, notice: str) -> frozenset[str]:
    """Pseudonyms of those to whom the letter before came back: they have not read it."""
    with app.database.read() as connection:
        rows = further.who_got(connection, incident.key, letters_that(incident, notice))
        return frozenset(row.person for row in rows if row.reported == "bounced")
