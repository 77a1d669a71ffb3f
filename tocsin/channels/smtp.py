"""One SMTP connection to the relay: every command is ours, so that an error tells how far the mail had come.

RFC 5321; DSN requests by RFC 3461; STARTTLS by RFC 3207. The library's own `sendmail` hides the difference that
matters most: before the content is begun a failure means "certainly not sent", afterwards "perhaps sent".
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiosmtplib

from tocsin.channels import one_line
from tocsin.channels.nameless import nameless, orcpt, xtext
from tocsin.channels.smtp_line import Line
from tocsin.channels.smtp_verdict import ROUTE, outcome, pause, reply_code, took_nothing
from tocsin.domain.message import MailEnvelope, Receipt, Undelivered, Withdrawn

if TYPE_CHECKING:
    from tocsin.channels.email import SmtpConfig

#: The commands of a transaction, and the replies by which each is accepted.
_PHASES = ("mail", "rcpt", "data")
_ACCEPTS = {"mail": (250,), "rcpt": (250, 251), "data": (354,)}
_FAREWELL = 2.0  # seconds for a QUIT, and for the connection to end
_ANY_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


class Conversation:
    """One connection, ready for mails, one recipient per transaction. All errors are Undelivered."""

    def __init__(self, config: "SmtpConfig") -> None:
        self._config = config
        self._recipient = ""
        #: The mail whose commands have left behind the content of the one before it.
        self._announced: MailEnvelope | None = None
        self._line: Line | None = None
        #: What the relay offers: RFC 2920, RFC 1870, RFC 3461.
        self._pipelines = self._takes_size = self._reports = False
        #: Whether it takes addresses outside ASCII: RFC 6531.
        self.takes_utf8 = False
        self._client = aiosmtplib.SMTP(
            hostname=config.host,
            port=config.port,
            local_hostname=config.hostname,
            timeout=config.command_timeout,
            use_tls=config.tls == "implicit",
            start_tls=False,  # done below as a phase of its own; the library's default would tolerate its absence
            validate_certs=True,
            tls_context=config.tls_context,
        )

    @property
    def alive(self) -> bool:
        """Whether the connection still stands, as far as this side knows."""
        return self._client.is_connected

    async def open(self) -> None:
        """Connect, greet, encrypt and log in, as the configuration demands."""
        config, client = self._config, self._client
        async with self._phase("connect"):
            await client.connect(timeout=config.connect_timeout)
        async with self._phase("ehlo"):
            await client.ehlo()
        if config.tls == "starttls":
            async with self._phase("starttls"):
                await client.starttls()
                await client.ehlo()
        if config.username is not None:
            async with self._phase("auth"):
                await client.login(config.username, config.password or "")
        async with self._phase("ehlo"):
            self._line = Line(client)
        offers = client.supports_extension
        self._pipelines, self._takes_size, self._reports = offers("pipelining"), offers("size"), offers("dsn")
        self.takes_utf8 = offers("smtputf8")

    async def hand_over(self, mail: MailEnvelope, following: MailEnvelope | None = None) -> Receipt:
        """One transaction, or Withdrawn, which closes the connection: the relay waits for content that does not come.

        Cancelled in the middle, it closes the connection: past `data` the mail is then in doubt. The commands of the
        mail that is `following` may leave right behind the content (RFC 2920, section 3.1). Until it is handed over
        nothing of it has begun; should another come instead, the connection is closed.
        """
        self._recipient = mail.recipient
        assert self._line is not None, "it was opened"
        line, patience = self._line, self._config.command_timeout
        announced, self._announced = self._announced, None
        at_once = self._pipelines
        phase = _PHASES[0]
        try:
            if announced is None:
                line.refuse_unread()
            elif announced != mail:
                raise aiosmtplib.SMTPServerDisconnected("another mail was announced")
            commands = () if announced else self._commands(mail)
            if at_once and commands:
                line.say(b"".join(commands))
            for number, phase in enumerate(_PHASES):
                if not at_once:
                    line.say(commands[number])
                said = line.heard() or await line.reply(patience)
                if said.code not in _ACCEPTS[phase]:
                    raise aiosmtplib.SMTPResponseException(said.code, said.message)
            # What fails in `data` has begun no content, and is no doubt.
            line.refuse_unread()
            if mail.ours is not None and not mail.ours():
                raise Withdrawn
            content = mail.content + b".\r\n" if mail.ready else _on_the_wire(mail.content)
            if at_once and following is not None:
                content, self._announced = content + b"".join(self._commands(following)), following
            line.say(content)
            phase = "after-dot"
            said = line.heard() or await line.reply(self._config.after_dot_timeout)
            if not 200 <= said.code < 300:
                raise aiosmtplib.SMTPResponseException(said.code, said.message)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            behind = _PHASES[_PHASES.index(phase) + 1 :] if at_once and phase in _PHASES else ()
            raise await self._failed(error, phase, behind) from None
        except BaseException:
            self._client.close()
            raise
        return Receipt(one_line(nameless(said.message, mail.recipient)))

    async def bye(self) -> None:
        """Say QUIT where somebody still listens, and see the connection closed: over TLS that takes a few turns."""
        protocol = self._client.protocol
        try:
            # One that waits for content would take a word of farewell for it.
            if self.alive and self._line is not None and self._announced is None:
                self._line.say(b"QUIT\r\n")
                await self._line.reply(_FAREWELL)
        except (aiosmtplib.SMTPException, OSError):
            pass
        finally:
            self._client.close()
        give_up = asyncio.get_running_loop().time() + _FAREWELL
        while protocol is not None and protocol.transport is not None:
            await asyncio.sleep(0.001)
            if asyncio.get_running_loop().time() > give_up:
                return

    def _commands(self, mail: MailEnvelope) -> tuple[bytes, ...]:
        return (
            f"MAIL FROM:<{mail.sender}>{self._mail_options(mail)}\r\n".encode("ascii"),
            f"RCPT TO:<{mail.recipient}>{self._rcpt_options(mail)}\r\n".encode(),
            b"DATA\r\n",
        )

    def _mail_options(self, mail: MailEnvelope) -> str:
        options = f" SIZE={len(mail.content)}" if self._takes_size else ""
        if self._reports:
            # RET=HDRS keeps the letter's personal text out of the bounce.
            options += f" RET=HDRS ENVID={xtext(mail.message_id)}"
        # Its header is 8-bit, and whoever takes SMTPUTF8 takes that too (RFC 6531, 3.1).
        return options if mail.recipient.isascii() else f"{options} BODY=8BITMIME SMTPUTF8"

    def _rcpt_options(self, mail: MailEnvelope) -> str:
        if not self._reports:
            return ""
        return f" NOTIFY=SUCCESS,FAILURE,DELAY ORCPT={orcpt(mail.recipient)}"

    @asynccontextmanager
    async def _phase(self, phase: str) -> AsyncIterator[None]:
        try:
            yield
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise await self._failed(error, phase) from None
        except BaseException:
            self._client.close()
            raise

    async def _failed(self, error: Exception, phase: str, behind: Sequence[str] = ()) -> Undelivered:
        """What an error means for the mail; afterwards the line is ready for the next one, or closed.

        `behind` are phases whose commands have left already: their replies are read, so that no later mail takes them
        for its own.
        """
        code = reply_code(error)
        if code in (None, 421) or phase in ROUTE:
            self._client.close()
        elif phase in ("rcpt", "data") or behind:
            await self._reset(behind)
        return self._undelivered(error, code, phase)

    async def _reset(self, behind: Sequence[str]) -> None:
        line, patience = self._line, self._config.command_timeout
        assert line is not None
        try:
            accepted = [(await line.reply(patience)).code in _ACCEPTS[phase] for phase in behind]
            if accepted[-1:] == [True]:
                if any(accepted[:-1]):
                    # Its reader was accepted, if not its sender: nothing at all would be a mail to it.
                    self._client.close()
                    return
                # A server may want content for a mail without a reader (RFC 2920, 3.1): it gets none.
                line.say(b".\r\n")
                await line.reply(patience)
            line.say(b"RSET\r\n")
            if (await line.reply(patience)).code >= 300:
                self._client.close()
        except (aiosmtplib.SMTPException, OSError):
            self._client.close()

    def _undelivered(self, error: Exception, code: int | None, phase: str) -> Undelivered:
        words = getattr(error, "message", None) or str(error) or type(error).__name__
        words = nameless(words, self._recipient)
        # Which relay it was matters only while it could not be spoken to; the receipt of a letter is the same anywhere.
        place = f"{self._config.host}:{self._config.port} " if phase in ROUTE else ""
        reason = one_line(f"{place}at {phase}: {f'{code} ' if code else ''}{words}")
        wait = pause(code, phase)
        return Undelivered(outcome(code, phase), phase, reason, wait, silent=took_nothing(code, phase))


def _on_the_wire(content: bytes) -> bytes:
    """Content with CRLF line ends and stuffed dots, closed by the dot: no content can end the transaction early."""
    if not content.count(b"\n") == content.count(b"\r") == content.count(b"\r\n"):
        content = _ANY_LINE_END.sub(b"\r\n", content)
    if content.startswith(b".") or b"\n." in content:
        content = _LEADING_DOT.sub(b"..", content)
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")
