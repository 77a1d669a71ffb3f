"""How laws count: hours, calendar days, working days, months, or as soon as possible.

Pure. Hours are elapsed hours in UTC: they run through nights, weekends, holidays and changes of the clock.
Regulation (EEC, Euratom) 1182/71 Art. 3(1) leaves out the hour of the event, which would give up to one hour
more; we take the stricter reading. Days and months leave out the day of the event, unless a law counts it, and
end with the last second of the last day, in the zone of the authority (the same Regulation, Art. 3(1), 3(2)).
Nothing rolls to the next working day (Art. 3(4)) unless a law's own clock says so: the earlier day is the safe
one.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from tocsin.domain.law.workdays import (
    NO_DAYS_OFF,
    DaysOff,
    known_calendar,
    next_working_day,
    working_days_later,
)
from tocsin.domain.moments import zone as zone_named
from tocsin.domain.records import Flag, Whole

_LAST_SECOND = time(23, 59, 59)
#: Where on earth a year ends last.
_LAST_ZONE = timezone(timedelta(hours=-12))
#: In place of a country: the one of the company's main establishment in the Union.
OWN_COUNTRY = "eu_main_establishment"
#: Said with a law that was found good before: its calendars, which take a tenth of a second to load, are not looked up.
FOUND_GOOD = "found good"


def _calendar(country: str, info: ValidationInfo) -> str:
    return country if info.context == FOUND_GOOD else known_calendar(country)


#: A country whose working days are known: ISO 3166-1 alpha-2, or a part of one by ISO 3166-2.
Calendar = Annotated[str, AfterValidator(_calendar)]


class _Piece(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Within(_Piece):
    """A period: exactly one of hours, calendar_days, business_days, months, or `asap` with our own target in
    hours.
    """

    # Ten years at most: what is longer is mistyped, and near its end the calendar cannot count.
    hours: Whole | None = Field(default=None, gt=0, le=87_600)
    calendar_days: Whole | None = Field(default=None, gt=0, le=3_650)
    business_days: Whole | None = Field(default=None, gt=0, le=2_500)
    months: Whole | None = Field(default=None, gt=0, le=120)
    #: "Without undue delay": the law sets no number, so there is no due moment, only our own target.
    asap: Flag = False
    target_hours: Whole | None = Field(default=None, gt=0, le=87_600)
    #: Whose working days are counted.
    holidays: Calendar | None = None
    #: Whether the day of the event is the first day counted, as few laws have it.
    event_day_counts: Flag = False

    @model_validator(mode="after")
    def _is_one_period(self) -> "Within":
        units = (self.hours, self.calendar_days, self.business_days, self.months)
        if [unit is not None for unit in units].count(True) + self.asap != 1:
            raise ValueError(
                "a period is exactly one of hours, calendar_days, business_days, months, asap: true"
            )
        if self.asap != (self.target_hours is not None):
            raise ValueError("asap: true needs the company's own target_hours, and only asap has one")
        if (self.business_days is not None) != (self.holidays is not None):
            raise ValueError(
                "business_days need the country whose holidays count, like holidays: BR, and only they"
            )
        if self.event_day_counts and self.calendar_days is None and self.business_days is None:
            raise ValueError("event_day_counts speaks of calendar_days or business_days")
        return self

    def __str__(self) -> str:
        if self.asap:
            return f"as soon as possible (own target {self.target_hours} hours)"
        for number, unit, whose in (
            (self.hours, "hour", ""),
            (self.calendar_days, "calendar day", ""),
            (self.business_days, "working day", f" of {self.holidays}"),
            (self.months, "month", ""),
        ):
            if number is not None:
                return f"{number} {unit}{'' if number == 1 else 's'}{whose}"
        raise AssertionError("a period without a unit passed validation")


def _calendar_or_own(country: str, info: ValidationInfo) -> str:
    return country if country == OWN_COUNTRY else _calendar(country, info)


class Roll(_Piece):
    """What happens to a limit that ends on a day off: it moves to the next working day, or to its noon.

    Whose day off: a country's, or, by `eu_main_establishment`, that of the company's own Member State.
    """

    to: Literal["next-working-day", "noon-of-next-working-day"]
    holidays: Annotated[str, AfterValidator(_calendar_or_own)]

    def in_(self, own_country: str | None) -> "Roll | None":
        """The same for a company of this Member State; None where the law means its own and it has none."""
        if self.holidays != OWN_COUNTRY:
            return self
        return self.model_copy(update={"holidays": own_country}) if own_country else None


def due(
    start: datetime,
    within: Within,
    zone: str = "UTC",
    *,
    roll: Roll | None = None,
    off: DaysOff = NO_DAYS_OFF,
) -> datetime | None:
    """The moment at which the period ends, in UTC; None for `asap`.

    `zone` is the authority's, for days and months; `off` are its days off beside the public holidays.
    """
    if within.asap:
        return None
    if within.hours is not None:
        end = start.astimezone(UTC) + timedelta(hours=within.hours)
    else:
        end = datetime.combine(_last_day(start, within, zone, off), _LAST_SECOND, zone_named(zone))
    return (_rolled(end.astimezone(zone_named(zone)), roll, off) if roll else end).astimezone(UTC)


def target(start: datetime, within: Within) -> datetime | None:
    """The company's own target where the law says `as soon as possible`; None elsewhere."""
    return start.astimezone(UTC) + timedelta(hours=within.target_hours) if within.target_hours else None


def end_of_year(moment: datetime, zone: str) -> datetime:
    """The last second, in `zone`, of the calendar year in which a moment lies, in UTC (45 CFR 164.408(c) and the like).

    Whose year is not said, and a company's own may end hours after that of its authority: the earlier one counts,
    as long as it still runs anywhere.
    """
    year = moment.astimezone(_LAST_ZONE).year
    return datetime(year, 12, 31, 23, 59, 59, tzinfo=zone_named(zone)).astimezone(UTC)


def _last_day(start: datetime, within: Within, zone: str, off: DaysOff) -> date:
    day = start.astimezone(zone_named(zone)).date()
    if within.months:
        return _months_later(day, within.months)
    day -= timedelta(days=within.event_day_counts)
    if within.business_days:
        return working_days_later(day, within.business_days, within.holidays or "", off)
    return day + timedelta(days=within.calendar_days or 0)


def _rolled(end: datetime, roll: Roll, off: DaysOff) -> datetime:
    """The same limit, or, where it falls on a day off, the moment of the next working day to which it moves."""
    if (day := next_working_day(end.date(), roll.holidays, off)) == end.date():
        return end
    hour = time(12) if roll.to == "noon-of-next-working-day" else _LAST_SECOND
    return datetime.combine(day, hour, end.tzinfo)


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
