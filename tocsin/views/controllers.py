"""The customers who are to be told because we hold other people's data for them."""

from collections import defaultdict
from dataclasses import dataclass, field

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
    #: Whether a customer source knows her.
    known: bool


def controllers(app: App, actor: Actor, incident: Incident) -> list[Controller]:
    """Our customers whose own people were touched, in order of ids. For those who work on the incident."""
    need_words(actor, incident, "the list of controllers")
    found = counts(incident)
    gathered: dict[str, _Gathered] = defaultdict(_Gathered)
    with app.database.read() as connection:
        rows = affected.people(connection, incident.key, found.revision, app.people_key(incident.key))
        for person in (person for _, person in rows if person.told):
            if person.controller_of:
                gathered[person.id].herself(person)
            if person.controller:
                gathered[person.controller].one_of_hers(person)
    return [gathered[who].as_controller(who) for who in sorted(gathered)]


@dataclass
class _Gathered:
    """What the people who are told say of one controller."""

    name: str | None = None
    email: str | None = None
    known: bool = False
    kinds: set[str] = field(default_factory=set)
    people: int = 0

    def herself(self, person: AffectedPerson) -> None:
        """She is among them, with data of others in her account."""
        self.name, self.email, self.known = person.name, person.email, True
        self.kinds.update(person.controller_of)

    def one_of_hers(self, person: AffectedPerson) -> None:
        """We hold this person for her."""
        self.people += 1
        self.kinds.update(person.kinds)
        self.known = self.known or person.controller_known
        self.name = self.name or person.controller_name
        self.email = self.email or person.controller_email

    def as_controller(self, who: str) -> Controller:
        """All of it, under her id."""
        kinds = tuple(sorted(self.kinds))
        return Controller(who, self.name, self.email, kinds, self.people or None, self.known)
