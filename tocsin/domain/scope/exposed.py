"""Exposure without logs: a public bucket, a stolen backup, a leaked dump. Nobody can say who was read."""

from typing import Self

from pydantic import Field, field_serializer, field_validator, model_validator

from tocsin.domain.moments import iso
from tocsin.domain.records import Moment, Record
from tocsin.domain.scope.values import once_each


class Exposed(Record):
    """Tables, by their names in the data map, that lay open from `since` (included) to `until` (not included).

    Everybody in them cannot be excluded, however short the time. An end that is left out is unknown.
    """

    tables: tuple[str, ...] = Field(min_length=1)
    since: Moment | None = None
    until: Moment | None = None

    @field_validator("tables")
    @classmethod
    def _once_each(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(value.strip() for value in values):
            raise ValueError("a table has no name; write it as the data map does")
        return once_each(values)

    @field_serializer("since", "until", when_used="json")
    def _in_one_way(self, edge: Moment | None) -> str | None:
        return None if edge is None else iso(edge)

    @model_validator(mode="after")
    def _is_some_time(self) -> Self:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("the exposure ends before it begins: `since` must be before `until`")
        return self
