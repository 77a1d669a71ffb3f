"""The playbook of one incident: the steps of its type, and what is left of types that it had before.

Pure. A step is one step by its id, whichever types share it: ticked under one type, it is ticked under the next. Steps
of an earlier type stay in sight: those that were done stay done, and the others are no longer asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.domain.catalog import Catalog
from tocsin.domain.checklist import IncidentType, Step
from tocsin.domain.incident import Incident


@dataclass(frozen=True)
class Item:
    """A step, the type that it comes from, and whether the incident's present type asks for it."""

    step: Step
    type: str
    asked: bool


def playbook(incident: Incident, catalog: Catalog) -> tuple[Item, ...]:
    """Every step that the incident has or had: what its type asks, in the order of work; then what is left.

    Where two types share an id, the words of the present type count, or else those of the latest before it.
    """
    found: dict[str, Item] = {}
    for type_ in _types(incident, catalog):
        for step in type_.steps:
            found.setdefault(step.id, Item(step, type_.id, asked=type_.id == incident.type))
    return tuple(found.values())


def _types(incident: Incident, catalog: Catalog) -> Iterator[IncidentType]:
    yield catalog.type(incident.type)
    for former in reversed(incident.former_types):
        # Newer packs, which a person accepted, may know it no more.
        if former in catalog.types:
            yield catalog.types[former]
