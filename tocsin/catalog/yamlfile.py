"""One YAML file with the line of each of its nodes, so that every complaint can name a place.

The parser is libyaml, by PyYAML: its own of 2020 reads `{at: 2026-11-24T02:40Z}`, older ones do not. Values follow the
core schema of YAML 1.2, section 10.3, so that `NO` stays a country and `2026-11-24` stays text. Files come from
operators, so they are bounded in size, depth and number of nodes; tags are refused, and so is a key given twice.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.domain.errors import BadFile, Refused

LARGEST = 1_048_576  # bytes
DEEPEST = 40  # levels of nesting
MOST = 50_000  # nodes, those that aliases repeat included

#: The way from the top of a document to a node: keys of mappings and indexes of lists.
Loc = tuple[str | int, ...]

_TAB = "a TAB cannot indent in YAML; write spaces"
_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class Document:
    """What a file says, and on which line it says it."""

    path: Path
    value: Any
    lines: Mapping[Loc, int]

    def line(self, loc: Loc) -> int:
        """The line of a node, or of the nearest node above it that stands in the file."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc, 1)

    def bad(self, loc: Loc, what: str) -> BadFile:
        """The complaint that something is wrong at a node."""
        return BadFile(self.path, self.line(loc), what)

    def at(self, loc: Loc) -> Any:
        """The value of a node that is known to be there."""
        value = self.value
        for part in loc:
            value = value[part]
        return value


def read_document(path: Path) -> Document:
    """The document of a file; BadFile with the line, or Refused when it cannot be read at all."""
    try:
        # A device has no end, and a pipe may never begin.
        if path.exists() and not path.is_file():
            raise Refused(f"{path}: is no file; name a file")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise Refused(f"{path}: cannot be read (No such file or directory); correct the name") from None
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
    return parse_document(path, content)


def parse_document(path: Path, content: bytes) -> Document:
    """The document of these bytes, which are said to stand in `path`."""
    if len(content) > LARGEST:
        raise BadFile(path, 1, f"is larger than {LARGEST} bytes; split it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadFile(path, line, "is not UTF-8; save it as UTF-8") from None
    import yaml
    from yaml import MarkedYAMLError, YAMLError

    # A PyYAML that was built without libyaml does the same, twenty times as slow.
    quick = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Composer(path).document(yaml.parse(text, Loader=quick))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = _TAB if mark and text[mark.index : mark.index + 1] == "\t" else _first_line(error.problem)
        raise BadFile(path, mark.line + 1 if mark else 1, what) from None
    except YAMLError as error:
        raise BadFile(path, 1, _first_line(str(error))) from None


class _Composer:
    """Makes one document of the parser's events."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Loc, int] = {}
        #: The nodes in the order in which they were met, so that those below an anchor are found without a search.
        self.met: list[Loc] = []
        self.anchors: dict[str, tuple[Loc, Any, list[Loc]]] = {}
        self.mark((), 1)

    def document(self, events: Iterable[Any]) -> Document:
        return Document(self.path, self.whole(iter(events)), self.lines)

    def whole(self, events: Iterator[Any]) -> Any:
        next(events)  # the stream starts
        if type(next(events)).__name__ == "StreamEndEvent":
            raise BadFile(self.path, 1, "is empty")
        value = self.node(next(events), events, ())
        next(events)  # the document ends
        after = next(events)
        if type(after).__name__ != "StreamEndEvent":
            raise BadFile(self.path, _line(after), "holds a second document; one file is one document")
        return value

    def mark(self, loc: Loc, line: int) -> None:
        """A node stands on a line. A mapping has marked that of the key already, which is where a reader looks."""
        if loc not in self.lines:
            self.lines[loc] = line
            self.met.append(loc)

    def node(self, event: Any, events: Iterator[Any], loc: Loc) -> Any:
        kind = type(event).__name__
        self.mark(loc, _line(event))
        first_below = len(self.met)
        if len(loc) > DEEPEST:
            raise self.bad(event, f"is nested more than {DEEPEST} levels deep")
        if len(self.lines) > MOST:
            raise self.bad(event, f"holds more than {MOST} nodes")
        if kind == "AliasEvent":
            return self.alias(event, loc)
        if event.tag is not None:
            raise self.bad(event, f"a tag has no place here ({event.tag}); write the plain value")
        if kind == "MappingStartEvent":
            value: Any = self.mapping(events, loc)
        elif kind == "SequenceStartEvent":
            value = self.sequence(events, loc)
        else:
            value = self.scalar(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (loc, value, self.met[first_below:])
        return value

    def mapping(self, events: Iterator[Any], loc: Loc) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for event in events:
            if type(event).__name__ == "MappingEndEvent":
                break
            if type(event).__name__ != "ScalarEvent" or event.tag is not None or event.anchor is not None:
                raise self.bad(event, "a key is plain text")
            key = event.value
            if key in found:
                first = self.lines[*loc, key]
                raise self.bad(event, f"key {key!r} stands here twice, first on line {first}; keep one")
            self.mark((*loc, key), _line(event))
            found[key] = self.node(next(events), events, (*loc, key))
        return found

    def sequence(self, events: Iterator[Any], loc: Loc) -> list[Any]:
        found: list[Any] = []
        for event in events:
            if type(event).__name__ == "SequenceEndEvent":
                break
            found.append(self.node(event, events, (*loc, len(found))))
        return found

    def scalar(self, event: Any) -> Any:
        plain = bool(event.implicit[0])
        if plain and re.fullmatch(r"[-+]?\.(inf|nan)", event.value, re.IGNORECASE):
            raise self.bad(event, f"{event.value} is no number that can be stored")
        try:
            event.value.encode()
            value = _core_value(event.value) if plain else event.value
        except UnicodeEncodeError:
            raise self.bad(
                event, "holds half of a character; write the character itself, not its \\u codes"
            ) from None
        except ValueError:
            value = math.inf
        if value in (math.inf, -math.inf):
            raise self.bad(event, f"{event.value[:20]} is no number that can be stored")
        return value

    def alias(self, event: Any, loc: Loc) -> Any:
        # An anchor is known only when its node is complete, so that no node can hold itself.
        if event.anchor not in self.anchors:
            raise self.bad(event, f"*{event.anchor} refers to nothing above it")
        origin, value, below = self.anchors[event.anchor]
        if len(below) + len(self.lines) > MOST:
            raise self.bad(event, f"holds more than {MOST} nodes")
        for each in below:
            self.mark((*loc, *each[len(origin) :]), self.lines[each])
        return value

    def bad(self, event: Any, what: str) -> BadFile:
        return BadFile(self.path, _line(event), what)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _core_value(text: str) -> Any:
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text):
        return True
    if _FALSE.fullmatch(text):
        return False
    if _INT.fullmatch(text):
        return int(text, 0) if text.startswith(("0o", "0x")) else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _first_line(problem: str | None) -> str:
    return (problem or "is not YAML").split("\n")[0]
