"""Features of the people hit, as conditions name them, and which cells have them.

Pure. Yes, no, or cannot tell: a field that is unknown never reads as no, and an unknown place counts as the
strictest. The module is long because what is asked and how it is answered belong together.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from tocsin.domain.answers import read_answer
from tocsin.domain.cells import GAPS, Cell
from tocsin.domain.errors import Refused
from tocsin.domain.places import PLACES, REGIONS, UNKNOWN_PLACE, around, whole_of
from tocsin.domain.questions import CELL_FIELDS, FACTS
from tocsin.domain.records import Flag

#: Features that are not fields of a cell: the field that they look at.
LOOKS_AT = {
    "all_categories": "categories",
    "protection_proven": "protection_evidence",
    "nameless": "controllers",
    "country": "place",
}
#: What a field is called in a sentence, and which fact is asked for when it is unknown.
_NAMES = {field: definition.name for field, definition in CELL_FIELDS.items()}
_ASK_FOR = _NAMES | {"place": "people_by_country", "categories": "kinds"}
#: Facts that cannot speak for groups that were told apart.
_OF_EACH = ("people", "people_by_country", "records")
_OPEN_VALUES = {field: definition.open_value for field, definition in CELL_FIELDS.items()}
_PLACES = PLACES | REGIONS.keys() | {UNKNOWN_PLACE}

#: What is asked of a cell: a feature, and the values that pass.
Feature = tuple[str, frozenset[Any]]


class Shape(BaseModel):
    """A frozen piece of a condition; a misspelt key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class CellTest(Shape):
    """Some features of one cell. A list means any of these; all named features must hold in the same cell."""

    role: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    place_basis: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    #: Every one of these in the same cell, such as a name together with a government id.
    all_categories: tuple[str, ...] = ()
    protection: tuple[str, ...] = ()
    #: Whether something proves the protection.
    protection_proven: Literal[True] | None = None
    pseudonymous: Flag | None = None
    access: tuple[str, ...] = ()
    disclosure: tuple[str, ...] = ()
    alteration: tuple[str, ...] = ()
    loss: tuple[str, ...] = ()
    service_impact: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    deletion_confirmed: Flag | None = None
    misuse: tuple[str, ...] = ()
    risk: tuple[str, ...] = ()

    @field_validator("*", mode="before")
    @classmethod
    def _values_exist(cls, raw: Any, info: ValidationInfo) -> Any:
        name = info.field_name or ""
        if name in ("pseudonymous", "deletion_confirmed", "protection_proven", "nameless"):
            return raw
        if name in ("place", "country"):
            return known_places(several(raw))
        field = LOOKS_AT.get(name, name)
        return [value_of(CELL_FIELDS[field].name, word) for word in several(raw)]

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """What is asked for: each feature with the values that pass."""
        asked = ((name, getattr(self, name)) for name in type(self).model_fields)
        return tuple(
            (name, frozenset(value) if isinstance(value, tuple) else frozenset((value,)))
            for name, value in asked
            if value not in ((), None)
        )


