"""Performing a plan where people can watch: each move is a task named by its words, its phase a subflow.

What others did since the run last looked, people at a shell and the bell, is shown in the same way, after the fact.
"""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from functools import cache
from threading import Event
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.home import Failed, aside, home, runs
from tocsin.domain.moves import Move, MovePhase
from tocsin.engine import peek, perform
from tocsin.views.happened import Happening, happened

#: So many lines one execution shows of what others did; `tocsin timeline` has all.
MOST = 100


@dataclass
class Watching:
    """What this execution has to show yet, and which moves it made itself. A flow run is one process."""

    incident: str
    seen: int
    waiting: list[Happening] = field(default_factory=list)
    made: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Take in what happened since the last look."""
        self.seen, lines = happened(home(), self.incident, after=self.seen)
        self.waiting += [line for line in lines if line.command_key not in self.made]
        del self.waiting[:-MOST]

    def take(self, phase: MovePhase) -> list[str]:
        """The words to show in one phase, which are then shown."""
        words = [line.words for line in self.waiting if line.phase == phase]
        self.waiting = [line for line in self.waiting if line.phase != phase]
        return words


@cache
def watching(incident: str) -> Watching:
    """What this process shows of an incident, from where its run last parked."""
    return Watching(incident, runs().seen(incident))


async def show(words: Iterable[str]) -> None:
    """Show what others did, each as a task of its own."""
    for each in words:
        await _task(each, _nothing)


async def _nothing() -> None:
    """It has happened already."""


async def make(incident: str, moves: Iterable[Move]) -> None:
    """Make moves one after the other. One that fails shows as a failed task and does not stop the next."""
    for move in moves:
        watching(incident).made.add(move.key)

        async def made(move: Move = move) -> None:
            over = Event()
            try:
                await aside(perform, home(), incident, move, holder="flow", stop=over.is_set)
            finally:
                over.set()  # whoever is cancelled here leaves a thread behind: a sending stops between two letters

        try:
            await _task(move.words, made)
        except Failed:
            continue


async def work_phase(incident: str, phase: MovePhase) -> None:
    """Show what others did in one phase, and make every move that it has now, and those that follow from them."""
    await show(watching(incident).take(phase))
    tried: set[str] = set()
    while True:
        found = await aside(peek, home(), incident)
        fresh = [move for move in found.plan.moves if move.phase == phase and move.key not in tried]
        if not fresh:
            return
        tried |= {move.key for move in fresh}
        await make(incident, fresh)


async def _task(words: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    # Braces would be read as places for parameters; words of moves have none, and must not grow any.
    name = words.replace("{", "(").replace("}", ")")
    shown = task(name=name, task_run_name=name, cache_policy=NO_CACHE, persist_result=False, log_prints=False)
    await shown(work)()
