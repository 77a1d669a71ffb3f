"""Newer laws of an open incident, as people see them before somebody accepts them."""

from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.newer import Newer, compare


def newer_laws(app: App, incident: Incident) -> Newer | None:
    """What today's laws would change for an open incident; None where it is judged by them, or judged no more."""
    newer = app.newer_of(incident) if incident.open else None
    return compare(incident, app.catalog_of(incident), newer) if newer else None


def asks_more(app: App, incident: Incident) -> bool:
    """Whether the DPO was told that today's laws are stricter for it, and nobody has accepted them."""
    newer = app.newer_of(incident) if incident.open and incident.told_of else None
    return newer is not None and newer.digest in incident.told_of
