"""Wall-clock time: hours of the day as people write them, and the moment at which a clock on the wall first shows one.

A room of the heart: pure values. One rule settles every change of the clocks: a time of day is reached at the first
moment at which the wall clock shows it, or a later one. What falls into the hour that is skipped in spring is reached
as the clocks jump, and what autumn shows twice is reached the first time. So what is written in order is reached in
order, in every zone.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, model_validator

from tocsin.domain.moments import zone
from tocsin.domain.records import Record

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_TIME = re.compile(r"([0-9]{1,2}):([0-5][0-9])(:[0-5][0-9])?", re.ASCII)
_HOURS = re.compile(r"([0-9:]+) ?- ?([0-9:]+)", re.ASCII)


def _time_of_day(raw: Any) -> time:
    """`10:00`. A number would count as seconds since midnight, and an offset belongs to the zone."""
    if isinstance(raw, time) and raw.tzinfo is None:
        return raw
    found = _TIME.fullmatch(str(raw))
    if found is None or isinstance(raw, time):
        offset = "; the zone stands beside it" if re.search("[0-9](Z|[+-][0-9])", str(raw)) else ""
        raise ValueError(f"{raw!r} is no wall-clock time; write one like 10:00{offset}")
    if int(found[1]) > 23:
        midnight = "; midnight is 00:00" if found[1] == "24" else ""
        raise ValueError(f"there is no {raw}; hours run from 00 to 23{midnight}")
    return time.fromisoformat(str(raw).zfill(len("10:00")))


#: A time of day without a zone.
WallTime = Annotated[time, BeforeValidator(_time_of_day)]


class Hours(Record):
    """From a time of day to before another one, on the next day where that is no later: `22:00-06:00`."""

    start: WallTime
    end: WallTime

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, raw: Any) -> Any:
        if isinstance(raw, str) and (found := _HOURS.fullmatch(raw)):
            return {"start": found[1], "end": found[2]}
        if isinstance(raw, dict):
            return raw
        raise ValueError(f"{raw!r} are no hours; write them like 09:00-17:00, or 22:00-06:00 across midnight")

    @model_validator(mode="after")
    def _last(self) -> "Hours":
        if self.start == self.end:
            raise ValueError(f"end when they begin ({self.start:%H:%M}); leave them out for the whole day")
        return self

    def on(self, day: date) -> tuple[datetime, datetime]:
        """The hours that begin on a day, as naive wall-clock times."""
        last = day if self.start < self.end else day + _DAY
        return datetime.combine(day, self.start), datetime.combine(last, self.end)


def shown(at: datetime, zone_name: str) -> datetime:
    """What the wall clock of a zone shows at an aware moment, as a naive datetime."""
    return at.astimezone(zone(zone_name)).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=8192)
def reached(local: datetime, zone_name: str) -> datetime:
    """The first moment, in UTC, at which the wall clock of a zone shows `local` (naive, whole seconds) or later."""
    there = zone(zone_name)
    # PEP 495: of a time that is shown twice, fold 0 is the first; of one that is skipped, fold 1 lies before the jump.
    first, other = (local.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= other:
        return first
    before, after = other, first
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if shown(middle, zone_name) < local:
            before = middle
        else:
            after = middle
    return after
