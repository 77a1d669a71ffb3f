"""Which lines each slot of time takes up in a file: what shows whether its clock went back, over all rows, for little.

In a file that stands in order, each slot ends before the next one begins. Finer steps than a slot do not show.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

import pyarrow.compute as pc  # type: ignore[import-untyped]

#: A slot, and the numbers of its first line and of its last.
Span = tuple[int, int, int]
#: Slot to the numbers of its first line and of its last.
Spans = dict[int, tuple[int, int]]


def spans_of(rows: Any, later: str) -> list[Span]:
    """The slots of a table of rows. Of a row whose clock showed its moment twice, `later` being the other one, nobody
    knows the place.
    """
    certain = rows.filter(pc.and_(pc.is_valid(rows["slot"]), pc.is_null(rows[later])))
    found = certain.group_by("slot").aggregate([("line", "min"), ("line", "max")])
    columns = (found[name].to_pylist() for name in ("slot", "line_min", "line_max"))
    return [each for each in zip(*columns, strict=True) if each[1] is not None]


def widen(spans: Spans, found: Iterable[Span], before: int = 0) -> None:
    """Take in (slot, first line, last line), whose lines are counted from behind so many `before`."""
    for slot, first, last in found:
        known = spans.get(slot, (first + before, last + before))
        spans[slot] = min(known[0], first + before), max(known[1], last + before)


def went_back(spans: Mapping[int, tuple[int, int]], within: int) -> tuple[int, int]:
    """Of how many slots a row stands behind one that is surely later by more than `within` slots, and by how many at
    most; 0 and 0 where none does.
    """
    begun = sorted((first, slot) for slot, (first, _) in spans.items())
    latest = list(accumulate((slot for _, slot in begun), max))
    firsts = [first for first, _ in begun]
    # Two slots that are n apart hold rows that are more than n - 1 apart, and less than n + 1.
    back = [latest[bisect_left(firsts, last + 1) - 1] - slot for slot, (_, last) in spans.items()]
    wrong = [slots for slots in back if slots - 1 >= within]
    return len(wrong), max(wrong, default=-1) + 1
