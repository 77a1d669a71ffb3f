"""What came back on a letter: a report on its delivery (RFC 3464, RFC 6533), a complaint (RFC 5965), or something else.

An automatic answer (RFC 3834) is known as such and says nothing.

Pure. Whose letter it was is told by its mark, in the address to which the message came or in the ids that it repeats;
what became of the letter by the report's own fields alone. A message that is no such report, or that says two things,
is for a person to read: nothing is guessed from its prose.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes, message_from_string, policy
from email.errors import MessageError
from email.message import Message
from typing import Any, Literal

from tocsin.domain.mailhead import plain
from tocsin.domain.returns import marks_in

Action = Literal[
    "failed", "delayed", "delivered", "relayed", "expanded", "complained", "auto-replied", "nothing", "unread"
]

#: Of a message so many bytes are read: with RET=HDRS a report repeats heads alone.
LONGEST = 256 * 1024
#: Parts of a report, and recipients in it, that are looked at.
_MOST_PARTS, _MOST_RECIPIENTS = 50, 50
_LONGEST_FIELD = 2000
#: Actions of RFC 3464, 2.3.3, the one that counts first: what failed for one address did not surely arrive.
_ACTIONS: Sequence[Action] = ("failed", "delivered", "expanded", "relayed", "delayed")
#: What a status of RFC 3463 means where the action is missing or made up.
_BY_CLASS: dict[str, Action] = {"2": "delivered", "4": "delayed", "5": "failed"}
_CODE = re.compile(r"(?:^|[;\s])([245]\d\d)(?![\d.])")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,255}")
#: Bytes that no field holds, and that a database refuses.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
#: Kinds of complaints that complain of nothing (RFC 5965, 7.3; RFC 6591; RFC 6692).
_NO_COMPLAINT = ("auth-failure", "not-spam", "dmarc")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_COMPLAINT = "message/feedback-report"
_ORIGINALS = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
#: The head fields in which systems repeat to whom a message came, and those that name what it answers.
_TO = ("delivered-to", "x-original-to", "x-delivered-to", "envelope-to", "x-envelope-to", "to", "cc")
_ANSWERS = ("in-reply-to", "references")
#: Mail systems themselves; some mark as an automatic answer what says in prose that a letter did not arrive.
_SYSTEMS = re.compile(r"\b(?:mailer-daemon|postmaster|mail ?delivery|mdaemon)\b", re.IGNORECASE)


@dataclass(frozen=True)
class CameBack:
    """A message that came back. `marks` may be those of letters, the surest first; `unread` is for a person.

    What it says in prose stays in the message: a server names whom it pleases. `code` is that of SMTP behind a report,
    or the kind of a complaint; `reporter` the name of a host.
    """

    marks: tuple[tuple[str, ...], ...]
    action: Action = "unread"
    status: str = ""
    code: str = ""
    reporter: str = ""


def read(raw: bytes) -> CameBack:
    """What a message (RFC 5322 bytes) says of a letter. Never raises: what cannot be read is for a person."""
    raw = raw[:LONGEST]
    try:
        # The oldest policy keeps fields as they are written: newer ones parse them, and stumble over hostile ones.
        message = message_from_bytes(raw, policy=policy.compat32)
        parts = list(_parts(message))
        marks = _marks(message, parts, raw)
        if any(part.get_content_type() == _COMPLAINT for part in parts):
            return _complained(marks, parts)
        status = next((part for part in parts if part.get_content_type() in _REPORTS), None)
        if status is None:
            return CameBack(marks, "auto-replied" if _answers_by_itself(message) else "unread")
        return _reported(marks, _blocks(status))
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return CameBack((marks_in([raw.decode("latin-1")]),))


def _answers_by_itself(message: Message) -> bool:
    """Whether a reader's own program answered, such as while she is away: it says nothing of the letter."""
    if message.get_content_type() == "multipart/report" or _SYSTEMS.search(_field(message, "from")):
        return False
    submitted = _field(message, "auto-submitted").lower().partition(";")[0].strip()
    asked = {
        name: _field(message, name).lower() for name in ("x-autoreply", "x-autorespond", "x-autoresponder")
    }
    return (
        submitted == "auto-replied"  # RFC 3834, 5
        or any(value and value != "no" for value in asked.values())
        or _field(message, "precedence").lower() == "auto_reply"
    )


def _parts(message: Message) -> Iterator[Message]:
    """The parts of a message, but not those of a message inside it: somebody may pass a report on."""
    waiting, seen = [message], 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        yield part
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting = [*(each for each in payload if isinstance(each, Message)), *waiting]


def _marks(message: Message, parts: Sequence[Message], raw: bytes) -> tuple[tuple[str, ...], ...]:
    """Marks by how sure they are: the address to which it came, the report's and the letter's ids, what it answers;
    and at last whatever stands in the message: systems that know no report quote the letter's head.
    """
    places = (
        [value for name in _TO for value in _fields(message, name)],
        [*_envelope_ids(parts), *_letter_ids(parts)],
        [value for name in _ANSWERS for value in _fields(message, name)],
        [raw.decode("latin-1"), *(_text(part) for part in parts if part.get_content_maintype() == "text")],
    )
    return tuple(marks for texts in places if (marks := marks_in(texts)))


