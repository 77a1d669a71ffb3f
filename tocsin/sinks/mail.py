"""A mail server that keeps what it is given: RFC 5321 with SIZE, 8BITMIME, DSN and PIPELINING, on loopback, and with
SMTPUTF8 (RFC 6531) where it is asked to.

It answers as politely as Postfix until a `Fault` tells it otherwise; the faults are those that a sender must survive:
refusals and delays at every step, a connection dropped in the middle of the content, dropped after the final dot with
the letter already kept, or silence there. Standard library only, because it ships with the product.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from tocsin.sinks.faults import Misbehaving
from tocsin.sinks.lifetime import Sink
from tocsin.sinks.smtp_session import Session

#: Where a fault strikes: before the answer to that command, at the first bytes of content, at the final dot, or
#: after its 250.
Point = Literal["connect", "ehlo", "mail", "rcpt", "data", "content", "dot", "accepted"]
Deed = Literal["reply", "drop", "silence", "delay"]

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Fault:
    """One way to misbehave. `recipient` None means any; `times` None means always; `seconds` belong to `delay`.

    A letter whose final dot met `drop`, `silence` or `delay` has been kept; one that met `reply` has not,
    unless the reply is one of success.
    """

    at: Point
    do: Deed = "reply"
    reply: str = "451 4.7.1 try again later"
    recipient: str | None = None
    times: int | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class StoredMail:
    """What arrived: the envelope with its options, and the content, in memory or in `path`."""

    sender: str
    recipients: tuple[str, ...]
    options: tuple[str, ...]
    queue_id: str
    path: Path | None = None
    held: bytes = field(default=b"", repr=False)

    @property
    def content(self) -> bytes:
        """The exact bytes between DATA and the dot, CRLF line ends, dots unstuffed."""
        return self.held if self.path is None else self.path.read_bytes()


class MailSink(Misbehaving[Fault], Sink):
    """`messages` holds what arrived, in order. With a `folder`, contents go to `.eml` files there instead of memory."""

    def __init__(
        self,
        *,
        port: int = 0,
        folder: Path | None = None,
        faults: Iterable[Fault] = (),
        utf8: bool = False,
    ) -> None:
        Misbehaving.__init__(self)
        Sink.__init__(self, port)
        self.messages: list[StoredMail] = []
        self.connections = 0
        self.utf8 = utf8  # whether it offers SMTPUTF8
        self._folder = folder
        self._earlier = 0  # letters that an earlier sink left in the folder
        self._index: IO[str] | None = None
        self._sessions: set[Session] = set()
        self._server: asyncio.Server | None = None
        self.misbehave(*faults)

    async def open(self) -> None:
        """Listen on 127.0.0.1."""
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._earlier = len(arrived(self._folder))
            self._index = (self._folder / "index.jsonl").open("a", encoding="utf-8", buffering=1)
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Session(self), self.HOST, self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and cut every connection."""
        assert self._server is not None
        self._server.close()
        for session in list(self._sessions):
            session.cut()
        await self._server.wait_closed()
        if self._index is not None:
            self._index.close()

    def came(self, session: Session) -> None:
        """A client connected."""
        self._sessions.add(session)
        self.connections += 1

    def left(self, session: Session) -> None:
        """A connection ended."""
        self._sessions.discard(session)

    def fault(self, at: Point, recipients: Iterable[str] = ()) -> Fault | None:
        """The fault that strikes here, counted down; None where the server behaves."""
        return self.struck(
            lambda fault: fault.at == at and (fault.recipient is None or fault.recipient in recipients)
        )

    def keep(
        self, sender: str, recipients: tuple[str, ...], options: tuple[str, ...], content: bytes
    ) -> StoredMail:
        """Store one letter, in memory or as a file that appears whole; its queue id depends on its Message-ID only."""
        named = _MESSAGE_ID.search(content)
        queue_id = hashlib.sha256(named[1] if named else content).hexdigest()[:12].upper()
        if self._folder is None:
            mail = StoredMail(sender, recipients, options, queue_id, held=content)
        else:
            path = self._folder / f"{self._earlier + len(self.messages) + 1:06d}-{queue_id}.eml"
            unfinished = path.with_suffix(".tmp")
            unfinished.write_bytes(content)
            unfinished.rename(path)
            mail = StoredMail(sender, recipients, options, queue_id, path)
            self._note(mail, path)
        self.messages.append(mail)
        return mail

    def _note(self, mail: StoredMail, path: Path) -> None:
        assert self._index is not None
        line = {"file": path.name, "queue_id": mail.queue_id, "sender": mail.sender}
        self._index.write(json.dumps({**line, "recipients": mail.recipients, "options": mail.options}) + "\n")


def arrived(folder: Path) -> list[StoredMail]:
    """What a sink has put into `folder`, read by another process: whole letters only, in order of arrival."""
    index = folder / "index.jsonl"
    if not index.exists():
        return []
    lines = index.read_text(encoding="utf-8").split("\n")[
        :-1
    ]  # the last piece is an unfinished line, or empty
    return [
        StoredMail(
            row["sender"],
            tuple(row["recipients"]),
            tuple(row["options"]),
            row["queue_id"],
            folder / row["file"],
        )
        for row in map(json.loads, lines)
    ]
