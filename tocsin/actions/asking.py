"""What all verbs share: an idempotent command, an open incident, and one transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin.actors import Actor, known
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.canonical import digest
from tocsin.domain.checklist import Phase
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.moments import KNOWING, iso
from tocsin.record import Recorded, answered, record, refuse_closed

#: Moments at which somebody found the incident, a processor too; `declared_at` is one by itself.
FOUND = (*KNOWING, "processor_aware_at")
#: A file of proof is sealed in one piece, in memory. A larger one, such as a disk image, is proven by its hash.
LARGEST = 2**30
#: So many open steps of a phase are named; more are counted.
_NAMED = 3


def command_of(key: str | None, verb: str, content: Any) -> tuple[str, str] | None:
    """The idempotency key with the digest of what is asked, or None when the caller gave no key."""
    return None if key is None else (key, digest([verb, content]))


def said_by(actor: Actor, command: tuple[str, str] | None) -> tuple[str, str] | None:
    """The command with who says it: the same words of somebody else are another decision, never a repetition."""
    return None if command is None else (command[0], digest([actor.id, command[1]]))


def first_answer(app: App, actor: Actor, key: str, command: tuple[str, str] | None) -> Recorded | None:
    """The first answer to a command that was said before: for verbs that look or work long before they decide."""
    return answered(app, key, said_by(actor, command))


def content_of(path: Path, what: str) -> bytes:
    """The bytes of a file that proves something. Refused when it cannot be read, holds nothing, or does not end."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise Refused(f"{what} {path}: {error.strerror}; name a file that can be read") from None
    if not content:
        raise Refused(f"{what} {path}: the file is empty and proves nothing; save it again, or name another")
    if len(content) > LARGEST:
        raise Refused(
            f"{what} {path}: more than {LARGEST:,} bytes; keep it where it lies, and here a file with its sha256sum"
        )
    return content


def refuse_future(at: datetime | None, now: datetime) -> None:
    """What is told of has happened; a moment without a zone could be any of twenty-four."""
    if at is None:
        return
    if at.tzinfo is None:
        raise Refused(f"{at} has no zone; add one, like {at.isoformat()}+07:00")
    if at > now:
        raise Refused(f"{iso(at)} lies in the future; say when it did happen")


def refuse_before(at: datetime | None, incident: Incident, names: Sequence[str]) -> None:
    """Nothing is done about an incident before the earliest of these moments, as far as they are known."""
    first = min(
        (name for name in ("declared_at", *names) if name in incident.moments),
        key=incident.moments.__getitem__,
    )
    if at is not None and at < incident.moments[first]:
        raise Refused(
            f"{iso(at)} lies before {first} ({iso(incident.moments[first])}); say when it did happen, "
            f"or correct that moment: tocsin learn {incident.key} {first}=..."
        )


def refuse_silence(because: str, ask: str) -> None:
    """Refused without a reason. Asked last: nobody need explain what does not exist, or cannot be done."""
    if not because.strip():
        raise Refused(ask)


def open_words(duties: Sequence[str]) -> str:
    """Which duties are open, in few words: the first by its key."""
    if len(duties) == 1:
        return f"duty {duties[0]} is open"
    return f"{len(duties)} duties are open, {duties[0]} first"


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
        if actor.through is None:
            decide(change)
            return
        from tocsin.actions.doors import caused_by, enter

        seq = enter(app, change, actor, actor.through)
        decide(change)
        caused_by(change, seq)

    return record(app, key, decided, actor=actor.id, command=said_by(actor, command))


def open_gates_words(gates: Mapping[Phase, Sequence[str]]) -> str:
    """`steps are open: scope 2.1, 2.4; review S3; do each, or skip it with a reason`, in the order of the phases."""
    by_phase = [f"{phase} {_first(ids)}" for phase, ids in gates.items() if ids]
    if sum(map(len, gates.values())) == 1:
        return f"a step is open: {by_phase[0]}; do it, or skip it with a reason"
    return f"steps are open: {'; '.join(by_phase)}; do each, or skip it with a reason"


def _first(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f"{', '.join(ids[:_NAMED])}{more}"
