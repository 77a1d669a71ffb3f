"""What a wall clock showed, as a moment in UTC: by the history of its zone, as one expression that any engine can run.

Engines keep zones of their own, and answer for an hour that never was or that was twice without a word: 02:30 of a
spring night becomes 03:30. Here the history comes from the IANA database that Python reads, and both cases are known.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import ibis  # type: ignore[import-untyped]

_SECOND = 1_000_000
_DAY = 86_400


@dataclass(frozen=True)
class Stretch:
    """What holds from a local moment on, until the next stretch: all in seconds, local ones as if they were UTC.

    `offset` is how far the clock is ahead of UTC, None where it never showed such a time. `second` is the offset of the
    other moment at which it showed the same; that one is later.
    """

    start: int
    offset: int | None
    second: int | None = None


def utc(local: Any, stretches: Sequence[Stretch]) -> Any:
    """The moment (int64 microseconds) at which the clock showed `local`, the first of two; null where it never did."""
    return local - _tree(local, stretches, lambda stretch: stretch.offset)


def utc_again(local: Any, stretches: Sequence[Stretch]) -> Any:
    """The later of two moments at which the clock showed `local`; null where there was only one."""
    return local - _tree(local, stretches, lambda stretch: stretch.second)


def _tree(local: Any, stretches: Sequence[Stretch], leaf: Callable[[Stretch], int | None]) -> Any:
    """Which stretch a row lies in, by halving: a century of changes is seven questions, and a steady zone none."""
    values = {leaf(stretch) for stretch in stretches}
    if len(values) == 1:
        (value,) = values
        return ibis.null("int64") if value is None else ibis.literal(value * _SECOND, "int64")
    middle = len(stretches) // 2
    before, after = stretches[:middle], stretches[middle:]
    return ibis.ifelse(
        local < after[0].start * _SECOND, _tree(local, before, leaf), _tree(local, after, leaf)
    )


@cache
def history(zone: str, first: int, last: int) -> tuple[Stretch, ...]:
    """The stretches of a zone's wall clock between two moments (seconds since 1970 in UTC)."""
    changes = list(_changes(ZoneInfo(zone), first, last))
    found = [Stretch(first - 2 * _DAY, _offset(ZoneInfo(zone), first))]
    for moment, before, after in changes:
        start, end = sorted((moment + before, moment + after))
        odd = Stretch(start, None) if before < after else Stretch(start, before, after)
        found += [odd, Stretch(end, after)]
    return tuple(found)


def _changes(zone: ZoneInfo, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """(moment, offset before, offset after) of each change; no zone ever changed twice within a day."""
    for day in range(first, last, _DAY):
        before, after = _offset(zone, day), _offset(zone, day + _DAY)
        if before != after:
            seconds = range(day, day + _DAY + 1)
            yield seconds[_first(seconds, zone, before)], before, after


def _first(seconds: range, zone: ZoneInfo, before: int) -> int:
    return bisect_right(seconds, False, key=lambda second: _offset(zone, second) != before)


def _offset(zone: ZoneInfo, second: int) -> int:
    ahead = datetime.fromtimestamp(second, zone).utcoffset()
    return 0 if ahead is None else int(ahead.total_seconds())
