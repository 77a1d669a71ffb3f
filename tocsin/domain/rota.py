"""The rota: who is on call, who hands over when, and who is called next until somebody answers.

A room of the heart: pure values. Turns are counted in wall-clock time of the rotation's zone, since people
hand over at ten in the morning on both sides of a change of the clocks.
"""

from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, model_validator

from tocsin.domain.kinds import Severity
from tocsin.domain.records import Id, Record, Role, Zone


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


class Target(Record):
    """Whom a level calls: whoever is on call in a rotation, one person, or all who hold a role."""

    rotation: Id | None = None
    person: Id | None = None
    role: Role | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Target":
        if sum(each is not None for each in (self.rotation, self.person, self.role)) != 1:
            raise ValueError("name exactly one of rotation, person, role")
        return self


class Level(Record):
    """A rung: these are called when `after_minutes` of the round have passed without an answer."""

    after_minutes: int = Field(ge=0)
    call: tuple[Target, ...] = Field(min_length=1)


class Ladder(Record):
    """Who is called for one role until somebody answers for that role.

    An answer for one role never silences another. After `again_after_minutes` without an answer the ladder
    starts again, and says so: each message counts the calls. Everybody is called by all of their routes.
    """

    id: Id
    role: Role
    severities: tuple[Severity, ...] = Field(min_length=1)
    levels: tuple[Level, ...] = Field(min_length=1)
    again_after_minutes: int = Field(gt=0)

    @model_validator(mode="after")
    def _climbs(self) -> "Ladder":
        waits = [level.after_minutes for level in self.levels]
        if waits[0] != 0:
            raise ValueError("the first level calls at once (after_minutes: 0)")
        if waits != sorted(set(waits)):
            raise ValueError("each level comes later than the one before it")
        if self.again_after_minutes <= waits[-1]:
            raise ValueError("again_after_minutes comes after the last level")
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
