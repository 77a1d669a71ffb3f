"""Whom it hit, as people and logs stated it: cell by cell, by country, or in short.

Pure. Cells that name somebody win, since a log or a person told the groups apart. A list of cells in which nobody
stands says only that nobody was found: it takes nothing away from what was stated otherwise.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import JsonValue

from tocsin.domain.cells import Cell
from tocsin.domain.places import UNKNOWN_PLACE
from tocsin.domain.questions import CELL_FIELDS, FACTS

#: Numbers are never carried from the top level into several cells.
_NEVER_FILLED = ("count", "records", "place")
#: Facts that tell a field of cells.
_TELLS = {definition.name: field for field, definition in CELL_FIELDS.items()}

_Values = Mapping[str, JsonValue]


def for_all(values: _Values) -> dict[str, Any]:
    """Cell fields stated once for everybody."""
    return {
        field: tuple(value) if isinstance(value := values[name], list) else value
        for name, field in _TELLS.items()
        if field not in _NEVER_FILLED and values.get(name) is not None
    }


def stated_cells(values: _Values) -> tuple[Cell, ...]:
    """The cells, or those that a number per country or the names of one cell stand for."""
    if cells := told_apart(values):
        return tuple(Cell.learned(cell) for cell in cells if isinstance(cell, dict))
    by_country, people = values.get("people_by_country"), values.get("people")
    if isinstance(by_country, dict):
        placed = [Cell.learned({"place": place, "count": count}) for place, count in by_country.items()]
        # People who were counted but not placed live somewhere: they stay, in the strictest place.
        rest = people - sum(cell.count or 0 for cell in placed) if isinstance(people, int) else 0
        return (*placed, Cell(place=UNKNOWN_PLACE, count=rest)) if rest > 0 else tuple(placed)
    in_short = {field: values[name] for name, field in _TELLS.items() if name in values and name != "risk"}
    return (Cell.learned(in_short),) if in_short else ()


def told_apart(values: _Values) -> list[JsonValue]:
    """The cells that were stated as such; none while nobody stands in them."""
    cells = values.get("cells")
    return cells if isinstance(cells, list) else []


def overruled(values: _Values, cells: Iterable[Cell], names: Iterable[str]) -> tuple[str, ...]:
    """Those of these facts that cells told apart contradict: what is stated of all does not change them."""
    if not told_apart(values):
        return ()
    known = tuple(cells)
    return tuple(name for name in names if name != "risk" and _contradicted(name, values, known))


def _contradicted(name: str, values: _Values, cells: tuple[Cell, ...]) -> bool:
    definition = FACTS[name]
    value = values.get(definition.same_as or name)
    if value is None or not (definition.cell_field or name == "people_by_country"):
        return False
    if name == "people_by_country":
        return value != _by_place(cells)
    if definition.cell_field in ("count", "records"):
        return value != sum(getattr(cell, definition.cell_field) or 0 for cell in cells)
    stated = tuple(value) if isinstance(value, list) else value
    return any(getattr(cell, definition.cell_field or "") != stated for cell in cells)


def _by_place(cells: tuple[Cell, ...]) -> dict[str | None, int]:
    counts: dict[str | None, int] = {}
    for cell in cells:
        counts[cell.place] = counts.get(cell.place, 0) + (cell.count or 0)
    return counts
