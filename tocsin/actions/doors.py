"""Doors: what a click adds to the deed that it does, in the same transaction.

The nonce of the click is used up, and an entry says through which door it came; the entries of the deed name that one
as their cause. Two years later the timeline still tells a click in Slack from a command at a shell.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.actors import Actor, Through
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import Door, TakenUp, Turned
from tocsin.storage import spent

#: Under these names lies in the vault what a door was shown: as Slack signed it, or as our connection gave it.
SIGNED, AS_IT_CAME = "signed-click.txt", "click-by-socket-mode.txt"


@dataclass(frozen=True)
class Proof:
    """What a door was shown, as it came. Whether it is `signed` decides what it proves, and is said with it."""

    content: bytes
    signed: bool


class TurnedAway(Refused):
    """A click that was refused, in one line for whoever clicked; `why` is how the timeline says it."""

    def __init__(self, words: str, why: Turned) -> None:
        super().__init__(words)
        self.why = why


def digest_of(door: Door, nonce: str) -> str:
    """A nonce as it is kept: who reads the database cannot use it."""
    return hashlib.sha256(f"{door}\0{nonce}".encode()).hexdigest()


def refuse_used(app: App, through: Through) -> None:
    """Refused for a nonce that was used, with when and by whom."""
    with app.database.read() as connection:
        use = spent.used(connection, through.nonce)
    if use is not None:
        key = through.offer.incident if through.offer else ""
        raise TurnedAway(
            f"this was used at {_spoken(app, use.at)} by {app.catalog.contacts.name_of(use.by)}, "
            "and nothing was done again; "
            + (f"tocsin show {key} shows what stands" if key else "tocsin open makes another link"),
            "replayed",
        )


def _spoken(app: App, at: datetime) -> str:
    """A moment on the organisation's clock: `2026-11-24 02:40 (+07)`."""
    return f"{at.astimezone(app.zone):%Y-%m-%d %H:%M (%Z)}"


def enter(app: App, change: Change, actor: Actor, through: Through) -> int:
    """Use the nonce up and say through which door somebody came; returns the sequence number of that entry."""
    from tocsin.evidence.vault import keep

    refuse_used(app, through)
    offer, now = through.offer, change.now
    assert offer is not None
    name = SIGNED if through.signed else AS_IT_CAME
    item = keep(change, through.proof, name, by=actor.id) if through.proof else None
    change.also.append(
        lambda connection: spent.spend(
            connection, through.nonce, offer.incident, actor.id, now, through.expires
        )
    )
    taken = TakenUp(
        door=through.door,
        deed=offer.deed,
        subject=offer.subject,
        stand=offer.stand,
        proof=item,
        signed=through.signed,
    )
    return change.add(taken)


def caused_by(change: Change, seq: int) -> None:
    """Name the entry of the door as the cause of whatever was decided after it."""
    first = seq - change.incident.head_seq
    change.drafts[first:] = [
        draft if draft.causation_seq else replace(draft, causation_seq=seq) for draft in change.drafts[first:]
    ]
