"""The customers who are to be told because we hold other people's data for them."""

from dataclasses import dataclass

from tocsin.actors import Actor, need_words
from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.engine.controllers import companies
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
    counts(incident)
    return [
        Controller(each.id, each.name, each.email, each.kinds, each.people, each.known)
        for _, each in companies(app, incident)
    ]
