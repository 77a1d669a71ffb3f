"""Erasing: the key of the affected people's data is destroyed, once letters and complaints come back no more.

What was sealed with it is gone with it, in every copy; pseudonyms, counts and hashes stay, and prove what was done.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from tocsin.actions.asking import act, command_of, refuse_silence
from tocsin.actions.closing import ended
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import Erased
from tocsin.engine.letters import spoken_facts
from tocsin.evidence.passing import sweep
from tocsin.record import Recorded
from tocsin.storage import accounts, affected, keys, ledger, returned


def erase(app: App, actor: Actor, key: str, *, because: str, command: str | None = None) -> Recorded:
    """Destroy the key of the affected people's data. Refused under a legal hold, and before its windows are over."""

    def decide(change: Change) -> None:
        incident = change.incident
        need(actor, incident, "dpo")
        if incident.erased:
            raise Refused(f"the people's data of {key} were erased already; nothing is left to erase")
        if incident.open or incident.closed_at is None:
            raise Refused(f"{key} is open; close it first: tocsin close {key}")
        if spoken_facts(app, incident).get("hold"):
            raise Refused(
                f"{key} is under a legal hold; tocsin learn {key} hold=unknown lifts it, with its source"
            )
        _refuse_early(app, incident, incident.closed_at, change.now)
        refuse_silence(because, "say why the people's data are destroyed: --because '...'")
        change.add(Erased(because=change.keep(because)))
        change.also.append(lambda connection: forget_people(connection, key, change.now))

    done = act(app, actor, key, decide, command=command_of(command, "erase", [because]), closed_too=True)
    app.database.scrub()
    sweep(app.settings)
    return ended(app, done)


def _refuse_early(app: App, incident: Incident, closed_at: datetime, now: datetime) -> None:
    """Refused while letters may come back, or somebody may complain: by address alone one finds which letter it was."""
    for notice in incident.notices.values():
        if (until := notice.may_come_back_until) and now < until:
            raise Refused(
                f"letters of {notice.id} may still come back until {until.astimezone(app.zone):%Y-%m-%d}: "
                f"{incident.key} is kept until then; erase it after that"
            )
    last = max([closed_at, *(each.stopped_at for each in incident.notices.values() if each.stopped_at)])
    due = last + timedelta(days=app.settings.retention.complaints)
    if now < due:
        raise Refused(
            f"{incident.key} is kept until {due.astimezone(app.zone):%Y-%m-%d}: complaints may still come "
            "(retention.complaints in tocsin.toml); erase it then"
        )


def forget_people(connection: Connection, key: str, now: datetime) -> None:
    """Destroy the people's key, and take away whatever it has sealed in the database; pseudonyms and counts stay."""
    keys.destroy_key(connection, key, "people", now)
    for sealed in (affected, accounts, ledger, returned):
        sealed.forget(connection, key)
