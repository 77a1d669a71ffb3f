"""One text for one value: canonical JSON, whose bytes are hashed, sealed and compared.

Keys sorted, no blanks, UTF-8, only objects, lists, strings, whole numbers, booleans and null (the subset of RFC 8785 in
which sorting by code point and by UTF-16 unit agree for our ASCII keys).
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from json.encoder import encode_basestring as _quoted
from typing import Any


def canonical(value: object) -> bytes:
    """Canonical JSON bytes of `value`; a float is a programming error, since its text is not one thing everywhere."""
    _refuse_floats(value)
    return _ENCODER.encode(value).encode()


def canonical_rows(rows: Iterable[Iterable[object]], names: Sequence[str] = ()) -> Iterator[bytes]:
    """`canonical` of one flat row after another: objects with these names, which are in order, or lists.

    Roots and digests over a million letters spend their time here, so the form is written out. TypeError for values
    other than texts, whole numbers, booleans and null.
    """
    if list(names) != sorted(names):
        raise ValueError("the names of canonical rows are not in order")
    inside = ",".join(_quoted(name).replace("%", "%%") + ":%s" for name in names)
    for row in rows:
        words = [(_WORDS.get(type(value)) or _refuse)(value) for value in row]
        yield (f"{{{inside}}}" % tuple(words) if names else f"[{','.join(words)}]").encode()


def _refuse(value: object) -> Any:
    raise TypeError(f"{type(value).__name__} has no canonical form")


#: Made once: a root over a sending writes a line for each of a million letters.
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_refuse)


#: How plain values are written.
_WORDS: dict[type, Callable[[Any], str]] = {
    str: _quoted,
    int: str,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
}

#: Most values, by far: nothing in them is to be looked at.
_PLAIN = frozenset((str, int, bool, type(None)))


def _refuse_floats(value: object) -> None:
    # The encoder knows floats and would write them without asking.
    if isinstance(value, float):
        _refuse(value)
    if isinstance(value, Mapping):
        for name in value:
            if not isinstance(name, str):
                _refuse(name)
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for item in value:
        if type(item) not in _PLAIN:
            _refuse_floats(item)


def digest(value: object) -> str:
    """SHA-256 over the canonical bytes, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def lines_digest(lines: Iterable[bytes]) -> str:
    """SHA-256 over lines, each with its end, in hex; none of them stays in memory."""
    seen = hashlib.sha256()
    for line in lines:
        seen.update(line + b"\n")
    return seen.hexdigest()
