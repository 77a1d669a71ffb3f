"""To whom a rule's duty is owed: to one recipient, to the authority of each place, to each controller.

Pure. As processor the company owes word to every controller whose people were hit (Art. 33(2) GDPR and its like): one
duty for each that the cells name, and one for all those who are not named yet.
"""

from functools import cache
from typing import Literal, NamedTuple

from tocsin.domain.facts import Facts
from tocsin.domain.law.rules import Rule
from tocsin.domain.matching import CellTest
from tocsin.domain.places import divided, lies_in, state_of


class Controlled(CellTest):
    """Whose people these are: of one of these controllers, or of one whom nobody has named. No law asks for it."""

    controllers: tuple[str, ...] = ()
    nameless: Literal[True] | None = None


class Undivided(CellTest):
    """Those of whom only the country is stated, and not its part. No law asks for it."""

    country: tuple[str, ...] = ()


class Addressee(NamedTuple):
    """One of those to whom a duty is owed, and the people for whom it is: all, or these alone."""

    place: str | None = None
    of: CellTest | None = None
    #: A controller, by the code of its contract.
    controller: str | None = None

    @property
    def in_some_part(self) -> bool:
        """Whether its people live in parts of a country that nobody has named."""
        return isinstance(self.of, Undivided)


def addressees(rule: Rule, facts: Facts, main_establishment: str | None) -> tuple[Addressee, ...]:
    """Each of them, once. `main_establishment` is the place of the authority that speaks for all, if there is one."""
    if rule.per is None or main_establishment:
        return _controllers(rule, facts) or (Addressee(main_establishment or rule.place),)
    region = rule.per.place_in
    places = sorted({state_of(place) for place in facts.places() if lies_in(place, (region,))})
    return tuple(
        Addressee(place, _undivided(place) if divided(place) else living_in(place)) for place in places
    ) or (Addressee(None, living_in(region)),)


@cache
def living_in(place: str) -> CellTest:
    """Those who live in a place or region."""
    return CellTest(place=(place,))


@cache
def _undivided(country: str) -> CellTest:
    return Undivided(country=(country,))


def _controllers(rule: Rule, facts: Facts) -> tuple[Addressee, ...]:
    """The controllers that are named; none where the rule speaks to others, or nobody has named one."""
    if rule.recipient != "controller":
        return ()
    crowd = facts.crowd
    _, outside = crowd.answers(rule.among.features)
    stated = crowd.values("controllers", crowd.everybody & ~outside)
    named = sorted({code for codes in stated for code in codes or ()})
    if not named:
        return ()
    nameless = () if all(stated) else (Addressee(of=Controlled(nameless=True)),)
    return (*(Addressee(None, Controlled(controllers=(code,)), code) for code in named), *nameless)
