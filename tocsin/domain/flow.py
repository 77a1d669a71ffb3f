"""Flow style: nested lists and mappings on one line, `{DE: 1200, VN: 40}`, as a person types them on a
command line.

Pure. A small part of YAML 1.2 (section 7.4) that contains JSON. Every scalar but null stays text; who asked
the question knows its type.
"""

import json
import re

from tocsin.domain.errors import Refused

_SPACE = re.compile(r"\s*")
_PLAIN = re.compile(r"[^,{}\[\]]+")
_KEY = re.compile(r"([^:,{}\[\]\"]+):")
_AFTER_QUOTED_KEY = re.compile(r"\s*:")
_JSON = json.JSONDecoder()


def read_flow(text: str) -> object:
    """The value that `text` spells; Refused when it is cut short, or goes on after its end."""
    try:
        value, end = _value(text, _skip(text, 0))
    except (IndexError, ValueError, RecursionError):
        raise Refused(f"{text!r} cannot be read; write it like {{DE: 1200, VN: 40}} or [a, b]") from None
    if _skip(text, end) != len(text):
        raise Refused(
            f"{text!r} cannot be read: {text[end:].strip()!r} is left over at its end; take it away"
        )
    return value


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int) -> tuple[object, int]:
    if text[at] == "{":
        return _mapping(text, at + 1)
    if text[at] == "[":
        return _list(text, at + 1)
    return _scalar(text, at)


def _scalar(text: str, at: int) -> tuple[str | None, int]:
    if text[at] == '"':
        return _quoted(text, at)
    plain = _PLAIN.match(text, at)
    if plain is None:
        raise ValueError("a value is missing")
    word = plain.group().strip()
    return (None if word == "null" else word), plain.end()


def _quoted(text: str, at: int) -> tuple[str, int]:
    quoted, end = _JSON.raw_decode(text, at)
    # Half of a character, such as a lone `\ud83d`, can be spelled and not be stored: this raises ValueError.
    str(quoted).encode()
    return str(quoted), end


def _mapping(text: str, at: int) -> tuple[dict[str, object], int]:
    fields: dict[str, object] = {}
    at = _skip(text, at)
    while text[at] != "}":
        key, at = _key(text, at)
        if key in fields:
            raise ValueError("a key stands twice")
        fields[key], at = _value(text, _skip(text, at))
        at = _next(text, at, "}")
    return fields, at + 1


def _key(text: str, at: int) -> tuple[str, int]:
    if text[at] == '"':
        key, at = _quoted(text, at)
        colon = _AFTER_QUOTED_KEY.match(text, at)
    else:
        colon = _KEY.match(text, at)
        key = colon.group(1).strip() if colon else ""
    if colon is None:
        raise ValueError("a colon is missing")
    return key, colon.end()


def _list(text: str, at: int) -> tuple[list[object], int]:
    entries: list[object] = []
    at = _skip(text, at)
    while text[at] != "]":
        entry, at = _value(text, at)
        entries.append(entry)
        at = _next(text, at, "]")
    return entries, at + 1


def _next(text: str, at: int, closing: str) -> int:
    """Where the next element starts, or the closing bracket."""
    at = _skip(text, at)
    if text[at] == ",":
        return _skip(text, at + 1)
    if text[at] != closing:
        raise ValueError("a comma is missing")
    return at
