"""Routes: how each person is told, and why so. Everybody who is to be told has exactly one.

Pure. Unknown stays unknown: nobody counts as a child, as dead or as a suspect unless a source says so. What a law wants
of e-mail besides is asked when a letter is drafted (`engine/mailability.py`).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from tocsin.domain.addresses import is_plain
from tocsin.domain.places import UNKNOWN_PLACE
from tocsin.domain.scope.flags import SHARED_ID
from tocsin.domain.scope.people import AffectedPerson, Company

Way = Literal["email", "post", "guardian", "next-of-kin", "internal", "controller", "held"]
WAYS: tuple[Way, ...] = get_args(Way)
#: From this birthday on people speak for themselves, where no other age is declared for their place.
OF_AGE = 18

#: Each reason with its way and its words; the first that fits decides. Who is held gets nothing from us until somebody
#: has decided.
REASONS: dict[str, tuple[Way, str]] = {
    "attacker": ("held", "held for a decision: the attacker's own account"),
    "suspect": ("held", "held for a decision: a suspect"),
    SHARED_ID: ("held", "held for a decision: one id, under which the sources keep different people"),
    "through-controller": ("controller", "by the customer for whom we hold her data, and whom we tell"),
    "controller-unknown": ("held", "held for a decision: her data are a customer's, and nobody knows which"),
    "deceased": ("next-of-kin", "to the next of kin: deceased"),
    "minor": ("guardian", "to the guardian: a minor"),
    "minor-alone": ("held", "held for a decision: a minor without a guardian who may be told"),
    "employee": ("internal", "told in the house: works for us"),
    "mailbox-taken": ("post", "by post: what opens the mailbox itself was taken"),
    "named-without-address": ("held", "held for a decision: only named by others, without an address"),
    "no-address": ("post", "no e-mail address"),
    "invalid-address": ("post", "invalid e-mail address"),
    "bounced": ("post", "by post: mail to her came back before"),
    "reachable": ("email", "by e-mail"),
}

#: The words of those reasons for which somebody has to decide first.
HELD = frozenset(words for way, words in REASONS.values() if way == "held")


@dataclass(frozen=True)
class Route:
    """How a person is told, why so, and by e-mail to which address, with the reason for that one.

    `others` are those that the letter goes to where this one takes no mail, in that order. A child's guardian, and who
    works for us, get letters with words of their own (`domain/audience.py`).
    """

    way: Way
    reason: str
    address: str | None = None
    chosen: str = ""
    others: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses that the letter may go to, in order."""
        return (self.address, *self.others) if self.address else ()

    @property
    def words(self) -> str:
        """The reason, as the ledger and the counts say it."""
        return REASONS[self.reason][1]


def route_of(
    person: AffectedPerson,
    openers: Collection[str],
    day: date,
    is_address: Callable[[str], bool] = is_plain,
) -> Route:
    """The route of a person on a day. `openers` are the kinds of data that open her mailbox to a thief."""
    reason = _reason(person, openers, day)
    mailboxes: tuple[str, ...] = ()
    chosen = ""
    if reason is None:
        mailboxes, chosen = _mailboxes(person, is_address)
        reason = "reachable" if mailboxes else chosen
        if reason == "no-address" and "named-only" in person.flags:
            reason = "named-without-address"
    elif reason == "minor":
        mailboxes, chosen = guardians_of(person, is_address), "the guardian's"
    elif reason == "employee" and not _is_taken(person, openers):
        mailboxes, chosen = _mailboxes(person, is_address)
    if not mailboxes:
        return Route(REASONS[reason][0], reason)
    return Route(REASONS[reason][0], reason, mailboxes[0], chosen, mailboxes[1:])


