"""Roads: by which routes a person can be told something, decided in one place for calls and for everything else.

Pure. First the routes of the person's own entry, in their order; then whatever other address the person has, since
nobody falls out of reach because an entry names what takes nothing, or what must not be used.
"""

from tocsin.domain.contacts import Person
from tocsin.domain.routes import COMMAND, kind_of

Silenced = frozenset[str]


def roads(person: Person, silenced: Silenced) -> tuple[str, ...]:
    """Every route that could bring words to this person, the preferred ones first; none where all are silenced."""
    addresses = {"email": person.email, "slack": person.slack, COMMAND: person.phone}
    every = dict.fromkeys((*person.reached_by, "email", "slack"))
    return tuple(route for route in every if addresses[kind_of(route)] and kind_of(route) not in silenced)


def wanted(person: Person, silenced: Silenced) -> tuple[str, ...]:
    """The routes of the own entry that may be used; the first other road where none of them may."""
    every = roads(person, silenced)
    own = tuple(route for route in every if route in person.reached_by)
    return own or every[:1]


def ways(person: Person, silenced: Silenced, *, loud: bool) -> tuple[str, ...]:
    """By what a person is told something: loud by each route of the own entry, else by one that rings no telephone.

    A telephone is the road of a quiet message only where nothing else is left.
    """
    if loud:
        return wanted(person, silenced)
    every = roads(person, silenced)
    return (tuple(route for route in every if kind_of(route) != COMMAND) or every)[:1]
