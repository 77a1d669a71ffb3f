"""The company as laws, letters and forms ask about it: `contacts/organisation.yaml`."""

from datetime import date
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from tocsin.domain.authorities import MailAddress, Phone
from tocsin.domain.company import FreeZone, Sector, SizeClass
from tocsin.domain.places import EEA, country_of, lies_in
from tocsin.domain.records import Day, Id, Language, Place, Record, Zone


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


class ApprovedAhead(Record):
    """Somebody approved the holding letter before anything happened: who, on which day, and the digest of it."""

    by: Id
    on: Day
    digest: str = Field(pattern=r"^[0-9a-f]{12,64}$")


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
    #: Whom our own people ask, such as human resources: answers to the letter to employees go there.
    staff_contact: MailAddress | None = None
    zone: Zone
    languages: tuple[Language, ...] = Field(min_length=1)
    #: How many different people must approve a letter before it may leave.
    approvals_needed: int = Field(default=2, ge=1)
    #: From so many hours before a letter's first deadline a deputy may release it alone; 0: never.
    deputy_releases_hours: int = Field(default=12, ge=0)
    #: Who approved the holding letter ahead; `tocsin doctor` says its digest, and whether this stands.
    holding_approved: tuple[ApprovedAhead, ...] = ()
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
