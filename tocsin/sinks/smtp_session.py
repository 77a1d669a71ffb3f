"""One connection to the mail sink: RFC 5321 commands in, replies out, faults where the sink wants them."""

import asyncio
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.sinks.mail import Fault, MailSink, Point

SIZE = 50_000_000  # octets of one mail
_LONGEST_LINE = 4096  # octets of one command
#: A path, whose local part may be a quoted string (RFC 5321, 4.1.2), and parameters.
_PATH = re.compile(r'(?:FROM|TO):\s*<((?:"(?:\\.|[^"\\])*"@)?[^<>"]*)>\s*(.*)', re.IGNORECASE)
_STUFFED = re.compile(rb"^\.", re.MULTILINE)


class Session(asyncio.Protocol):
    """One connection. Commands are worked off in order, so a client may pipeline them."""

    def __init__(self, sink: "MailSink") -> None:
        self._sink = sink
        self._buffer = bytearray()
        self._searched = 0
        self._in_content = False
        self._waits = False
        self._greeted = False
        self._forget()

    def _forget(self) -> None:
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._options: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._sink.came(self)
        self._answer("connect", "220 sink.localhost ESMTP keeps everything, delivers nothing")

    def connection_lost(self, exc: Exception | None) -> None:
        self._sink.left(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._work()

    def cut(self) -> None:
        self._transport.abort()

    def _work(self) -> None:
        while not self._waits and not self._transport.is_closing():
            if not (self._take_content() if self._in_content else self._take_command()):
                return

    def _take_command(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > _LONGEST_LINE:
                self.cut()
            return False
        line = self._buffer[:end].decode("utf-8", "replace")
        del self._buffer[: end + 2]
        self._obey(line)
        return True

    def _obey(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        match verb.upper():
            case "EHLO":
                more = ["250-SMTPUTF8"] if self._sink.utf8 else []
                self._greet(
                    "250-sink.localhost",
                    f"250-SIZE {SIZE}",
                    "250-8BITMIME",
                    *more,
                    "250-DSN",
                    "250 PIPELINING",
                )
            case "HELO":
                self._greet("250 sink.localhost")
            case "MAIL":
                self._mail(rest)
            case "RCPT":
                self._rcpt(rest)
            case "DATA":
                self._data()
            case "RSET":
                self._forget()
                self._write("250 2.0.0 forgotten")
            case "NOOP":
                self._write("250 2.0.0 still here")
            case "QUIT":
                self._write("221 2.0.0 goodbye")
                self._transport.close()
            case _:
                self._write("500 5.5.2 not a command of this server")

    def _greet(self, *lines: str) -> None:
        self._greeted = True
        self._forget()
        self._answer("ehlo", "\r\n".join(lines))

    def _mail(self, rest: str) -> None:
        path = _PATH.fullmatch(rest)
        if not self._greeted or self._sender is not None:
            self._write("503 5.5.1 out of order")
        elif path is None or not rest.upper().startswith("FROM"):
            self._write("501 5.5.4 say MAIL FROM:<address>")
        elif self._answer("mail", "250 2.1.0 sender ok"):
            self._sender = path[1]
            self._options += path[2].split()

    def _rcpt(self, rest: str) -> None:
        path = _PATH.fullmatch(rest)
        if self._sender is None:
            self._write("503 5.5.1 MAIL first")
        elif path is None or not rest.upper().startswith("TO") or "@" not in path[1]:
            self._write("501 5.1.3 say RCPT TO:<address>")
        elif not (path[1].isascii() or (self._sink.utf8 and "SMTPUTF8" in self._options)):
            self._write("553 5.6.7 no address outside ASCII without SMTPUTF8")
        elif self._answer("rcpt", "250 2.1.5 recipient ok", (path[1],)):
            self._recipients.append(path[1])
            self._options += path[2].split()

    def _data(self) -> None:
        if not self._recipients:
            self._write("503 5.5.1 RCPT first")
        elif self._answer("data", "354 end with a dot on a line by itself", self._recipients):
            self._in_content, self._searched = True, 0

    def _take_content(self) -> bool:
        fault = self._sink.fault("content", self._recipients) if self._buffer else None
        if fault is not None:
            self.cut()
            return False
        if self._buffer.startswith(b".\r\n"):
            end, after = 0, 3
        else:
            end = self._buffer.find(b"\r\n.\r\n", self._searched)
            if end < 0:
                self._searched = max(0, len(self._buffer) - 4)
                return False
            end, after = end + 2, end + 5
        content = bytes(self._buffer[:end])
        del self._buffer[:after]
        self._in_content = False
        self._dot(content)
        return True

    def _dot(self, content: bytes) -> None:
        if content.startswith(b".") or b"\n." in content:
            content = _STUFFED.sub(b"", content)
        recipients = tuple(self._recipients)
        fault = self._sink.fault("dot", recipients)
        if fault is not None and fault.do == "reply":
            if fault.reply.startswith("2"):
                self._sink.keep(self._sender or "", recipients, tuple(self._options), content)
            self._write(fault.reply)
        else:
            mail = self._sink.keep(self._sender or "", recipients, tuple(self._options), content)
            self._strike(fault, f"250 2.0.0 ok queued as {mail.queue_id}")
            if self._sink.fault("accepted", recipients) is not None:
                self._transport.close()
        self._forget()

    def _answer(self, at: "Point", usual: str, recipients: Iterable[str] = ()) -> bool:
        """Give the usual answer unless a fault strikes; True when the command was accepted."""
        fault = self._sink.fault(at, recipients)
        if fault is not None and fault.do == "reply":
            self._write(fault.reply)
            if fault.reply.startswith("421"):
                self._transport.close()
            return False
        self._strike(fault, usual)
        return fault is None or fault.do == "delay"

    def _strike(self, fault: "Fault | None", usual: str) -> None:
        if fault is None:
            self._write(usual)
        elif fault.do == "drop":
            self._transport.close()
        else:
            self._waits = True
            if fault.do == "delay":
                asyncio.get_running_loop().call_later(fault.seconds, self._resume, usual)

    def _resume(self, usual: str) -> None:
        self._waits = False
        self._write(usual)
        self._work()

    def _write(self, reply: str) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply.encode() + b"\r\n")
