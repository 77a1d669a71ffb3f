"""A test page: a real message to one of our own people, by each of that person's routes. No incident is behind it."""

import asyncio
from dataclasses import dataclass
from email.utils import make_msgid

from tocsin.app import App
from tocsin.doctor.people import TEST_PAGE
from tocsin.domain.contacts import Person
from tocsin.domain.errors import Refused
from tocsin.domain.message import MailEnvelope, ShortCall, SlackPost, Undelivered
from tocsin.domain.routes import COMMAND, gateway_of, kind_of
from tocsin.storage import clock as beats

_SUBJECT = "TEST of the breach alarm: nothing happened"


@dataclass(frozen=True)
class Sent:
    """How one route fared: whether the other side took the message, and its own words."""

    route: str
    taken: bool
    reply: str


def send_test_page(app: App, who: str, *, asked_by: str) -> list[Sent]:
    """Send it by every route of a person. What was taken is remembered; it does not prove that somebody read it.

    Refused when there is no such person.
    """
    person = app.catalog.contacts.person(who)
    sent = [asyncio.run(_by(app, person, route, asked_by)) for route in person.reached_by]
    taken = [each.route for each in sent if each.taken]
    if taken:
        with app.database.write() as connection:
            beats.beat(connection, f"{TEST_PAGE}{person.id}"[:40], app.clock(), {"routes": taken})
    return sent


async def _by(app: App, person: Person, route: str, asked_by: str) -> Sent:
    channel = app.channel(route)
    if channel is None:
        return Sent(route, taken=False, reply="DOWN: not configured; see tocsin doctor")
    try:
        receipt = await channel.send(_message(app, person, route, asked_by))
    except Undelivered as failure:
        return Sent(route, taken=False, reply=f"{failure.outcome} at {failure.phase}: {failure.reason}")
    except Refused as refusal:
        return Sent(route, taken=False, reply=str(refusal))
    finally:
        await channel.close()
    return Sent(route, taken=True, reply=receipt.reply)


def _message(app: App, person: Person, route: str, asked_by: str) -> MailEnvelope | SlackPost | ShortCall:
    text = (
        f"{_SUBJECT}. {asked_by} asked Tocsin to try whether you can be reached this way. "
        "A real page names an incident and what to type. You need not do anything."
    )
    domain = (app.settings.mail.sender or app.catalog.contacts.organisation.notice_sender).rpartition("@")[2]
    message_id = make_msgid("tocsin-test", domain).strip("<>")
    if route == "slack":
        if not person.slack:
            raise Refused(f"{person.id} has no Slack id; add one in contacts/people.yaml")
        return SlackPost(message_id, person.slack, text)
    if kind_of(route) == COMMAND:
        return ShortCall(message_id, gateway_of(route), person.phone or "", text, "")
    return _mail(app, person, text, message_id)


def _mail(app: App, person: Person, text: str, message_id: str) -> MailEnvelope:
    from html import escape

    from tocsin.rendering.mime import build_mail

    organisation = app.catalog.contacts.organisation
    return build_mail(
        message_id=message_id,
        date=app.now(),
        sender=("Tocsin", app.settings.mail.sender or organisation.notice_sender),
        to=(person.name, person.email),
        reply_to=organisation.reply_to,
        subject=_SUBJECT,
        text=f"{text}\n",
        html=f"<!doctype html><html lang=en><title>{_SUBJECT}</title><p>{escape(text)}</p></html>",
        headers={},
    )
