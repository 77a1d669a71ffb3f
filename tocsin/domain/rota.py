"""The rota: rotations and their layers, overrides and absences, as `contacts/oncall.yaml` writes them.

A room of the heart: pure values. Who is on call by them at a moment, and until when, says `turns`.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from tocsin.domain.errors import Refused
from tocsin.domain.moments import YEARS, parse_moment
from tocsin.domain.records import Day, Id, Line, Record, Zone
from tocsin.domain.wallclock import Hours, WallTime, Weekday

_NAMED = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}
_HOUR = timedelta(hours=1)
_UNITS = {"h": _HOUR, "day": timedelta(days=1), "week": timedelta(days=7)}
#: No turn is longer: whoever is on call for a year is not taking turns.
_LONGEST = timedelta(days=366)


def _turn(raw: Any) -> Any:
    """`daily`, `weekly`, `12 h`, `3 days` or `2 weeks`; ISO 8601 text, as a kept catalog holds it, passes."""
    if isinstance(raw, timedelta) or (isinstance(raw, str) and raw.startswith("P")):
        return raw
    found = re.fullmatch(r"([1-9][0-9]{0,3}) (h|day|week)s?", str(raw), re.ASCII)
    length = _UNITS[found[2]] * int(found[1]) if found else _NAMED.get(str(raw))
    if length is None:
        raise ValueError(f"{raw!r} is no turn; write daily, weekly, or a length like 12 h, 3 days or 2 weeks")
    return length


def _of_whole_hours(length: timedelta) -> timedelta:
    if not _HOUR <= length <= _LONGEST or length % _HOUR:
        raise ValueError("a turn has whole hours, at least one and at most 366 days")
    return length


def _moment(raw: Any) -> datetime:
    """A moment as it is written, with its offset. A number is none, though it would count as seconds since 1970."""
    if isinstance(raw, datetime) and raw.tzinfo is not None:
        return raw.astimezone(UTC)
    try:
        return parse_moment(str(raw))
    except Refused as error:
        raise ValueError(str(error)) from None


def _in_a_year_that_is_meant(day: date) -> date:
    if day.year not in YEARS:
        raise ValueError(f"{day} is in the year {day.year}; correct the year")
    return day


_Moment = Annotated[datetime, BeforeValidator(_moment)]
_Turn = Annotated[timedelta, BeforeValidator(_turn), AfterValidator(_of_whole_hours)]
#: Near the calendar's ends no turns can be counted.
_Since = Annotated[Day, AfterValidator(_in_a_year_that_is_meant)]


class Period(Record):
    """From `start` to before `end`, both in UTC."""

    start: _Moment
    end: _Moment

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Period":
        if self.end <= self.start:
            what = type(self).__name__.lower()
            raise ValueError(f"an {what} ends after it starts; correct start or end")
        return self

    def covers(self, at: datetime) -> bool:
        """Whether an aware moment lies in it."""
        return self.start <= at < self.end

    def overlaps(self, other: "Period") -> bool:
        """Whether both share a moment."""
        return self.start < other.end and other.start < self.end

    def shared(self, other: "Period") -> "Period":
        """What this and one that overlaps it have in common."""
        return Period(start=max(self.start, other.start), end=min(self.end, other.end))


class Override(Period):
    """For a while this person is on call, whoever's turn it is. Of several at one moment the last line counts."""

    person: Id


class Absence(Period):
    """For a while this person takes no turns: each goes to the next in the order who is there."""

    person: Id
    note: Line | None = None


class Layer(Record):
    """People who take turns of one length, and hand over by the wall clock of `zone`.

    `hours` and `weekdays` say when the layer holds; hours across midnight belong to the day on which they begin. Turns
    go on outside of them: whoever has the week has it at the hours of the layer.
    """

    zone: Zone
    #: In wall-clock time: a turn of 12 h ends when the clock shows twelve hours more, though a night may have 11 or 13.
    turn: _Turn
    #: The day of the first hand-over: from its `hand_over` time on, the first of `people` is on call.
    since: _Since
    hand_over: WallTime
    people: tuple[Id, ...] = Field(min_length=1)
    hours: Hours | None = None
    weekdays: tuple[Weekday, ...] | None = Field(default=None, min_length=1)

    @property
    def always(self) -> bool:
        """Whether it holds at every hour of every day."""
        return self.hours is None and (self.weekdays is None or len(set(self.weekdays)) == 7)


#: The keys of a rotation that are not those of its only layer.
_OWN = ("id", "overrides")


class Rotation(Record):
    """One or more layers, a later one before those above it where both hold, and the exceptions to all of them.

    A rotation of one layer is written without the word: `zone`, `turn`, `since`, `hand_over`, `people` stand in it.
    """

    id: Id
    layers: tuple[Layer, ...] = Field(min_length=1)
    overrides: tuple[Override, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_one_layer(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        if "layers" not in raw:
            own = {key: raw[key] for key in _OWN if key in raw}
            return own | {"layers": [{key: value for key, value in raw.items() if key not in _OWN}]}
        stray = [key for key in raw if key in Layer.model_fields]
        if stray:
            raise ValueError(f"{', '.join(stray)} cannot stand beside layers; write it into each layer")
        return raw

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody who takes turns, each once."""
        return tuple(dict.fromkeys(person for layer in self.layers for person in layer.people))
