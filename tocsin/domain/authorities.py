"""Authorities: the offices that receive reports, and which of them is competent.

A room of the heart: pure values, read from `contacts/authorities.yaml` by the catalog.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import StringConstraints

from tocsin.domain.records import Id, Language, Place, Record, Texts, Verification

Competence = Literal[
    "data-protection",
    "cybersecurity",
    "consumer-protection",
    "attorney-general",
    "state",
    "police",
    "financial-supervision",
    "health",
    "securities",
    "telecommunications",
]
MailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[0-9][0-9 ()-]{5,}$")]


class Authority(Record):
    """An office that receives reports.

    `verification` speaks of its name and competence, `contact_verification` of the ways to reach it.
    """

    id: Id
    place: Place
    name: Texts
    short: str
    competence: tuple[Competence, ...] = ("data-protection",)
    languages: tuple[Language, ...] = ()
    website: str | None = None
    portal: str | None = None
    email: MailAddress | None = None
    phone: Phone | None = None
    address: str | None = None
    note: Texts | None = None
    verification: Verification
    contact_verification: Verification = "unconfirmed"


def authority_for(
    authorities: Iterable[Authority], place: str, competence: Competence = "data-protection"
) -> Authority | None:
    """The authority of a place: of exactly that place, else of its country (`DE` for `DE-BY`), else None."""
    competent = [each for each in authorities if competence in each.competence]
    for wanted in (place, place.partition("-")[0]):
        for authority in competent:
            if authority.place == wanted:
                return authority
    return None
