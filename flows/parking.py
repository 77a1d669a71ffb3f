"""Beating, parking, and the log line that goes with it: the flow's half of park and wake.

A parked run has no process. Its state is `Scheduled`, named by what the incident waits for, and Prefect starts it again
at its time or when the bell says so.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterParentFlowRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import Abort, Pause
from prefect.states import Crashed, Scheduled

from flows.home import Failed, aside, home, runs

#: Seconds between two beats; `domain.waking.STALE` is five of them.
BEAT = 2.0
#: Where nothing can become due, a run still looks in once a day.
LONGEST = timedelta(days=1)


@dataclass
class Execution:
    """One execution of an incident's flow run, for as long as no later one has begun."""

    incident: str
    flow_run_id: UUID
    number: int
    lost: bool = False

    def go_on(self) -> None:
        """Leave quietly when a later execution has taken over: the run's state is its to set."""
        if self.lost:
            raise Abort("a later execution of this run has taken over")

    async def park(self, seq: int, until: datetime | None, waiting_for: str) -> NoReturn:
        """Leave until then, having seen the timeline up to `seq`. First in Prefect, then in our book."""
        self.go_on()
        clock = home().clock()
        when = min(until or clock + LONGEST, clock + LONGEST)
        state: State[None] = Scheduled(scheduled_time=when, name=f"Waiting: {waiting_for}")
        async with get_client() as client:
            await _bury_orphans(client, self.flow_run_id)
            await client.set_flow_run_state(self.flow_run_id, state, force=True)
        await aside(runs().park, self.incident, self.number, seq)
        raise Pause(state=state)


@asynccontextmanager
async def executing(incident: str, flow_run_id: UUID) -> AsyncIterator[Execution | None]:
    """Begin an execution and beat until the block ends; None when another run has the incident."""
    number = await aside(runs().begin_execution, incident, str(flow_run_id), home().clock())
    if number is None:
        yield None
        return
    execution = Execution(incident, flow_run_id, number)
    beating = asyncio.create_task(_beat(execution))
    try:
        yield execution
    finally:
        beating.cancel()


async def _bury_orphans(client: PrefectClient, flow_run_id: UUID) -> None:
    """Nothing of ours is at work when we park: a subflow that still says Running lost its process in mid-phase."""
    ours = FlowRunFilter(
        parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[flow_run_id]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING])),
    )
    for orphan in await client.read_flow_runs(flow_run_filter=ours):
        gone: State[None] = Crashed(message="Its process died; a later execution went on.")
        await client.set_flow_run_state(orphan.id, gone, force=True)


async def _beat(execution: Execution) -> None:
    while not execution.lost:
        await asyncio.sleep(BEAT)
        try:
            alive = await aside(runs().beat, execution.incident, execution.number, home().clock())
        except Failed:  # the database is busy or away: the next beat says it
            continue
        execution.lost = not alive


class _ParkingIsNoError(logging.Filter):
    """Prefect logs the end of an async flow at ERROR unless it completed. Managers read that log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno == logging.ERROR and record.getMessage().startswith("Finished in state Waiting:"):
            record.levelno, record.levelname = logging.INFO, "INFO"
        return True


def quiet_parking() -> None:
    """Demote that line where it is logged."""
    logging.getLogger("prefect.flow_runs").addFilter(_ParkingIsNoError())
