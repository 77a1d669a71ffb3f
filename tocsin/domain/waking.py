"""Park and wake: whether the run that shows an incident is left alone, wanted now, or replaced. Pure.

Prefect accepts `Scheduled(now)` for a run that is at work, and the run's own parking then overwrites it: such a wake is
lost. So a run that lives is left alone; it looks at the head again before it parks, and what it still missed shows in
`parked_seq` at the next look. Beats and wakes run on the real clock, also in drills whose own clock leaps.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

#: A run that is at work beats every few seconds; after this long without a beat its process counts as dead.
STALE = timedelta(seconds=10)
#: A run that a worker took (Pending) and that never came to Running in this time has lost its worker.
UNSTARTED = timedelta(seconds=30)
#: Wakes that only refresh the display come at most so often for one incident.
DISPLAY_EVERY = timedelta(seconds=10)
#: Runs that end at once are not replaced faster than this.
ANEW_EVERY = timedelta(seconds=5)

_ENDED = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})

Verdict = Literal["leave", "now", "anew", "rest"]


@dataclass(frozen=True)
class Sleeper:
    """An incident whose run should be awake, and what we know of that run."""

    incident: str
    code_name: str
    type: str
    severity: str
    drill: bool
    generation: int
    flow_run_id: str | None
    beat: datetime | None
    woken_at: datetime | None
    #: Whether something is due, or only the display is behind.
    urgent: bool
    #: Whether the incident is closed and its run has seen the end: only Prefect's word is missing.
    over: bool = False


@dataclass(frozen=True)
class RunState:
    """What Prefect says of a flow run: the type of its state, since when, and the time it is scheduled for."""

    type: str
    since: datetime
    scheduled: datetime | None = None


def verdict(sleeper: Sleeper, state: RunState | None, clock: datetime) -> Verdict:
    """Whether a run is left alone, wanted now, replaced by a new one, or at rest for good. Pure; `clock` is real."""
    if state is None or state.type in _ENDED:
        return "rest" if sleeper.over else "anew"
    if state.type == "SCHEDULED":
        return "now" if state.scheduled and state.scheduled > clock else "leave"
    if state.type == "PENDING":
        return "now" if clock - state.since > UNSTARTED else "leave"
    # A run that has just started has not beaten yet: its state is its first sign of life.
    alive = clock - max(state.since, sleeper.beat or state.since) <= STALE
    if state.type == "CANCELLING":
        # Prefect waits for a process to end, and a parked run has none.
        return "leave" if alive and sleeper.beat else "anew"
    if state.type == "RUNNING":
        return "leave" if alive else "now"
    return "now"  # paused or suspended by hand in the dashboard: an incident does not pause


def too_soon(sleeper: Sleeper, doing: Verdict, clock: datetime, every: timedelta = DISPLAY_EVERY) -> bool:
    """Whether this wake can wait for company: display only, or a run that ended right after it began."""
    if sleeper.woken_at is None:
        return False
    if doing == "anew":
        return sleeper.flow_run_id is not None and clock - sleeper.woken_at < ANEW_EVERY
    return not sleeper.urgent and clock - sleeper.woken_at < every
