"""How many people the letters of an incident have reached."""

from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.notice import is_letter
from tocsin.storage import ledger


def untold(app: App, incident: Incident) -> tuple[int, int] | None:
    """(People still to be told, all of them); None while nobody knows how many were hit."""
    if incident.scope is None:
        return None
    with app.database.read() as connection:
        counts = [
            ledger.counts(connection, incident.key, notice)
            for notice in incident.notices
            if is_letter(notice)
        ]
    told = sum(each["handed_over"] + each["delivered"] for each in counts)
    return max(incident.scope.total - told, 0), incident.scope.total
