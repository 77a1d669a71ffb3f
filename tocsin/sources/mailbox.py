"""A mailbox of ours, by IMAP (RFC 9051) over TLS, read by IMAPClient.

A message is looked at without being marked, and moved only once it is kept: whoever dies in between finds it again.
Clear text is for loopback only. What the server says may quote a message, so that errors name what failed, not how.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from tocsin.domain.errors import TocsinError
from tocsin.domain.mailhead import LONGEST_HEAD

if TYPE_CHECKING:
    import ssl


class MailboxDown(TocsinError):
    """Nothing can be read from the mailbox, and why, in one line."""


@dataclass(frozen=True)
class MailboxConfig:
    """Where the mailbox is, and how to get in. `timeout` in seconds, for each answer of the server.

    Without a `tls_context` the system's authorities decide, and host names must match.
    """

    host: str
    port: int
    tls: Literal["implicit", "starttls", "loopback-only"]
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    processed: str = "Tocsin"
    timeout: float = 20.0
    tls_context: "ssl.SSLContext | None" = field(default=None, repr=False, compare=False)
    #: The table of the settings in which it stands.
    table: str = "intake"


@dataclass(frozen=True)
class Lying:
    """A message that lies in the mailbox: its number there, its size in bytes, and when the server received it."""

    uid: int
    size: int
    received_at: datetime | None


@dataclass(frozen=True)
class Bookmark:
    """How far a mailbox was read, in the numbers that its server gives while its UIDVALIDITY is the same.

    `newest` is the newest message that was looked at; `again` the last of those that stayed and were looked at anew.
    """

    validity: int = 0
    newest: int = 0
    again: int = 0

    def past(self, uid: int) -> "Bookmark":
        """This, once a message was looked at."""
        return replace(self, newest=uid) if uid > self.newest else replace(self, again=uid)


class Mailbox:
    """An opened mailbox. Numbers of its messages hold for this `validity` (RFC 9051, 2.3.1.1)."""

    def __init__(self, client: Any, config: MailboxConfig, validity: int = 0) -> None:
        # IMAPClient says nothing of its types.
        self._client, self._config, self.validity = client, config, validity

    def marked(self, mark: Bookmark) -> Bookmark:
        """The mark, where it is one of these numbers; else that of a mailbox in which nothing was read."""
        return mark if mark.validity == self.validity else Bookmark(self.validity)

    def lying(self, most: int, mark: Bookmark) -> list[Lying]:
        """The messages that lie there, `most` of them: new ones first, in the order they came, then in turn those
        that stayed. However many stay, a new one is read at the next look.
        """
        uids = sorted(self._client.search("UNDELETED"), key=lambda uid: _turn(uid, mark))[:most]
        found = self._client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"]) if uids else {}
        return [
            Lying(uid, int(found[uid].get(b"RFC822.SIZE", 0)), _aware(found[uid].get(b"INTERNALDATE")))
            for uid in uids
            if uid in found
        ]

    def read(self, message: Lying, most: int) -> tuple[bytes, bool] | None:
        """(the bytes of a message, whether these are all): of one larger than `most` its head alone.

        None where it lies there no more: somebody else has moved it since.
        """
        if message.size <= most:
            raw = self._part(message.uid, f"BODY.PEEK[]<0.{most + 1}>")
            if raw is None or len(raw) <= most:
                return raw if raw is None else (raw, True)
        head = self._part(message.uid, f"BODY.PEEK[HEADER]<0.{LONGEST_HEAD}>")
        return head if head is None else (head, False)

    def put_away(self, message: Lying) -> None:
        """Move a message that is kept out of the folder, marked as seen."""
        from imapclient import DELETED, SEEN

        client, uid, target = self._client, [message.uid], self._config.processed
        if not client.folder_exists(target):
            client.create_folder(target)
        client.add_flags(uid, [SEEN], silent=True)
        if client.has_capability("MOVE"):
            client.move(uid, target)
            return
        client.copy(uid, target)
        # Without UIDPLUS (RFC 4315) it stays marked as deleted: to expunge would take what others have marked too.
        client.add_flags(uid, [DELETED], silent=True)
        if client.has_capability("UIDPLUS"):
            client.uid_expunge(uid)

    def _part(self, uid: int, what: str) -> bytes | None:
        found = self._client.fetch([uid], [what]).get(uid)
        if found is None:
            return None
        content = next((value for name, value in found.items() if name.startswith(b"BODY[")), None)
        if not isinstance(content, bytes):
            raise MailboxDown("the mail server gives no content of a message; it stays where it lies")
        return content


@contextmanager
def opened(config: MailboxConfig) -> "Iterator[Mailbox]":
    """The mailbox, logged in, its folder selected. Raises MailboxDown for whatever the server or the line does."""
    from imapclient.exceptions import IMAPClientError, LoginError

    client = None
    try:
        client = _connected(config)
        folder = client.select_folder(config.folder)
        yield Mailbox(client, config, int(folder.get(b"UIDVALIDITY", 0)))
    except LoginError:
        raise MailboxDown(
            f"{_place(config)} refuses the login; check {config.table}.username and its password"
        ) from None
    except OSError as error:
        raise MailboxDown(f"{_place(config)}: {error.strerror or type(error).__name__}") from None
    except (IMAPClientError, ValueError, LookupError, AssertionError) as error:
        raise MailboxDown(
            f"{_place(config)} says what cannot be used ({type(error).__name__}); check {config.table}.folder"
        ) from None
    finally:
        if client is not None:
            with suppress(Exception):  # whatever a goodbye meets: what was read is kept
                client.logout()


def _connected(config: MailboxConfig) -> Any:
    import ssl

    from imapclient import IMAPClient

    context = config.tls_context or ssl.create_default_context()
    implicit = config.tls == "implicit"
    client: Any = IMAPClient(
        config.host,
        config.port,
        ssl=implicit,
        ssl_context=context if implicit else None,
        timeout=config.timeout,
    )
    # Moments come with their own zone, instead of without any in that of this machine.
    client.normalise_times = False
    if config.tls == "starttls":
        client.starttls(context)
    client.login(config.username, config.password)
    return client


def _turn(uid: int, mark: Bookmark) -> tuple[bool, bool, int]:
    return uid <= mark.newest, uid <= mark.again, uid


def _place(config: MailboxConfig) -> str:
    return f"the mailbox at {config.host}:{config.port}"


def _aware(moment: object) -> datetime | None:
    return moment if isinstance(moment, datetime) and moment.tzinfo is not None else None
