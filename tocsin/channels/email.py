"""E-mail by way of a relay, over kept connections.

A 250 of the relay means *handed over*, never *delivered*. Addresses are checked before a socket is touched, because
the SMTP library reads `a@b.example> NOTIFY=NEVER <c@d.example` as an address. Clear text is for loopback only.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from tocsin.domain.addresses import is_loopback, written
from tocsin.domain.errors import Refused
from tocsin.domain.message import MailEnvelope, Receipt, Undelivered

if TYPE_CHECKING:
    import ssl

    from tocsin.channels.smtp import Conversation
    from tocsin.setting_tables import Relay

_NOT_ASCII = "the part before the @ is not ASCII"


@dataclass(frozen=True)
class SmtpConfig:
    """Where the relay is and how to speak to it; Refused where clear text would leave the machine. Times in seconds.

    `hostname` is what we call ourselves in EHLO. `after_dot_timeout` is the ten minutes of RFC 5321, 4.5.3.2.6: less
    patience makes doubtful letters. Without a `tls_context` the system's authorities decide, and host names must match.
    """

    host: str
    port: int = 587
    tls: Literal["starttls", "implicit", "loopback-only"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    hostname: str = "localhost"
    connect_timeout: float = 10.0
    command_timeout: float = 30.0
    after_dot_timeout: float = 600.0
    tls_context: "ssl.SSLContext | None" = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, relay: "Relay", *, after_dot: float) -> "SmtpConfig":
        """A relay as a table of the settings names it; it has a host, and its secret was read."""
        assert relay.host is not None
        password = relay.password.get_secret_value() if relay.password else None
        return cls(relay.host, relay.port, relay.tls, relay.username, password, after_dot_timeout=after_dot)

    def __post_init__(self) -> None:
        if self.tls == "loopback-only" and not is_loopback(self.host):
            raise Refused(
                f"mail to {self.host} would travel in clear text; set mail.tls to starttls or implicit"
            )


class MailChannel:
    """A connection for each mail under way at once, kept for the next; one that the relay closed is opened again."""

    name = "email"

    def __init__(self, config: SmtpConfig) -> None:
        self._config = config
        self._loop: asyncio.AbstractEventLoop | None = None
        self._free: list[Conversation] = []
        self._sender: str | None = None  # the last one that was checked: most letters share it
        #: The mail that was announced last, as it was given and as it may leave.
        self._ahead: tuple[MailEnvelope, MailEnvelope] | None = None

    async def send(self, item: MailEnvelope, following: MailEnvelope | None = None) -> Receipt:
        """Hand one mail over; the receipt is the relay's last reply. Raises Undelivered, or Withdrawn.

        Where it is known which one is `following`, the relay hears whom that is for together with the content of this
        one: a round trip less for each.

        Phases: address, connect, ehlo, starttls, auth, mail, rcpt, data, after-dot. From after-dot on, anything but a
        reply is ambiguous. A cancelled send closes the connection and stays a cancellation: the caller's lease decides.
        """
        ahead = self._ahead
        mail = ahead[1] if ahead is not None and ahead[0] is item else self._checked(item)
        after = self._announced(following)
        if (line := self._kept()) is not None:
            try:
                return await self._by(line, mail, after)
            except Undelivered as failure:
                # A relay may close an idle connection at any time: that says nothing about this mail.
                if failure.phase != "mail" or line.alive:
                    raise
        return await self._by(self._new(), mail, after)

    async def check(self) -> str:
        """Connect, encrypt and log in, and send nothing: for `doctor`. Raises Undelivered."""
        await self.close()
        line = self._new()
        try:
            await line.open()
        finally:
            await line.bye()
        return f"{self._config.host}:{self._config.port} takes mail ({self._config.tls})"

    async def close(self) -> None:
        """Say goodbye to the relay."""
        for line in self._ours():
            await line.bye()
        self._free, self._ahead = [], None

    def _ours(self) -> list["Conversation"]:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # sockets belong to the loop that made them
            self._loop, self._free = loop, []
        return self._free

    def _checked(self, mail: MailEnvelope) -> MailEnvelope:
        sender = mail.sender if mail.sender == self._sender else mailbox(mail.sender)
        recipient = _reader(mail.recipient)
        # A header may name a reader whose address is not ASCII (RFC 6532); nothing else of a mail is 8-bit.
        part = mail.content if recipient.isascii() else mail.content.partition(b"\r\n\r\n")[2]
        if not part.isascii():
            reason = "the mail holds 8-bit text, which not every relay carries; encode it"
            raise Undelivered("refused", "address", reason)
        self._sender = sender
        if (sender, recipient) == (mail.sender, mail.recipient):
            return mail
        return replace(mail, sender=sender, recipient=recipient)

    def _announced(self, mail: MailEnvelope | None) -> MailEnvelope | None:
        """One whose address is none is refused when it is sent, and announced to nobody."""
        self._ahead = None
        if mail is not None:
            with suppress(Undelivered):
                self._ahead = mail, self._checked(mail)
        return self._ahead and self._ahead[1]

    def _kept(self) -> "Conversation | None":
        free = self._ours()
        while free:
            if (line := free.pop()).alive:
                return line
        return None

    def _new(self) -> "Conversation":
        from tocsin.channels.smtp import Conversation

        return Conversation(self._config)

    async def _by(self, line: "Conversation", mail: MailEnvelope, following: MailEnvelope | None) -> Receipt:
        try:
            if not line.alive:
                await line.open()
            if not (mail.recipient.isascii() or line.takes_utf8):
                reason = f"{_NOT_ASCII}, and the relay does not take SMTPUTF8; use another channel"
                raise Undelivered("refused", "address", reason)
            if following and not (following.recipient.isascii() or line.takes_utf8):
                following = None  # nobody is told of one that will be refused
            return await line.hand_over(mail, following)
        finally:
            # A broken one too: whoever closes sees its end.
            self._free.append(line)


def mailbox(address: str) -> str:
    """An address of ours as it may stand in an SMTP command: local part untouched, domain in punycode.

    Raises Undelivered (refused) for what is no address, and for a local part that not every relay can carry. The
    reason never repeats the address.
    """
    found = _reader(address)
    if not found.isascii():
        reason = f"{_NOT_ASCII}, which not every relay carries; use another channel"
        raise Undelivered("refused", "address", reason)
    return found


def _reader(address: str) -> str:
    try:
        return written(address)
    except ValueError as error:
        raise Undelivered("refused", "address", str(error)) from None
