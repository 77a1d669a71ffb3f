"""Weighing: what is about to leave, held against its incident as it stands. What nobody needs is taken back."""

from collections.abc import Mapping
from typing import Any

from tocsin.app import App
from tocsin.delivery.turning import content_of, instead
from tocsin.domain.errors import TocsinError
from tocsin.domain.incident import Incident
from tocsin.domain.needed import needed
from tocsin.domain.routes import kind_of
from tocsin.storage import outbox


def still_wanted(app: App, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of these messages that are still to be sent.

    Not a call that was answered, a question that was, or was asked anew, a reminder of what is done; nor what goes by
    a route that was silenced, which takes another one.
    """
    about = {key: _readable(app, key) for key in dict.fromkeys(row["incident"] for row in rows)}
    return [row for row in rows if _wanted(app, row, about[row["incident"]])]


def _readable(app: App, key: str) -> Incident | None:
    try:
        return app.incident(key)
    except TocsinError:
        return None


def _wanted(app: App, row: dict[str, Any], incident: Incident | None) -> bool:
    if incident is None:  # one that cannot be read calls all the more
        return True
    if kind_of(row["route"]) in incident.silenced:
        _turn_away(app, row)
        return False
    if row["page"] is None:
        if needed(incident, _about(app, row), row["person"]):
            return True
        with app.database.write() as connection:
            outbox.drop(connection, row, app.now(), "overtaken")
        return False
    role = next((page.role for page in incident.pages if page.seq == row["page"]), "")
    if incident.open and incident.answered.get(role, 0) < row["page"]:
        return True
    with app.database.write() as connection:
        outbox.withdraw(connection, row["incident"], [row["page"]], app.now())
    return False


def _about(app: App, row: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The moves that a message tells of; none where it tells of something else, or cannot be read."""
    try:
        content = content_of(app, row)
    except TocsinError:
        return []
    return [(key, seq) for key, seq in content.get("about", ())]


def _turn_away(app: App, row: dict[str, Any]) -> None:
    """What was on the wire when its route was silenced, and came back from it in doubt, goes by another one."""
    turned, now = instead(app, row), app.now()
    with app.database.write() as connection:
        if outbox.drop(connection, row, now, "silenced") and turned is not None:
            outbox.put(connection, [turned], now)
