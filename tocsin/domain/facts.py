"""Facts: what is known of a breach, by the names of the vocabulary. Every fact is unknown until somebody
learns it.

Pure. `parse_fact` reads one answer, `Facts` holds what is known, `read_facts` reads a whole facts file. Cells
may be written in short: a name of a cell stated at the top level holds for every cell that is silent, and
`people_by_country: {DE: 1200, VN: 40}` is one cell per place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, cast

from pydantic import JsonValue

from tocsin.domain.answers import amended, definition_of, read_answer
from tocsin.domain.cells import GAPS, Cell, read_cell
from tocsin.domain.errors import Refused
from tocsin.domain.flow import read_flow
from tocsin.domain.matching import Crowd, in_words
from tocsin.domain.moments import stand_ins
from tocsin.domain.questions import CELL_FIELDS, FACTS, FactDefinition
from tocsin.domain.stated import for_all, stated_cells, told_apart

__all__ = ["FACTS", "Cell", "FactDefinition", "Facts", "parse_fact", "read_facts", "refuse_contradictions"]

_NO_CATEGORIES: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def parse_fact(name: str, raw: object, now: datetime | None = None) -> JsonValue:
    """The canonical JSON value of one answer; None says that it is unknown.

    Refused with the nearest right name or value, for a moment without a zone, and, when `now` is given, for a
    moment in the future that must have happened.
    """
    definition = definition_of(name)
    if definition.type != "cells":
        return read_answer(definition, raw, now)
    entries = read_flow(raw) if isinstance(raw, str) else raw
    if entries is None or not isinstance(entries, list | tuple):
        raise Refused("cells: write a list, like [{role: controller, place: DE, count: 1200}]")
    return [read_cell(entry).canonical() for entry in entries]


def read_facts(raw: Mapping[str, object], now: datetime | None = None) -> "Facts":
    """Facts from the mapping in a facts file.

    Refused with one line for the first name or value that is wrong.
    """
    facts = Facts({name: amended(name, None, parse_fact(name, value, now)) for name, value in raw.items()})
    refuse_contradictions(facts)
    return facts


def refuse_contradictions(facts: "Facts") -> None:
    """Refused when two facts cannot both be true, or a number claims more than the logs can show."""
    begin, end = facts.moment("occurred_from"), facts.moment("occurred_to")
    if begin and end and end < begin:
        raise Refused("occurred_to lies before occurred_from; correct one of them")
    if end and facts.get("ongoing") is True:
        raise Refused("occurred_to is known, so ongoing cannot be yes; correct one of them")
    if facts.moment("ransom_paid_at") and facts.get("ransom_paid") is False:
        raise Refused("ransom_paid_at is known, so ransom_paid cannot be no; correct one of them")
    for name, told in _told_by(facts.values.get("cause")).items():
        if facts.known(name) and facts.get(name) != told:
            cause = facts.values["cause"]
            raise Refused(f"cause is {cause}, so {name} cannot be {facts.get(name)}; correct one of them")
    # A wrong purpose alone is no breach of security, and most laws of breaches then ask for nothing. Data may be
    # altered for it by ourselves; whoever leaked or lost them has a breach.
    broken = [each for each in cast("list[str]", facts.get("breach_of") or []) if each != "integrity"]
    if broken and facts.get("violation") in ("wrong-purpose", "rights-failure"):
        raise Refused(f"breach_of is {in_words(broken)}, so violation is breach; correct one of them")
    if facts.get("log_coverage") in GAPS and any(cell.method == "exact" for cell in facts.cells):
        raise Refused("the logs have gaps, so no number of people is exact; write approximate")


def _told_by(cause: JsonValue) -> dict[str, str]:
    """Whose doing it was, and whether it was malice, as a cause says both."""
    if not isinstance(cause, str):
        return {}
    actor, _, intent = cause.partition("-")
    return {"actor": actor, "intent": intent}


@dataclass(frozen=True)
class Facts:
    """What is known. `values` maps fact names to canonical values.

    `categories_of` maps kinds of data to categories.
    """

    values: Mapping[str, JsonValue]
    categories_of: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NO_CATEGORIES)

    def __post_init__(self) -> None:
        stated: dict[str, JsonValue] = {}
        for name, value in self.values.items():
            definition = definition_of(name)
            if value is not None:
                stated[definition.same_as or name] = value
        for name, told in _told_by(stated.get("cause")).items():
            stated.setdefault(name, told)
        object.__setattr__(self, "values", MappingProxyType(stated))

    def learn(self, name: str, value: JsonValue) -> "Facts":
        """The same facts with one more, or one corrected; None makes it unknown again."""
        return replace(self, values={**self.values, definition_of(name).same_as or name: value})

    def with_categories(self, categories_of: Mapping[str, tuple[str, ...]]) -> "Facts":
        """The same facts, with the data map's categories for each kind."""
        return replace(self, categories_of=categories_of)

    def known(self, name: str) -> bool:
        """Whether the fact is known: `unknown` as an answer does not count."""
        value, definition = self.get(name), definition_of(name)
        if value is None:
            return self.moment(name) is not None if definition.type == "moment" else False
        return definition.open_value is None or value not in (definition.open_value, [definition.open_value])

    def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of `names` that are unknown, in the order given."""
        return tuple(name for name in names if not self.known(name))

    def get(self, name: str) -> JsonValue | None:
        """The value as stated or, for what cells tell, derived from them. None is unknown, never false."""
        definition = definition_of(name)
        name = definition.same_as or name
        if name == "people":
            return self.people()
        if name == "people_by_country":
            return {**places} if (places := self.people_by_place()) is not None else None
        if name == "ransom_paid" and name not in self.values:
            return True if self.moment("ransom_paid_at") else None
        if name in ("kinds", "categories"):
            return [*getattr(self, name)()] or self.values.get(name)
        if definition.cell_field and name not in self.values:
            return self._agreed(definition.cell_field)
        return self.values.get(name)

    def moment(self, name: str) -> datetime | None:
        """A known moment in UTC.

        `violation_found_at` and `incident_found_at` follow others until somebody decides.
        """
        if name not in self.found:
            self.found[name] = self._read_moment(name)
        return cast("datetime | None", self.found[name])

    @cached_property
    def found(self) -> dict[Any, Any]:
        """Where those who ask these facts keep what they found out, since facts never change."""
        return {}

    def _read_moment(self, name: str) -> datetime | None:
        value = self.values.get(name)
        if value is None:
            return min(filter(None, map(self.moment, stand_ins(name))), default=None)
        # What was once learned is never refused: an old entry must not bring its incident's plan down.
        at = str(value["at"] if isinstance(value, dict) else value)
        return datetime.fromisoformat(at).astimezone(UTC)

    def estimated(self, name: str) -> bool:
        """Whether the moment, or the one that stands in for it, was given as an estimate."""
        value = self.values.get(name)
        if value is None:
            at = self.moment(name)
            return any(self.estimated(each) for each in stand_ins(name) if self.moment(each) == at)
        return isinstance(value, dict) and value.get("estimated") is True

    def text(self, name: str, language: str) -> str | None:
        """A text in `language`, or as it was written, or in whichever language there is.

        None when unknown.
        """
        texts = self.values.get(name)
        if not isinstance(texts, dict):
            return None if texts is None else str(texts)
        order = (language, language.partition("-")[0], "und", *sorted(texts))
        return next((str(texts[each]) for each in order if each in texts), None)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell with its silent fields filled; empty while nothing is known of whom it hit."""
        for_all = self._for_all
        return tuple(self._with_categories(cell.filled(for_all)) for cell in stated_cells(self.values))

    @cached_property
    def cells_or_blank(self) -> tuple[Cell, ...]:
        """The cells, or one cell of which only is known what holds for all: what conditions look at."""
        return self.cells or (Cell().filled(self._for_all),)

    @cached_property
    def crowd(self) -> Crowd:
        """The same cells as conditions look at them."""
        logs = cast("str | None", self.get("log_coverage"))
        return Crowd(self.cells_or_blank, told_apart=bool(told_apart(self.values)), logs=logs)

    def people(self) -> int | None:
        """How many people were hit; None as long as one cell has no number and no total was stated."""
        counts = [cell.count for cell in self.cells]
        total = sum(count for count in counts if count is not None)
        if counts and None not in counts:
            return total
        stated = self.values.get("people")
        return max(stated, total) if isinstance(stated, int) else None

    def people_by_place(self) -> dict[str, int] | None:
        """Place to number of people, in order of place; None as long as a place or a number is missing."""
        by_place: dict[str, int] = {}
        for cell in self.cells:
            if cell.place is None or cell.count is None:
                return None
            by_place[cell.place] = by_place.get(cell.place, 0) + cell.count
        return dict(sorted(by_place.items())) or None

    def places(self) -> tuple[str, ...]:
        """Every place named by a cell that is not known to be empty, in order."""
        return tuple(sorted({cell.place for cell in self.cells if cell.place and not cell.nobody}))

    def kinds(self) -> tuple[str, ...]:
        """Ids of every kind of data hit, in order."""
        return tuple(sorted({kind for cell in self.cells for kind in cell.kinds or ()}))

    def categories(self) -> tuple[str, ...]:
        """Every category of data hit, in order."""
        return tuple(sorted({name for cell in self.cells for name in cell.categories or ()}))

    @cached_property
    def _for_all(self) -> dict[str, Any]:
        return for_all(self.values)

    def _with_categories(self, cell: Cell) -> Cell:
        if cell.categories is not None or not cell.kinds:
            return cell
        if any(kind not in self.categories_of for kind in cell.kinds):
            return cell
        found = {category for kind in cell.kinds for category in self.categories_of[kind]}
        return cell.model_copy(update={"categories": tuple(sorted(found))})

    def _agreed(self, cell_field: str) -> JsonValue | None:
        """What the cells say with one voice; for sets, everything that any of them says."""
        said = [getattr(cell, cell_field) for cell in self.cells]
        if CELL_FIELDS[cell_field].type == "set":
            return [*sorted({word for words in said for word in words or ()})] or None
        return said[0] if said and all(each == said[0] for each in said) else None
