"""People whose place nobody knows, or only their country where a law counts by its parts.

Pure. An unknown place counts as the strictest, and a duty that rests on that says so: what rests on such people shows
when they are thought to live where no law asks for anybody. Of people in an unknown part of a country it is only known
that there is one of them in some part.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

from tocsin.domain.cells import Cell
from tocsin.domain.facts import Facts
from tocsin.domain.places import UNKNOWN_PLACE, divided

#: Nobody's residents: the Antarctic, which has a code and no law here.
_NOWHERE = "AQ"
_NOBODY: Mapping[str, str] = MappingProxyType({})


def elsewhere(facts: Facts) -> Facts | None:
    """The same facts, had everybody of an unknown place a place that no law asks for; None where nobody has one."""
    if UNKNOWN_PLACE not in facts.places():
        return None
    return _but(facts, lambda cell: {"place": _NOWHERE} if cell.place == UNKNOWN_PLACE else {})


def scattered(facts: Facts) -> Facts:
    """The same facts, had each of those of whom only the country is stated a part of it for themselves."""
    return _but(
        facts, lambda cell: {"count": 1} if (cell.count or 0) > 1 and divided(cell.place or "") else {}
    )


def _but(facts: Facts, change: Callable[[Cell], dict[str, Any]]) -> Facts:
    cells: list[JsonValue] = [cell.model_copy(update=change(cell)).canonical() for cell in facts.cells]
    return facts.learn("people_by_country", None).learn("cells", cells)


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
