"""The first door: pages, warnings and status messages to our own people.

A page tells the timeline how it fared; every attempt of every message stays in the database. A route that is DOWN
holds nobody up: its messages wait and are tried again every few seconds, while the other routes go on.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from tocsin.app import App
from tocsin.change import Also, Change
from tocsin.channels import Channel
from tocsin.channels.closed import Closed
from tocsin.domain.contacts import Person
from tocsin.domain.errors import Refused, TocsinError
from tocsin.domain.kinds import PageOutcome
from tocsin.domain.message import MailEnvelope, Receipt, SlackPost, Undelivered
from tocsin.logs import Log
from tocsin.record import record
from tocsin.sealing import unseal
from tocsin.storage import outbox
from tocsin.storage.database import Unavailable

log = Log("tocsin.delivery")

#: Seconds a worker may hold a message. Past it the message is in doubt.
LEASE = 60.0
#: Seconds that one message may take. A page rather comes twice than late, so it does not wait ten minutes for a relay.
PATIENCE = 45.0
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


def deliver(app: App, *, limit: int = 100, alive: Callable[[], None] = lambda: None) -> list[Attempt]:
    """Send what is due and not held, pages first, all routes at once. Returns what was tried; calls `alive` often."""
    with app.database.read() as connection:
        due = outbox.claimable(connection, app.now(), app.clock(), limit, held_until=app.restored)
    rows = [row for row in due if not _needless(app, row)]
    return asyncio.run(_deliver(app, rows, alive)) if rows else []


async def _deliver(app: App, rows: list[dict[str, Any]], alive: Callable[[], None]) -> list[Attempt]:
    beating = asyncio.create_task(_beat(alive))
    channels = {route: _open(app, route) for route in dict.fromkeys(row["route"] for row in rows)}
    lanes = (
        _by_turns(app, [row for row in rows if row["route"] == route], channel)
        for route, channel in channels.items()
    )
    try:
        # A slow route holds nobody up, unless somebody wants the same order every time.
        done = [await lane for lane in lanes] if app.in_order else await asyncio.gather(*lanes)
        return [attempt for attempts in done for attempt in attempts]
    finally:
        beating.cancel()
        for channel in channels.values():
            await channel.close()


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
    opener = app.routes.get(route)
    try:
        channel = opener(app) if opener else None
    except Exception as error:  # a route that cannot even be opened holds up no other
        why = str(error) if isinstance(error, Refused) else f"cannot be opened ({type(error).__name__})"
        return Closed(route, why)
    return channel or Closed(route, f"{route} is not configured; see tocsin doctor")


async def _by_turns(app: App, rows: list[dict[str, Any]], channel: Channel) -> list[Attempt]:
    done: list[Attempt] = []
    for row in rows:
        lease = uuid4().hex
        with app.database.write() as connection:
            won = outbox.claim(connection, row, lease, app.clock(), app.now(), LEASE)
        if won:
            attempt = await _try(app, row, channel)
            _settle(app, attempt, lease)
            done.append(attempt)
            if attempt.outcome == "down":
                # The rest of this round need not wait for the same silence one after another.
                channel = Closed(row["route"], attempt.reply)
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
    channel: Channel, row: dict[str, Any], item: MailEnvelope | SlackPost
) -> Receipt | None:
    """Where the other side can be asked whether it has the message already, ask before sending again."""
    if not _in_doubt(row) or not isinstance(item, SlackPost):
        return None
    find = getattr(channel, "find", None)
    since: datetime = row["first_attempt_at"] or row["created_at"]
    return await find(item.channel, item.message_id, since - timedelta(minutes=1)) if find else None


def _item(app: App, row: dict[str, Any], person: Person) -> MailEnvelope | SlackPost:
    content = json.loads(unseal(app.record_key(row["incident"]), row["sealed"], outbox.sealed_for(row)))
    if row["route"] == "slack":
        if not person.slack:
            raise Refused(f"{person.id} has no Slack id; add one in contacts/people.yaml")
        blocks = tuple(content["slack_blocks"])
        return SlackPost(row["id"], person.slack, content["slack_text"], blocks)
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
    return partial(
        outbox.settle,
        row=dict(row),
        lease=lease,
        state=state,
        outcome=attempt.outcome,
        phase=attempt.phase,
        reply=attempt.reply,
        now=now,
        final=final,
        not_before=now + timedelta(seconds=wait),
    )


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
