"""Milestones: the chain's head leaves the house with each, and at the last everybody hears that it is over."""

from collections.abc import Iterable

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import HeadPublished
from tocsin.domain.moves import PublishHead
from tocsin.domain.roads import ways
from tocsin.domain.routes import COMMAND, kind_of
from tocsin.engine.messages import role_or_standin, tell
from tocsin.engine.room import tell_room
from tocsin.rendering.message import Kind, line
from tocsin.storage import outbox


def publish(app: App, change: Change, move: PublishHead) -> None:
    """Let the head leave, so that a rebuilt chain shows: to the DPO by every route, and to whoever commands."""
    incident = change.incident
    # The head that is published is the one before this entry, which says so.
    with app.database.read() as connection:
        said = outbox.said_digest(outbox.of_incident(connection, incident.key), incident.head_seq)
    body = HeadPublished(
        seq=incident.head_seq, head=incident.head_hash, messages=said, milestone=move.milestone
    )
    seq = change.add(body, cause=move.cause, key=move.key)
    lines = [line("status", status=move.milestone)]
    if incident.scope is not None:
        lines.append(line("affected", count=incident.scope.total))
    head = line("head", seq=incident.head_seq, hash=incident.head_hash)
    kind: Kind = "status" if incident.open else "all-clear"
    keepers = role_or_standin(app, incident, "dpo")
    told = list(dict.fromkeys((*keepers, *role_or_standin(app, incident, "incident-commander"))))
    for who in told:
        # The head leaves the house by more than one road; it rings no telephone.
        by = ways(app.catalog.contacts.person(who), incident.silenced, loud=who in keepers)
        written = [route for route in by if kind_of(route) != COMMAND]
        tell(
            app,
            change,
            kind,
            [who],
            [*lines, head],
            subject=move.key,
            lane="status",
            cause=seq,
            routes=written,
        )
    tell_room(app, change, lines[:1], subject=move.key, cause=seq)
    if not incident.open:
        others = [who for who in _who_knows(incident) if who not in told]
        tell(app, change, kind, others, lines, subject=move.key, lane="status", cause=seq)


def _who_knows(incident: Incident) -> Iterable[str]:
    """Everybody who was called, held a role or read how it stands: they hear of the end too."""
    return (*(page.person for page in incident.pages), *incident.roles.values(), *incident.rhythm.readers)
