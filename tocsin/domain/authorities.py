"""Authorities: the offices that receive reports, and which of them is competent.

A room of the heart: pure values, read from `contacts/authorities.yaml` by the catalog.
"""

from collections.abc import Sequence
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
    authorities: Sequence[Authority], place: str, competence: Competence = "data-protection"
) -> Authority | None:
    """The authority of exactly this place; for data protection else that of its country (`DE` for `DE-XX`); else None.

    A State has offices of its own for all else: the health office of the United States is not that of California.
    """
    # Asked for each duty of an incident: all but a few are told apart by their place.
    country = (place.partition("-")[0],) if competence == "data-protection" else ()
    for wanted in (place, *country):
        for authority in authorities:
            if authority.place == wanted and competence in authority.competence:
                return authority
    return None
