"""Headers of a mail, written and read: RFC 5322, and RFC 2047 for all that is not plain ASCII.

The modern header folding of the standard library loses spaces in long Vietnamese subjects (python/cpython#120930 and
relatives), so encoded words are made by its older `Header`, at 76 columns. Line breaks are refused here, not there.
"""

import binascii
import re
import unicodedata
from datetime import UTC, datetime
from email.header import Header, decode_header
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from tocsin.domain.addresses import written
from tocsin.domain.errors import Refused

#: A name and an address.
Mailbox = tuple[str, str]

_WIDTH = 76  # with 78, the library makes encoded words of 76; RFC 2047 allows 75
_LONGEST_PLAIN = 60  # characters of a header value that is written as it is
_BREAKS_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_FIELD = re.compile(r"[!-9;-~]+")
_BEGINS, _ENDS = "=?utf-8?b?", "?="
#: One encoded word, and an address of characters that mean nothing else in a header.
_ONE_WORD = re.compile(
    r"=\?utf-8\?b\?([A-Za-z0-9+/]+={0,2})\?=(?:\r\n)? <([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+)>"
)
_NAME_MAILS = ("in-reply-to", "references")
_OURS = frozenset(
    [
        "from",
        "to",
        "cc",
        "bcc",
        "sender",
        "reply-to",
        "subject",
        "date",
        "message-id",
        "mime-version",
        "auto-submitted",
        "precedence",
        "list-unsubscribe",
        "return-path",
        "content-type",
        "content-transfer-encoding",
    ]
)


def ascii_address(address: str) -> str:
    """The address with its domain in punycode. Refused for what is no address, or has a local part outside ASCII."""
    found = address_of(address)
    if not found.isascii():
        raise Refused(
            "the part before the @ is not ASCII, which not every relay carries; use another channel"
        )
    return found


def address_of(address: str) -> str:
    """A reader's address; a local part outside ASCII stays as it is (RFC 6532). Refused for what is no address."""
    try:
        return written(address)
    except ValueError as error:
        raise Refused(str(error)) from None


def clean(value: str, what: str) -> str:
    """NFC, single blanks; a line break fails this one value instead of writing a header of its own."""
    if _BREAKS_A_LINE.search(value):
        raise Refused(f"{what} holds a line break or a control character; correct it where it was entered")
    return " ".join(unicodedata.normalize("NFC", value).split())


def bare_message_id(given: str) -> str:
    """A Message-ID without its angle brackets, or Refused."""
    bare = given.removeprefix("<").removesuffix(">")
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+", bare):
        raise Refused(f"{given!r} is no Message-ID; it is written unique-part@our.domain")
    return bare


def extra(name: str, value: str) -> str:
    """The line of a further header. Refused for one that is written here, or that a legal notice must not have."""
    if not _FIELD.fullmatch(name) or name.lower() in _OURS:
        raise Refused(f"{name!r} is not a header that a mail of ours may be given")
    if name.lower() in _NAME_MAILS:
        # Never as encoded words, however long: mail programs compare these letter by letter.
        return f"{name}: <{bare_message_id(value)}>"
    return f"{name}: {words(name, clean(value, name))}"


def words(field: str, value: str) -> str:
    """A cleaned value of the header `field`: as it is where that is short and plain, else in encoded words."""
    if value.isascii() and len(value) <= _LONGEST_PLAIN and "=?" not in value:
        return value
    word = encoded_word(value)
    if len(field) + 2 + len(word) <= _WIDTH:
        return word
    return Header(value, "utf-8", header_name=field).encode(maxlinelen=_WIDTH, linesep="\r\n")


def encoded_word(value: str) -> str:
    """The whole value as one encoded word of RFC 2047, in base64."""
    return f"{_BEGINS}{binascii.b2a_base64(value.encode(), newline=False).decode('ascii')}{_ENDS}"


def mailbox(field: str, whom: Mailbox) -> str:
    """`name <address>` for the header `field`, folded before column 76."""
    name, address = whom
    if not name:
        return address
    phrase = words(field, name)
    if phrase is name and not _PHRASE.fullmatch(name):
        phrase = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    last_line = len(phrase) - phrase.rfind("\n") + len(field)
    fold = "\r\n " if last_line + len(address) + 4 > _WIDTH else " "
    return f"{phrase}{fold}<{address}>"


def read_mailbox(header: str) -> Mailbox:
    """What a reader of the header sees: name and address."""
    if found := _ONE_WORD.fullmatch(header):
        # What most letters to people abroad have; the library, which takes ten times as long, reads the rest.
        return " ".join(binascii.a2b_base64(found[1]).decode().split()), found[2]
    name, address = parseaddr(header)
    return read_words(name), address


def read_words(header: str) -> str:
    """A header as RFC 2047 reads it: blanks between encoded words vanish, any others are one blank."""
    pieces = decode_header(header)
    text = "".join(
        one.decode(charset or "ascii") if isinstance(one, bytes) else one for one, charset in pieces
    )
    return " ".join(text.split())


def written_date(date: datetime) -> str:
    """The value of `Date`, in UTC. ValueError for a naive moment.

    One moment is written in one way, whoever asks: a letter that is sent once more is the same to the byte.
    """
    if date.tzinfo is None:
        raise ValueError("a naive moment reached a mail header")
    return _to_the_second(date.astimezone(UTC).replace(microsecond=0))


#: Thousands of letters leave in one second.
_to_the_second = lru_cache(maxsize=64)(format_datetime)
