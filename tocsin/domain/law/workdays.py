"""Working days: the days on which an authority's country works, for the laws that count no others.

Pure. Weekends and public holidays come from the `holidays` library, by ISO 3166-1 country or ISO 3166-2 part; a
company may name more days on which an authority is closed (a decree of the year, a local holiday).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from tocsin.domain.errors import Refused

if TYPE_CHECKING:
    from holidays import HolidayBase

#: Days off beside the public holidays, by country.
DaysOff = Mapping[str, frozenset[date]]
NO_DAYS_OFF: DaysOff = {}


def is_working_day(day: date, country: str, off: DaysOff = NO_DAYS_OFF) -> bool:
    """Whether offices of this country work on that day."""
    return _calendar(country).is_working_day(day) and day not in off.get(country, frozenset())


def working_days_later(day: date, number: int, country: str, off: DaysOff = NO_DAYS_OFF) -> date:
    """The `number`-th working day after `day`, which itself is not counted."""
    while number:
        day += timedelta(days=1)
        number -= is_working_day(day, country, off)
    return day


def next_working_day(day: date, country: str, off: DaysOff = NO_DAYS_OFF) -> date:
    """`day` itself where it is a working day, else the first one after it."""
    while not is_working_day(day, country, off):
        day += timedelta(days=1)
    return day


def known_calendar(country: str) -> str:
    """The same code; ValueError where no calendar of that country is known."""
    try:
        _calendar(country)
    except Refused as error:
        raise ValueError(str(error)) from None
    return country


@cache
def _calendar(country: str) -> "HolidayBase":
    # Imported here: a tenth of a second that only a law with working days is worth.
    from holidays import country_holidays, list_supported_countries

    land, _, part = country.partition("-")
    known = list_supported_countries(include_aliases=False)
    if land not in known or (part and part not in known[land]):
        raise Refused(f"no calendar of working days is known for {country!r}; write a country like BR")
    return country_holidays(land, subdiv=part or None)
