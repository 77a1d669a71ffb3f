"""Where the rows of a CSV text end: behind ends of lines that stand within no quoted value (RFC 4180, 2.6).

A text must begin with a row. Where its quotes are sound, which one look at all of them tells, to count them is enough.
Where one is not, each quoted value is looked for: a quote that begins a value and finds no other, behind which the
value ends, is a sign like any other.
"""

import re
from bisect import bisect_right
from functools import cache

import numpy as np

_QUOTE, _END = ord('"'), b"\n"


def end_of_rows(text: bytes, delimiter: bytes) -> int:
    """The place behind the last row that surely ends in the text; 0 where none does.

    Behind it may stand a row whose last line has no end, or one within an open quote.
    """
    places = _quotes(text)
    if not len(places):
        return text.rfind(_END) + 1
    if _sound(text, places, delimiter):
        # An odd one opens a value that ends in a later text.
        open_ = int(places[-1]) if len(places) % 2 else len(text)
        return _last_end(text, places[: len(places) // 2 * 2].reshape(-1, 2), open_)
    spans = np.array([match.span() for match in _values(delimiter).finditer(text)], np.int64).reshape(-1, 2)
    behind = int(spans[-1][1]) if len(spans) else 0
    opening = _opening(delimiter).search(text, behind)
    return _last_end(text, spans, opening.start() if opening else len(text))


def _quotes(text: bytes) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.flatnonzero(np.frombuffer(text, np.uint8) == _QUOTE)


def _sound(text: bytes, places: "np.ndarray[tuple[int], np.dtype[np.int64]]", delimiter: bytes) -> bool:
    """Whether each quote opens a value at its beginning, closes it at its end, or is one of two that stand for one."""
    bytes_ = np.frombuffer(text, np.uint8)
    edges = np.array([delimiter[0], 10, 13], np.uint8)
    before = np.where(places > 0, bytes_[places - 1], 10)
    behind = np.where(places < len(text) - 1, bytes_[np.minimum(places + 1, len(text) - 1)], 10)
    opens = np.isin(before[::2], edges) | (before[::2] == _QUOTE)
    closes = np.isin(behind[1::2], edges) | (behind[1::2] == _QUOTE)
    return bool(opens.all() and closes.all())


def _last_end(text: bytes, spans: "np.ndarray[tuple[int, int], np.dtype[np.int64]]", open_: int) -> int:
    """Behind the last end of a line before `open_` that lies in none of the spans."""
    place = text.rfind(_END, 0, open_)
    while place >= 0:
        within = bisect_right(spans[:, 0], place) - 1
        if within < 0 or place >= spans[within][1]:
            break
        place = text.rfind(_END, 0, int(spans[within][0]))
    return place + 1


@cache
def _values(delimiter: bytes) -> "re.Pattern[bytes]":
    """A quoted value from its first quote to its last."""
    edge = re.escape(delimiter)
    return re.compile(rb'(?:^|(?<=[%b\n]))"(?:[^"]++|"")*+"(?=[%b\r\n]|\Z)' % (edge, edge))


@cache
def _opening(delimiter: bytes) -> "re.Pattern[bytes]":
    return re.compile(rb'(?:\A|(?<=[%b\n]))"' % re.escape(delimiter))
