"""Custody: who collected what a scope was measured from, from where, and when."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from tocsin.domain.records import Moment, Record

#: Few words for the timeline: an id of `people.yaml` or a firm, a host or a shelf. No address of a person.
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^@\n]+$")
]


class Collected(Record):
    """`collected: {by: giang, from: gateway-2, at: 2026-11-24T03:10+07:00}`; what nobody knows is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    by: Words | None = None
    from_: Words | None = Field(default=None, alias="from")
    at: Moment | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.by or self.from_ or self.at):
            raise ValueError("say at least one of by, from and at, or leave `collected` out")
        return self
