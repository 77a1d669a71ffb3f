"""Where a duty to tell somebody stands, in the vocabulary of notification.

Pure: a duty's state, its incident and the hour give one word, which lists, papers and the register share.
"""

from collections.abc import Sequence
from datetime import datetime

from tocsin.domain.approving import standing
from tocsin.domain.catalog import Catalog
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.letters import LetterPlan
from tocsin.domain.notice import LEAVING, letter_states

#: States of a duty for which nothing is left to do.
ENDED = ("filed", "not-owed", "not-notified", "withdrawn")
#: Words for a mark that no hour and no letter changes any more.
_SETTLED = {"met": "filed", "released": "not-owed", "not-notified": "not-notified"}


def duty_word(
    state: DutyState,
    incident: Incident,
    catalog: Catalog,
    now: datetime,
    letters: Sequence[LetterPlan],
) -> str:
    """Where a duty stands. With an incident that was none its duties end.

    A duty to tell people stands where that one of its own `letters` stands that is behind the others: a draft for the
    people of one law says nothing of another.
    """
    if state.mark != "open":
        return _SETTLED[state.mark]
    if not incident.open:
        return "withdrawn"
    if passed(state.due_at, now):
        return "late"
    if state.opened.recipient == "individuals":
        mine = [letter.id for letter in letters if state.opened.key in letter.duties]
        drafts = [each for each in letter_states(incident) if each.id in mine]
        if drafts and len(drafts) >= len(mine):
            words = [_notice_word(standing(notice, incident, catalog, letters)) for notice in drafts]
            return min(words, key=("drafting", "in-review", "approved").index)
    elif state.papers:
        return "drafting"
    return "candidate" if state.candidate else "open"


def _notice_word(mark: str) -> str:
    if mark in ("approved", *LEAVING, "sent"):
        return "approved"
    return "in-review" if mark == "in-review" else "drafting"


def passed(due: datetime | None, now: datetime) -> bool:
    """Whether a moment that is known has come."""
    return due is not None and due <= now
