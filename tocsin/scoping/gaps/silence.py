"""Silence within hours that have rows: stretches of a window in which a source usually logs much, and logged nothing.

Rows are counted in slots of five minutes. A stretch without any is suspicious where at least as many rows are usual in
it as are declared for an hour (`volume.rows`), by every measure there is:

- the rows of the same minutes on the days up to four weeks before and after, their median;
- the rate of the hour before it and of the hour after it, of both the lower: no evening is taken for a fault;
- in a log with fewer days than declared, that it is not silent as long at three other times.

A window in which a source has no row at all is silent, however little is usual: nobody can tell a quiet log from none.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from statistics import median

from tocsin.domain.logkeeping import Volume
from tocsin.scoping.gaps.places import SLOTS, Slots, neighbours

_DAY = 24 * SLOTS
_DAYS = 28
#: So often is a silence as long as this one, where it is none to wonder at.
_COMMON = 3


def silences(slots: Mapping[int, int], volume: Volume, *windows: Slots) -> Iterator[Slots]:
    """The suspicious stretches of each window, in order; `slots` are the rows in each slot since 1970 that has any.

    Hours without any row are no part of them: these are missing anyway.
    """
    hours, usual = {slot // SLOTS for slot in slots}, _Usual(slots, volume)
    for window in windows:
        silent = (slot for slot in range(*window) if slot not in slots and slot // SLOTS in hours)
        for silence in neighbours(silent):
            if silence == window or usual.rows(silence) >= volume.rows:
                yield silence


class _Usual:
    """What is usual in a source."""

    def __init__(self, slots: Mapping[int, int], volume: Volume) -> None:
        self.slots, self.volume = slots, volume
        self.first, self.last = min(slots, default=0), max(slots, default=-1)
        self.silent = [behind - before - 1 for before, behind in pairwise(sorted(slots))]

    def rows(self, silence: Slots) -> float:
        """How many rows are usual in a stretch that has none."""
        start, end = silence
        shifts = (day * _DAY for day in range(-_DAYS, _DAYS + 1) if day)
        days = [
            self._between(start + by, end + by)
            for by in shifts
            if self.first <= start + by and end + by <= self.last + 1
        ]
        rate = self._rate(start, end)
        if len(days) >= self.volume.days:
            return min(rate, median(days))
        longer = sum(length >= end - start for length in self.silent)
        return 0.0 if longer > _COMMON else rate

    def _rate(self, start: int, end: int) -> float:
        """The rows of as long a stretch, by the quieter of both sides."""
        before = self._between(start - SLOTS, start) if start > self.first else None
        behind = self._between(end, end + SLOTS) if end <= self.last else None
        sides = [side for side in (before, behind) if side is not None]
        return min(sides, default=0) * (end - start) / SLOTS

    def _between(self, start: int, end: int) -> int:
        return sum(self.slots.get(slot, 0) for slot in range(start, end))
