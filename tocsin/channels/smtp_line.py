"""The line to a relay once it is open: commands go out together (RFC 2920), and each reply is read in its turn.

The SMTP library opens the connection, encrypts it and logs in. It reads one reply for each command that it has sent and
drops what comes besides, so that it cannot pipeline; behind the log-in this takes its place on the same transport.
"""

import asyncio
from collections import deque

import aiosmtplib

#: A reply has at most so many bytes, however many lines: more is no answer of a mail server.
_LONGEST = 64 * 1024


class Line(asyncio.Protocol):
    """Takes over the transport of an opened client. Errors are those of the library."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        before, transport = client.protocol, client.transport
        if before is None or not isinstance(transport, asyncio.Transport) or transport.is_closing():
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        self._before, self._transport = before, transport
        self._loop = asyncio.get_running_loop()
        self._replies: deque[aiosmtplib.SMTPResponse] = deque()
        self._rest = b""
        self._lines: list[bytes] = []
        self._waits: asyncio.Future[None] | None = None
        #: Until when we wait, in the loop's time, and the alarm that says so, or looks again.
        self._until = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._lost: Exception | None = None
        transport.set_protocol(self)

    def refuse_unread(self) -> None:
        """Raises SMTPServerDisconnected where the relay has said more than it was asked."""
        # Whose reply is whose, nobody could tell.
        if self._replies or self._lines or self._rest:
            self._transport.close()
            raise aiosmtplib.SMTPServerDisconnected("the relay answers what it was not asked")

    def say(self, content: bytes) -> None:
        """Send bytes. Raises SMTPServerDisconnected where nobody listens any more."""
        if self._lost is not None or self._transport.is_closing():
            raise self._lost or aiosmtplib.SMTPServerDisconnected("Connection lost")
        self._transport.write(content)

    def heard(self) -> aiosmtplib.SMTPResponse | None:
        """The next reply, if it is there already."""
        return self._replies.popleft() if self._replies else None

    async def reply(self, timeout: float) -> aiosmtplib.SMTPResponse:
        """The next reply. Raises SMTPServerDisconnected, or SMTPReadTimeoutError after so many seconds."""
        if not self._replies:
            await self._more(timeout)
        return self._replies.popleft()

    async def _more(self, timeout: float) -> None:
        if self._lost is not None:
            raise self._lost
        self._waits, self._until = self._loop.create_future(), self._loop.time() + timeout
        if self._alarm is None or self._alarm.when() > self._until:
            self._set_alarm()
        try:
            await self._waits
        finally:
            self._waits = None

    def _set_alarm(self) -> None:
        """One alarm for reply after reply: most come long before it, and it is not set anew for each."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(self._until, self._rings)

    def _rings(self) -> None:
        self._alarm = None
        if self._waits is None:
            return
        if self._loop.time() < self._until:
            self._set_alarm()
        else:
            self._fail(aiosmtplib.SMTPReadTimeoutError("no answer in time"))

    # --- what the transport tells

    def data_received(self, data: bytes) -> None:
        """Take in bytes: each whole reply is kept until it is asked for."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._lines.append(line)
            if line[3:4] != b"-":  # the last line of a reply (RFC 5321, 4.2.1)
                self._take(self._lines)
                self._lines = []
        if sum(map(len, self._lines)) + len(self._rest) > _LONGEST:
            self._end(aiosmtplib.SMTPServerDisconnected("the relay answers without end"))
            self._transport.abort()

    def _take(self, lines: list[bytes]) -> None:
        code = lines[-1][:3]
        if not code.isdigit():
            self._end(aiosmtplib.SMTPServerDisconnected("the relay does not answer in SMTP"))
            self._transport.abort()
            return
        words = b"\n".join(line[4:].strip() for line in lines).decode("utf-8", "surrogateescape")
        self._replies.append(aiosmtplib.SMTPResponse(int(code), words))
        if self._waits is not None and not self._waits.done():
            self._waits.set_result(None)

    def eof_received(self) -> None:
        """The relay says nothing more; the transport closes."""
        self._end(aiosmtplib.SMTPServerDisconnected("Unexpected EOF received"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; the library's client learns it too."""
        lost = aiosmtplib.SMTPServerDisconnected("Connection lost")
        lost.__cause__ = exc
        self._end(lost)
        if self._alarm is not None:
            self._alarm.cancel()
        self._before.connection_lost(exc)

    def _end(self, why: Exception) -> None:
        self._lost = self._lost or why
        self._fail(why)

    def _fail(self, why: Exception) -> None:
        if self._waits is not None and not self._waits.done():
            self._waits.set_exception(why)
