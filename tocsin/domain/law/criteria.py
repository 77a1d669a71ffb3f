"""The shapes of conditions, as rules of law and checklists state them in YAML. Typed data, no expression
language.

Pure. A condition is one of: `{all: [..]}`, `{any: [..]}`, `{not: ..}`, `{fact: intent, is: malicious}`,
`{cells: {place: EEA, risk: high}}` (some cell is so; with `every: true` all are, with
`among: {place: EEA}` those who live there), `{people: {place: US-CA},
more_than: 500}` (of several cells those in any: `{people: [{..}, {..}], more_than: 500}`),
`{fact: direct_loss, at_least: 5000000, currency: CNY}`, `{organisation: offers_to, has: EEA}`. What they answer stands
in `conditions`. The module is long because the shapes name one another.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from tocsin.domain.answers import definition_of, nearest
from tocsin.domain.company import FreeZone, Sector, SizeClass
from tocsin.domain.currencies import CURRENCIES
from tocsin.domain.errors import Refused
from tocsin.domain.law.contradictions import never_together
from tocsin.domain.matching import CellTest, Shape, known_places, several, value_of
from tocsin.domain.questions import FACTS
from tocsin.domain.records import Flag, Whole

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
    "free_zone": False,
    "small_agent_in": False,
}
_ORGANISATION_PLACES = (
    "established_in",
    "offers_to",
    "eu_main_establishment",
    "eea_establishments",
    "system_owner_in",
    "small_agent_in",
)


#: What the others may be; the rest are true or false.
_ORGANISATION_WORDS: dict[str, tuple[Any, ...]] = {
    "sectors": get_args(Sector),
    "size_class": get_args(SizeClass),
    "free_zone": get_args(FreeZone),
}
#: Facts that are sums of money.
AMOUNTS = frozenset(name for name, fact in FACTS.items() if fact.type == "amount")
#: How a number is compared.
_BOUNDS = ("at_least", "more_than", "at_most", "less_than")
#: What no answer reaches: a number has fifteen digits at most.
_MOST = 10**15
#: Zero and less bounds nothing from below, and from above nobody is left.
AtLeast = Annotated[Whole, Field(ge=1, lt=_MOST)]
MoreThan = Annotated[Whole, Field(ge=0, lt=_MOST)]
AtMost = Annotated[Whole, Field(ge=0, lt=_MOST)]
LessThan = Annotated[Whole, Field(ge=1, lt=_MOST)]


def _among(known: tuple[Any, ...], word: Any, what: str) -> Any:
    if not any(word is each or (isinstance(word, str) and word == each) for each in known):
        raise ValueError(f"{what} cannot be {word!r}{nearest(str(word), map(str, known))}")
    return word


def _one_of(raw: dict[str, Any], operators: tuple[str, ...], what: str) -> None:
    if len([name for name in operators if raw.get(name) is not None]) != 1:
        raise ValueError(f"{what}: write exactly one of {', '.join(operators)}")


class AllOf(Shape):
    """Every one must hold."""

    all: tuple["Condition", ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_hold(self) -> "AllOf":
        if why := never_together(self.all):
            raise ValueError(f"this can never hold: {why}")
        return self


class AnyOf(Shape):
    """At least one must hold."""

    any: tuple["Condition", ...] = Field(min_length=1)


class Not(Shape):
    """It must not hold."""

    denied: "Condition" = Field(alias="not")


class Cells(Shape):
    """Some cell of people is so, or, with `every`, all of them are; with `among`, of those alone."""

    cells: CellTest
    every: Flag = False
    among: CellTest = CellTest()

    @field_validator("cells", mode="before")
    @classmethod
    def _asks_something(cls, raw: Any) -> Any:
        if raw == {}:
            raise ValueError("{} asks for nothing; name a feature of a cell, or leave the condition out")
        return raw


class People(Shape):
    """How many people (or records) are in the cells that pass the test, or any of several.

    A number that may still grow is a lower bound.
    """

    people: Annotated[tuple[CellTest, ...], BeforeValidator(several)] = Field(min_length=1)
    counting: Literal["count", "records"] = "count"
    at_least: AtLeast | None = None
    more_than: MoreThan | None = None
    at_most: AtMost | None = None
    less_than: LessThan | None = None
    #: It is also so where it is known that the number cannot be determined.
    or_undeterminable: Flag = False

    @model_validator(mode="before")
    @classmethod
    def _has_one_bound(cls, raw: Any) -> Any:
        if isinstance(raw, dict):
            _one_of(raw, _BOUNDS, "people")
            tests = raw.get("people")
            if isinstance(tests, list) and len(tests) > 1 and {} in tests:
                raise ValueError(
                    "people: {} in this list counts everybody, whatever the others ask; take it out"
                )
        return raw

    @model_validator(mode="after")
    def _doubts_a_number_to_be_reached(self) -> "People":
        if self.or_undeterminable and not self.bound[1]:
            raise ValueError("or_undeterminable goes with at_least or more_than")
        return self

    @cached_property
    def bound(self) -> tuple[int, bool]:
        """The number from which it is so (True), or from which it is no longer so (False)."""
        if self.at_least is not None or self.more_than is not None:
            return (self.at_least if self.at_least is not None else (self.more_than or 0) + 1), True
        return (self.less_than if self.less_than is not None else (self.at_most or 0) + 1), False


class FactIs(Shape):
    """A fact is one of `is`, has any of `has`, reaches a number, or is known at all.

    Of a fact about the people hit it asks whether it is so in some cell. An amount is compared in its own currency
    alone: one in another is not converted, so it cannot be told.
    """

    fact: str
    #: The entry asked for, where the fact holds one value per law (`harm_tests`); `law/rule` where a law has two tests.
    of: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*(/[a-z][a-z0-9-]*)?$")] | None = None
    is_: tuple[Any, ...] = Field(default=(), alias="is")
    has: tuple[str, ...] = ()
    at_least: AtLeast | None = None
    more_than: MoreThan | None = None
    at_most: AtMost | None = None
    less_than: LessThan | None = None
    #: Of an amount: the ISO 4217 code of the currency that the number is in.
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] | None = None
    known: Literal[True] | None = None

    @model_validator(mode="before")
    @classmethod
    def _asks_one_thing(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        _one_of(raw, ("is", "in", "has", *_BOUNDS, "known"), f"fact {raw.get('fact')!r}")
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
        if kind == "choices":
            return [_among(FACTS[name].choices, word, name) for word in several(raw)]
        return [value_of(name, word) for word in several(raw)]

    @model_validator(mode="after")
    def _asks_one_law(self) -> "FactIs":
        if (FACTS[self.fact].type == "choices") is not (self.of is not None):
            raise ValueError(
                f"{self.fact}: of names the law where a fact holds one value per law, and only there"
            )
        return self

    @field_validator("currency")
    @classmethod
    def _is_money(cls, currency: str | None) -> str | None:
        if currency is not None and currency not in CURRENCIES:
            raise ValueError(
                f"{currency!r} is no currency{nearest(currency, CURRENCIES)}; write ISO 4217, like EUR"
            )
        return currency

    @model_validator(mode="after")
    def _counts_what_is_a_number(self) -> "FactIs":
        kind, compared = FACTS[self.fact].type, any(getattr(self, bound) is not None for bound in _BOUNDS)
        if compared and kind not in ("int", "share", "amount"):
            raise ValueError(f"{self.fact} is no number; {', '.join(_BOUNDS)} ask for one")
        if (compared and kind == "amount") is not (self.currency is not None):
            raise ValueError(
                f"{self.fact}: an amount that is compared needs its currency, and only that has one"
            )
        if kind == "share" and ((self.at_least or 0) > 100 or (self.more_than or 0) >= 100):
            raise ValueError(f"{self.fact} is a share of 100 percent at most, so this can never hold")
        return self

    def reached_by(self, number: Decimal) -> bool:
        """Whether a number is on the side of the bound that is asked for."""
        if self.at_least is not None:
            return number >= self.at_least
        if self.more_than is not None:
            return number > self.more_than
        if self.at_most is not None:
            return number <= self.at_most
        return self.less_than is not None and number < self.less_than

    @cached_property
    def about_people(self) -> Cells | People | None:
        """The same question put to the cells, where the fact is about the people hit."""
        field = FACTS[self.fact].cell_field
        if field is None or self.known:
            return None
        if field in ("count", "records"):
            bounds = {bound: getattr(self, bound) for bound in _BOUNDS}
            return People(people=(CellTest(),), counting=field, **bounds)
        return Cells(cells=CellTest.model_validate({field: self.is_ or self.has}))


class OrganisationIs(Shape):
    """A feature of the company is one of `is`, holds any of `has`, or is there or not (`known.

    True`, `false`).
    """

    organisation: str
    is_: tuple[Any, ...] = Field(default=(), alias="is")
    has: tuple[str, ...] = ()
    known: Flag | None = None

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
        name, words = str(info.data.get("organisation")), several(raw)
        if name in _ORGANISATION_PLACES:
            return known_places(words)
        return [_among(_ORGANISATION_WORDS.get(name, (True, False)), word, name) for word in words]


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


def counts(condition: Any) -> bool:
    """Whether a condition rests on a number of people or records anywhere."""
    asked = (each.about_people if isinstance(each, FactIs) else each for each in _asked(condition))
    return any(isinstance(each, People) for each in asked)


def currencies(condition: Any, facts: Iterable[str]) -> tuple[str, ...]:
    """The currencies in which a condition asks for amounts among these facts."""
    asked = (each for each in _asked(condition) if isinstance(each, FactIs) and each.fact in facts)
    return tuple(sorted({each.currency for each in asked if each.currency}))


def _asked(condition: Any) -> Iterator[Any]:
    """The conditions of one question each that a condition joins."""
    match condition:
        case AllOf():
            joined: tuple[Any, ...] = condition.all
        case AnyOf():
            joined = condition.any
        case Not():
            joined = (condition.denied,)
        case _:
            yield condition
            return
    for each in joined:
        yield from _asked(each)
