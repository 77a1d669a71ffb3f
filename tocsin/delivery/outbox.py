"""The first door: pages, warnings and status messages to our own people.

A page tells the timeline how it fared; every attempt of every message stays in the database. A route that is DOWN
holds nobody up: its messages go by the person's next route at once, and one of them tries it again every few seconds.
"""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.change import Also, Change
from tocsin.channels import Channel
from tocsin.channels.closed import Closed
from tocsin.delivery.turning import instead, went
from tocsin.domain.contacts import Person
from tocsin.domain.errors import Refused, TocsinError
from tocsin.domain.kinds import PageOutcome
from tocsin.domain.message import MailEnvelope, Receipt, ShortCall, SlackPost, Undelivered
from tocsin.domain.routes import COMMAND, gateway_of, kind_of
from tocsin.logs import Log
from tocsin.record import record
from tocsin.sealing import unseal
from tocsin.storage import outbox, routes
from tocsin.storage.database import Unavailable
from tocsin.storage.outbox import EVERYTHING, Load

log = Log("tocsin.delivery")

#: Seconds a worker may hold a message. Past it the message is in doubt.
LEASE = 60.0
#: Seconds that one message may take. A page rather comes twice than late, so it does not wait ten minutes for a relay.
PATIENCE = 45.0
#: How often one call looks again for what its own attempts set free.
PASSES = 5
#: Seconds between two signs of life while messages are under way: a slow relay may take longer than a bell may.
BEAT = 5.0
#: Seconds until a message that did not leave is tried again: pages every few seconds, the rest with patience.
_AGAIN = {
    outbox.LANES["page"]: (5, 30),
    outbox.LANES["warning"]: (10, 120),
    outbox.LANES["status"]: (30, 900),
}


@dataclass(frozen=True)
class Attempt:
    """How one message fared: its row, and the outcome with the other side's words."""

    row: Mapping[str, Any]
    outcome: str
    phase: str
    reply: str
    retry_after: float | None = None


@dataclass
class _Road:
    """One route in one pass: its channel, and to whom nothing goes any more in it."""

    channel: Channel
    stopped: set[str] = field(default_factory=set)

    def passable(self, row: Mapping[str, Any]) -> bool:
        """Whether the other side has not asked us, since we began, to wait with what goes there."""
        return routes.destination(row) not in self.stopped

    def learn(self, attempt: Attempt) -> None:
        """What one attempt says about those that follow."""
        if attempt.outcome == "down":
            # The rest of this pass need not wait for the same silence one after another.
            self.channel = Closed(str(attempt.row["route"]), attempt.reply)
        elif attempt.outcome == "retry":
            self.stopped.add(routes.destination(attempt.row))


def deliver(
    app: App,
    load: Load = EVERYTHING,
    *,
    limit: int = 100,
    alive: Callable[[], None] = lambda: None,
) -> list[Attempt]:
    """Send what is due and not held, pages first, all routes at once. Returns what was tried; calls `alive` often.

    What is turned to another route leaves in the same call, and what waited for a route that came back.
    """
    done: list[Attempt] = []
    for _ in range(PASSES):
        rows, roads, down = _taken_in_hand(app, load, limit)
        tried = asyncio.run(_deliver(app, rows, roads, alive)) if rows else []
        done += tried
        turned = any(attempt.outcome != "handed_over" for attempt in tried)
        if not (turned or any(attempt.row["route"] in down for attempt in tried)):
            break
    return done


def _taken_in_hand(
    app: App, load: Load, limit: int
) -> tuple[list[dict[str, Any]], dict[str, _Road], Collection[str]]:
    """Rows that are due, the roads they go by, and the names of the routes that were down before."""
    now = app.now()
    with app.database.read() as connection:
        found = routes.health(connection)
        closed = {name: health.why for name, health in found.items() if health.closed(now)}
        down = {name for name, health in found.items() if health.down_since}
        due = outbox.claimable(
            connection, now, app.clock(), limit, load=load, closed=closed, held_until=app.restored
        )
    rows = [row for row in _one_probe(due, down - set(closed)) if not _needless(app, row)]
    names = dict.fromkeys(row["route"] for row in rows)
    roads = {
        name: _Road(Closed(name, closed[name]) if name in closed else _open(app, name)) for name in names
    }
    return rows, roads, down


