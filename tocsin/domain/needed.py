"""Whether what waited to leave is still to be said, held against the incident as it stands. Pure.

What could not leave for hours would otherwise come all at once: questions that were answered or asked anew, steps that
are done, duties that are met. What is no question, reminder or warning is told however late: it did happen.
"""

from collections.abc import Sequence

from tocsin.domain.approving import awaiting, given
from tocsin.domain.incident import Incident, NoticeState
from tocsin.domain.moves import (
    AskApproval,
    AskCountersignature,
    AskHandOver,
    AskSignature,
    AskUpdate,
    RemindOfStep,
    TellDeputies,
    WarnOfDeadline,
)

#: A move by its key, and the entry by which it was made.
Made = tuple[str, int]


def needed(incident: Incident, about: Sequence[Made], person: str) -> bool:
    """Whether anything that a message tells this person still stands. `about` are the moves that it tells of."""
    return not about or any(_stands(incident, key, seq, person) for key, seq in about)


def _stands(incident: Incident, key: str, seq: int, person: str) -> bool:
    kind, _, rest = key.partition("/")
    of = rest.rpartition("/")[0]
    match kind:
        case AskUpdate.kind:
            asks = incident.open and incident.rhythm.asked_seq == seq
            stands = asks and incident.holder("incident-commander") in (None, person)
        case AskHandOver.kind:
            stands = incident.open and of in incident.roles and incident.tenures[of].asked_seq == seq
        case RemindOfStep.kind:
            stands = incident.open and of not in incident.steps and incident.reminded.get(of) == seq
        case WarnOfDeadline.kind:
            duty, _, percent = of.rpartition(".")
            stands = _owed(incident, duty) and incident.duties[duty].warned == int(percent)
        case AskSignature.kind:
            stands = _owed(incident, of)
        case AskApproval.kind:
            notice = incident.notices.get(of)
            stands = notice is not None and (notice.mark, notice.asked_seq) == ("in-review", seq)
        case AskCountersignature.kind:
            stands = _uncountersigned(incident, of, seq)
        case TellDeputies.kind:
            stands = _lacks_approvals(incident.notices.get(of), seq)
        case _:
            stands = True
    return stands


def _uncountersigned(incident: Incident, of: str, seq: int) -> bool:
    """Whether nobody has countersigned since this entry asked for it, nor was asked anew. `of` ends with a number."""
    notice, _, number = of.rpartition(".")
    state = incident.notices.get(notice)
    return state is not None and any(lone.seq < seq and lone.asked == int(number) for lone in awaiting(state))


def _lacks_approvals(state: NoticeState | None, seq: int) -> bool:
    """Whether a letter still lacks approvals of which this entry told deputies, the latest that did."""
    if state is None or state.last_hours is None or state.mark not in ("in-review", "approved"):
        return False
    return state.last_hours.seq == seq and len(given(state)) < state.last_hours.needed


def _owed(incident: Incident, duty: str) -> bool:
    return duty in incident.duties and incident.duties[duty].mark == "open"
