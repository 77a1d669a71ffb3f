"""Ladders: who is called for a role, in which order, until somebody answers for that role.

A room of the heart: pure values, read from `contacts/escalation.yaml`. Where a ladder stands at a moment says
`escalation`; who is on call in a rotation says `rota`.
"""

from pydantic import Field, model_validator

from tocsin.domain.kinds import Severity
from tocsin.domain.records import Id, Record, Role


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
