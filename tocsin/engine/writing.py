"""What is needed to write to anybody in one incident: what each reader's letter says, and the mail that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tocsin.domain import certainty
from tocsin.domain.audience import Audience, audience_of
from tocsin.domain.certainty import Certainty
from tocsin.domain.demands import Readers, as_readers, cells_of
from tocsin.domain.facts import Facts
from tocsin.domain.languages import ENGLISH
from tocsin.domain.scope.people import AffectedPerson, Company
from tocsin.rendering.letter import Letters, Reader, addressed
from tocsin.rendering.mime import Mold
from tocsin.sealing import keyed_digest


@dataclass(frozen=True)
class Writing:
    """Everything needed to write to anybody in this incident."""

    letters: Letters
    sender: str
    sender_name: str
    reply_to: str
    zone: ZoneInfo
    #: What stands in the letters of some readers besides.
    added: Mapping[Readers, tuple[str, ...]]
    #: The sections that are kept from some.
    left_out: Mapping[Readers, tuple[str, ...]]
    facts: Facts
    #: A further letter says nothing of its reader's own data: the letter before it did.
    plain: bool = False

    def mold(self, subject: str, audience: Audience = "customer") -> Mold:
        """What all letters of one subject share; it proves the first of each shape as a whole."""
        staff = self.letters.facts.organisation.staff_contact if audience == "employee" else None
        return Mold(
            sender=(self.sender_name, self.sender),
            subject=subject,
            reply_to=staff or self.reply_to,
            headers={"X-Incident-Ref": self.letters.facts.reference},
        )

    def message_id(self, people_key: bytes, notice: str, digest: str, hidden: str) -> str:
        """Deterministic per person and version, so that a letter that is sent once more is known for the same."""
        token = keyed_digest(people_key, f"{notice}/{digest}/{hidden}".encode())[:32]
        return f"{token}@{self.sender.rpartition('@')[2]}"

    def reader(self, person: AffectedPerson) -> Reader:
        """What a letter says of its reader; days are days of the company's zone."""
        if self.plain:
            return Reader((), Certainty.UNKNOWN, person.name, audience=self.audience(person))
        days = [
            moment and moment.astimezone(self.zone).date() for moment in (person.first_seen, person.last_seen)
        ]
        mine = readers_of(person)
        cells = cells_of(mine, self.facts)
        return Reader(
            person.kinds,
            certainty.of_person(person, cells),
            person.name,
            days[0],
            days[1],
            self.added.get(mine, ()),
            certainty.otherwise(person, cells),
            self.left_out.get(mine, ()),
            self.audience(person),
            person.people if isinstance(person, Company) else None,
        )

    def audience(self, person: AffectedPerson) -> Audience:
        """To whom the letter about a person speaks, by the day of the letter: what was approved is what leaves."""
        return audience_of(person, self.letters.facts.dated)

    def locale(self, person: AffectedPerson) -> str:
        """The language of whoever reads it: a guardian's own, where a source says it."""
        return locale_of(person, self.audience(person))

    def box(self, person: AffectedPerson, address: str | None) -> tuple[str, str | None]:
        """(name, address) to write on a letter; without an address, the first of hers, but none of a child's."""
        mine = self.audience(person) != "guardian"
        return addressed(self.reader(person)), address or (person.email if mine else None)


def locale_of(person: AffectedPerson, audience: Audience) -> str:
    """The language of whoever reads a letter about a person, as the sources write it."""
    theirs = person.guardian_locale if audience == "guardian" else None
    return theirs or person.locale or ENGLISH


def readers_of(person: AffectedPerson) -> Readers:
    """Which readers a person is one of to the laws."""
    return as_readers(person.place, person.role, person.group)
