"""Calling somebody for messages from outside: for one that is urgent, and for all those that were held back."""

from datetime import timedelta

from tocsin.actions.asking import command_of
from tocsin.actors import Actor
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.escalation import TRIAGE
from tocsin.domain.kinds import Paged
from tocsin.domain.moments import iso
from tocsin.domain.roads import ways
from tocsin.engine.messages import page_message
from tocsin.logs import Log
from tocsin.record import record
from tocsin.rendering.message import Line, line
from tocsin.storage import arrivals
from tocsin.storage import clock as heartbeats

log = Log("tocsin.intake")

#: Who acts: the intake itself, for whoever wrote is nobody whom we know.
INTAKE = Actor("intake", None)
HOUR = timedelta(hours=1)
#: The sign by which it is known when somebody was last called for those that were held back.
_SIGN = "held-back"


def call(app: App, change: Change, cause: int, why: Line | None = None) -> None:
    """Call who holds the command, or looks at it in triage; the first of its ladder while nobody does."""
    incident, contacts = change.incident, app.catalog.contacts
    role = TRIAGE if incident.status == "triage" else "incident-commander"
    holder, ladder = incident.holder(role), contacts.ladder(role, incident.severity)
    first = contacts.called(ladder.levels[0], change.now) if ladder else ()
    known = contacts.here(incident.excluded)
    if why is None and incident.status != "triage":
        why = line("message_urgent")
    for person in [who for who in ((holder,) if holder in known else first) if who in known]:
        number = sum(page.person == person for page in incident.pages)
        routes = ways(contacts.person(person), incident.silenced, loud=True)
        body = Paged(role=role, person=person, level=0, round=0, routes=routes, asked_by=INTAKE.id)
        called = change.add(body, at=change.now, cause=cause)
        page_message(app, change, body, called, why, number + 1)


def call_for_held_back(app: App) -> str | None:
    """Call somebody once for all urgent messages that were held back, and again each hour while nobody looks at them.

    Returns the item in whose name, the oldest of them: its messages are to be sent. None while nobody is called.
    """
    now = app.now()
    with app.database.read() as connection:
        keys = arrivals.held(connection)
        last, _ = heartbeats.beats(connection).get(_SIGN, (None, None)) if keys else (None, None)
    if not keys or (last is not None and timedelta(0) <= now - last < HOUR):
        return None
    waiting = [each for each in map(app.incident, keys) if each.quiet and TRIAGE not in each.answered]
    if waiting:
        why = line("held_back", count=len(waiting))
        said = f"{_SIGN}/{iso(last) if last else 'first'}"
        oldest = waiting[0]
        record(
            app,
            oldest.key,
            lambda change: call(app, change, oldest.messages[0].seq, why),
            actor=INTAKE.id,
            command=command_of(said, "call", said),
        )
    with app.database.write() as connection:
        heartbeats.beat(connection, _SIGN, now)
    return waiting[0].key if waiting else None


def heed_held_back(app: App) -> None:
    """The same for the bell, whose round it never stops: messages from outside delay no page and no deadline."""
    try:
        call_for_held_back(app)
    except Exception as error:  # any failure at all: it is tried again in the next round
        log.error("held back, nobody called", error=type(error).__name__)
