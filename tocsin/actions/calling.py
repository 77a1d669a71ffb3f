"""Calling somebody for messages from outside: for one that is urgent, and for all those that were held back."""

from datetime import datetime, timedelta

from tocsin.actions.asking import command_of
from tocsin.actors import Actor
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.escalation import TRIAGE
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import Paged
from tocsin.domain.ladder import Rung, rung_at
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


def call(
    app: App, change: Change, cause: int, why: Line | None = None, level: int = 0, round_: int = 0
) -> None:
    """Call who holds the command, or looks at it in triage; a level of its ladder, or the first, while nobody does."""
    incident, contacts = change.incident, app.catalog.contacts
    role = TRIAGE if incident.status == "triage" else "incident-commander"
    holder, ladder = incident.holder(role), contacts.ladder(role, incident.severity)
    known = contacts.here(incident.excluded)
    rungs = [ladder.levels[each] for each in (level, 0)] if ladder else []
    able = ([who for who in contacts.called(each, change.now) if who in known] for each in rungs)
    if why is None and incident.status != "triage":
        why = line("message_urgent")
    for person in [holder] if holder in known else next(filter(None, able), []):
        number = sum(page.person == person for page in incident.pages)
        routes = ways(contacts.person(person), incident.silenced, loud=True)
        values = {"role": role, "level": level, "round": round_, "asked_by": INTAKE.id}
        body = Paged(person=person, routes=routes, **values)
        called = change.add(body, at=change.now, cause=cause)
        page_message(app, change, body, called, why, number + 1)


def call_for_held_back(app: App) -> str | None:
    """Call once for all urgent messages that were held back, and climb the ladder of triage while nobody looks at them.

    What waits besides, once somebody has looked at the oldest, calls an hour after the last call. Returns the item in
    whose name, the oldest of them: its messages are to be sent. None while nobody is called.
    """
    now = app.now()
    with app.database.read() as connection:
        keys = arrivals.held(connection)
        last, _ = heartbeats.beats(connection).get(_SIGN, (None, None)) if keys else (None, None)
    waiting = (each for each in map(app.incident, keys) if each.quiet and TRIAGE not in each.answered)
    oldest = next(waiting, None)
    rung = _rung_due(app, oldest, last, now) if oldest else None
    if oldest is None or rung is None:
        return None
    why = line("held_back", count=1 + sum(1 for _ in waiting))
    said = f"{_SIGN}/{iso(last) if last else 'first'}"
    record(
        app,
        oldest.key,
        lambda change: call(app, change, oldest.messages[0].seq, why, rung.level, rung.round),
        actor=INTAKE.id,
        command=command_of(said, "call", said),
    )
    with app.database.write() as connection:
        heartbeats.beat(connection, _SIGN, now)
    return oldest.key


def _rung_due(app: App, oldest: Incident, last: datetime | None, now: datetime) -> Rung | None:
    """The rung that is to call now for all of them; None where it has, or the last call for others was just now."""
    ladder = app.catalog.contacts.ladder(TRIAGE, oldest.severity)
    made = [page.at for page in oldest.pages if page.asked_by == INTAKE.id]
    if ladder is None or (not made and last is not None and timedelta(0) <= now - last < HOUR):
        return None
    rung = rung_at(ladder, made[0] if made else now, now)
    return rung if not made or made[-1] < rung.since else None


def heed_held_back(app: App) -> None:
    """The same for the bell, whose round it never stops: messages from outside delay no page and no deadline."""
    try:
        call_for_held_back(app)
    except Exception as error:  # any failure at all: it is tried again in the next round
        log.error("held back, nobody called", error=type(error).__name__)
