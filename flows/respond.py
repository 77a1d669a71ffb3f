"""One flow run per incident, from declared to closed: works the plan, shows the incident, parks itself and is woken."""

import asyncio
from datetime import datetime, timedelta
from itertools import groupby

from prefect import flow, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.contain import contain
from flows.home import aside, home, runs
from flows.notify import notify
from flows.parking import Execution, executing, quiet_parking
from flows.report import report
from flows.scope import scope
from flows.showing import show_board, show_incident
from flows.work import make, show, watching
from tocsin.engine import Planned, peek

#: The phases that have a subflow; the moves of the others stand in the run itself.
PHASES = {"contain": contain, "scope": scope, "notify": notify, "report": report}
#: Rounds of planning in one execution, so that a plan that feeds on itself cannot hold a process for ever.
ROUNDS = 50
#: Moves that are left (somebody else is at them, or they failed) are looked at again after so long.
AGAIN = timedelta(seconds=15)
#: Seconds between two looks of a run that lingers.
LOOK = 0.25

quiet_parking()


@flow(name="respond", log_prints=False, persist_result=False)
async def respond(incident: str) -> State[None]:
    """Respond to one incident until it is closed. `incident` is a key, and the only parameter there is."""
    async with executing(incident, runtime.flow_run.id) as execution:
        if execution is None:
            return Completed(name="Superseded", message="another run has this incident")
        while True:
            found = await _work(execution)
            await show_incident(found, own=True)
            await show_board()
            if not await _stirred(execution, found):
                break
        if found.incident.open:
            await execution.park(found.incident.head_seq, _until(found), found.plan.waiting_for)
        await aside(runs().finish, incident, execution.number, found.incident.head_seq, home().clock())
        return Completed(message=f"{incident} is {found.incident.status}")


async def _work(execution: Execution) -> Planned:
    """Make the moves of the plan until none is left that we can make."""
    stuck: set[str] = set()
    for _ in range(ROUNDS):
        execution.go_on()
        found = await aside(peek, home(), execution.incident)
        await _show_what_others_did(execution.incident)
        fresh = [move for move in found.plan.moves if move.key not in stuck]
        if not fresh:
            break
        phase, moves = next((phase, list(moves)) for phase, moves in groupby(fresh, lambda move: move.phase))
        if phase in PHASES:
            await PHASES[phase](execution.incident)
        else:
            await make(execution.incident, moves)
        # Whatever of these is still wanted after its turn is in other hands, or fails.
        stuck |= {move.key for move in moves}
    return found


async def _show_what_others_did(incident: str) -> None:
    seen = watching(incident)
    await aside(seen.look)
    for phase in dict.fromkeys(line.phase for line in seen.waiting):
        if phase in PHASES:
            await PHASES[phase](incident)
        else:
            await show(seen.take(phase))


async def _stirred(execution: Execution, found: Planned) -> bool:
    """Whether something happened, or became due, while we stayed a moment longer."""
    seen = {move.key for move in found.plan.moves}
    for _ in range(max(1, round(home().settings.prefect.linger / LOOK))):
        await asyncio.sleep(LOOK)
        execution.go_on()
        now = await aside(peek, home(), execution.incident)
        if now.incident.head_seq != found.incident.head_seq or {m.key for m in now.plan.moves} - seen:
            return True
    return False


def _until(found: Planned) -> datetime | None:
    """The real moment of the next wake."""
    if found.plan.moves:
        return home().clock() + AGAIN
    return found.plan.wake_at and home().real(found.plan.wake_at)
