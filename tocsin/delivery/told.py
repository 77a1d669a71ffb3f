"""How many people the letters of an incident have reached."""

from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.notice import is_letter
from tocsin.storage import holding, ledger


def untold(app: App, incident: Incident) -> tuple[int, int] | None:
    """(People still to be told, all who are owed a letter); None while nobody knows how many were hit."""
    if incident.scope is None:
        return None
    letters = [notice for notice in incident.notices if is_letter(notice)]
    with app.database.read() as connection:
        counts = [ledger.counts(connection, incident.key, notice) for notice in letters]
        told = sum(each["handed_over"] + each["delivered"] for each in counts)
        if told and incident.scope.revision > 1:
            # Some of them may be supported no longer: a letter to them is none to who is owed one now.
            told = holding.told(connection, incident.key, incident.scope.revision, letters)
    return max(incident.owed_letters - told, 0), incident.owed_letters
