"""A change: what one decision wants to happen to an incident, collected before anything is written."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import Body
from tocsin.domain.moments import iso
from tocsin.domain.timeline import Draft
from tocsin.sealing import keyed_digest, seal
from tocsin.storage import outbox
from tocsin.storage.outbox import Outgoing
from tocsin.storage.texts import Texts

Also = Callable[[Connection], object]


@dataclass
class Change:
    """What one decision wants to happen, collected before anything is written."""

    incident: Incident
    now: datetime
    texts: Texts
    record_key: bytes
    drafts: list[Draft] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    also: list[Also] = field(default_factory=list)
    #: What is said, in the words of who says it, and how it becomes messages once everything is decided: what one
    #: person is told at one moment is one message.
    said: list[Any] = field(default_factory=list)
    put_together: Callable[[], None] | None = None
    #: What belongs to the answer and stands in no entry, as JSON.
    answer: Any = None

    def add(
        self, body: Body, *, at: datetime | None = None, cause: int | None = None, key: str | None = None
    ) -> int:
        """Add an entry; returns the sequence number that it will have. Refused for what has not happened yet."""
        # A clock that was set back does not turn what is written already into the future.
        if at is not None and at > max(self.now, self.incident.recorded_at):
            raise Refused(f"{iso(at)} lies in the future; say when it happened")
        self.drafts.append(Draft(body, at=at, causation_seq=cause, command_key=key))
        return self.incident.head_seq + len(self.drafts)

    def keep(self, text: str) -> str:
        """Keep free text beside the chain; returns the commitment that stands for it."""
        return self.texts.keep(text)

    def close(self) -> None:
        """Everything is decided: what was said becomes messages. Said twice, it does nothing more."""
        if self.put_together is not None:
            put_together, self.put_together = self.put_together, None
            put_together()

    def send(
        self,
        key: str,
        lane: str,
        route: str,
        person: str,
        content: bytes,
        *,
        cause: int,
        page: int | None = None,
    ) -> None:
        """Write a message into the outbox, sealed; `key` makes it one message however often it is decided."""
        whole = f"{self.incident.key}/{key}"
        blank = Outgoing(
            message_id(self.record_key, whole),
            whole,
            self.incident.key,
            cause,
            lane,
            route,
            person,
            b"",
            page,
        )
        self.outgoing.append(sealed_message(self.record_key, blank, content))


def message_id(record_key: bytes, key: str) -> str:
    """The id of the message with this key, always the same."""
    return str(UUID(keyed_digest(record_key, f"outbox/{key}".encode())[:32]))


def sealed_message(record_key: bytes, blank: Outgoing, content: bytes) -> Outgoing:
    """The message with its content under the incident's record key, bound to the row that it will be."""
    row = {**blank.__dict__, "lane": outbox.LANES[blank.lane]}
    return replace(blank, sealed=seal(record_key, content, outbox.sealed_for(row)))