def guardians_of(person: AffectedPerson, is_address: Callable[[str], bool]) -> tuple[str, ...]:
    """The addresses of a guardian that take mail, but none of the ward's own."""
    own = {each.strip().lower() for each in (person.email, *person.emails) if each}
    refused = person.suppressed_as("invalid") | person.suppressed_as("bounced") | own
    said = {each.strip().lower(): each for each in (person.guardian_email, *person.guardian_emails) if each}
    return tuple(each for key, each in said.items() if is_address(each) and key not in refused)


def _reason(person: AffectedPerson, openers: Collection[str], day: date) -> str | None:
    """Why no letter goes to her own mailbox; None where nothing speaks against it."""
    minor, held_for_others = is_minor(person, day), person.role == "processor"
    holds = {
        **{flag: flag in person.flags for flag in ("attacker", "suspect", SHARED_ID, "deceased")},
        # Whom a letter goes to, be it a child's guardian or next of kin, is then the controller's to decide.
        "through-controller": held_for_others and person.controller is not None,
        "controller-unknown": held_for_others and person.controller is None,
        "minor": minor and bool(person.guardian),
        "minor-alone": minor and not person.guardian,
        "employee": works_for_us(person),
        "mailbox-taken": _is_taken(person, openers),
    }
    return next((reason for reason in REASONS if holds.get(reason)), None)


def _is_taken(person: AffectedPerson, openers: Collection[str]) -> bool:
    """Whether what opens her mailbox was taken. What a company's people lost opens none of the company's."""
    if isinstance(person, Company):
        return person.taken
    return not set(openers).isdisjoint(person.kinds)


def _mailboxes(person: AffectedPerson, is_address: Callable[[str], bool]) -> tuple[tuple[str, ...], str]:
    """The addresses to write to, in order, and why the first is the first; or none, and why none.

    Of several her own comes before one that others read too. Where a flag says of the person that mail came back, no
    address of hers is tried; where a list says it of an address, that one is not.
    """
    said = [each for each in (person.email, *person.emails) if each and each.strip()]
    none, back = person.suppressed_as("invalid"), person.suppressed_as("bounced")
    valid = [each for each in said if is_address(each) and each.strip().lower() not in none]
    if not valid:
        return (), "invalid-address" if said else "no-address"
    good = [each for each in valid if each.strip().lower() not in back]
    if not good or "bounced" in person.flags:
        return (), "bounced"
    own = [each for each in good if each.lower() not in person.shared]
    inorder = tuple(dict.fromkeys((*own, *good)))
    if not own:
        return inorder, "the first of hers; others read it too"
    if own[0] == said[0]:
        return inorder, "the first of hers"
    return inorder, "the first of hers that takes mail and that nobody shares"


def works_for_us(person: AffectedPerson) -> bool:
    """Whether a source says that she is one of our own people."""
    return "employee" in person.flags or person.group == "employees"


def is_minor(person: AffectedPerson, day: date) -> bool:
    """Whether she is under age: by her birth date, and where that is unknown by what a source says of her."""
    if person.of_age_on is not None:
        return day.isoformat() < person.of_age_on
    return "minor" in person.flags or person.group == "children"


def of_age_on(birth_date: str | None, place: str, majority: Mapping[str, int]) -> str | None:
    """The day from which a person speaks for herself, as `2019-12-31`; where her place is unknown, the latest."""
    if birth_date is None:
        return None
    years = _years(place, majority)
    born = date.fromisoformat(birth_date)
    try:
        return born.replace(year=born.year + years).isoformat()
    except ValueError:
        # Born on 29 February: the day after, so that nobody is of age too early.
        return date(born.year + years, 3, 1).isoformat()


def grown_since(place: str, majority: Mapping[str, int], day: date) -> str:
    """The last birth date, as text to compare with, of those who speak for themselves on a day; see `of_age_on`."""
    return f"{day.year - _years(place, majority):04}{day.isoformat()[4:]}"


def _years(place: str, majority: Mapping[str, int]) -> int:
    if place == UNKNOWN_PLACE:
        return max((OF_AGE, *majority.values()))
    return majority.get(place, majority.get(place.partition("-")[0], OF_AGE))
