"""Hours that have rows, but suspiciously few: judged by what the same hour has on other days. A suspicion, no proof.

An hour is thin when it has less than the declared share of what is usual, by every measure there is:

- the median of the same hour on the days up to four weeks before, or before and after; and of the hours beside it, so
  that no morning that begins an hour earlier (summer time) looks like a fault;
- five times the usual spread (median absolute deviation of the logarithms: traffic varies by factors);
- the median of the same weekday on these days, where there is one, so that a quiet Sunday is none; in a log too
  short for that, on Friday to Sunday, the level of the day's other hours.

What is usual must reach the declared minimum: with a handful of rows an hour, silence is no sign. In a log with fewer
days than declared only a notch is seen: at most three hours, steep on both sides, that no other day shows.

Not seen: a fall to more than the declared share; and of one that lasts for weeks, all but the first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from math import log1p
from statistics import median

from tocsin.domain.logkeeping import Volume
from tocsin.domain.scope.windows import Window

_DAY = 24
_DAYS = 28
#: Of a normal distribution, the standard deviation in median absolute deviations.
_SIGMA = 1.4826
_SPREADS = 5
_LONGEST_NOTCH = 3
#: 1970-01-01 was a Thursday; days are counted from Monday, 0. Where people rest, it is on some of these.
_THURSDAY, _FRIDAY = 3, 4


#: The medians that an hour may be judged by: of one set of other hours, the rows.
Others = Callable[[int], Sequence[int]]


def with_history(windows: Iterable[Window], volume: Volume) -> Iterator[Window]:
    """The windows, each begun so much earlier that its hours can be compared with `volume.days` other days.

    Days of the window itself are such days too: a window of a week needs none before it.
    """
    for since, until in windows:
        if since is None:
            yield since, until
            continue
        within = 0 if until is None else (until - since) // timedelta(days=1)
        yield since - timedelta(days=max(0, volume.days - max(0, within - 1))), until


class Usual:
    """What is usual in a source, by its rows in each hour since 1970. Hours without a row between others count as 0."""

    def __init__(self, counts: Mapping[int, int], volume: Volume) -> None:
        self.counts, self.volume = counts, volume
        self.first, self.last = min(counts, default=0), max(counts, default=-1)

    def thin(self, hours: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Those of the hours that have rows, but far too few, each with the number of rows that is usual."""
        for hour in hours:
            if self.counts.get(hour) and (usual := self._suspect(hour)):
                yield hour, usual

    def _suspect(self, hour: int) -> int | None:
        around, before = self._days(-_DAYS, _DAYS), self._days(-_DAYS, -1)
        found = around(hour)
        if len(found) < self.volume.days:
            return self._notched(hour)
        if not self._below(hour, max(found)):
            return None  # nearly every hour: to ask for medians would cost more than to read the log
        for others in (before, around):
            if len(others(hour)) >= self.volume.days and (usual := self._far_below(hour, others)):
                return usual if self._unlike_its_weekday(hour) else None
        return None

    def _days(self, first: int, last: int, step: int = 1) -> Others:
        """The rows of the same hour, so many days away."""

        def others(hour: int) -> Sequence[int]:
            there = (hour + _DAY * days for days in range(first, last + 1) if days and days % step == 0)
            return [self.counts.get(each, 0) for each in there if self.first <= each <= self.last]

        return others

    def _far_below(self, hour: int, others: Others) -> int | None:
        usual = min(median(others(near) or (0,)) for near in (hour - 1, hour, hour + 1))
        if usual < self.volume.rows or not self._below(hour, usual):
            return None
        logs = [log1p(rows) for rows in others(hour)]
        middle = median(logs)
        spread = _SIGMA * median(abs(each - middle) for each in logs)
        return round(usual) if log1p(self.counts[hour]) < middle - _SPREADS * spread else None

    def _unlike_its_weekday(self, hour: int) -> bool:
        alike = [self._days(-_DAYS, last, 7)(hour) for last in (-1, _DAYS)]
        if any(alike):
            return any(self._below(hour, median(days)) for days in alike if days)
        if (hour // _DAY + _THURSDAY) % 7 < _FRIDAY:
            return True
        return self._below(hour, median(self._days(-_DAYS, _DAYS)(hour)) * self._level(hour))

    def _level(self, hour: int) -> float:
        """How the other hours of the same day stand to what is usual at them; 1 where nothing is."""
        midnight, others = hour - hour % _DAY, self._days(-_DAYS, _DAYS)
        beside = [each for each in range(midnight, midnight + _DAY) if each != hour and each in self.counts]
        usual = {each: median(others(each) or (0,)) for each in beside}
        return median([self.counts[each] / usual[each] for each in beside if usual[each]] or (1,))

    def _notched(self, hour: int) -> int | None:
        """The lower of both sides, where the hour lies in a short and steep notch that no other day shows."""
        others = self._days(-_DAYS, _DAYS)(hour)
        if others and not self._below(hour, median(others)):
            return None
        for start in range(hour - _LONGEST_NOTCH + 1, hour + 1):
            for end in range(hour + 1, start + _LONGEST_NOTCH + 1):
                side = min(self.counts.get(start - 1, 0), self.counts.get(end, 0))
                if side >= self.volume.rows and all(self._below(each, side) for each in range(start, end)):
                    return side
        return None

    def _below(self, hour: int, usual: float) -> bool:
        return self.counts.get(hour, 0) < self.volume.share * usual
