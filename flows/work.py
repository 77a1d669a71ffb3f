"""Performing a plan where people can watch: each move is a task named by its words, its phase a subflow."""

from collections.abc import Iterable

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.home import Failed, aside, home
from tocsin.domain.moves import Move, MovePhase
from tocsin.engine import perform


async def make(incident: str, moves: Iterable[Move]) -> None:
    """Make moves one after the other. One that fails shows as a failed task and does not stop the next."""
    for move in moves:
        try:
            await _task(incident, move)
        except Failed:
            continue


async def work_phase(incident: str, phase: MovePhase) -> None:
    """Make every move that one phase has now, and those that follow from them."""
    from tocsin.engine import peek

    tried: set[str] = set()
    while True:
        found = await aside(peek, home(), incident)
        fresh = [move for move in found.plan.moves if move.phase == phase and move.key not in tried]
        if not fresh:
            return
        tried |= {move.key for move in fresh}
        await make(incident, fresh)


async def _task(incident: str, move: Move) -> None:
    # Braces would be read as places for parameters; words of moves have none, and must not grow any.
    words = move.words.replace("{", "(").replace("}", ")")

    @task(name=words, task_run_name=words, cache_policy=NO_CACHE, persist_result=False, log_prints=False)
    async def made() -> None:
        await aside(perform, home(), incident, move, holder="flow")

    await made()