class Crowd:
    """The cells of one incident as conditions look at them.

    Sets of cells are bits of an integer. What was answered once is kept, since many rules ask the same.
    """

    def __init__(self, cells: tuple[Cell, ...], *, told_apart: bool = False, logs: str | None = None) -> None:
        self.cells = cells
        #: How much of the window the logs cover, if anybody said so.
        self.logs = logs
        self._told_apart = told_apart
        self.everybody = (1 << len(cells)) - 1
        self._empty = _bits(cell.nobody for cell in cells)
        self._growth: dict[tuple[str, str | None], int] = {}
        self._columns: dict[Feature, tuple[int, int]] = {}
        self._shared: dict[str, dict[Any, int]] = {}
        self._worded: dict[Any, str] = {}
        self._sentences: dict[tuple[int, tuple[Feature, ...]], tuple[str, ...]] = {}
        self._statements: dict[tuple[str, int], str] = {}

    def answers(self, features: Iterable[Feature]) -> tuple[int, int]:
        """The cells that have every feature, and those that lack one; of the others it cannot be told.

        Nobody is in an empty cell, so it has no feature.
        """
        have, lack = self.everybody & ~self._empty, self._empty
        for feature in features:
            yes, no = self._column(feature)
            have, lack = have & yes, lack | no
        return have, lack

    def known_for_any(self, tests: Iterable[CellTest]) -> int:
        """The cells that are known to pass one of these tests."""
        known = 0
        for test in tests:
            known |= self.answers(test.features)[0]
        return known

    def numbers(self, chosen: int, counting: Literal["count", "records"]) -> tuple[int, bool]:
        """How many people (or records) the chosen cells have at least, and whether it may be more."""
        least = sum(getattr(cell, counting) or 0 for cell in self.of(chosen))
        return least, bool(chosen & self._growing(counting, self.logs))

    def waits_for(self, chosen: int, counting: Literal["count", "records"]) -> tuple[str, str]:
        """Of a number that may still grow the fact that settles it, and why it may grow where only the logs say so."""
        if chosen & self._growing(counting, "complete"):
            return self.asked_for(counting), ""
        if self.logs in GAPS:
            return self.asked_for(counting), f"the number may grow, since log_coverage is {self.logs}"
        return "log_coverage", "the number is approximate, and log_coverage is unknown"

    def _growing(self, counting: Literal["count", "records"], logs: str | None) -> int:
        """The cells whose number may still grow, with such logs."""
        if (counting, logs) not in self._growth:
            self._growth[counting, logs] = _bits(cell.may_grow(counting, logs) for cell in self.cells)
        return self._growth[counting, logs]

    def undeterminable(self, chosen: int) -> bool:
        """Whether it is known of one of the chosen cells that its number cannot be determined."""
        return any(cell.method == "cannot-be-determined" for cell in self.of(chosen))

    def who(self, chosen: int, features: tuple[Feature, ...]) -> tuple[str, ...]:
        """The chosen cells in words, by the fields looked at; places with the same values are named together."""
        if (chosen, features) not in self._sentences:
            said = {"": chosen}
            for field in _fields(features):
                if field != "place":
                    said = self._told_apart_by(field, said)
            in_order = sorted(said.items(), key=lambda group: group[1] & -group[1])
            self._sentences[chosen, features] = tuple(
                _sentence(words, sorted(filter(None, self.values("place", cells))))
                for words, cells in in_order
            )
        return self._sentences[chosen, features]

    def _told_apart_by(self, field: str, groups: Mapping[str, int]) -> dict[str, int]:
        """The same groups of cells, each in words, with what a field is in them: many cells share few values."""
        finer: dict[str, int] = {}
        for said, cells in groups.items():
            for value, has in self._sharing(field).items():
                if both := cells & has:
                    words = f"{said}{', ' if said else ''}{_NAMES[field]} is {self._words(value)}"
                    finer[words] = finer.get(words, 0) | both
        return finer

    def why_not(self, features: tuple[Feature, ...]) -> tuple[str, ...]:
        """The values for which cells lack a feature, in words; of people who live elsewhere only that they do."""
        said = [self._stated("count", self._empty)] if self._empty else []
        looked_at = self.everybody & ~self._empty
        for feature in features:
            if LOOKS_AT.get(feature[0], feature[0]) == "place":
                lack = self._column(feature)[1]
                if looked_at and not looked_at & ~lack:
                    nobody = f"nobody who was hit lives in {', '.join(sorted(feature[1]))}"
                    return (*said, f"{nobody}: {self._stated('place', lack)}")
                looked_at &= ~lack
        for feature in features:
            field = LOOKS_AT.get(feature[0], feature[0])
            if field != "place" and (lack := self._column(feature)[1] & looked_at):
                said.append(self._stated(field, lack))
        return tuple(dict.fromkeys(said))

    def _stated(self, field: str, cells: int) -> str:
        """What a field is in these cells, in one sentence."""
        if (field, cells) not in self._statements:
            values = sorted(map(self._words, self.values(field, cells)))
            self._statements[field, cells] = f"{_NAMES[field]} is {', '.join(values)}"
        return self._statements[field, cells]

    def open_questions(self, doubtful: int, features: Iterable[Feature]) -> tuple[str, ...]:
        """The facts that would tell whether the doubtful cells have the features."""
        asked: dict[str, None] = {}
        for feature in features:
            yes, no = self._column(feature)
            if unknown := doubtful & ~yes & ~no:
                asked[self._asked_for(LOOKS_AT.get(feature[0], feature[0]), unknown)] = None
        return tuple(asked)

    def asked_for(self, field: str) -> str:
        """The fact that tells a field: the cells where groups were told apart and nothing speaks for all."""
        fact = _ASK_FOR[field]
        return "cells" if self._told_apart and fact in _OF_EACH else fact

    def _asked_for(self, field: str, unknown: int) -> str:
        """The same for these cells: where the kinds are known, it is their categories that are not."""
        kinds_known = field == "categories" and all(cell.kinds for cell in self.of(unknown))
        return field if kinds_known else self.asked_for(field)

    def _column(self, feature: Feature) -> tuple[int, int]:
        if feature not in self._columns:
            name, wanted = feature
            self._columns[feature] = (
                self._living_in(wanted) if name == "place" else self._passing(name, wanted)
            )
        return self._columns[feature]

    def _passing(self, name: str, wanted: frozenset[Any]) -> tuple[int, int]:
        yes = no = 0
        asked = _ASKED.get(name) or partial(_is_any, _OPEN_VALUES[name])
        for value, cells in self._sharing(LOOKS_AT.get(name, name)).items():
            unknown = value is None and name not in _NEVER_UNKNOWN
            answer = None if unknown else asked(value, wanted)
            yes, no = yes | (cells if answer else 0), no | (cells if answer is False else 0)
        return yes, no

    def _living_in(self, wanted: frozenset[str]) -> tuple[int, int]:
        """What `lies_in` says of each cell, found by where its people live: almost every law asks for another place."""
        living, stated = self._living, self._sharing("place")
        yes = living.get(UNKNOWN_PLACE, 0)
        perhaps = stated.get(None, 0)
        for name in wanted:
            yes |= living.get(name, 0)
            perhaps |= stated.get(whole_of(name), 0)
        return yes, self.everybody & ~yes & ~perhaps

    @cached_property
    def _living(self) -> dict[str, int]:
        """For each place and region the cells whose people live in it."""
        living: dict[str, int] = {}
        for place, cells in self._sharing("place").items():
            for name in around(place) if place else ():
                living[name] = living.get(name, 0) | cells
        return living

    def _sharing(self, field: str) -> Mapping[Any, int]:
        """Each value of a field, with the cells that have it: many cells share few values."""
        if field not in self._shared:
            shared = self._shared.setdefault(field, {})
            for number, cell in enumerate(self.cells):
                value = getattr(cell, field)
                shared[value] = shared.get(value, 0) | 1 << number
        return self._shared[field]

    def _words(self, value: Any) -> str:
        if value not in self._worded:
            self._worded[value] = in_words(value)
        return self._worded[value]

    def values(self, field: str, chosen: int) -> list[Any]:
        """The different values that a field has in the chosen cells."""
        return [value for value, cells in self._sharing(field).items() if cells & chosen]

    def of(self, chosen: int) -> Iterable[Cell]:
        """The chosen cells."""
        return (cell for number, cell in enumerate(self.cells) if chosen >> number & 1)


