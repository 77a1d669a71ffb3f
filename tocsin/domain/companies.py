"""Duties of a processor: to tell the companies for whom it holds data (GDPR, Art. 33(2)), and when they are met.

Pure. A letter tells all of them whom the sources name. Whom a fact names by the code of a contract, a person tells.
"""

from collections.abc import Iterable

from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.letters import LetterPlan, recipients_digest
from tocsin.domain.moves import MeetByNotice
from tocsin.domain.noticenames import CONTROLLERS


def controllers_duties(incident: Incident) -> list[DutyState]:
    """Open ones to all companies, none of whom a fact names."""
    return [
        duty
        for duty in incident.duties.values()
        if duty.opened.recipient == "controller" and duty.mark == "open" and "/controller/" in duty.opened.key
    ]


def companies_told(incident: Incident, letters: Iterable[LetterPlan]) -> Iterable[MeetByNotice]:
    """Those are met once each company was told, by our letter or as a person says, and each is known."""
    state = incident.notices.get(CONTROLLERS)
    if incident.scope is None or state is None or not state.untold_at or any(state.untold.values()):
        return
    unknown = any(gap.get("kind") == "controllers-unknown" for gap in incident.scope.gaps)
    same = recipients_digest(letters, state.id, incident.recipients) == state.recipients_digest
    if unknown or (incident.scope.controllers_new > 0 and not same):
        return
    for duty in controllers_duties(incident):
        yield MeetByNotice(state.last_seq, duty.opened.key, state.id, state.untold_at)
