"""A line of time on which hours stay apart though a deadline lies months away: days on which nothing happens are cut.

Each day that has a mark is as wide as any other, and time runs evenly within it; a run of empty days is a gap of one
width, however long.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: The width of a gap, where a day's is 1.
GAP = 0.5


@dataclass(frozen=True)
class Stretch:
    """A day (`skipped` is 0), or the days that are cut out; `begin` is where it starts."""

    day: date
    begin: float
    skipped: int = 0

    @property
    def width(self) -> float:
        """How much of the line it takes."""
        return GAP if self.skipped else 1.0


@dataclass(frozen=True)
class Axis:
    """The line: its stretches in order, and the zone in which its days begin."""

    stretches: tuple[Stretch, ...]
    zone: ZoneInfo

    @property
    def length(self) -> float:
        """Where the last stretch ends."""
        last = self.stretches[-1]
        return last.begin + last.width

    def place(self, moment: datetime) -> float:
        """Where a moment stands; one before the first day stands at the beginning, one in a gap in its middle."""
        local = moment.astimezone(self.zone)
        index = bisect_right([stretch.day for stretch in self.stretches], local.date()) - 1
        if index < 0:
            return 0.0
        stretch = self.stretches[index]
        if stretch.skipped:
            return stretch.begin + GAP / 2
        if local.date() > stretch.day:
            return self.length
        # Days on which the clocks change are shorter or longer, and as wide as the others.
        midnight = datetime.combine(stretch.day, time(), self.zone)
        whole = (
            datetime.combine(stretch.day + timedelta(days=1), time(), self.zone).timestamp()
            - midnight.timestamp()
        )
        return stretch.begin + (moment.timestamp() - midnight.timestamp()) / whole


def axis(moments: Iterable[datetime], zone: ZoneInfo) -> Axis:
    """The line on which all these moments have their place. There is at least one."""
    days = sorted({moment.astimezone(zone).date() for moment in moments})
    stretches: list[Stretch] = []
    begin, before = 0.0, None
    for day in days:
        if before is not None and (skipped := (day - before).days - 1):
            stretches.append(Stretch(before + timedelta(days=1), begin, skipped))
            begin += GAP
        stretches.append(Stretch(day, begin))
        begin, before = begin + 1, day
    return Axis(tuple(stretches), zone)
