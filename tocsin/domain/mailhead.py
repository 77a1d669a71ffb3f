"""The head of a message from outside: who wrote it, what it answers, whether it says that it is urgent.

Pure. A message is judged by its head alone: who marks a message urgent says so there, and what a machine wrote says so
there too. What stands below the head is never parsed, and nothing in it can do harm.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header
from email.utils import getaddresses
from unicodedata import category, normalize

from tocsin.domain.intake import Intake

#: Of a head so many bytes are read. RFC 5322 sets no limit; servers commonly take 100 to 256 KiB.
LONGEST_HEAD = 256 * 1024
#: Of one field so many characters are understood: a subject or a list of references is shorter.
_LONGEST_FIELD = 4000
#: A thread is found by the newest of the messages that it refers to.
_MOST_REFERENCES = 20

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_ID = re.compile(r"<([^<>\s]{1,990})>")
_WORD = re.compile(r"[\w-]+")
#: What joins the words of a mark as a space does: hyphens and dashes of every length, and the underscore.
_JOINTS = re.compile(r"[\s_\-\u2010-\u2015]+")
#: What may stand between them: `HighPriority`, `Priority: High`, `Priority = High`.
_BETWEEN = " ?[:=]? ?"
#: What people and programs put before a subject: `Re[2]:`, `Trả lời:`, `Case #12:`, `1)`, `[EXTERNAL]`.
_PREFACE = r"\w+(?:\[\d+\]|\(\d+\)| #?\w+)? ?:|\d{1,3}\)|\[[^\[\]]*\]|\([^()]*\)|【[^【】]*】"
#: The number of what the policy asks people to write: `Privacy Request #123`.
_NUMBERED = r"(?: #?\d+)?"
#: Signs, quotes and brackets, of which the first word makes nothing.
_SIGNS = re.compile(r"\W*")
_POST = re.compile(r"<mailto:([^<>?\s]+)")
_KEY = re.compile(r"\bINC-\d{4}-\d{4,9}\b", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Head:
    """What the head of a message says, as far as intake asks. Names and addresses of people outside stand in it."""

    message_id: str | None
    #: Ids of the messages that it answers, the newest first.
    references: tuple[str, ...]
    sender: str
    subject: str
    #: Keys of incidents that its subject names.
    keys: tuple[str, ...]
    urgent: bool
    automatic: bool


def split(raw: bytes) -> tuple[bytes, bytes]:
    """(head, body) of a message (RFC 5322, 2.1). What has no empty line is all head, of which the beginning counts."""
    end = _END_OF_HEAD.search(raw, 0, LONGEST_HEAD)
    if end is None:
        return raw[:LONGEST_HEAD], raw[LONGEST_HEAD:]
    return raw[: end.start()], raw[end.end() :]


def read_head(raw: bytes, intake: Intake) -> Head:
    """The head of a message. Never raises: what cannot be read counts as not there."""
    fields = _fields(split(raw)[0])
    subject = _decoded(fields.get("subject", ""))
    automatic = _is_automatic(fields, ours=_is_our_list(fields, intake))
    return Head(
        message_id=next(iter(_ID.findall(fields.get("message-id", ""))), None),
        references=_references(fields),
        sender=_sender(fields, intake),
        subject=subject,
        keys=tuple(key.upper() for key in _KEY.findall(subject)),
        urgent=not automatic and _is_urgent(fields, subject, intake),
        automatic=automatic,
    )


def written(raw: bytes) -> tuple[str, str]:
    """(From, Subject) of a message as its sender wrote them, for people who may read them."""
    fields = _fields(split(raw)[0])
    return _decoded(fields.get("from", "")), _decoded(fields.get("subject", ""))


def _fields(head: bytes) -> dict[str, str]:
    """Field names in lower case to the first value of each, on one line."""
    try:
        # The oldest policy keeps fields as they are written: newer ones parse them, and stumble over hostile ones.
        message = message_from_bytes(head + b"\r\n\r\n", policy=policy.compat32)
        pairs = [(name.lower(), plain(str(value)[:_LONGEST_FIELD])) for name, value in message.raw_items()]
    except (MessageError, ValueError, LookupError, RecursionError):
        return {}
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, " ".join(value.split()))
    return found


def plain(value: str) -> str:
    """A field whose bytes beyond ASCII, which RFC 6532 allows, stand in it as surrogates."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _decoded(value: str) -> str:
    """Encoded words (RFC 2047) as text; what cannot be decoded stays as it stands."""
    try:
        pieces = decode_header(value)
    except (MessageError, ValueError, LookupError):
        pieces = [(value, None)]
    text = "".join(piece if isinstance(piece, str) else _text(piece, charset) for piece, charset in pieces)
    return " ".join(text.encode("utf-8", "replace").decode().split())


def _text(piece: bytes, charset: str | None) -> str:
    try:
        # What stands between encoded words comes back in this encoding of Python's own.
        return piece.decode(charset or "raw-unicode-escape", "replace")
    except (LookupError, ValueError):
        return piece.decode("utf-8", "replace")


def _address(value: str) -> str:
    """The first address of a From field, in lower case; empty where there is none."""
    try:
        found = getaddresses([value])
    except (MessageError, ValueError, LookupError, RecursionError):
        return ""
    return next((address.strip().lower() for _, address in found if address), "")