def _one_probe(due: list[dict[str, Any]], probed: Collection[str]) -> list[dict[str, Any]]:
    """Of what waited for a route that is down, the first alone tries whether it is mended."""
    rows, tried = [], set[str]()
    for row in due:
        if row["route"] in probed and row["outcome"] == "down":
            if row["route"] in tried:
                continue
            tried.add(row["route"])
        rows.append(row)
    return rows


async def _deliver(
    app: App, rows: list[dict[str, Any]], roads: Mapping[str, _Road], alive: Callable[[], None]
) -> list[Attempt]:
    beating = asyncio.create_task(_beat(alive))
    try:
        # A slow route holds nobody up, unless somebody wants the same order every time.
        if app.in_order:
            return [attempt for row in rows for attempt in await _by_turns(app, [row], roads[row["route"]])]
        done = await asyncio.gather(
            *(_by_turns(app, lane, roads[lane[0]["route"]]) for lane in _side_by_side(rows))
        )
        return [attempt for attempts in done for attempt in attempts]
    finally:
        beating.cancel()
        for road in roads.values():
            await road.channel.close()


def _side_by_side(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Pages to different people wait for nobody; everything else of a route goes one after the other.

    A relay takes one mail at a time: one that waited for its turn would be in doubt when its sender dies.
    """
    lanes: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        page = row["lane"] == outbox.LANES["page"] and row["route"] != "email"
        whose = routes.destination(row) if page else ""
        lanes.setdefault((row["route"], whose), []).append(row)
    return list(lanes.values())


async def _beat(alive: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(BEAT)
        with suppress(TocsinError):  # a database that is away hears of it the next time
            alive()


def _needless(app: App, row: dict[str, Any]) -> bool:
    """Whether somebody answered before this call left: then it is taken back."""
    if row["page"] is None:
        return False
    try:
        incident = app.incident(row["incident"])
    except TocsinError:  # an incident that cannot be read calls all the more
        return False
    role = next((page.role for page in incident.pages if page.seq == row["page"]), "")
    if incident.open and incident.answered.get(role, 0) < row["page"]:
        return False
    with app.database.write() as connection:
        outbox.withdraw(connection, row["incident"], [row["page"]], app.now())
    return True


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
        if not road.passable(row):
            continue
        lease = uuid4().hex
        with app.database.write() as connection:
            won = outbox.claim(connection, row, lease, app.clock(), app.now(), LEASE)
        if won:
            attempt = await _try(app, row, road.channel)
            _settle(app, attempt, lease)
            done.append(attempt)
            road.learn(attempt)
    return done


async def _try(app: App, row: dict[str, Any], channel: Channel) -> Attempt:
    try:
        item = _item(app, row, app.catalog.contacts.person(row["person"]))
        async with asyncio.timeout(PATIENCE):
            receipt = await _doubt_resolved(channel, row, item) or await channel.send(item)
    except TimeoutError:
        return Attempt(row, "ambiguous", "patience", f"no answer in {PATIENCE:.0f} s")
    except Undelivered as failure:
        return Attempt(row, failure.outcome, failure.phase, failure.reason, failure.retry_after)
    except Refused as refusal:
        return Attempt(row, "refused", "address", str(refusal))
    except Exception as error:  # one message that cannot be made keeps no other from leaving
        log.error("message failed", outbox=row["id"], error=type(error).__name__)
        return Attempt(row, "refused", "build", f"it could not be made ({type(error).__name__})")
    return Attempt(row, "handed_over", "done", receipt.reply)


async def _doubt_resolved(
    channel: Channel, row: dict[str, Any], item: MailEnvelope | SlackPost | ShortCall
) -> Receipt | None:
    """Where the other side can be asked whether it has the message already, ask before sending again."""
    if not _in_doubt(row) or not isinstance(item, SlackPost):
        return None
    find = getattr(channel, "find", None)
    since: datetime = row["first_attempt_at"] or row["created_at"]
    return await find(item.channel, item.message_id, since - timedelta(minutes=1)) if find else None


def _item(app: App, row: dict[str, Any], person: Person) -> MailEnvelope | SlackPost | ShortCall:
    content = json.loads(unseal(app.record_key(row["incident"]), row["sealed"], outbox.sealed_for(row)))
    if row["route"] == "slack":
        if not person.slack:
            raise Refused(f"{person.id} has no Slack id; add one in contacts/people.yaml")
        blocks = tuple(content["slack_blocks"])
        return SlackPost(row["id"], person.slack, content["slack_text"], blocks)
    if kind_of(row["route"]) == COMMAND:
        if not person.phone:
            raise Refused(f"{person.id} has no phone; add one in contacts/people.yaml")
        return ShortCall(row["id"], gateway_of(row["route"]), person.phone, content["short"], row["incident"])
    from tocsin.rendering.mime import build_mail

    organisation = app.catalog.contacts.organisation
    sender = app.settings.mail.sender or organisation.notice_sender
    return build_mail(
        message_id=f"{row['id']}@{sender.rpartition('@')[2]}",
        date=row["first_attempt_at"] or app.now(),
        sender=("Tocsin", sender),
        to=(person.name, person.email),
        reply_to=organisation.reply_to,
        subject=content["subject"],
        text=content["text"],
        html=content["html"],
        headers={"X-Tocsin-Incident": row["incident"]},
    )


def _settling(app: App, attempt: Attempt, lease: str) -> Also:
    """What is written into the outbox about this attempt, whoever opens the transaction."""
    row, now = attempt.row, app.now()
    state = attempt.outcome if attempt.outcome in ("handed_over", "refused", "ambiguous") else "pending"
    final = state in ("handed_over", "refused") or (state == "ambiguous" and _in_doubt(row))
    wait = attempt.retry_after if attempt.retry_after is not None else _pause(row["lane"], row["attempts"])
    # What waits for a route that is down leaves as soon as that is up.
    until = now if attempt.outcome == "down" else now + timedelta(seconds=wait)
    settle = partial(
        outbox.settle,
        row=dict(row),
        lease=lease,
        state=state,
        outcome=attempt.outcome,
        phase=attempt.phase,
        reply=attempt.reply,
        now=now,
        final=final,
        not_before=until,
    )
    turned = instead(app, attempt.row, attempt.outcome)

    def write(connection: Connection) -> None:
        settle(connection)
        if attempt.outcome == "handed_over":
            went(app, connection, row, now)
        if attempt.outcome == "retry" and attempt.retry_after is not None:
            routes.wait(connection, row, until)
        if turned is not None:
            outbox.put(connection, [turned], now)
        _learn_of_route(connection, attempt, now)

    return write


def _learn_of_route(connection: Connection, attempt: Attempt, now: datetime) -> None:
    name = attempt.row["route"]
    if attempt.outcome == "down":
        routes.fell(connection, name, attempt.reply, now)
    elif attempt.outcome != "ambiguous" and attempt.phase not in ("address", "build"):
        routes.answered(connection, name, now, taken=attempt.outcome == "handed_over")


def _settle(app: App, attempt: Attempt, lease: str) -> None:
    row, settle = attempt.row, _settling(app, attempt, lease)
    # The timeline hears of a page once for each new outcome, not of every try.
    if row["page"] is None or row["outcome"] == attempt.outcome:
        with app.database.write() as connection:
            settle(connection)
        return

    def decide(change: Change) -> None:
        outcome = PageOutcome(
            page=row["page"], person=row["person"], route=row["route"], outcome=attempt.outcome
        )
        change.add(outcome, cause=row["page"], key=f"page-outcome/{row['id']}/{row['attempts']}")
        change.also.append(settle)

    try:
        record(app, row["incident"], decide, actor="engine")
    except Unavailable:
        raise
    except Exception as error:  # a poison incident: its message left all the same, and is not sent again
        log.error("outcome not in the timeline", incident=row["incident"], error=type(error).__name__)
        with app.database.write() as connection:
            settle(connection)


def _in_doubt(row: Mapping[str, Any]) -> bool:
    """Whether somebody may have sent this message before, and did not live to say so."""
    return bool(row["doubtful"]) or row["state"] != "pending"


def _pause(lane: int, attempts: int) -> float:
    first, most = _AGAIN[lane]
    return float(min(first * 2 ** min(attempts, 10), most))
