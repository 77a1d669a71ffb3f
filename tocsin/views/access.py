"""Who may see which incident.

Somebody whom an incident excludes does not learn that it exists. An account that nobody knows sees what it declared.
Of a restricted incident, the words that people wrote are for those who work on it; others see code name, counts and
clocks.
"""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, select, true

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.storage import timeline
from tocsin.storage.tables import SILENCING, entry, incident

#: What stands in place of words for those who may not read them.
RESTRICTED = "(restricted)"
#: Which entries are of open incidents: what asks for these alone does not grow with those that are closed.
_OF_OPEN = entry.c.incident.in_(select(incident.c.key).where(incident.c.open))


def visible(app: App, actor: Actor, *, only_open: bool = False) -> list[dict[str, Any]]:
    """Projections of the incidents that this person may know of: soonest deadline first."""
    with app.database.read() as connection:
        rows = timeline.listed(connection, only_open=only_open)
        first = _declarations(connection, _OF_OPEN if only_open else true())
    return [row for row in rows if row["key"] in first and _may_know(actor, *first[row["key"]])]


def excluding(app: App, actor: Actor) -> set[str]:
    """The incidents that exclude this person: what is counted over a whole home leaves them out."""
    with app.database.read() as connection:
        first = _declarations(connection, true())
    return {key for key, (_, excluded) in first.items() if actor.id in excluded}


def silenced(app: App, route: str) -> set[str]:
    """The incidents of which nothing may go by a route: by their entries, since not each of them can be folded."""
    # Said literally, as the index has it that leaves all other entries out.
    kinds: Any = bindparam(None, SILENCING, expanding=True, literal_execute=True)
    query = select(entry.c.incident, entry.c.kind, entry.c.body).where(entry.c.kind.in_(kinds))
    found: set[str] = set()
    with app.database.read() as connection:
        for row in connection.execute(query.order_by(entry.c.incident, entry.c.seq)):
            if json.loads(row.body).get("route") == route:
                (found.add if row.kind == "RouteSilenced" else found.discard)(row.incident)
    return found


def _declarations(
    connection: Connection, which: ColumnElement[bool]
) -> dict[str, tuple[str, Collection[str]]]:
    """Of each incident, or of some, who declared it and whom it excludes."""
    query = select(entry.c.incident, entry.c.actor, entry.c.body).where(entry.c.seq == 1, which)
    rows = connection.execute(query)
    return {row.incident: (row.actor, json.loads(row.body).get("excluded", ())) for row in rows}


def seen(app: App, actor: Actor, key: str) -> Incident:
    """The incident, for somebody who may see it. Refused as if there were none otherwise."""
    incident = app.incident(key)
    if not _may_know(actor, incident.opened_by, incident.excluded):
        raise Refused(f"there is no incident {key}; tocsin list shows those there are")
    return incident


def set_apart(app: App, key: str) -> str | None:
    """Why an incident was set apart, or None for a sound one."""
    with app.database.read() as connection:
        row, _ = timeline.projected(connection, key)
    return row["quarantined"] if row else None


def recorded_although(app: App, key: str, poison: Exception) -> str | None:
    """What to tell whoever said something that is kept, while its incident was set apart; None for a sound one."""
    if set_apart(app, key) is None:
        return None
    return f"recorded, but {key} is set apart: its plan fails ({type(poison).__name__}); tocsin verify {key}"


def apart(app: App, actor: Actor, key: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]] | None:
    """The projections, (incident, duties by key), of an incident that was set apart; None for a sound one.

    Nothing is folded for it, since that may be what fails. Refused as `seen` refuses.
    """
    with app.database.read() as connection:
        row, duties = timeline.projected(connection, key)
    if row is None or row["quarantined"] is None:
        return None
    if all(each["key"] != key for each in visible(app, actor)):
        raise Refused(f"there is no incident {key}; tocsin list shows those there are")
    return row, duties


def _may_know(actor: Actor, declared_by: str, excluded: Any) -> bool:
    if actor.person is None:
        return actor.id == declared_by
    return actor.person.id not in excluded
