"""To whom a letter speaks: its reader, a child's guardian, somebody who works for us, or a company about its people.

Pure. Each has words of their own (`notices/customer-<audience>.<language>.*`): a letter about a child goes to the
guardian and never speaks to the child; a company for which we hold data as processor needs what it has to tell its own
people and authorities (GDPR, Art. 33(2)); who works for us is no customer.
"""

from datetime import date
from typing import Literal, get_args

from tocsin.domain.scope.people import AffectedPerson
from tocsin.domain.scope.routes import is_minor, works_for_us

#: `business` has data of her own and of end users in her account; `controller` is told of her end users' data alone.
Audience = Literal["customer", "guardian", "employee", "business", "controller"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
#: What stands in the names of the files of an audience, behind that of the notice.
_IN_NAMES: dict[Audience, str] = {
    "customer": "",
    "guardian": "-guardian",
    "employee": "-employee",
    "business": "-business",
    "controller": "-business",
}


def stem(notice: str, audience: Audience) -> str:
    """How the names of the files of a letter begin: `customer-guardian`."""
    return f"{notice}{_IN_NAMES[audience]}"


def audience_of(person: AffectedPerson, day: date) -> Audience:
    """To whom a letter about this person speaks on a day. Nobody under age is spoken to, with or without a guardian."""
    if is_minor(person, day):
        return "guardian"
    if works_for_us(person):
        return "employee"
    return "business" if person.controller_of else "customer"
