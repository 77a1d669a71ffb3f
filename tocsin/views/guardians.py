"""Whose guardian a person decides about: no address of hers took the letter, and none to him was approved."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.scope.guardians import guardian_decides
from tocsin.domain.scope.people import AffectedPerson
from tocsin.domain.scope.routes import Route
from tocsin.engine.mailability import route
from tocsin.storage import ledger


def way_of(app: App, incident: Incident, person: AffectedPerson) -> Route:
    """How a person would be told today."""
    catalog = app.catalog_of(incident)
    return route(person, catalog.data_map.openers, _today(app, incident))


def to_decide(app: App, incident: Incident, row: Any, person: AffectedPerson | None) -> str:
    """What a person decides about the reader of a row whom the letter did not reach; empty where nothing is."""
    goes_on = row.state in ("pending", "sending") or (row.state == "ambiguous" and row.settled_at is None)
    if person is None or goes_on or not ledger.is_untold(row) or row.way == "guardian":
        return ""
    return guardian_decides(person, way_of(app, incident, person), _today(app, incident))


def _today(app: App, incident: Incident) -> date:
    zone = ZoneInfo(app.catalog_of(incident).contacts.organisation.zone)
    return app.now().astimezone(zone).date()
