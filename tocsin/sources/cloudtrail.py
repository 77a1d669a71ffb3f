"""AWS CloudTrail: files of `{"Records": [...]}`, as it delivers them, and one event in each line.

Source: AWS CloudTrail User Guide, "CloudTrail record contents" and "CloudTrail userIdentity element". A file of records
is one line of any length: it goes through the gate, event by event, and is never held whole. An event's number takes
the place of a line's.

Columns are JSON paths of an event, or one of these, which are made of several:

- `principal`: who asked. The user's name; a role with its session (`Admin/alice`); `root`; a service; else the id.
- `session`: the id of an assumed role with its session, under which all its temporary keys work.
- `call`: `eventSource:eventName`, like `s3.amazonaws.com:GetObject`.
- `outcome`: CloudTrail knows no status of HTTP. 200 stands for a call without an error, 403 for one that was denied,
  400 for one that failed to change what is logged; of any other error nobody knows what was returned before it: nothing
  stands there.
- `sent`: bytes that S3 returned.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.logkeeping import Switch
from tocsin.domain.sources import LogFields
from tocsin.sources import ndjson
from tocsin.sources.blocks import SIZE, Block, Blocks, Shape
from tocsin.sources.bounds import Bounds
from tocsin.sources.files import File
from tocsin.sources.lines import Lines, Rejects
from tocsin.sources.ndjson import is_json, objects, whole, with_number
from tocsin.sources.unpacking import Content

FORMATS = ("cloudtrail",)
NUMBERS = "event"
#: What stops a trail, what may leave some of its events out from then on, and what lets it go on.
LOGGING_OFF = ("StopLogging", "DeleteTrail", "DeleteEventDataStore", "StopEventDataStoreIngestion")
LOGGING_THINNED = ("UpdateTrail", "PutEventSelectors", "PutInsightSelectors", "UpdateEventDataStore")
LOGGING_ON = ("StartLogging", "CreateTrail", "StartEventDataStoreIngestion")
_KEEPER = "cloudtrail.amazonaws.com"
#: Codes of errors that say that the caller was not let in.
_DENIED = (
    r"(?i)(AccessDenied|Unauthori[sz]ed|NotAuthori[sz]ed|Forbidden|AuthFailure|SignatureDoesNotMatch"
    r"|InvalidClientTokenId|InvalidAccessKeyId|ExpiredToken|UnrecognizedClient|Failed authentication)"
)
_WHO = {
    name: f"userIdentity.{path}"
    for name, path in {
        "kind": "type", "user": "userName", "arn": "arn", "principal_id": "principalId", "owner": "accountId",
        "service": "invokedBy", "role": "sessionContext.sessionIssuer.userName",
    }.items()
}  # fmt: skip
_WHAT = {name: name for name in ("eventSource", "eventName", "errorCode", "errorMessage")}
#: These have a shape of their own in every call, so they are read as the text that they are.
_SHAPELESS = ("responseElements", "additionalEventData")
_MADE = ("principal", "session", "call", "outcome", "sent")

#: Bytes of the longest event; AWS keeps to a fraction of it.
_LONGEST = 4 << 20
_DEEPEST = 30
_STRING = rb'"(?:[^"\\\n]++|\\.)*+"'
#: What may stand before the records of a file: other fields, of plain values.
_PLAIN = rb"(?:%b|true|false|null|[-+.0-9eE]+)" % _STRING
_HEADER = re.compile(rb'\{\s*(?:%b\s*:\s*%b\s*,\s*)*+"Records"\s*:\s*\[' % (_STRING, _PLAIN))
#: By this an event is known among the objects that stand in one.
_MARK = b'"eventTime"'
_BETWEEN = b" \t\r\n,]}\xef\xbb\xbf"
_NONE = "no event"


def _object(depth: int) -> bytes:
    inner = rb"|" + _object(depth - 1) if depth else b""
    return rb'\{(?:[^"{}]++|%b%b)*+\}' % (_STRING, inner)


_EVENT = re.compile(_object(_DEEPEST), re.DOTALL)
_SIGNS = re.compile(rb"%b|[{}]" % _STRING, re.DOTALL)
_MAY_BEGIN = re.compile(rb"[\s,\[]\{")


def defaults(_: str) -> dict[str, Any]:
    """What holds of a source of this format where it says nothing else."""
    names = {"at": "eventTime", "account": "principal", "session": "session", "ip": "sourceIPAddress"}
    more = {"agent": "userAgent", "endpoint": "call", "status": "outcome", "bytes": "sent"}
    return {
        "fields": LogFields(**names, **more, token="userIdentity.accessKeyId"),  # noqa: S106 - a path
        "logging_off": _switch(LOGGING_OFF),
        "logging_thinned": _switch(LOGGING_THINNED),
        "logging_on": _switch(LOGGING_ON),
    }


def _switch(calls: Iterable[str]) -> Switch:
    return Switch(endpoints=tuple(f"{_KEEPER}:{call}" for call in calls))


def read(engine: Any, source: str, files: Sequence[File], fields: Mapping[str, str], _: str) -> Any:
    """A table with the columns `fields` names (ours, as text) and `file`; `line` is the number of the event."""
    return _columns(objects(engine, files, _needed(fields)), fields)


def in_block(engine: Any, address: str, shape: Shape, fields: Mapping[str, str]) -> Any:
    """The columns of the events in a block, and `line`."""
    return _columns(ndjson.in_block(engine, address, shape, _needed(fields)), fields)


def _needed(fields: Mapping[str, str]) -> dict[str, str]:
    paths = {f"of_{ours}": path for ours, path in fields.items() if path not in _MADE}
    return paths | _WHO | _WHAT | {name: name for name in _SHAPELESS}


def _columns(table: Any, fields: Mapping[str, str]) -> Any:
    beside = [name for name in ("file", "line") if name in table.columns]
    columns = {
        ours: _made(table, theirs) if theirs in _MADE else table[f"of_{ours}"]
        for ours, theirs in fields.items()
    }
    return table.select(*beside, **columns)


def _made(event: Any, name: str) -> Any:
    if name == "principal":
        return _principal(event)
    if name == "session":
        return ibis.ifelse(event.kind == "AssumedRole", event.principal_id, ibis.null("string"))
    if name == "call":
        return event.eventSource + ":" + event.eventName
    if name == "sent":
        return event.additionalEventData.re_extract(r'"bytesTransferredOut"\s*:\s*"?(\d+)', 1).nullif("")
    return _outcome(event)


def _principal(event: Any) -> Any:
    """Who asked, by the type of the identity."""
    session = event.arn.re_extract(r"/([^/]+)$", 1)
    return ibis.coalesce(
        ibis.cases(
            (event.kind == "Root", ibis.literal("root")),
            (event.kind == "AssumedRole", event.role + "/" + session),
            (event.kind == "AWSService", event.service),
        ),
        event.user,
        event.service,
        event.principal_id,
        event.owner,
    )


def _outcome(event: Any) -> Any:
    # A sign-in that failed bears no code, only its answer.
    refused = event.responseElements.re_search(r'"ConsoleLogin"\s*:\s*"Failure"').fill_null(False)
    said = ibis.coalesce(event.errorCode, event.errorMessage)
    # Whatever the error was, a trail goes on as before: nothing was done, and nothing is returned by these calls.
    switches = (*LOGGING_OFF, *LOGGING_THINNED, *LOGGING_ON)
    failed = said.notnull() & (event.eventSource == _KEEPER) & event.eventName.isin(switches)
    return ibis.cases(
        (refused | said.re_search(_DENIED).fill_null(False), "403"),
        (failed.fill_null(False), "400"),
        (said.isnull() & event.eventName.notnull(), "200"),
        else_=ibis.null("string"),
    )


def blocks(content: Content, bounds: Bounds, kind: str) -> Iterator[Block]:
    """Blocks of events, numbered where they stand in an array: one of these may be all there is of a line."""
    pieces = iter(content)
    begin = next(filter(None, pieces), b"")
    pieces = chain([begin], pieces)
    if not _HEADER.match(begin.removeprefix(codecs.BOM_UTF8).lstrip()):
        yield from Blocks(content, bounds, pieces=pieces)
        return
    lines, held, size, first, number = Lines(pieces, bounds, rejects := Rejects()), list[bytes](), 0, 1, 0
    for number, (text, _) in enumerate(numbered(lines, kind, rejects), 1):
        held.append(text)
        size += len(text)
        if size >= min(SIZE, bounds.block):
            yield Block(first, b"".join(held), numbered=True)
            held, size, first = [], 0, number + 1
    yield Block(first, b"".join(held), rejects, numbered=True)


def numbered(lines: Lines, _: str, rejects: Rejects) -> Iterator[tuple[bytes, int]]:
    """One event in each line, with its number in front, whether it stood in an array or alone."""
    for number, event in enumerate(_events(lines.blocks, rejects), lines.first):
        if not event.isascii():
            event = event.decode(errors="replace").encode()
        yield with_number(number, whole(event.replace(b"\n", b" ").replace(b"\r", b" "))), 1


def _events(blocks: Iterable[bytes], rejects: Rejects) -> Iterator[bytes]:
    """Every event of blocks of bytes. What is none is a reject, and the next one is a beginning again."""
    held, number = b"", 1
    for block in _and_end(blocks):
        held, place = held + (block or b""), 0
        while (start := held.find(b"{", place)) >= 0:
            if held[place:start].strip(_BETWEEN):
                rejects.add(_NONE, number)
            if header := _HEADER.match(held, start):
                place = header.end()
            elif event := _event(held, start):
                if event.count(_MARK) > 1 and not is_json(event):
                    rejects.add(_NONE, number)
                    place = _next(held, start)
                    continue
                place, number = start + len(event), number + 1
                yield event
            elif block is None or len(held) - start > _LONGEST:
                rejects.add(_NONE, number)
                place = _next(held, start)
            else:
                break
        if start < 0 and held[place:].strip(_BETWEEN):
            rejects.add(_NONE, number)
        held = held[start:] if start >= 0 else b""


def _and_end(blocks: Iterable[bytes]) -> Iterator[bytes | None]:
    yield from blocks
    yield None


def _event(held: bytes, start: int) -> bytes | None:
    """The object that begins there; None where it does not end in what is held."""
    if found := _EVENT.match(held, start):
        return found[0]
    depth = 0  # one that lies deeper than the expression looks
    for sign in _SIGNS.finditer(held, start):
        depth += (sign[0] == b"{") - (sign[0] == b"}")
        if not depth:
            return held[start : sign.end()]
    return None


def _next(held: bytes, start: int) -> int:
    """Where an event begins again behind one that was broken: an object within that one is none."""
    for begin in _MAY_BEGIN.finditer(held, start + 1):
        place = begin.end() - 1
        if (event := _EVENT.match(held, place)) and _MARK in event[0]:
            return place
    return len(held)
