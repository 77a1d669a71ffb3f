"""Contacts: the company, its people, the authorities it reports to and the processors that hold data for it.

A room of the heart: pure values, read from `contacts/` by the catalog. Who is on call stands
in `rota`, who is called for a role in `ladder`.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationInfo, field_validator, model_validator

from tocsin.domain.authorities import Authority, Competence, MailAddress, Phone, authority_for
from tocsin.domain.commands import Command
from tocsin.domain.company import FreeZone, Sector, SizeClass
from tocsin.domain.errors import Refused
from tocsin.domain.ladder import Ladder, Level
from tocsin.domain.places import EEA, country_of, lies_in
from tocsin.domain.records import Id, Language, Place, Record, Role, Texts, Zone, in_language
from tocsin.domain.rota import Rotation, on_call
from tocsin.domain.routes import Gateway, Reach, gateway_of

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
    "on_call",
]


class Identifier(Record):
    """A number under which an authority knows the company; `sample` marks one that was made up."""

    scheme: str
    value: str
    sample: bool = False


class Representative(Record):
    """Somebody who stands for the company in another place (GDPR Art. 27 and the like)."""

    place: Place
    name: str
    address: str
    email: MailAddress | None = None
    phone: Phone | None = None


class Organisation(Record):
    """The company as laws, letters and forms ask about it."""

    name: str
    legal_name: str
    #: The company that owns this one, where one does: a letter to Massachusetts names it.
    parent_company: str | None = None
    established_in: Place
    eu_main_establishment: Place | None = None
    eea_establishments: tuple[Place, ...] = Field(default=(), validate_default=True)
    #: Days on which an authority is closed beside its public holidays, by country: days by decree, local holidays.
    more_days_off: dict[Place, tuple[date, ...]] = Field(default_factory=dict)
    offers_to: Literal["worldwide"] | tuple[Place, ...] = "worldwide"
    sectors: tuple[Sector, ...] = ()
    collects_directly: bool | None = None
    system_owner_in: tuple[Place, ...] = ()
    public_sector: bool = False
    size_class: SizeClass | None = None
    free_zone: FreeZone | None = None
    #: Where counsel has confirmed that the law counts the company among small agents, who have more time.
    small_agent_in: tuple[Place, ...] = ()
    economic_activity: str | None = None
    licence: Identifier | None = None
    identifiers: tuple[Identifier, ...] = ()
    addresses: tuple[str, ...] = Field(min_length=1)
    phone: Phone
    incident_phone: Phone
    help_mail: MailAddress
    website: str
    #: Whether customers agreed to be told by e-mail what a law wants in writing (in the US by 15 U.S.C. 7001(c)),
    #: where the customer table does not say it of each; and whether e-mail is how we always write to them.
    email_agreed: bool | None = None
    email_is_usual: bool | None = None
    #: What stands in From and Reply-To of a letter to customers.
    notice_sender: MailAddress
    notice_sender_name: str
    reply_to: MailAddress
    zone: Zone
    languages: tuple[Language, ...] = Field(min_length=1)
    #: How many different people must approve a letter before it may leave.
    approvals_needed: int = Field(default=2, ge=1)
    dpo: Id
    accountable_officer: Id
    signatory: Id
    representatives: tuple[Representative, ...] = ()
    sample: bool = False

    @model_validator(mode="before")
    @classmethod
    def _has_its_main_establishment_at_home(cls, raw: Any) -> Any:
        """A company of the EEA has it where its central administration is (Art. 4(16) GDPR) unless it says more."""
        if isinstance(raw, dict) and raw.get("eu_main_establishment") is None:
            home = raw.get("established_in")
            if isinstance(home, str) and country_of(home) in EEA:
                return raw | {"eu_main_establishment": home}
        return raw

    @property
    def days_off(self) -> dict[str, frozenset[date]]:
        """`more_days_off` as clocks ask for them."""
        return {place: frozenset(days) for place, days in self.more_days_off.items()}

    def is_established(self, place: str) -> bool:
        """Whether the company has its seat or an establishment in a place or region."""
        seats = (self.established_in, self.eu_main_establishment, *self.eea_establishments)
        return any(lies_in(seat, (place,)) for seat in seats if seat)

    @field_validator("eu_main_establishment")
    @classmethod
    def _lies_in_the_eea(cls, place: str | None) -> str | None:
        if place is not None and country_of(place) not in EEA:
            raise ValueError(
                f"{place} is not in the EEA; leave it out if the company has no main establishment there"
            )
        return place

    @field_validator("eea_establishments")
    @classmethod
    def _has_its_main_establishment_among_them(
        cls, places: tuple[Place, ...], info: ValidationInfo
    ) -> tuple[Place, ...]:
        main, home = info.data.get("eu_main_establishment"), info.data.get("established_in")
        if main and home and country_of(main) not in map(country_of, (home, *places)):
            raise ValueError(
                f"none of them is in {country_of(main)}, where eu_main_establishment ({main}) is; name it here too"
            )
        return places


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
    ladders: tuple[Ladder, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    authorities: tuple[Authority, ...] = ()
    processors: tuple[Processor, ...] = ()
    commands: tuple[Command, ...] = ()
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

    def called(self, level: Level, at: datetime) -> tuple[str, ...]:
        """Ids of those whom a level calls at a moment, each once, in the order of its targets."""
        ids: dict[str, None] = {}
        for target in level.call:
            if target.person is not None:
                ids[target.person] = None
            elif target.rotation is not None:
                ids[on_call(self.rotation(target.rotation), at)] = None
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
