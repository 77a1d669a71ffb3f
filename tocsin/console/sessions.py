"""Who is signed in at a browser: a signed cookie that says the person and its end, and nothing is kept here.

Only a personal link sets it. `SameSite=Strict` keeps it from every request that another site makes, `HttpOnly` from
every script, `Secure` and the `__Host-` prefix from clear text, wherever the console is reached by https (RFC 6265bis).
"""

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from tocsin.actions.offers import ROUTE_OF
from tocsin.actors import Actor
from tocsin.app import App
from tocsin.domain.contacts import Person
from tocsin.domain.kinds import Door
from tocsin.links import Ticket, Unsigned, read, signed
from tocsin.views.access import silenced


def known_person(app: App, who: str) -> Person | None:
    """The person of the house with this id; None for somebody who is no longer one."""
    return next((each for each in app.catalog.contacts.people if each.id == who), None)


@dataclass(frozen=True)
class Session:
    """Who sits at a browser, and by which door they came in."""

    actor: Actor
    door: Door


def signed_in(app: App, request: Request) -> Session | None:
    """Who sits at this browser; None for nobody whom we know, and once the time is over."""
    try:
        ticket = read(_key(app), request.cookies.get(_name(app), ""))
    except Unsigned:
        return None
    person = known_person(app, ticket.person)
    # On the real clock: a browser is no part of a drill.
    if person is None or app.clock() > ticket.expires:
        return None
    return Session(Actor(person.id, person), ticket.door)


def shut_out(app: App, session: Session) -> set[str]:
    """The incidents for which the door was closed since by which somebody came in, sound or set apart."""
    return silenced(app, ROUTE_OF.get(session.door, ""))


def sign_in(app: App, answer: Response, person: Person, door: Door) -> None:
    """Let the answer sign a person in at this browser."""
    lasts = timedelta(hours=app.settings.console.session_hours)
    value = signed(_key(app), Ticket(person.id, "", None, app.clock() + lasts, "", door))
    answer.set_cookie(
        _name(app),
        value,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=_by_tls(app),
        httponly=True,
        samesite="strict",
    )


def _by_tls(app: App) -> bool:
    return (app.settings.console_url or "").startswith("https://")


def _name(app: App) -> str:
    return "__Host-tocsin" if _by_tls(app) else "tocsin"


def _key(app: App) -> bytes:
    return app.keyring.derived("session")
