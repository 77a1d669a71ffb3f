"""People whose place nobody knows: it counts as the strictest, and a duty that rests on that says so.

Pure. What rests on them shows when they are thought to live where no law asks for anybody.
"""

from tocsin.domain.facts import Facts
from tocsin.domain.places import UNKNOWN_PLACE

#: Nobody's residents: the Antarctic, which has a code and no law here.
_NOWHERE = "AQ"


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
    counts = [cell.count for cell in facts.cells if cell.place == UNKNOWN_PLACE and not cell.nobody]
    known = sum(count for count in counts if count is not None)
    many = "some people" if None in counts else "1 person" if known == 1 else f"{known} people"
    return f"the place of {many} is unknown, which counts as the strictest: ASSUMED until it is known"
