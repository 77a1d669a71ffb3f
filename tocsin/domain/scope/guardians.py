"""Guardians of people who are told at addresses of their own: where a letter may go that none of these takes.

Pure. A source names as guardian whom to tell in somebody's place. Of whoever is of age a person decides.
"""

from collections.abc import Callable
from datetime import date

from tocsin.domain.addresses import is_plain
from tocsin.domain.scope.people import AffectedPerson, Company
from tocsin.domain.scope.routes import Route, guardians_of

#: The reasons of those who are told at addresses of their own, or would be if they had one that takes mail.
_BY_HER_ADDRESSES = ("reachable", "no-address", "invalid-address", "bounced")
_OF_AGE_WARD = (
    "her guardian is known, and she is of age: a person decides whether to tell him (--by guardian)"
)
_NOT_BY_ITSELF = (
    "her guardian is known, and no letter goes to him by itself: a person decides (--by guardian)"
)


def guardians_next(
    person: AffectedPerson, way: Route, is_address: Callable[[str], bool] = is_plain
) -> tuple[str, ...]:
    """Where a letter may go that no address of hers takes: to her guardian, as a source names him.

    `way` is her route. None for whom an address is no way at all: a child's letter goes to the guardian from the first.
    """
    if not _is_behind(person, way):
        return ()
    own = {each.lower() for each in way.addresses}
    return tuple(each for each in guardians_of(person, is_address) if each.lower() not in own)


def is_of_age(person: AffectedPerson, day: date) -> bool:
    """Whether it is known that she speaks for herself: by her birth date, and by nothing else."""
    return person.of_age_on is not None and day.isoformat() >= person.of_age_on


def guardian_decides(person: AffectedPerson, way: Route, day: date) -> str:
    """Why a person decides whether her guardian is told, whom no address of hers reached; empty where none is known."""
    if not _is_behind(person, way):
        return ""
    return _OF_AGE_WARD if is_of_age(person, day) else _NOT_BY_ITSELF


def _is_behind(person: AffectedPerson, way: Route) -> bool:
    """Whether a guardian is named behind addresses of her own."""
    return not isinstance(person, Company) and bool(person.guardian) and way.reason in _BY_HER_ADDRESSES
