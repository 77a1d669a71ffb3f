"""The first door: pages, warnings and status messages to our own people. Long: it is one pass through all of them.

A page tells the timeline how it fared; every attempt of every message stays in the database. A route that is DOWN
holds nobody up: its messages go by the person's next route at once, and one of them tries it again every few seconds.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tocsin.app import App
from tocsin.channels import Channel, loaded
from tocsin.channels.closed import Closed, Held
from tocsin.delivery.attempt import PATIENCE, Attempt, attempted, recorded
from tocsin.delivery.weighing import still_wanted
from tocsin.domain.errors import Refused, TocsinError
from tocsin.domain.routes import COMMAND, kind_of
from tocsin.storage import outbox, routes, waiting
from tocsin.storage.outbox import LEASE
from tocsin.storage.waiting import EVERYTHING, Load

#: Seconds that somebody at a shell waits for one message, longer than a connection takes to fail, and for all of them.
HURRY, IN_ALL = 12.0, 16.0
#: Seconds that what can leave at once has for itself before a library is loaded for another route.
HEAD_START = 0.1
#: Mails under way at once, of those that are pages.
MAILS = 3
#: How often one call looks again for what its own attempts set free.
PASSES = 5
#: Seconds between two signs of life while messages are under way: a slow relay may take longer than a bell may.
BEAT = 5.0


@dataclass
class _Road:
    """One route in one pass: its channel, until when somebody waits, and to whom nothing goes any more in it."""

    channel: Channel
    until: float | None
    stopped: set[str] = field(default_factory=set)
    #: The other side has left one message without an answer.
    silent: bool = False
    #: What was opened for this pass, and is closed at its end.
    opened: Channel = field(init=False)

    def __post_init__(self) -> None:
        self.opened = self.channel

    def passable(self, row: Mapping[str, Any]) -> bool:
        """Whether the other side has answered so far, and has not asked us to wait with what goes there."""
        return not self.silent and routes.destination(row) not in self.stopped

    @property
    def patience(self) -> float:
        """Seconds that the next message may take; none is begun for which not all of them are left.

        A program that rings a telephone has a limit of its own, and goes on ringing whoever stops waiting for it.
        """
        if self.until is None or kind_of(self.channel.name) == COMMAND:
            return PATIENCE
        return HURRY if self.until - time.monotonic() >= HURRY else 0.0

    def learn(self, attempt: Attempt) -> None:
        """What one attempt says about those that follow."""
        if attempt.outcome == "down":
            # The rest of this pass need not wait for the same silence one after another.
            self.channel = Closed(str(attempt.row["route"]), attempt.reply)
        elif attempt.silent:
            self.silent = True
        elif attempt.outcome == "retry" and not attempt.row["held"]:
            self.stopped.add(routes.destination(attempt.row))


def deliver(
    app: App,
    load: Load = EVERYTHING,
    *,
    limit: int = 100,
    alive: Callable[[], None] = lambda: None,
) -> list[Attempt]:
    """Send what is due and not held, pages first, all routes at once. Returns what was tried; calls `alive` often.

    What is turned to another route leaves in the same call, and what waited for a route that came back. What was left
    unanswered is not tried twice in it; and where it is for one incident, somebody waits for it, and not for long.
    """
    done: list[Attempt] = []
    until = None if load.incident is None else time.monotonic() + IN_ALL
    for _ in range(PASSES):
        unanswered = {attempt.row["id"] for attempt in done if attempt.silent}
        hand = _taken_in_hand(app, load, limit, unanswered, until)
        tried = asyncio.run(_deliver(app, hand, alive)) if hand.rows else []
        done += tried
        turned = hand.turned_away or any(attempt.outcome != "handed_over" for attempt in tried)
        if not (turned or any(attempt.row["route"] in hand.down for attempt in tried)):
            break
    return done


@dataclass(frozen=True)
class _Hand:
    """What is taken in hand in one pass: the rows, the roads they go by, and which of these were down before."""

    rows: list[dict[str, Any]]
    roads: Mapping[str, _Road]
    down: Collection[str]
    #: Whether something was taken back, which perhaps goes by another route now.
    turned_away: bool


def _taken_in_hand(
    app: App, load: Load, limit: int, unanswered: Collection[str], until: float | None
) -> _Hand:
    now = app.now()
    with app.database.read() as connection:
        found = routes.health(connection)
        closed = {name: health.why for name, health in found.items() if health.closed(now)}
        down = {name for name, health in found.items() if health.down_since}
        due = waiting.claimable(
            connection, now, app.clock(), limit, load=load, closed=closed, held_until=app.restored
        )
    if load.incident is not None and {row["route"] for row in due} <= set(closed):
        # Somebody at a shell waits for this very call, and there is no other way: knock all the same.
        closed = {}
    due = [row for row in due if row["id"] not in unanswered]
    wanted = still_wanted(app, due)
    rows = _one_probe(app, wanted, down - set(closed))
    names = dict.fromkeys(row["route"] for row in rows)
    roads = {
        name: _Road(Closed(name, closed[name]) if name in closed else _open(app, name), until)
        for name in names
    }
    return _Hand(rows, roads, down, len(wanted) < len(due))


def _one_probe(app: App, due: list[dict[str, Any]], probed: Collection[str]) -> list[dict[str, Any]]:
    """Of what waited for a route that is down, the first alone tries whether it is mended, whoever has it in hand."""
    rows, tried = [], set[str]()
    for row in due:
        if (name := row["route"]) in probed and row["told"]:
            if name in tried:
                continue
            tried.add(name)
            with app.database.write() as connection:
                if not routes.knocks(connection, name, app.now()):
                    continue
        rows.append(row)
    return rows


async def _deliver(app: App, hand: _Hand, alive: Callable[[], None]) -> list[Attempt]:
    roads = hand.roads
    beating = asyncio.create_task(_beat(alive))
    try:
        # A slow route holds nobody up, unless somebody wants the same order every time.
        if app.in_order:
            return [
                attempt for row in hand.rows for attempt in await _by_turns(app, [row], roads[row["route"]])
            ]
        done = await asyncio.gather(*await _begun(app, _side_by_side(hand.rows), roads))
        return [attempt for attempts in done for attempt in attempts]
    finally:
        beating.cancel()
        for road in roads.values():
            await road.opened.close()


async def _begun(
    app: App, lanes: list[list[dict[str, Any]]], roads: Mapping[str, _Road]
) -> list[asyncio.Task[list[Attempt]]]:
    """All lanes, begun: first those that can speak at once, since while a library is loaded nobody speaks."""
    ready = {name: loaded(road.channel) for name, road in roads.items()}
    order = sorted(lanes, key=lambda lane: not ready[lane[0]["route"]])
    begun = list[asyncio.Task[list[Attempt]]]()
    for lane in order:
        route = lane[0]["route"]
        if begun and not ready[route]:
            await asyncio.wait(begun, timeout=HEAD_START, return_when=asyncio.FIRST_COMPLETED)
            ready[route] = True
        begun.append(asyncio.create_task(_by_turns(app, lane, roads[route])))
    return begun


def _side_by_side(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Pages to different people wait for nobody; everything else of a route goes one after the other.

    A relay takes only so many connections: by mail a few pages go at once, those to one person one after the other.
    """
    lanes: dict[tuple[str, Any], list[dict[str, Any]]] = {}
    mailed: dict[str, int] = {}
    for row in rows:
        whose: Any = None
        if row["lane"] == outbox.LANES["page"]:
            whose = routes.destination(row)
            if row["route"] == "email":
                whose = mailed.setdefault(whose, len(mailed) % MAILS)
        lanes.setdefault((row["route"], whose), []).append(row)
    return list(lanes.values())


async def _beat(alive: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(BEAT)
        with suppress(TocsinError):  # a database that is away hears of it the next time
            alive()


def _open(app: App, route: str) -> Channel:
    try:
        channel = app.channel(route)
    except Exception as error:  # a route that cannot even be opened holds up no other
        why = str(error) if isinstance(error, Refused) else f"cannot be opened ({type(error).__name__})"
        return Closed(route, why)
    return channel or Closed(route, f"{route} is not configured; see tocsin doctor")


async def _by_turns(app: App, rows: list[dict[str, Any]], road: _Road) -> list[Attempt]:
    done: list[Attempt] = []
    for row in rows:
        patience = road.patience
        if patience <= 0 or not road.passable(row):
            continue
        lease = uuid4().hex
        with app.database.write() as connection:
            clock, now = app.clock(), app.now()
            won = not waiting.gives_way(connection, row, clock, now)
            won = won and outbox.claim(connection, row, lease, clock, now, LEASE)
        if won:
            channel = Held(row["route"]) if row["held"] else road.channel
            attempt = await attempted(app, row, channel, patience)
            recorded(app, attempt, lease)
            done.append(attempt)
            road.learn(attempt)
    return done
