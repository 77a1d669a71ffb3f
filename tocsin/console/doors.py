"""The page behind a link: what it would do, for whom, until when, and one button that does it.

The token in the address is the secret, and no cookie is asked for: another site that wanted to make a browser press
the button would have to know the address first, so there is nothing left for a CSRF token to protect. Mails are
forwarded; the page therefore says in whose name it acts, and the timeline says that it was a link.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TypedDict

from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from tocsin import actions
from tocsin.actions.doors import TurnedAway
from tocsin.actions.offers import PARTS, deed_done, opened, would_refuse
from tocsin.actions.updating import LONGEST_PART
from tocsin.actors import Actor
from tocsin.app import App
from tocsin.console.asked import Asked
from tocsin.console.letters import letters_page
from tocsin.console.pages import Ask, Form, Page, Row, Rows, answer, moment, say
from tocsin.console.sessions import known_person, sign_in
from tocsin.domain.errors import Refused, TocsinError
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import Door, Turned
from tocsin.domain.offers import ABOUT_LETTERS, Offer
from tocsin.links import Ticket, Unsigned, key_of, read
from tocsin.rendering.buttons import label, question
from tocsin.rendering.words import Words

#: 410: it was good once. 409: it no longer fits what is. 403: it is not for whoever holds it.
_STATUS: dict[Turned, int] = {
    "replayed": 410,
    "expired": 410,
    "stale": 409,
    "unknown-person": 403,
    "wrong-person": 403,
    "not-allowed": 403,
}
_TITLES: dict[Turned, str] = {"replayed": "replayed", "expired": "expired", "stale": "stale"}


def door(asked: Asked) -> Response:
    """GET shows, POST acts once. Forged, used, over or outdated: a page that says what to do instead."""
    app = asked.app
    try:
        ticket = read(key_of(app), asked.part("token"))
    except Unsigned as refused:
        return _turned(asked.words(None), "forged", str(refused), 403)
    person = known_person(app, ticket.person)
    actor = Actor(ticket.person, person)
    words = asked.words(actor)
    try:
        unsaid = asked.posted and ticket.offer is not None and _unsaid(asked, ticket.offer, words)
        if asked.posted and not unsaid:
            return _act(asked, ticket, actor, words)
        if ticket.offer:
            would_refuse(app, actor, ticket.offer, **_once(ticket))
        else:
            opened(app, actor, ticket.incident, **_once(ticket), only_look=True)
    except TurnedAway as refused:
        return _turned(words, _TITLES.get(refused.why, "refused"), str(refused), _STATUS[refused.why])
    page = _shown(app, ticket, asked.part("token"), words)
    if unsaid:
        return answer(replace(page, lead=(*page.lead, say(words, "say_something"))), 422)
    return answer(page)


def letters(asked: Asked) -> Response:
    """The letters that a link would approve, countersign or reject, for whoever is to read them first."""
    app = asked.app
    try:
        ticket = read(key_of(app), asked.part("token"))
    except Unsigned as refused:
        return _turned(asked.words(None), "forged", str(refused), 403)
    actor, offer = Actor(ticket.person, known_person(app, ticket.person)), ticket.offer
    words = asked.words(actor)
    try:
        if offer is None or offer.deed not in ABOUT_LETTERS:
            raise TurnedAway("there are no letters behind this link; open the newest mail again", "stale")
        would_refuse(app, actor, offer, **_once(ticket))
        back = Row("", label(offer, words), f"../{asked.part('token')}")
        left = offer.stand if offer.deed == "countersign" else None
        return answer(letters_page(app, actor, words, offer.incident, offer.subject, back, left))
    except TurnedAway as refused:
        return _turned(words, _TITLES.get(refused.why, "refused"), str(refused), _STATUS[refused.why])


class _Once(TypedDict):
    """What makes a link good for one time."""

    door: Door
    nonce: str
    expires: datetime


def _once(ticket: Ticket) -> _Once:
    return {"door": ticket.door, "nonce": ticket.nonce, "expires": ticket.expires}


def _act(asked: Asked, ticket: Ticket, actor: Actor, words: Words) -> Response:
    app, offer = asked.app, ticket.offer
    if offer is None:
        opened(app, actor, ticket.incident, **_once(ticket))
        moved = RedirectResponse(f"../inc/{ticket.incident}" if ticket.incident else "..", 303)
        assert actor.person is not None
        sign_in(app, moved, actor.person, ticket.door)
        return moved
    because = asked.form.get("because", "").strip()[:2000]
    said = {part: asked.form[part] for part in PARTS if part in asked.form}
    done = actions.take_up(
        app,
        actor,
        offer,
        **_once(ticket),
        because=because or None,
        said=said or None,
    )
    title, role = say(words, "done"), words.choice("office", offer.subject)
    told = say(words, f"done_{deed_done(done, offer)}", role=role, step=offer.subject, notice=offer.subject)
    what_now = say(words, "what_now", command=f"tocsin card {offer.incident}")
    page = Page(words.language, title, lead=(told,), foot=(what_now,))
    # The bell draws the consequences within a second or two; nobody need wait for them here.
    return answer(page, background=BackgroundTask(_settle, app, offer.incident))


def _settle(app: App, key: str) -> None:
    from tocsin.engine import advance, quick_only

    # What was done is recorded; a plan that fails is the bell's to tell of.
    with suppress(TocsinError):
        advance(app, key, wanted=quick_only, holder="console")


def _shown(app: App, ticket: Ticket, token: str, words: Words) -> Page:
    offer, who = ticket.offer, known_person(app, ticket.person)
    name = who.name if who else ticket.person
    about = [Row(say(words, "acts_as"), name), Row(say(words, "until"), moment(app, words, ticket.expires))]
    incident = app.incident(ticket.incident) if ticket.incident else None
    if incident is not None:
        about.insert(0, Row(say(words, "incident"), f"{incident.key} {incident.code_name}"))
    foot = (say(words, "not_you", name=name),)
    banner = "DRILL" if incident and incident.drill else ""
    if offer is None:
        form = Form(say(words, "open"))
        lead = (say(words, "open_words", name=name, hours=f"{app.settings.console.session_hours:g}"),)
        return Page(
            words.language, form.label, banner, lead=lead, tables=(Rows(tuple(about)),), form=form, foot=foot
        )
    assert incident is not None
    links: tuple[Row, ...] = ()
    if offer.deed in ABOUT_LETTERS:
        about.append(Row(say(words, "digest"), offer.stand[:12]))
        links = (Row("", _to_read(incident, offer, words), f"{token}/letters"),)
    form = Form(
        label(offer, words),
        _asks(offer, words),
        question(offer, words),
        danger=offer.deed == "reject",
    )
    return Page(
        words.language, form.label, banner, tables=(Rows(tuple(about)),), form=form, links=links, foot=foot
    )


def _asks(offer: Offer, words: Words) -> tuple[Ask, ...]:
    """What a deed wants to be told: why a letter must not leave, how it stands."""
    if offer.deed == "reject":
        return (Ask("because", say(words, "reason")),)
    if offer.deed == "update":
        return tuple(Ask(part, say(words, part), LONGEST_PART) for part in PARTS)
    return ()


def _unsaid(asked: Asked, offer: Offer, words: Words) -> bool:
    """Whether something was asked, and a browser that does not insist sent it off empty."""
    return any(not asked.form.get(ask.name, "").strip() for ask in _asks(offer, words))


def _to_read(incident: Incident, offer: Offer, words: Words) -> str:
    state = incident.notices[offer.subject]
    return say(words, "read", count=state.variants, people=state.recipients)


def _turned(words: Words, title: str, why: str, status: int) -> Response:
    """What to do instead, in the reader's language; then why, in the line that a shell would print."""
    page = Page(
        words.language,
        say(words, title),
        alarm=True,
        lead=(say(words, f"{title}_next"),),
        foot=(_sentence(why),),
    )
    return answer(page, status)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def refused(words: Words, error: Refused, status: int = 403) -> Response:
    """A page for what somebody at a browser may not do, or for what there is not."""
    return _turned(words, "refused", str(error), status)