def _bits(answers: Iterable[bool]) -> int:
    return sum(1 << number for number, answer in enumerate(answers) if answer)


def _fields(features: Iterable[Feature]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(LOOKS_AT.get(name, name) for name, _ in features))


def _sentence(said: str, places: list[str]) -> str:
    if not places:
        return said or "people were hit"
    return f"people in {', '.join(places)}: {said}" if said else f"people live in {', '.join(places)}"


def _is_any(open_value: str | None, value: Any, wanted: frozenset[Any]) -> bool | None:
    if isinstance(value, tuple):
        return has_any(value, wanted, open_value)
    return None if value == open_value else value in wanted


#: Features that are asked otherwise than whether a value is any of those wanted.
_ASKED: Mapping[str, Callable[[Any, frozenset[Any]], bool | None]] = {
    "protection_proven": lambda value, wanted: True,
    "all_categories": lambda value, wanted: wanted.issubset(value),
    "controllers": lambda value, wanted: not wanted.isdisjoint(value or ()),
    "nameless": lambda value, wanted: not value,
    "country": lambda value, wanted: value in wanted or value == UNKNOWN_PLACE,
}
#: Who is not named is asked about apart, and so is never unknown here.
_NEVER_UNKNOWN = ("controllers", "nameless")


def has_any(value: Iterable[str], wanted: Iterable[str], open_value: str | None) -> bool | None:
    """Whether a set holds any of `wanted`; None when it says itself that more may be in it."""
    if not set(wanted).isdisjoint(value):
        return True
    return None if open_value in set(value) else False


def several(raw: Any) -> list[Any]:
    """One value or a list of them, as a list."""
    values = list(raw) if isinstance(raw, list | tuple) else [raw]
    if not values:
        # An empty list would ask for nothing, and so let everybody pass.
        raise ValueError("an empty list asks for nothing; name a value, or leave the key out")
    if None in values:
        raise ValueError("an empty value asks for nothing; name one, or leave the key out")
    return values


def known_places(names: Iterable[Any]) -> list[str]:
    """The same places and regions; ValueError for one that does not exist."""
    for name in names:
        if not isinstance(name, str) or name not in _PLACES:
            raise ValueError(
                f"{name!r} is no place; write ISO 3166 like VN, DE-BY, US-CA, or {', '.join(REGIONS)}"
            )
    return [str(name) for name in names]


def value_of(fact: str, raw: Any) -> Any:
    """One value that the fact could have, as its canonical form; a set is asked for word by word."""
    if isinstance(raw, Mapping | list | tuple):
        said = f"{fact}: {raw!r} is no single value; name one, or several in one list"
        raise ValueError(said)  # noqa: TRY004
    try:
        value = read_answer(FACTS[fact], raw)
    except Refused as error:
        raise ValueError(str(error)) from None
    if value is None:
        raise ValueError(f"{fact}: a condition cannot ask for unknown")
    return value[0] if isinstance(value, list) and value else value


def in_words(value: Any) -> str:
    """A value as it reads in a sentence."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict) and value.keys() == {"amount", "currency"}:
        return f"{value['amount']} {value['currency']}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {in_words(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(in_words(each) for each in value) or "none"
    return "unknown" if value is None else str(value)
