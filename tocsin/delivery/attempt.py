"""One attempt at one message: made for its route, handed over, and what the other side said written down."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.change import Also, Change
from tocsin.channels import Channel
from tocsin.delivery.turning import content_of, instead, went
from tocsin.domain.contacts import Person
from tocsin.domain.doubt import fate, in_doubt
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import PageOutcome
from tocsin.domain.message import MailEnvelope, Receipt, ShortCall, SlackPost, Undelivered
from tocsin.domain.routes import COMMAND, gateway_of, kind_of
from tocsin.logs import Log
from tocsin.record import record
from tocsin.storage import outbox, rooms, routes
from tocsin.storage.database import Unavailable

log = Log("tocsin.delivery")

#: Seconds that one message may take. A page rather comes twice than late, so it does not wait ten minutes for a relay.
PATIENCE = 45.0
#: So old may what a message says of the time that is left become before it is said anew.
LATE = timedelta(minutes=5)


@dataclass(frozen=True)
class Attempt:
    """How one message fared: its row, and the outcome with the other side's words."""

    row: Mapping[str, Any]
    outcome: str
    phase: str
    reply: str
    retry_after: float | None = None
    #: The other side was spoken to, and has not said how that went.
    silent: bool = False


async def attempted(app: App, row: dict[str, Any], channel: Channel, patience: float = PATIENCE) -> Attempt:
    """Hand one message over, and say how that went. Never raises but for what ends the process."""
    try:
        item = _item(app, row)
        async with asyncio.timeout(patience):
            receipt = await _doubt_resolved(channel, row, item) or await channel.send(item)
    except TimeoutError:
        return Attempt(row, "ambiguous", "patience", f"no answer in {patience:.0f} s", silent=True)
    except Undelivered as failure:
        return Attempt(
            row, failure.outcome, failure.phase, failure.reason, failure.retry_after, failure.silent
        )
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
    if not in_doubt(row) or not isinstance(item, SlackPost):
        return None
    find = getattr(channel, "find", None)
    since: datetime = row["first_attempt_at"] or row["created_at"]
    return await find(item.channel, item.message_id, since - timedelta(minutes=1)) if find else None


def _item(app: App, row: dict[str, Any]) -> MailEnvelope | SlackPost | ShortCall:
    """What goes over the wire: for the room of the incident, or for a person by the row's route."""
    content = content_of(app, row)
    if content.get("clock") and app.now() - row["created_at"] > LATE:
        from tocsin.rendering.late import said_anew
        from tocsin.rendering.words import load_words

        words = load_words(app.pack_folder(app.catalog), content["clock"]["language"])
        content = said_anew(content, words, row["created_at"], app.now())
    if row["person"] == routes.ROOM:
        return _for_the_room(app, row, content)
    return _for_a_person(app, row, app.catalog.contacts.person(row["person"]), content)


def _for_the_room(app: App, row: dict[str, Any], content: Mapping[str, Any]) -> SlackPost:
    with app.database.read() as connection:
        room = rooms.of(connection, row["incident"])
    if room is None or not room["channel"]:
        raise Undelivered("retry", "address", "the room of this incident is not open")
    return SlackPost(row["id"], room["channel"], content["slack_text"], tuple(content["slack_blocks"]))


def _for_a_person(
    app: App, row: dict[str, Any], person: Person, content: Mapping[str, Any]
) -> MailEnvelope | SlackPost | ShortCall:
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
    domain = sender.rpartition("@")[2]
    # No mail has this id: each answers to it, so that mail programs show an incident as one conversation.
    # Gmail wants the same subject besides, and shows one for each kind of message: what a page is stays in its subject.
    root = f"<{row['incident']}@{domain}>"
    return build_mail(
        message_id=f"{row['id']}@{domain}",
        date=row["first_attempt_at"] or app.now(),
        sender=("Tocsin", sender),
        to=(person.name, person.email),
        reply_to=organisation.reply_to,
        subject=content["subject"],
        text=content["text"],
        html=content["html"],
        headers={"X-Tocsin-Incident": row["incident"], "In-Reply-To": root, "References": root},
    )


def _weighed(app: App, attempt: Attempt) -> Attempt:
    """The attempt, as one by a route that is down where that said nothing twice: what it did not take turns."""
    if attempt.outcome != "retry" or not attempt.silent:
        return attempt
    with app.database.read() as connection:
        down = routes.was_silent(connection, attempt.row["route"])
    return replace(attempt, outcome="down") if down else attempt


def _settling(app: App, attempt: Attempt, heard: Attempt, lease: str) -> Also:
    """What is written into the outbox about this attempt, whoever opens the transaction; of its route, as `heard`."""
    row, now = attempt.row, app.now()
    urgent = row["lane"] == outbox.LANES["page"]
    # What calls nobody for a role is answered by nobody: it would be sent again for ever.
    answerable = urgent and row["page"] is not None
    stands = fate(attempt.outcome, urgent=urgent, answerable=answerable, doubted=in_doubt(row))
    # What waits for a route that is down leaves as soon as that is up.
    wait = 0 if attempt.outcome == "down" else _pause(row["lane"], row["attempts"])
    until = now + timedelta(seconds=wait)
    settle = partial(
        outbox.settle,
        row=dict(row),
        lease=lease,
        state=stands.state,
        outcome=attempt.outcome,
        phase=attempt.phase,
        reply=attempt.reply,
        now=now,
        final=stands.final,
        not_before=until,
    )
    turned = instead(app, row) if stands.turns else None

    def write(connection: Connection) -> None:
        settle(connection)
        if stands.withdraws:
            went(app, connection, row, now)
        if attempt.outcome == "retry" and attempt.retry_after is not None:
            routes.wait(connection, row, now + timedelta(seconds=attempt.retry_after), now)
        if turned is not None:
            outbox.put(connection, [turned], now)
        _learn_of_route(connection, heard, now)

    return write


def _learn_of_route(connection: Connection, attempt: Attempt, now: datetime) -> None:
    name = attempt.row["route"]
    if attempt.outcome == "down":
        routes.fell(connection, name, attempt.reply, now)
    elif attempt.silent:
        routes.unanswered(connection, name, attempt.reply, now)
    elif attempt.phase not in ("address", "build", "hold"):
        routes.answered(connection, name, now, taken=attempt.outcome == "handed_over")


def recorded(app: App, attempt: Attempt, lease: str) -> None:
    """Write down how an attempt went: in the outbox, of its route, and in the timeline where it is a page."""
    heard, attempt = attempt, _weighed(app, attempt)
    row, settle = attempt.row, _settling(app, attempt, heard, lease)
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


def _pause(lane: int, attempts: int) -> float:
    first, most = outbox.PAUSES[lane]
    return float(min(first * 2 ** min(attempts, 10), most))
