"""Ladders: who is called for a role, in which order, until somebody answers for that role.

A room of the heart: pure values, read from `contacts/escalation.yaml`. Where a ladder stands at a moment says
`escalation`; who is on call in a rotation says `turns`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, model_validator

from tocsin.domain.kinds import Severity
from tocsin.domain.records import Id, Record, Role
from tocsin.domain.routes import Route


class Target(Record):
    """Whom a level calls: whoever is on call in a rotation, one person, all who have a role, or everyone."""

    rotation: Id | None = None
    person: Id | None = None
    role: Role | None = None
    everyone: Literal[True] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Target":
        if sum(each is not None for each in (self.rotation, self.person, self.role, self.everyone)) != 1:
            raise ValueError("name exactly one of rotation, person, role, everyone")
        return self


class Guest(Target):
    """Who is invited to the room of every incident: one person, all who hold a role, or who is on call."""

    id: Id


class Level(Record):
    """A rung: these are called when `after_minutes` of the round have passed without an answer.

    `by` names the routes; left out, each person is reached as the own entry says. With `repeat_minutes` the same
    people are called again so often, until the ladder climbs.
    """

    after_minutes: int = Field(ge=0)
    call: tuple[Target, ...] = Field(min_length=1)
    by: tuple[Route, ...] | None = Field(default=None, min_length=1)
    repeat_minutes: int | None = Field(default=None, gt=0)


class Ladder(Record):
    """Who is called for one role until somebody answers for that role.

    An answer for one role never silences another. After `again_after_minutes` without an answer the ladder starts
    again, louder: from then on everybody is called by all routes at once, and each message counts the calls.
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


@dataclass(frozen=True)
class Rung:
    """Where a ladder stands: round, level and how often it was called, since when, and when that changes."""

    round: int
    level: int
    repeat: int
    since: datetime
    #: When the same people are called again, None where they are not before the ladder climbs.
    again_at: datetime | None
    climbs_at: datetime


def rung_at(ladder: Ladder, start: datetime, now: datetime) -> Rung:
    """The rung of a ladder that began at `start`; a clock that stands before the start is on the first rung."""
    whole = timedelta(minutes=ladder.again_after_minutes)
    round_, inside = divmod(max(now - start, timedelta(0)), whole)
    waits = [timedelta(minutes=level.after_minutes) for level in ladder.levels]
    level = sum(wait <= inside for wait in waits) - 1
    began = start + round_ * whole
    climbs_at = began + (waits[level + 1] if level + 1 < len(waits) else whole)
    often = ladder.levels[level].repeat_minutes
    if often is None:
        return Rung(round_, level, 0, began + waits[level], None, climbs_at)
    every = timedelta(minutes=often)
    repeat = (inside - waits[level]) // every
    since = began + waits[level] + repeat * every
    again_at = since + every if since + every < climbs_at else None
    return Rung(round_, level, repeat, since, again_at, climbs_at)
