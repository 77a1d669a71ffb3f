"""Intake: a message from outside is kept as evidence, and waits in triage unless it belongs to an open incident.

It is kept once, however often it is handed over. Nothing is ever sent to who wrote it: an answer that a machine gives
to a forged address is one more message to a stranger, and two machines that answer each other do not stop. A person
answers, in the time that the policy promises.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from sqlalchemy import Connection

from tocsin.actions.asking import command_of
from tocsin.actions.calling import HOUR, INTAKE, call
from tocsin.actions.declaring import Declaration, Triage, declare
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.escalation import TRIAGE
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import MessageReceived
from tocsin.domain.mailhead import Head, read_head, split
from tocsin.evidence.vault import keep, put_file
from tocsin.record import record
from tocsin.sealing import keyed_digest
from tocsin.storage import arrivals
from tocsin.storage.arrivals import Arrival

#: One sender, to the intake: all machines. Their messages are one item, as long as it waits.
_MACHINES = "machines"
#: Message-IDs of our own begin with the number of a row in the outbox.
_OURS = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")

_HELD = Literal["called-already", "flood"] | None


@dataclass(frozen=True)
class Taken:
    """What became of a message: where it is, and whether it opened that item, joined it, or was there before."""

    incident: str
    item: str
    outcome: Literal["opened", "joined", "known"]
    whole: bool


@dataclass(frozen=True)
class _Message:
    """A message as it is about to be kept."""

    raw: bytes
    whole: bool
    head: Head
    identity: str
    message: str | None
    sender: str
    received_at: datetime


def take_in(app: App, raw: bytes, *, received_at: datetime | None = None, whole: bool = True) -> Taken:
    """Keep a message (RFC 5322 bytes); when this returns, it is safely kept. The caller advances its incident.

    `received_at` is when its mail system took it, now where nobody knows. Of one larger than the setting
    `intake.largest`, or not `whole` as it is, the head alone is kept, which pages as any other.
    """
    came = _message(app, raw, received_at, whole)
    with app.database.read() as connection:
        before = arrivals.known(connection, came.identity)
        key = None if before else _belongs_to(app, connection, came)
    if before:
        return Taken(before.incident, before.item, "known", came.whole)
    if key is not None:
        return Taken(key, _keep(app, key, came, opened=False), "joined", came.whole)
    key = _open(app, came)
    return Taken(key, _keep(app, key, came, opened=True), "opened", came.whole)


def _message(app: App, raw: bytes, received_at: datetime | None, whole: bool) -> _Message:
    digest = partial(keyed_digest, app.keyring.derived("intake"))
    head, body = split(raw)
    if not whole or len(raw) > app.settings.intake.largest:
        raw, body, whole = head, b"", False
    found = read_head(raw, app.catalog.contacts.intake)
    # By another way the same message has other trace fields in its head, and perhaps other line ends.
    its_own = found.message_id.encode() if found.message_id else _one_ending(head)
    parts = (b"message" if whole else b"head", its_own, _one_ending(body))
    return _Message(
        raw=raw or b"\n",
        whole=whole,
        head=found,
        identity=digest(b"\0".join(parts)),
        message=digest(found.message_id.encode()) if found.message_id else None,
        sender=digest((_MACHINES if found.automatic else f"from {found.sender}").encode()),
        received_at=min(received_at or app.now(), app.now()),
    )


def _one_ending(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").rstrip(b"\n")


def _belongs_to(app: App, connection: Connection, came: _Message) -> str | None:
    """The open incident that a message is for: by its thread, by its name, or as one more of the same sender."""
    key = app.keyring.derived("intake")
    ids = [keyed_digest(key, each.encode()) for each in came.head.references]
    ours = [ours[1] for each in came.head.references if (ours := _OURS.match(each))]
    # The same Message-ID with another content is no repetition: it is kept beside the first.
    named = arrivals.thread(connection, [*ids, *([came.message] if came.message else [])])
    named += [*arrivals.answered(connection, ours), *came.head.keys]
    found = next((each for each in named if arrivals.is_open(connection, each)), None)
    if found is not None:
        return found
    within = app.catalog.contacts.intake.same_sender
    since = None if came.head.automatic else app.now() - within
    return arrivals.in_triage(connection, came.sender, since)


def _open(app: App, came: _Message) -> str:
    """The item that a message opens. Said again after a crash, it is the same one, as it was judged at first.

    It calls nobody where as many called within the hour as may; so do plain ones, apart from those.
    """
    urgent = came.head.urgent
    now = app.now()
    with app.database.read() as connection:
        many = arrivals.heard(connection, now - HOUR, now, urgent=urgent)
    quiet = many >= app.catalog.contacts.intake.calls_an_hour
    what = Declaration(
        app.catalog.contacts.intake.title,
        drill=app.settings.fenced,
        triage=Triage(urgent=urgent and not quiet, quiet=quiet, source="message", at=came.received_at),
    )
    return declare(app, INTAKE, what, command=f"intake/{came.identity}").incident.key


def _keep(app: App, key: str, came: _Message, *, opened: bool) -> str:
    """Seal the message as evidence of an incident, say so in its timeline, and call somebody if it is urgent."""
    sealed = put_file(app, key, came.raw)

    def decide(change: Change) -> None:
        incident, urgent = change.incident, came.head.urgent
        quiet = opened and incident.quiet
        held = _held_back(app, incident, quiet=quiet) if urgent else None
        item = keep(change, sealed, "message.eml", by=INTAKE.id)
        seq = change.add(
            MessageReceived(
                item=item,
                urgent=urgent,
                automatic=came.head.automatic,
                whole=came.whole,
                held_back=held,
            ),
            at=came.received_at,
        )
        if urgent and held is None and not _climbs(incident):
            call(app, change, seq)
        change.answer = item
        noted = Arrival(
            came.identity, came.message, came.sender, key, item, change.now, opened, urgent, held=quiet
        )
        change.also.append(lambda connection: arrivals.note(connection, noted))

    command = command_of(f"intake/{came.identity}/{key}", "keep", came.identity)
    return str(record(app, key, decide, actor=INTAKE.id, command=command).answer)


def _held_back(app: App, incident: Incident, *, quiet: bool) -> _HELD:
    """Why an urgent message calls nobody: one before it did, within the hour, or the item that it opened is quiet."""
    if quiet:
        return "flood"
    now = app.now()
    since = now - app.catalog.contacts.intake.same_sender
    called = [each.taken_at for each in incident.messages if each.urgent and each.held_back is None]
    if max(called, default=now) > now:
        # The clock was set back since: a call keeps the moment at which it was made.
        called = [page.at for page in incident.pages if page.asked_by == INTAKE.id]
    return "called-already" if any(since < at <= now for at in called) else None


def _climbs(incident: Incident) -> bool:
    """Whether the ladder of triage calls, or will with this message."""
    return incident.status == "triage" and TRIAGE not in incident.answered
