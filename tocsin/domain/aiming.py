"""What a letter aims at where the risk to people is high: 24 hours, well before the limit of law and promise.

Pure. It is our own aim (Art. 34(1) GDPR says without undue delay), counted as the clocks of its duties are; it moves no
deadline.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from tocsin.domain.catalog import Catalog
from tocsin.domain.incident import Incident
from tocsin.domain.letters import LetterPlan
from tocsin.domain.owing import facts_of
from tocsin.domain.risk import advise

#: How soon people at high risk are to be told.
HIGH_RISK = timedelta(hours=24)
_GONE = ("sending", "sent")


class Aim(NamedTuple):
    """When a letter should have left, though no law or promise is broken before `due_at`."""

    notice: str
    at: datetime
    due_at: datetime | None
    #: Whether a person decided that the risk is high; else the advice says so.
    decided: bool


def aims(incident: Incident, catalog: Catalog, letters: tuple[LetterPlan, ...]) -> tuple[Aim, ...]:
    """The aims of letters that have not left yet, the soonest first; none where the risk is not high."""
    waits = [each for each in letters if _waits(incident, each.id)]
    if not waits or (decided := _is_high(incident, catalog)) is None:
        return ()
    found = []
    for letter in waits:
        duties = [incident.duties[key] for key in letter.duties]
        starts = [duty.clock_start for duty in duties if duty.mark == "open" and duty.clock_start]
        if starts:
            found.append(Aim(letter.id, min(starts) + HIGH_RISK, letter.due_at, decided))
    return tuple(sorted(found, key=lambda each: each.at))


def aim_words(aim: Aim) -> str:
    """`the risk to people is high, so 24 hours are the aim`."""
    how = "is high" if aim.decided else "is high by the advice, and nobody has decided on it"
    return f"the risk to people {how}: 24 hours are the aim"


def _waits(incident: Incident, notice: str) -> bool:
    state = incident.notices.get(notice)
    return state is None or state.mark not in _GONE


def _is_high(incident: Incident, catalog: Catalog) -> bool | None:
    """True where a person decided that it is, False where only the advice says so, None where it is not."""
    facts = facts_of(incident, catalog)
    levels = {str(level) for level in (facts.get("risk"), *(cell.risk for cell in facts.cells)) if level}
    if levels:
        return True if "high" in levels else None
    return False if facts.values and advise(facts).level == "high" else None