def _envelope_ids(parts: Sequence[Message]) -> Iterator[str]:
    for part in parts:
        if part.get_content_type() in _REPORTS:
            for block in _blocks(part)[:1]:
                yield from _fields(block, "original-envelope-id")


def _letter_ids(parts: Sequence[Message]) -> Iterator[str]:
    for part in parts:
        if part.get_content_type() not in _ORIGINALS:
            continue
        payload = _plainly(part)
        if isinstance(payload, list):
            heads = [each for each in payload[:1] if isinstance(each, Message)]
            yield from (value for head in heads for value in _fields(head, "message-id"))
        else:
            yield from _fields(message_from_string(payload), "message-id")


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a report: one of the message, and one for each recipient (RFC 3464, 2.1)."""
    payload = _plainly(part)
    if isinstance(payload, list) and part.get_content_type() == _REPORTS[0]:
        return [block for block in payload if isinstance(block, Message)]
    inside = payload[0] if isinstance(payload, list) and payload else None
    inner = inside.as_bytes().decode("utf-8", "replace") if isinstance(inside, Message) else str(payload)
    pieces = re.split(r"\r?\n[ \t]*\r?\n", inner)
    return [
        message_from_string(piece.lstrip("\r\n")) for piece in pieces[: _MOST_RECIPIENTS + 1] if piece.strip()
    ]


def _plainly(part: Message) -> list[Any] | str:
    """What stands in a part: the messages in it as they were parsed, or its text where it was encoded.

    No encoding is allowed for reports (RFC 3464, 2.1), and some systems use one: then fields were sought in base64.
    """
    payload, way = part.get_payload(), str(part.get("content-transfer-encoding", "")).strip().lower()
    if not isinstance(payload, list):
        return _text(part)
    if way not in ("base64", "quoted-printable"):
        return payload
    lines = "\n\n".join(_as_written(each) for each in payload if isinstance(each, Message))
    # Letters of the alphabet alone make base64; what else stands there, a parser put there.
    return _text(_encoded(lines.replace("\n\n", "\n") if way == "base64" else lines, way))


def _as_written(block: Message) -> str:
    """A block's lines as they stood in the message, before they were taken for fields."""
    fields = "".join(f"{name}: {value}\n" for name, value in block.raw_items())
    payload = block.get_payload()
    return fields + (payload if isinstance(payload, str) else "")


def _encoded(lines: str, way: str) -> Message:
    part = Message()
    part["Content-Transfer-Encoding"] = way
    part.set_payload(lines)
    return part


def _reported(marks: tuple[tuple[str, ...], ...], blocks: Sequence[Message]) -> CameBack:
    """What a report comes to: of several recipients, which an address may stand for, the one that counts first."""
    reporter = next((value for each in blocks for value in _fields(each, "reporting-mta")), "")
    found = [said for each in blocks[: _MOST_RECIPIENTS + 1] if (said := _recipient(each))]
    if not found:
        return CameBack(marks)
    action, status, code = min(found, key=lambda said: _ACTIONS.index(said[0]))
    host = _HOST.fullmatch(reporter.partition(";")[2].strip() or reporter)
    return CameBack(marks, action, status, code, host[0] if host else "")


def _recipient(block: Message) -> tuple[Action, str, str] | None:
    """(action, status, code) of one recipient; None where it does not say what was done, or says two things."""
    said, status = _field(block, "action"), _STATUS.search(_field(block, "status"))
    word = (re.findall(r"[a-z]+", said.lower()) or [""])[0]
    action = next((each for each in _ACTIONS if each == word), None)
    if action is None and status:
        action = _BY_CLASS[status[1][0]]
    if action is None:
        return None
    if action == "delivered" and status and status[1][0] != "2":
        return None
    code = _CODE.search(_field(block, "diagnostic-code"))
    return action, status[1] if status else "", code[1] if code else ""


def _complained(marks: tuple[tuple[str, ...], ...], parts: Sequence[Message]) -> CameBack:
    """A complaint with its kind (RFC 5965, 3.1), such as `abuse`; unread where it is none."""
    blocks = [each for part in parts if part.get_content_type() == _COMPLAINT for each in _blocks(part)]
    kind = next((value.lower() for each in blocks for value in _fields(each, "feedback-type")), "")
    if not kind.replace("-", "").isalpha() or kind in _NO_COMPLAINT:
        return CameBack(marks)
    return CameBack(marks, "complained", code=kind[:20])


def _field(message: Message, name: str) -> str:
    return next(iter(_fields(message, name)), "")


def _fields(message: Message, name: str) -> list[str]:
    """The values of a field, each on one line, with bytes beyond ASCII as they can be read."""
    raw = (str(value)[:_LONGEST_FIELD] for key, value in message.raw_items() if key.lower() == name)
    return [" ".join(_CONTROLS.sub(" ", plain(value)).split()) for value in raw]


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
