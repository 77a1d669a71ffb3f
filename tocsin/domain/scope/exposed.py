"""Exposure without logs: a public bucket, a stolen backup, a leaked dump. Nobody can say who was read."""

from typing import Self

from pydantic import AwareDatetime, Field, field_serializer, field_validator, model_validator

from tocsin.domain.moments import iso, parse_moment
from tocsin.domain.records import Record


class Exposed(Record):
    """Tables, by their names in the data map, that lay open from `since` (included) to `until` (not included).

    Everybody in them cannot be excluded, however short the time. An end that is left out is unknown.
    """

    tables: tuple[str, ...] = Field(min_length=1)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    @field_validator("tables")
    @classmethod
    def _once_each(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(value.strip() for value in values):
            raise ValueError("a table has no name; write it as the data map does")
        return tuple(sorted({value.strip() for value in values}))

    @field_validator("since", "until")
    @classmethod
    def _in_a_year_that_is_meant(cls, edge: AwareDatetime | None) -> AwareDatetime | None:
        return edge and parse_moment(edge.isoformat())

    @field_serializer("since", "until", when_used="json")
    def _in_one_way(self, edge: AwareDatetime | None) -> str | None:
        return None if edge is None else iso(edge)

    @model_validator(mode="after")
    def _is_some_time(self) -> Self:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("the exposure ends before it begins: `since` must be before `until`")
        return self
