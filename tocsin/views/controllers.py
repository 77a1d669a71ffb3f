"""The customers who are to be told because we hold other people's data for them."""

from dataclasses import dataclass

from tocsin.actors import Actor, need_words
from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.scope.people import AffectedPerson
from tocsin.storage import affected
from tocsin.views.affected import counts


@dataclass(frozen=True)
class Controller:
    """A customer to be told as controller. `people` are those of hers whom we know; None: only she knows how many."""

    id: str
    name: str | None
    email: str | None
    kinds: tuple[str, ...]
    people: int | None


def controllers(app: App, actor: Actor, incident: Incident) -> list[Controller]:
    """Our customers whose own people were touched, in order of ids. For those who work on the incident."""
    need_words(actor, incident, "the list of controllers")
    found = counts(incident)
    known: dict[str, AffectedPerson] = {}
    kinds: dict[str, set[str]] = {}
    people: dict[str, int] = {}
    with app.database.read() as connection:
        rows = affected.people(connection, incident.key, found.revision, app.people_key(incident.key))
        for person in (person for _, person in rows if person.told):
            if person.controller_of:
                known[person.id] = person
                kinds.setdefault(person.id, set()).update(person.controller_of)
            if person.controller:
                kinds.setdefault(person.controller, set()).update(person.kinds)
                people[person.controller] = people.get(person.controller, 0) + 1
    return [_controller(who, known.get(who), kinds[who], people.get(who)) for who in sorted(kinds)]


def _controller(who: str, person: AffectedPerson | None, kinds: set[str], people: int | None) -> Controller:
    name, email = (person.name, person.email) if person else (None, None)
    return Controller(who, name, email, tuple(sorted(kinds)), people)
