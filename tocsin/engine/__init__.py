"""The engine: perform what plan() says, until there is nothing to do.

Quick moves are one transaction, made by anyone at any time. Long jobs (draft, fill, send, paper) run only under a job
lease, so that of the flow and the bell one is at work and the other passes by.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import TocsinError
from tocsin.domain.incident import Incident
from tocsin.domain.moves import Move
from tocsin.domain.plan import Plan, calls, plan
from tocsin.engine.jobs import under_lease
from tocsin.engine.quarantine import set_apart, tell_trouble
from tocsin.engine.quick import decide
from tocsin.logs import Log, place_of
from tocsin.record import attention, record
from tocsin.storage import timeline
from tocsin.storage.database import Unavailable

log = Log("tocsin.engine")

#: Rounds of planning in one advance; an incident that still wants more has a plan that feeds on itself.
ROUNDS = 50


@dataclass(frozen=True)
class Planned:
    """An incident and what is to be done about it now."""

    incident: Incident
    plan: Plan


def peek(app: App, key: str) -> Planned:
    """The plan of this moment; nothing is done."""
    incident = app.incident(key)
    return Planned(incident, plan(incident, app.catalog_of(incident), app.now(), app.newer_of(incident)))


def perform(
    app: App, key: str, move: Move, *, holder: str = "engine", stop: Callable[[], bool] = lambda: False
) -> bool:
    """Make one move, unless somebody made it or it is no longer called for. True when we made it.

    `stop` says whether somebody asked a long job to stop at its next good place.
    """
    if move.long:
        return under_lease(app, key, move, holder, stop)
    return _together(app, key, [move])


def anything(move: Move) -> bool:
    """Every move."""
    return True


def quick_only(move: Move) -> bool:
    """Moves that are one transaction."""
    return not move.long


def urgent_only(move: Move) -> bool:
    """Moves that never wait."""
    return move.urgent


def call_at_once(app: App, key: str) -> None:
    """Call whoever is to be called, before anything else is asked: the laws are read while the pages are on their way.

    Never raises but where the database is away: `advance`, which comes after it, says what is wrong with an incident.
    """

    def decided(change: Change) -> None:
        if change.incident.open:
            for move in calls(change.incident, app.catalog_of(change.incident), change.now):
                decide(app, change, move)

    try:
        record(app, key, decided, actor="engine", planned=False)
    except Unavailable:
        raise
    except Exception as trouble:  # any failure at all
        log.error("calls not made at once", incident=key, error=type(trouble).__name__, at=place_of(trouble))


def advance(
    app: App,
    key: str,
    *,
    wanted: Callable[[Move], bool] = anything,
    holder: str = "engine",
    stop: Callable[[], bool] = lambda: False,
) -> Planned:
    """Perform the wanted moves of the plan until none is left that we can make, or somebody asks us to `stop`.

    A move that fails keeps no other waiting: people are told, and the first failure is raised at the end. An incident
    whose plan or fold fails is set apart and paged about, and that failure is raised.
    """
    failed: dict[str, Exception] = {}
    for _ in range(ROUNDS):
        found = _planned(app, key)
        moves = [move for move in found.plan.moves if wanted(move) and move.key not in failed]
        quick = [move for move in moves if not move.long]
        if quick:
            _quickly(app, key, quick, failed)
            continue
        done = [
            _tried(app, key, move, partial(under_lease, app, key, move, holder, stop), failed)
            for move in moves
            if not stop()
        ]
        if stop() or not any(done):
            _note(app, found)
            if failed:
                raise next(iter(failed.values()))
            return found
    set_apart(app, key, EndlessPlan(f"the plan of {key} asks for more after {ROUNDS} rounds"))
    return found


def went_on(
    app: App,
    key: str,
    wanted: Callable[[Move], bool],
    *,
    holder: str,
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Advance one of many: whatever fails is logged, and the other incidents go on."""
    try:
        advance(app, key, wanted=wanted, holder=holder, stop=stop)
    except Unavailable as error:
        log.error("incident waits", incident=key, why=str(error))
        return False
    except Exception as error:  # any failure at all
        log.error("incident failed", incident=key, error=type(error).__name__, at=place_of(error))
        return False
    return True


class EndlessPlan(TocsinError):
    """A plan that feeds on itself."""


def _planned(app: App, key: str) -> Planned:
    _ = app.catalog  # what is wrong with the folders of today is no incident's fault
    try:
        return peek(app, key)
    except Unavailable:
        raise
    except Exception as poison:  # any failure at all: the other incidents go on
        set_apart(app, key, poison)
        raise


def _quickly(app: App, key: str, moves: list[Move], failed: dict[str, Exception]) -> None:
    """Make quick moves together; where that fails, each for itself."""
    try:
        _together(app, key, moves)
    except Unavailable:
        raise
    except Exception:  # which of them it was, the next lines find out
        for move in moves:
            _tried(app, key, move, partial(_together, app, key, [move]), failed)


def _tried(app: App, key: str, move: Move, make: Callable[[], bool], failed: dict[str, Exception]) -> bool:
    try:
        return make()
    except Unavailable:
        raise
    except Exception as trouble:  # any failure at all: the other moves go on
        failed[move.key] = trouble
        tell_trouble(app, key, move.key, trouble)
        return False


def _together(app: App, key: str, moves: list[Move]) -> bool:
    """Make quick moves in one transaction, each at most once."""

    def decided(change: Change) -> None:
        incident = change.incident
        found = plan(incident, app.catalog_of(incident), change.now, app.newer_of(incident))
        wanted = {move.key: move for move in found.moves}
        for move in moves:
            if move.key in wanted:
                decide(app, change, wanted[move.key])

    return bool(record(app, key, decided, actor="engine").entries)


def _note(app: App, found: Planned) -> None:
    """Keep the next wake where the bell looks it up."""
    now = app.now()
    wake_at, waiting_for = attention(found.plan, now)
    with app.database.read() as connection:
        row, _ = timeline.projected(connection, found.incident.key)
    if row and found.plan.moves and row["wake_at"] and row["wake_at"] <= now:
        # Moves are left for others: keep since when, so that it shows for how long nobody has made them.
        wake_at = row["wake_at"]
    if row and (row["wake_at"], row["waiting_for"]) != (wake_at, waiting_for[:200]):
        with app.database.write() as connection:
            timeline.replan(connection, found.incident.key, found.incident.head_seq, wake_at, waiting_for)