def _sender(fields: Mapping[str, str], intake: Intake) -> str:
    """Who wrote it. A list of ours that writes in its own name, for DMARC's sake, says elsewhere for whom."""
    said = [_address(fields.get(name, "")) for name in ("from", "x-original-from", "reply-to")]
    ours = {address.lower() for address in intake.addresses}
    return next((each for each in said if each and each not in ours), said[0])


def _references(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Ids in In-Reply-To and References (RFC 5322, 3.6.4), the newest first."""
    answered = _ID.findall(fields.get("in-reply-to", ""))
    thread = _ID.findall(fields.get("references", ""))
    return tuple(dict.fromkeys([*answered, *reversed(thread)]))[:_MOST_REFERENCES]


def _is_urgent(fields: Mapping[str, str], subject: str, intake: Intake) -> bool:
    if any(_says_urgent(_folded(subject, bare=bare), intake, bare=bare) for bare in (False, True)):
        return True
    for name, values in intake.urgent_headers.items():
        # `1 (Highest)`, `1(Highest)` and `"high"` are how programs write it; `non-urgent` is one word.
        first = _WORD.search(_decoded(fields.get(name.lower(), "")).casefold())
        if first and first[0] in {value.casefold() for value in values}:
            return True
    return False


def _says_urgent(subject: str, intake: Intake, *, bare: bool) -> bool:
    first = _any_of(intake.urgent_subjects, bare=bare)
    anywhere = rf"(?<!\w)(?:{_any_of(intake.urgent_anywhere, bare=bare)})(?!\w)"
    exactly = "(?!)" if bare else _any_of(intake.urgent_with_accents, bare=False)
    begins = re.compile(f"{first}|{exactly}")
    preface = re.compile(rf"\W*?(?:{_PREFACE}|(?:{_any_of(intake.prefaces, bare=bare)}){_NUMBERED})")
    subject = re.sub(_denied(f"{anywhere}|{first}|{exactly}", intake, bare=bare), "", subject)
    return any(begins.match(subject, at) for at in _beginnings(subject, preface)) or bool(
        re.search(anywhere, subject)
    )


def _denied(marks: str, intake: Intake, *, bare: bool) -> str:
    """The pattern of a mark behind or before which stands that it is none. A sentence that ends denies no other."""
    behind, before = (
        "|".join(filter(None, (re.escape(_folded(word, bare=bare)) for word in words))) or "(?!)"
        for words in (intake.not_urgent_behind, intake.not_urgent_before)
    )
    return rf"(?<!\w)(?:(?:{behind})[^\w.!?]+(?:{marks})|(?:{marks})\W+(?:{before})\W*$)"


def _any_of(marks: Iterable[str], *, bare: bool) -> str:
    """The pattern of these marks. One of several words ends where a word does; a single one is not sought bare of its
    accents, since it may be another word then: `khan` is a name.
    """
    said = [[re.escape(word) for word in _folded(mark, bare=bare).split()] for mark in marks]
    several = [rf"{_BETWEEN.join(words)}(?!\w)" for words in said if len(words) > 1]
    single = [words[0] for words in said if len(words) == 1 and not bare]
    return "|".join([*several, *single]) or "(?!)"


def _folded(text: str, *, bare: bool) -> str:
    """In one case, wide letters as plain ones, without hyphens and what has no width; `bare` without accents too."""
    said = normalize("NFKC", text).casefold()
    if bare:
        said = normalize("NFKD", said).replace("đ", "d")
    left_out = ("Cf", "Mn") if bare else ("Cf",)
    return _JOINTS.sub(" ", "".join(each for each in said if category(each) not in left_out)).strip()


def _beginnings(subject: str, preface: re.Pattern[str]) -> Iterator[int]:
    """Where a subject may begin: at its first word, and behind each of its prefaces, one of which may be the mark."""
    at = 0
    while True:
        signs = _SIGNS.match(subject, at)
        yield signs.end() if signs else at
        found = preface.match(subject, at)
        if found is None:
            return
        at = found.end()


def _is_our_list(fields: Mapping[str, str], intake: Intake) -> bool:
    """Whether a list handed it on whose address is one of ours: people write to it, as to any other address."""
    ours = {address.lower() for address in intake.addresses}
    named = fields.get("list-id", "").lower().rpartition("<")[2].rstrip("> ")  # RFC 2919, 3
    posts = {each.lower() for each in _POST.findall(fields.get("list-post", ""))}  # RFC 2369, 3.4
    return named in {address.replace("@", ".") for address in ours} or not posts.isdisjoint(ours)


def _is_automatic(fields: Mapping[str, str], *, ours: bool) -> bool:
    """Whether a machine wrote it: an automatic answer, a report of a mail system, or bulk mail.

    That a list handed it on means bulk mail, unless the list is `ours`.
    """
    submitted = fields.get("auto-submitted", "no").casefold().split(";")[0].strip()
    kind = fields.get("content-type", "").casefold().split(";")[0].strip()
    precedence = fields.get("precedence", "").casefold()
    listed = precedence == "list" or "list-id" in fields or "list-unsubscribe" in fields
    return (
        submitted not in ("no", "")  # RFC 3834, 5
        or precedence in ("bulk", "junk", "auto_reply")  # RFC 2076, 3.9
        or kind == "multipart/report"  # RFC 6522: bounces and other reports
        or fields.get("return-path", "").replace(" ", "") == "<>"  # RFC 5321, 4.5.5
        or "x-autoreply" in fields
        or "x-autorespond" in fields
        or (listed and not ours)
    )
