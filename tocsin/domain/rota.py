"""The rota: who is on call, and who hands over when.

A room of the heart: pure values. Turns are counted in wall-clock time of the rotation's zone, since people
hand over at ten in the morning on both sides of a change of the clocks.
"""

from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, model_validator

from tocsin.domain.records import Id, Record, Zone


class Override(Record):
    """For a while somebody else is on call."""

    start: AwareDatetime
    end: AwareDatetime
    person: Id

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Override":
        if self.end <= self.start:
            raise ValueError("an override ends after it starts")
        return self


class Rotation(Record):
    """People who take turns, a week or a day each, and hand over at the same wall-clock time."""

    id: Id
    zone: Zone
    turn: Literal["daily", "weekly"]
    #: The day of the first hand-over: from its `hand_over` time on, the first of `people` is on call.
    since: date
    hand_over: time
    people: tuple[Id, ...] = Field(min_length=1)
    overrides: tuple[Override, ...] = ()

    @model_validator(mode="after")
    def _handed_over_by_the_wall_clock(self) -> "Rotation":
        if self.hand_over.tzinfo is not None:
            raise ValueError("hand_over is a wall-clock time in the rotation's own zone; write it like 10:00")
        return self


def on_call(rotation: Rotation, at: datetime) -> str:
    """The id of the person on call at an aware moment: by the last override that covers it, else by turns."""
    for override in reversed(rotation.overrides):
        if override.start <= at < override.end:
            return override.person
    turn = _turn_at(rotation, at)
    return rotation.people[turn % len(rotation.people)]


def next_hand_over(rotation: Rotation, at: datetime) -> datetime:
    """The first hand-over of the regular turns after `at`, as a moment in the rotation's zone."""
    return _hand_over(rotation, _turn_at(rotation, at) + 1)


def _turn_at(rotation: Rotation, at: datetime) -> int:
    days = (at.astimezone(ZoneInfo(rotation.zone)).date() - rotation.since).days
    turn = days // _length(rotation)
    return turn if _hand_over(rotation, turn).timestamp() <= at.timestamp() else turn - 1


def _hand_over(rotation: Rotation, turn: int) -> datetime:
    day = rotation.since + timedelta(days=turn * _length(rotation))
    return datetime.combine(day, rotation.hand_over, tzinfo=ZoneInfo(rotation.zone))


def _length(rotation: Rotation) -> int:
    return 7 if rotation.turn == "weekly" else 1
