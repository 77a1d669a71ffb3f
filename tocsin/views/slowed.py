"""What slows a sending or has stopped it, in words: refusals, the pace of domains, letters that were given up."""

from datetime import datetime

from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.moments import iso
from tocsin.engine.pacing import lane_key, lane_of, rates_of
from tocsin.storage import pace, refusals

#: So many domains are named; of more only how many they are.
_NAMED = 3


def slowed(app: App, incident: Incident, notice: str) -> tuple[str, ...]:
    """Each reason in a few words, what weighs most first; empty where nothing slows it."""
    state = incident.notices[notice]
    with app.database.read() as connection:
        lost = refusals.given_up(connection, incident.key, notice)
        lanes = pace.queued(connection, app.clock()) if state.mark == "sending" else {}
    stopped = [state.why] if state.why and state.mark in ("sending", "paused") else []
    given_up = [f"{lost:,} given up, put off until too little time was left"] if lost else []
    return (*stopped, *_waits(app, lanes), *given_up)


def _waits(app: App, lanes: dict[str, datetime]) -> list[str]:
    """For which domains letters wait: by name those that the settings name, since of others only digests are kept."""
    if not lanes:
        return []
    key = lane_key(app)
    names = {lane_of(key, domain): domain for domain in rates_of(app).domains}
    known = sorted(names[lane] for lane in lanes if lane in names)[:_NAMED]
    others = len(lanes) - len(known)
    more = f"{others:,} {'other ' if known else ''}domain{'' if others == 1 else 's'}" if others else ""
    until = (app.now() + (max(lanes.values()) - app.clock())).replace(microsecond=0)
    which = ", ".join(filter(None, [*known, more]))
    return [f"letters wait for the rate of {which} until {iso(until)}"]
