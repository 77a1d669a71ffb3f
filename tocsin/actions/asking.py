"""What all verbs share: an idempotent command, an open incident, and one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tocsin.actors import Actor, known
from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.moments import iso
from tocsin.domain.timeline import digest
from tocsin.record import Change, Recorded, record, refuse_closed


def command_of(key: str | None, verb: str, content: Any) -> tuple[str, str] | None:
    """The idempotency key with the digest of what is asked, or None when the caller gave no key."""
    return None if key is None else (key, digest([verb, content]))


def refuse_future(at: datetime | None, now: datetime) -> None:
    """What is told of has happened; a moment without a zone could be any of twenty-four."""
    if at is None:
        return
    if at.tzinfo is None:
        raise Refused(f"{at} has no zone; add one, like {at.isoformat()}+07:00")
    if at > now:
        raise Refused(f"{iso(at)} lies in the future; say when it did happen")


def act(
    app: App,
    actor: Actor,
    key: str,
    decide: Callable[[Change], None],
    *,
    command: tuple[str, str] | None = None,
    closed_too: bool = False,
) -> Recorded:
    """Record what a known person decided about an open incident."""

    def decided(change: Change) -> None:
        known(actor, change.incident)
        if not closed_too:
            refuse_closed(change.incident)
        decide(change)

    return record(app, key, decided, actor=actor.id, command=command)
