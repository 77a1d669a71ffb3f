"""Endpoints of a question in logs: first a test of the raw text, row by row, then an exact one of what was let through.

A server sees another path than a log writes (`%62`, `//`, `..`, a host in front), and a thief may write it so on
purpose. The first test lets every writing of a path through, and of a plain writing its word is the last; the others
are resolved as a server would (`server_paths`). To resolve every row would cost more than to read it.
"""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any
from urllib.parse import unquote

import ibis  # type: ignore[import-untyped]

from tocsin.domain.endpoints import expression

#: The engine takes expressions of some thousand characters; more patterns become more expressions.
_TOGETHER = 50
_BLANK = r"[\t\n\v\f\r ]*"
_HOST = r"(?:[A-Za-z][A-Za-z0-9+.-]*://[^/]*)?"
_SLASH = "(?:/|%2[fF])"
#: A dot that begins a part of the path has to be resolved first.
_OPEN = r"(?:^|/|%2[fF])(?:\.|%2[eE])"
#: Characters of a path that the first test looks at; servers take some thousand.
_LONGEST = 2048
#: What makes a writing other than plain.
_WOVEN = r"^[^/]|^$|%|//|/\."
_WILD = re.compile(r"\*|\{[A-Za-z_][A-Za-z0-9_]*\}")


def may_be(method: Any, endpoint: Any, patterns: Iterable[str]) -> Any:
    """True for every request to one of the endpoints, whatever its writing, and where its method is not known."""
    path = _without_query(endpoint)
    written = partial(_search, path, before=_BLANK + _HOST, after=f"{_SLASH}*{_BLANK}")
    fits = _by_method(method, patterns, lambda globs: written(map(_written, globs))) | path.re_search(_OPEN)
    return _is_long(endpoint) | fits


def is_woven(endpoint: Any) -> Any:
    """True where a path is so written that `may_be` does not have the last word."""
    return (_is_long(endpoint) | _without_query(endpoint).re_search(_WOVEN)).fill_null(False)


def _is_long(endpoint: Any) -> Any:
    """Java, which Spark asks, tries every way to write a path in turn: over one of thousands of slashes, for ever."""
    return endpoint.length() > _LONGEST


def is_one_of(method: Any, path: Any, patterns: Iterable[str]) -> Any:
    """True for a path, as a server sees it, of one of the endpoints, and where its method is not known."""
    exact = partial(_search, path)
    return _by_method(method, patterns, lambda globs: exact(map(expression, globs)))


def _without_query(endpoint: Any) -> Any:
    return endpoint.re_replace(r"(?s)[?#].*$", "")


def _by_method(method: Any, patterns: Iterable[str], fits: Any) -> Any:
    globs: dict[str, list[str]] = {}
    for pattern in patterns:
        asked, _, path = pattern.rpartition(" ")
        globs.setdefault(asked, []).append(unquote(path))
    called = method.strip().upper().nullif("")
    return ibis.or_(
        *(
            fits(paths) & ((called == asked) | called.isnull()) if asked else fits(paths)
            for asked, paths in globs.items()
        )
    )


def _search(path: Any, expressions: Iterable[str], before: str = "", after: str = "") -> Any:
    found = list(expressions)
    parts = (found[first : first + _TOGETHER] for first in range(0, len(found), _TOGETHER))
    return ibis.or_(*(path.re_search(rf"(?s)^{before}(?:{'|'.join(part)}){after}\z") for part in parts))


def _written(glob: str) -> str:
    """Every way to write a path: as it is or in `%` and hex, with more slashes than it needs, or none in front."""
    start, rest = (f"{_SLASH}*", glob[1:]) if glob.startswith("/") else ("", glob)
    return start + "".join(_pieces(rest))


def _pieces(glob: str) -> Iterator[str]:
    end = 0
    for wild in _WILD.finditer(glob):
        yield from map(_character, glob[end : wild.start()])
        yield ".*"
        end = wild.end()
    yield from map(_character, glob[end:])


def _character(character: str) -> str:
    if character == "/":
        return f"{_SLASH}+"
    coded = "".join(f"%{_digit(byte >> 4)}{_digit(byte & 15)}" for byte in character.encode())
    return f"(?:{re.escape(character)}|{coded})"


def _digit(value: int) -> str:
    digit = f"{value:x}"
    return digit if digit.isdigit() else f"[{digit}{digit.upper()}]"
