"""A mail as bytes that every relay carries and every reader decodes to what was meant: RFC 2045, 2046, 3834.

Bodies are base64, text first, HTML second. Nothing is believed: what was built is decoded again and compared, and a
mail that reads differently is refused.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from email import message_from_bytes, message_from_string, policy
from email.message import Message

from tocsin.domain.addresses import bare
from tocsin.domain.errors import Refused
from tocsin.domain.message import MailEnvelope
from tocsin.rendering.mail_headers import (
    Mailbox,
    address_of,
    ascii_address,
    bare_message_id,
    clean,
    extra,
    mailbox,
    read_mailbox,
    read_words,
    words,
    written_date,
)
from tocsin.rendering.stencil import Body, Stencil

#: Base64 has no `_`, so that no body can hold this line.
_BOUNDARY = "=_tocsin_letter"
_KINDS = ("plain", "html")
#: The line of a body that says nothing.
_EMPTY = "\r\n"


class Mold:
    """All letters of one sender, subject and set of headers: only the reader's own parts are made for each.

    Raises Refused for what no header can hold: a line break, a control character, an address that is none.
    """

    def __init__(
        self,
        *,
        sender: Mailbox,
        subject: str,
        reply_to: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._sender = (clean(sender[0], "the sender's name"), ascii_address(sender[1]))
        self._subject = clean(subject, "the subject")
        self._proven: set[tuple[Stencil, ...]] = set()
        lines = [
            f"From: {mailbox('From', self._sender)}",
            f"Subject: {words('Subject', self._subject)}",
            *([f"Reply-To: {ascii_address(reply_to)}"] if reply_to else []),
            "Auto-Submitted: auto-generated",
            *(extra(name, value) for name, value in (headers or {}).items()),
            "MIME-Version: 1.0",
        ]
        self._fixed = "\r\n".join(lines) + "\r\n"

    def letter(
        self,
        *,
        message_id: str,
        date: datetime,
        to: Mailbox,
        text: str | Body,
        html: str | Body | None = None,
        envelope_sender: str | None = None,
        ours: Callable[[], bool] | None = None,
    ) -> MailEnvelope:
        """One letter. `message_id` with or without its angle brackets; `date` aware; line ends of any kind.

        Every letter's name and own words are decoded again; the first of each pair of stencils is read back as a whole.
        """
        message_id = bare_message_id(message_id)
        reader = (clean(to[0], "the reader's name"), address_of(to[1]))
        bodies = [_body(each) for each in (text, html) if each is not None]
        addressed = mailbox("To", reader)
        if read_mailbox(addressed) != reader:
            raise Refused("the reader's name does not survive in a mail header; write to them without it")
        own = f"To: {addressed}\r\nDate: {written_date(date)}\r\nMessage-ID: <{message_id}>\r\n"
        parts = [
            _part(kind, body.stencil.encoded(body.own)) for kind, body in zip(_KINDS, bodies, strict=False)
        ]
        # Only a reader whose address is not ASCII has a header that is not (RFC 6532).
        written = self._fixed + own + (parts[0] if html is None else _alternative(parts))
        content = written.encode("ascii" if reader[1].isascii() else "utf-8")
        stencils = tuple(body.stencil for body in bodies)
        if (rare := '"' in reader[1] or not reader[1].isascii()) or stencils not in self._proven:
            self._prove_whole(content, message_id, reader, bodies)
            if not (rare or isinstance(text, str) or isinstance(html, str)):
                self._proven.add(stencils)  # one of its own comes but once
        sender = envelope_sender or self._sender[1]
        return MailEnvelope(message_id, sender, reader[1], content, ready=True, ours=ours)

    def _prove_whole(self, content: bytes, message_id: str, reader: Mailbox, bodies: list[Body]) -> None:
        strict, plain = message_from_bytes(content, policy=policy.default), message_from_bytes(content)
        if not content.isascii():
            # The library reads UTF-8 in a header from text alone.
            strict = message_from_string(content.decode(), policy=policy.SMTPUTF8)
            plain = message_from_string(content.decode())
        meant = [(kind, body.stencil.text(body.own)) for kind, body in zip(_KINDS, bodies, strict=False)]
        local, _, domain = reader[1].rpartition("@")
        # Names by the older parser: the newer one puts a blank between the encoded words of a long name.
        found = [
            (strict["Subject"], self._subject),
            (read_words(str(plain["Subject"])), self._subject),
            (read_mailbox(str(plain["From"])), self._sender),
            (read_mailbox(str(plain["To"])), reader),
            ([one.addr_spec for one in strict["From"].addresses], [self._sender[1]]),
            ([(one.username, one.domain) for one in strict["To"].addresses], [(bare(local), domain)]),
            (strict["Message-ID"], f"<{message_id}>"),
            ([_read_body(part) for part in plain.walk() if not part.is_multipart()], meant),
            ([defect for part in strict.walk() for defect in part.defects], []),
        ]
        if any(seen != wanted for seen, wanted in found) or max(map(len, content.split(b"\r\n"))) > 998:
            raise Refused("the letter reads differently once it is a mail; nothing was made")


def build_mail(
    *,
    message_id: str,
    date: datetime,
    sender: Mailbox,
    to: Mailbox,
    subject: str,
    text: str,
    html: str | None = None,
    reply_to: str | None = None,
    headers: Mapping[str, str] | None = None,
    envelope_sender: str | None = None,
) -> MailEnvelope:
    """One mail, read back as a whole. The same arguments give the same bytes. Raises Refused as `Mold` does.

    No `Precedence` and no `List-Unsubscribe`: nobody opts out of a legal notice.
    """
    mold = Mold(sender=sender, subject=subject, reply_to=reply_to, headers=headers)
    return mold.letter(
        message_id=message_id, date=date, to=to, text=text, html=html, envelope_sender=envelope_sender
    )


def _body(given: str | Body) -> Body:
    return Body(Stencil((given,))) if isinstance(given, str) else given


def _part(kind: str, body: str) -> str:
    return (
        f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        f"{body or _EMPTY}"
    )


def _alternative(parts: list[str]) -> str:
    pieces = "".join(f"--{_BOUNDARY}\r\n{part}" for part in parts)
    return f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n\r\n{pieces}--{_BOUNDARY}--\r\n'


def _read_body(part: Message) -> tuple[str, str]:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return part.get_content_subtype(), content.decode()
