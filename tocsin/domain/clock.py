"""How laws count: hours, calendar days, months, or as soon as possible.

Pure. Hours are elapsed hours in UTC: they run through nights, weekends, holidays and changes of the clock.
Regulation (EEC, Euratom) 1182/71 Art. 3(1) leaves out the hour of the event, which would give up to one hour
more; we take the stricter reading. Days and months leave out the day of the event and end with the last
second of the last day, in the zone of the authority (the same Regulation, Art. 3(1), 3(2)).
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

_LAST_SECOND = time(23, 59, 59)


class Within(BaseModel):
    """A period: exactly one of hours, days, months, or `asap` with the company's own target in hours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: int | None = Field(default=None, ge=0)
    calendar_days: int | None = Field(default=None, gt=0)
    months: int | None = Field(default=None, gt=0)
    #: "Without undue delay": the law sets no number, so there is no due moment, only our own target.
    asap: bool = False
    target_hours: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _is_one_period(self) -> "Within":
        stated = [self.hours is not None, self.calendar_days is not None, self.months is not None, self.asap]
        if stated.count(True) != 1:
            raise ValueError("a period is exactly one of hours, calendar_days, months, asap: true")
        if self.asap != (self.target_hours is not None):
            raise ValueError("asap: true needs the company's own target_hours, and only asap has one")
        return self

    def __str__(self) -> str:
        if self.asap:
            return f"as soon as possible (own target {self.target_hours} hours)"
        for number, unit in (
            (self.hours, "hour"),
            (self.calendar_days, "calendar day"),
            (self.months, "month"),
        ):
            if number is not None:
                return f"{number} {unit}{'' if number == 1 else 's'}"
        raise AssertionError("a period without a unit passed validation")


def due(start: datetime, within: Within, zone: str = "UTC") -> datetime | None:
    """The moment at which the period ends, in UTC; None for `asap`.

    `zone` is the authority's, for days and months.
    """
    if within.hours is not None:
        return start.astimezone(UTC) + timedelta(hours=within.hours)
    if within.asap:
        return None
    day = start.astimezone(ZoneInfo(zone)).date()
    last = (
        _months_later(day, within.months)
        if within.months
        else day + timedelta(days=within.calendar_days or 0)
    )
    return datetime.combine(last, _LAST_SECOND, ZoneInfo(zone)).astimezone(UTC)


def target(start: datetime, within: Within) -> datetime | None:
    """The company's own target where the law says `as soon as possible`; None elsewhere."""
    return start.astimezone(UTC) + timedelta(hours=within.target_hours) if within.target_hours else None


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
