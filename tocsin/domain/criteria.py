"""The shapes of conditions, as rules of law and checklists state them in YAML. Typed data, no expression
language.

Pure. A condition is one of: `{all: [..]}`, `{any: [..]}`, `{not: ..}`, `{fact: intent, is: malicious}`,
`{cells: {place: EEA, risk: high}}` (some cell is so; with `every: true` all are, with
`among: {place: EEA}` those who live there), `{people: {place: US-CA},
more_than: 500}` (of several cells those in any: `{people: [{..}, {..}], more_than: 500}`),
`{organisation: offers_to, has: EEA}`. What they answer stands in `conditions`.
"""

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from tocsin.domain.answers import definition_of, nearest
from tocsin.domain.errors import Refused
from tocsin.domain.matching import CellTest, Shape, known_places, several, value_of
from tocsin.domain.questions import FACTS

#: The company's own features that a condition may ask for. Those marked True say nothing while they are
#: empty.
ORGANISATION = {
    "established_in": True,
    "offers_to": True,
    "collects_directly": True,
    "size_class": True,
    "eu_main_establishment": False,
    "eea_establishments": False,
    "sectors": False,
    "system_owner_in": False,
    "public_sector": False,
}
_ORGANISATION_PLACES = (
    "established_in",
    "offers_to",
    "eu_main_establishment",
    "eea_establishments",
    "system_owner_in",
)


def _one_of(raw: dict[str, Any], operators: tuple[str, ...], what: str) -> None:
    if len([name for name in operators if raw.get(name) is not None]) != 1:
        raise ValueError(f"{what}: write exactly one of {', '.join(operators)}")


class AllOf(Shape):
    """Every one must hold."""

    all: tuple["Condition", ...] = Field(min_length=1)


class AnyOf(Shape):
    """At least one must hold."""

    any: tuple["Condition", ...] = Field(min_length=1)


class Not(Shape):
    """It must not hold."""

    denied: "Condition" = Field(alias="not")


class Cells(Shape):
    """Some cell of people is so, or, with `every`, all of them are; with `among`, of those alone."""

    cells: CellTest
    every: bool = False
    among: CellTest = CellTest()


class People(Shape):
    """How many people (or records) are in the cells that pass the test, or any of several.

    A number that may still grow is a lower bound.
    """

    people: Annotated[tuple[CellTest, ...], BeforeValidator(several)] = Field(min_length=1)
    counting: Literal["count", "records"] = "count"
    at_least: int | None = None
    more_than: int | None = None
    at_most: int | None = None
    less_than: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _has_one_bound(cls, raw: Any) -> Any:
        if isinstance(raw, dict):
            _one_of(raw, ("at_least", "more_than", "at_most", "less_than"), "people")
        return raw

    @cached_property
    def bound(self) -> tuple[int, bool]:
        """The number from which it is so (True), or from which it is no longer so (False)."""
        if self.at_least is not None or self.more_than is not None:
            return (self.at_least if self.at_least is not None else (self.more_than or 0) + 1), True
        return (self.less_than if self.less_than is not None else (self.at_most or 0) + 1), False


class FactIs(Shape):
    """A fact is one of `is`, has any of `has`, reaches a number, or is known at all.

    Of a fact about the people hit it asks whether it is so in some cell.
    """

    fact: str
    #: The entry asked for, where the fact holds one value per law (`harm_tests`).
    of: str | None = None
    is_: tuple[Any, ...] = Field(default=(), alias="is")
    has: tuple[str, ...] = ()
    at_least: int | None = None
    at_most: int | None = None
    known: Literal[True] | None = None

    @model_validator(mode="before")
    @classmethod
    def _asks_one_thing(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        _one_of(raw, ("is", "in", "has", "at_least", "at_most", "known"), f"fact {raw.get('fact')!r}")
        return {("is" if key == "in" else key): value for key, value in raw.items()}

    @field_validator("fact")
    @classmethod
    def _fact_exists(cls, name: str) -> str:
        try:
            return definition_of(name).same_as or name
        except Refused as error:
            raise ValueError(str(error)) from None

    @field_validator("is_", "has", mode="before")
    @classmethod
    def _values_exist(cls, raw: Any, info: ValidationInfo) -> Any:
        name = info.data.get("fact")
        if name is None or raw == ():
            return ()
        kind = FACTS[name].type
        if (info.field_name == "has") != (kind in ("set", "ids")):
            raise ValueError(
                f"{name} is {'a set; write has' if kind in ('set', 'ids') else 'one value; write is'}"
            )
        if kind in ("choices", "counts"):
            return several(raw)
        return [value_of(name, word) for word in several(raw)]

    @model_validator(mode="after")
    def _counts_what_is_a_number(self) -> "FactIs":
        if (self.at_least, self.at_most) != (None, None) and FACTS[self.fact].type not in ("int", "share"):
            raise ValueError(f"{self.fact} is no number; at_least and at_most ask for one")
        return self

    @cached_property
    def about_people(self) -> Cells | People | None:
        """The same question put to the cells, where the fact is about the people hit."""
        field = FACTS[self.fact].cell_field
        if field is None or self.known:
            return None
        if field in ("count", "records"):
            return People(people=(CellTest(),), counting=field, at_least=self.at_least, at_most=self.at_most)
        return Cells(cells=CellTest.model_validate({field: self.is_ or self.has}))


class OrganisationIs(Shape):
    """A feature of the company is one of `is`, holds any of `has`, or is there or not (`known.

    True`, `false`).
    """

    organisation: str
    is_: tuple[Any, ...] = Field(default=(), alias="is")
    has: tuple[str, ...] = ()
    known: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _asks_one_thing(cls, raw: Any) -> Any:
        if isinstance(raw, dict):
            _one_of(raw, ("is", "has", "known"), f"organisation {raw.get('organisation')!r}")
        return raw

    @field_validator("organisation")
    @classmethod
    def _feature_exists(cls, name: str) -> str:
        if name not in ORGANISATION:
            raise ValueError(f"the organisation has no {name!r} to ask for{nearest(name, ORGANISATION)}")
        return name

    @field_validator("is_", "has", mode="before")
    @classmethod
    def _values_exist(cls, raw: Any, info: ValidationInfo) -> Any:
        words = several(raw)
        return known_places(words) if info.data.get("organisation") in _ORGANISATION_PLACES else words


_TAGS: dict[type[Shape], str] = {
    AllOf: "all",
    AnyOf: "any",
    Not: "not",
    FactIs: "fact",
    Cells: "cells",
    People: "people",
    OrganisationIs: "organisation",
}


def _tag(raw: Any) -> str | None:
    if isinstance(raw, dict):
        return next((tag for tag in _TAGS.values() if tag in raw), None)
    return _TAGS.get(type(raw))


Condition = Annotated[
    Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[FactIs, Tag("fact")]
    | Annotated[Cells, Tag("cells")]
    | Annotated[People, Tag("people")]
    | Annotated[OrganisationIs, Tag("organisation")],
    Discriminator(
        _tag,
        custom_error_type="condition",
        custom_error_message="a condition is one of all, any, not, fact, cells, people, organisation",
    ),
]

for _shape in (AllOf, AnyOf, Not):
    _shape.model_rebuild()
