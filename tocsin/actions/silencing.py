"""Silencing a route: who reads it must not, so nothing about this incident is said there any more.

What waited for that route goes by the next one of each person. What was sent stays where it is: nobody can take a
message out of somebody else's hands, and deleting it would tell them that we know.
"""

from sqlalchemy import Connection

from tocsin.actions.asking import act, command_of, refuse_silence
from tocsin.actors import Actor, known
from tocsin.app import App
from tocsin.change import Change
from tocsin.delivery.turning import instead
from tocsin.domain.answers import nearest
from tocsin.domain.errors import Refused
from tocsin.domain.escalation import muted
from tocsin.domain.kinds import RouteSilenced, RouteTrusted
from tocsin.domain.routes import KINDS
from tocsin.record import Recorded
from tocsin.storage import outbox
from tocsin.storage.waiting import waiting_by


def silence(
    app: App, actor: Actor, key: str, route: str, *, because: str, command: str | None = None
) -> Recorded:
    """Say nothing about this incident by a route (`slack`, `email`, `command`) from now on.

    Refused for the last route that is left: then nobody could be called at all.
    """

    def decide(change: Change) -> None:
        known(actor, change.incident)
        _refuse_unknown(route)
        silenced = change.incident.silenced
        if route in silenced:
            raise Refused(f"{route} is silenced already; tocsin silence {key} {route} --lift uses it again")
        contacts, incident = app.catalog.contacts, change.incident
        if left_out := muted(contacts, incident.severity, incident.excluded, silenced | {route}, change.now):
            raise Refused(
                f"{route} is the last route of {key}: nobody could be called as {left_out[0]} by anything else; "
                "give somebody another in contacts/people.yaml first"
            )
        refuse_silence(because, f"say why nothing may go by {route}: --because '...'")
        change.add(RouteSilenced(route=route, because=change.keep(because)))
        turn_away(app, change, route)

    return act(app, actor, key, decide, command=command_of(command, "silence", [route, because]))


def lift(
    app: App, actor: Actor, key: str, route: str, *, because: str, command: str | None = None
) -> Recorded:
    """Use a route again that was silenced. What was not said there meanwhile is not said afterwards."""

    def decide(change: Change) -> None:
        known(actor, change.incident)
        _refuse_unknown(route)
        if route not in change.incident.silenced:
            raise Refused(f"{route} is not silenced; tocsin silence {key} {route} --because ... does it")
        refuse_silence(because, f"say why {route} is safe again: --because '...'")
        change.add(RouteTrusted(route=route, because=change.keep(because)))

    return act(app, actor, key, decide, command=command_of(command, "lift", [route, because]))


def turn_away(app: App, change: Change, route: str) -> None:
    """Take back what waits for a route, and write it for the next one, in the transaction of the change."""
    incident, now = change.incident, change.now
    with app.database.read() as connection:
        waiting = waiting_by(connection, incident.key, route)
    turned = [found for row in waiting if (found := instead(app, row, silenced=incident.silenced | {route}))]

    def write(connection: Connection) -> None:
        outbox.exclude(connection, [row["id"] for row in waiting], now, "silenced")
        outbox.put(connection, turned, now)

    change.also.append(write)


def _refuse_unknown(route: str) -> None:
    if route not in KINDS:
        raise Refused(f"there is no route {route!r}{nearest(route, KINDS)}; known: {', '.join(KINDS)}")
