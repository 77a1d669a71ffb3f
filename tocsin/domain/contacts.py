"""Contacts: the company's people, the authorities it reports to and the processors that hold data for it.

A room of the heart: pure values, read from `contacts/` by the catalog. The company stands in `organisation`,
who is on call in `rota` and `turns`, who is called for a role in `ladder`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from pydantic import Field, field_validator

from tocsin.domain.authorities import Authority, Competence, MailAddress, Phone, authority_for
from tocsin.domain.cadence import Cadence, Stakeholder
from tocsin.domain.commands import Command
from tocsin.domain.errors import Refused
from tocsin.domain.intake import Intake
from tocsin.domain.ladder import Guest, Ladder, Level
from tocsin.domain.organisation import Identifier, Organisation, Representative
from tocsin.domain.records import Id, Language, Place, Record, Role, Texts, Zone, in_language
from tocsin.domain.rota import Absence, Rotation
from tocsin.domain.routes import Gateway, Reach, gateway_of
from tocsin.domain.turns import on_call

__all__ = [
    "Authority",
    "Competence",
    "Contacts",
    "Identifier",
    "Ladder",
    "Level",
    "Organisation",
    "Person",
    "Processor",
    "Representative",
    "Rotation",
    "authority_for",
]


class Person(Record):
    """Somebody of the house. `routes` says in which order this person is reached, and what waits for how long."""

    id: Id
    name: str
    email: MailAddress
    #: In plain words, or per language: what the Vietnamese form calls `Chức danh` should be Vietnamese.
    title: Texts | str | None = None
    slack: str | None = None
    phone: Phone | None = None
    roles: tuple[Role, ...] = ()
    languages: tuple[Language, ...] = ("en",)
    unix: str | None = None
    zone: Zone | None = None
    routes: tuple[Reach, ...] = Field(default=(Reach(by="slack"), Reach(by="email")), min_length=1)
    #: A made-up person, who counts as nobody outside drills and demo homes.
    sample: bool = False

    @field_validator("routes")
    @classmethod
    def _each_once(cls, routes: tuple[Reach, ...]) -> tuple[Reach, ...]:
        names = [each.by for each in routes]
        if len(set(names)) < len(names):
            raise ValueError("a route stands here twice; keep one")
        if all(each.after_minutes for each in routes):
            raise ValueError("one route must be used at once; leave its after_minutes out")
        return routes

    @property
    def reached_by(self) -> tuple[str, ...]:
        """The names of all routes, in their order."""
        return tuple(each.by for each in self.routes)

    def title_in(self, language: str) -> str | None:
        """The title in this language, else in English; plain words as they are."""
        return in_language(self.title, language) if isinstance(self.title, dict) else self.title


class Processor(Record):
    """A company that holds personal data for us; `kinds` are ids of the data map."""

    id: Id
    name: str
    service: str
    place: Place
    kinds: tuple[Id, ...] = ()
    email: MailAddress | None = None
    phone: Phone | None = None
    around_the_clock: bool | None = None
    terms: str | None = None
    transfer_basis: str | None = None
    sample: bool = False


class Contacts(Record):
    """Everything in `contacts/`, read and cross-checked."""

    organisation: Organisation
    people: tuple[Person, ...]
    rotations: tuple[Rotation, ...] = ()
    absences: tuple[Absence, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    updates: tuple[Cadence, ...] = ()
    stakeholders: tuple[Stakeholder, ...] = ()
    invited: tuple[Guest, ...] = ()
    authorities: tuple[Authority, ...] = ()
    processors: tuple[Processor, ...] = ()
    commands: tuple[Command, ...] = ()
    intake: Intake = Intake()
    #: Why no command can be known, with file and line; empty where they could be read. Only `tocsin run` needs them.
    commands_fault: str = ""

    def command(self, step: str) -> Command | None:
        """The command that does this step; None where it is done by hand alone."""
        return next((each for each in self.commands if step in each.steps), None)

    def person(self, who: str) -> Person:
        """The person with this id; Refused when there is none."""
        return _named(self.people, who, "person")

    def rotation(self, which: str) -> Rotation:
        """The rotation with this id; Refused when there is none."""
        return _named(self.rotations, which, "rotation")

    def on_call(self, which: str, at: datetime) -> str | None:
        """The id of the person on call in a rotation at a moment; None in a gap."""
        return on_call(self.rotation(which), at, self.absences)

    def here(self, excluded: Iterable[str]) -> frozenset[str]:
        """The ids of all people of the house but those from whom an incident is kept."""
        return frozenset(person.id for person in self.people) - frozenset(excluded)

    def name_of(self, who: str) -> str:
        """A person by name; whoever has left the contacts, and an account that nobody knows, by id."""
        return next((person.name for person in self.people if person.id == who), who)

    def with_role(self, role: str) -> tuple[Person, ...]:
        """All who may hold a role, in the order of the file."""
        return tuple(person for person in self.people if role in person.roles)

    def gateway(self, route: str) -> Gateway | None:
        """The gateway that a route means; None where there is none."""
        named = gateway_of(route)
        return next((each for each in self.gateways if named in (None, each.id)), None)

    def ladder(self, role: str, severity: str) -> Ladder | None:
        """The ladder by which this role is called at this severity; None when nobody is."""
        fitting = (each for each in self.ladders if each.role == role and severity in each.severities)
        return next(fitting, None)

    def guests(self, at: datetime) -> tuple[str, ...]:
        """Ids of those who are invited to the room of every incident that is open at a moment."""
        return self.called(Level(after_minutes=0, call=self.invited), at) if self.invited else ()

    def called(self, level: Level, at: datetime) -> tuple[str, ...]:
        """Ids of those whom a level calls at a moment, each once, in the order of its targets."""
        ids: dict[str, None] = {}
        for target in level.call:
            if target.person is not None:
                ids[target.person] = None
            elif target.rotation is not None:
                on_call = self.on_call(target.rotation, at)
                ids.update({on_call: None} if on_call else {})
            elif target.everyone:
                ids.update(dict.fromkeys(person.id for person in self.people))
            elif target.role is not None:
                ids.update(dict.fromkeys(person.id for person in self.with_role(target.role)))
        return tuple(ids)


_T = TypeVar("_T", Person, Rotation)


def _named(records: Iterable[_T], wanted: str, what: str) -> _T:
    ids = []
    for record in records:
        if record.id == wanted:
            return record
        ids.append(record.id)
    raise Refused(f"there is no {what} {wanted!r}; known: {', '.join(ids) or 'none'}")
