"""Status updates: the commander is asked for the one that is due; what is told goes to the stakeholders."""

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.kinds import StatusUpdated, UpdateAsked
from tocsin.domain.moves import AskUpdate
from tocsin.domain.offers import Offer
from tocsin.domain.rhythm import next_update, readers
from tocsin.engine.messages import role_or_standin, tell
from tocsin.engine.room import tell_room
from tocsin.rendering.message import line


def ask_update(app: App, change: Change, move: AskUpdate) -> None:
    """Ask whoever commands; how many updates never came is said, each of them is not asked for again."""
    incident = change.incident
    seq = change.add(UpdateAsked(missed=move.missed), at=change.now, cause=move.cause, key=move.key)
    update = next_update(incident, app.catalog.contacts, change.now)
    lines = [line("update_due", readers=", ".join(stakeholders(app, change)) or "-")]
    if move.missed:
        lines.append(line("updates_missed", count=move.missed))
    lines.append(line("nothing_new", command=f"tocsin update {incident.key} --skip --because ..."))
    tell(
        app,
        change,
        "update-due",
        role_or_standin(app, incident, "incident-commander"),
        lines,
        subject=move.key,
        lane="warning",
        cause=seq,
        due=update.due_at if update else None,
        action=f"tocsin update {incident.key}",
        offers=[Offer("update", incident.key)],
    )


def stakeholders(app: App, change: Change) -> list[str]:
    """Who is told: nobody who must not learn of it, and nobody who is not there."""
    contacts = app.catalog.contacts
    there = contacts.here(change.incident.excluded)
    return [who for who in readers(contacts, change.now) if who in there]


def send_update(app: App, change: Change, by: str, conditions: str, actions: str, needs: str) -> None:
    """Tell the stakeholders how it stands, in the words of whoever commands, who need not read them again."""
    to = [who for who in stakeholders(app, change) if who != by]
    kept = {
        "conditions": change.keep(conditions),
        "actions": change.keep(actions),
        "needs": change.keep(needs),
    }
    seq = change.add(StatusUpdated(**kept, to=tuple(to)), at=change.now)
    lines = [
        line("conditions", text=conditions),
        line("actions", text=actions),
        line("needs_of", text=needs),
        line("told_by", who=by),
    ]
    tell_room(app, change, lines, subject=f"update/{seq}", cause=seq)
    tell(app, change, "update", to, lines, subject=f"update/{seq}", lane="status", cause=seq)
