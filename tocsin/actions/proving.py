"""Proving: an incident is verified from its first entry on; one that was set apart and is sound goes back to work."""

import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from tocsin.actions.asking import act, command_of, first_answer
from tocsin.actors import Actor, known, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import EvidenceCopied
from tocsin.engine.quarantine import release
from tocsin.evidence import vault
from tocsin.evidence.verify import Verdict, incidents, lost, verify
from tocsin.private import private_file
from tocsin.record import Recorded
from tocsin.storage import timeline
from tocsin.storage.tables import incident

#: Whose work it is to read evidence.
READERS = ("forensics", "investigation", "incident-commander", "dpo", "counsel")


@dataclass(frozen=True)
class Proof:
    """What the verifier found, and whether the incident came back from quarantine by it."""

    verdict: Verdict
    released: bool = False


def prove(
    app: App, actor: Actor, key: str, *, known_head: tuple[int, str] | None = None, rebuild: bool = False
) -> Proof:
    """Verify one incident; with `rebuild` its projections are made anew. Anybody known may.

    Nothing is written into the timeline: proving is no event of the incident.
    """
    known(actor)
    if excluded(app, actor, key):
        raise Refused(f"there is no incident {key}; tocsin list shows those there are")
    verdict = verify(app, key, known_head=known_head, anew=rebuild)
    if not verdict.proven or not _set_apart(app, key):
        return Proof(verdict)
    release(app, key)
    return Proof(verdict, released=True)


def provable(app: App, actor: Actor) -> list[str]:
    """Every incident that anything in the database speaks of, in order: also one whose row was taken away.

    Somebody whom an incident excludes does not learn that it exists.
    """
    return [key for key in incidents(app) if not excluded(app, actor, key)]


def missing(app: App, actor: Actor) -> list[Proof]:
    """The incidents that must have been there and of which nothing is left. Anybody known may ask."""
    known(actor)
    return [Proof(verdict) for verdict in lost(app)]


def excluded(app: App, actor: Actor, key: str) -> bool:
    """Whether an incident excludes this person, as far as its first entry can still be read."""
    with app.database.read() as connection:
        first = next(timeline.stored_rows(connection, key), None)
    try:
        return first is not None and actor.id in json.loads(first["body"]).get("excluded", ())
    except (TypeError, ValueError, AttributeError):
        return False


def take_copy(
    app: App, actor: Actor, key: str, item: str, target: Path, *, command: str | None = None
) -> Recorded:
    """Write a copy of an item to a new file that only its owner may read; the timeline says who took it.

    The answer is `{size}`, in bytes. Refused when the file exists, or the item is not what was kept. Said again, it
    writes no second copy.
    """
    asked = command_of(command, "copy", [item, str(target.absolute())])
    if done := first_answer(app, actor, key, asked):
        return done
    content = vault.read(app, key, item)

    def decide(change: Change) -> None:
        need(actor, change.incident, *READERS)
        change.add(EvidenceCopied(item=item))
        change.answer = {"size": len(content)}

    need(actor, app.incident(key), *READERS)
    with private_file(target) as file:
        # Said before it is done: a copy that nobody knows of is worse than an entry without a copy.
        done = act(app, actor, key, decide, command=asked, closed_too=True)
        file.write(content)
    return done


def hand_out(app: App, actor: Actor, key: str, item: str) -> bytes:
    """The bytes of an item for somebody at a browser; the timeline says who took them."""
    need(actor, app.incident(key), *READERS)
    content = vault.read(app, key, item)

    def decide(change: Change) -> None:
        need(actor, change.incident, *READERS)
        change.add(EvidenceCopied(item=item))

    act(app, actor, key, decide, closed_too=True)
    return content


def _set_apart(app: App, key: str) -> bool:
    with app.database.read() as connection:
        return connection.scalar(select(incident.c.quarantined).where(incident.c.key == key)) is not None
