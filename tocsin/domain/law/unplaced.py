"""People whose place nobody knows: it counts as the strictest, and a duty that rests on that says so.

Pure. What rests on them shows when they are thought to live where no law asks for anybody.
"""

from collections.abc import Mapping
from types import MappingProxyType

from tocsin.domain.facts import Facts
from tocsin.domain.places import UNKNOWN_PLACE

#: Nobody's residents: the Antarctic, which has a code and no law here.
_NOWHERE = "AQ"
_NOBODY: Mapping[str, str] = MappingProxyType({})


def elsewhere(facts: Facts) -> Facts | None:
    """The same facts, had everybody of an unknown place a place that no law asks for; None where nobody has one."""
    if UNKNOWN_PLACE not in facts.places():
        return None
    cells = [
        cell.model_copy(update={"place": _NOWHERE}) if cell.place == UNKNOWN_PLACE else cell
        for cell in facts.cells
    ]
    return facts.learn("people_by_country", None).learn("cells", [cell.canonical() for cell in cells])


def assumed_because(facts: Facts) -> str:
    """`the place of 3 people is unknown, which counts as the strictest: ASSUMED until it is known`."""
    number = _unplaced(facts)
    many = "some people" if number is None else "1 person" if number == 1 else f"{number:,} people"
    return f"the place of {many} is unknown, which counts as the strictest: ASSUMED until it is known"


def where_they_live(facts: Facts) -> Mapping[str, str]:
    """The question for their place, by the fact that answers it; none where everybody has a place."""
    if UNKNOWN_PLACE not in facts.places():
        return _NOBODY
    number = _unplaced(facts)
    whom = "do the people" if number is None else f"do the {number:,} people"
    whom = "does the 1 person" if number == 1 else whom
    return {facts.crowd.asked_for("place"): f"Where {whom} of unknown place live?"}


def _unplaced(facts: Facts) -> int | None:
    """How many they are; None where one number is missing."""
    counts = [cell.count for cell in facts.cells if cell.place == UNKNOWN_PLACE and not cell.nobody]
    return None if None in counts else sum(count for count in counts if count is not None)
