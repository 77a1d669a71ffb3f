"""Whom it hit. People are not one number: a cell is one group of people hit in one way.

Pure. Totals, counts per country and sets of kinds derive from the cells. A field that is None is unknown.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError, field_validator, model_validator

from tocsin.domain.answers import nearest, read_answer
from tocsin.domain.errors import Refused
from tocsin.domain.questions import CELL_FIELDS, FACTS

#: A count that is only a lower bound, whatever number stands beside it.
OPEN_METHODS = ("to-be-determined", "cannot-be-determined")
#: What logs with gaps are: they show less than there was.
GAPS = ("partial", "none")


class Cell(BaseModel):
    """One group of people: who, where, which data, in whose hands. `kinds` are ids of the data map."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    role: str | None = None
    #: Of data that we process for others: whose they are, by the codes of their contracts.
    controllers: tuple[str, ...] | None = None
    place: str | None = None
    place_basis: str | None = None
    #: Several where the same people belong to several, such as customers who are children.
    group: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    protection: str | None = None
    protection_evidence: str | None = None
    pseudonymous: bool | None = None
    access: str | None = None
    disclosure: str | None = None
    alteration: str | None = None
    loss: str | None = None
    service_impact: str | None = None
    recipients: str | None = None
    deletion_confirmed: bool | None = None
    misuse: tuple[str, ...] | None = None
    unseen_days: int | None = None
    count: int | None = None
    method: str | None = None
    records: int | None = None
    records_method: str | None = None
    #: The decision for these people, where it differs from that for all.
    risk: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _names_are_known(cls, raw: Any) -> Any:
        """Fact names of the same meaning stand for the field: `people` is `count`, `groups` is `group`."""
        if not isinstance(raw, dict):
            # A ValueError: pydantic turns it into an error with its place.
            raise ValueError("a cell is pairs, like {role: controller, place: DE, count: 1200}")  # noqa: TRY004
        renamed: dict[str, Any] = {}
        for name, value in raw.items():
            definition = FACTS.get(name)
            field = name if name in CELL_FIELDS else definition.cell_field if definition else None
            if field is None:
                raise ValueError(f"a cell has no {name!r}{nearest(str(name), CELL_FIELDS)}")
            if field in renamed:
                raise ValueError(f"a cell states {field!r} twice")
            renamed[field] = value
        return renamed

    @field_validator("*", mode="before")
    @classmethod
    def _values_are_known(cls, raw: Any, info: Any) -> Any:
        try:
            value = read_answer(CELL_FIELDS[info.field_name], raw)
        except Refused as error:
            raise ValueError(str(error)) from None
        return tuple(value) if isinstance(value, list) else value

    @staticmethod
    def learned(canonical: Mapping[str, Any]) -> "Cell":
        """A cell from its canonical form, which was read and found good when somebody learned it."""
        known = {name: tuple(v) if isinstance(v, list) else v for name, v in canonical.items()}
        return _BLANK.model_copy(update=known)

    def canonical(self) -> dict[str, JsonValue]:
        """The cell as JSON: what is known, and nothing else."""
        return {
            name: [*value] if isinstance(value, tuple) else value
            for name in CELL_FIELDS
            if (value := getattr(self, name)) is not None
        }

    def filled(self, from_all: dict[str, Any]) -> Self:
        """The cell with what it leaves open taken from what was stated for everybody.

        Open is what is silent or says "unknown"; what is known of these people is never written over.
        """
        missing = {name: value for name, value in from_all.items() if self._leaves_open(name)}
        return self.model_copy(update=missing) if missing else self

    def _leaves_open(self, field: str) -> bool:
        value, open_value = getattr(self, field), CELL_FIELDS[field].open_value
        return value is None or (open_value is not None and value in (open_value, (open_value,)))

    @property
    def nobody(self) -> bool:
        """Whether it is known that nobody is in this cell."""
        return self.count == 0 and self.method not in OPEN_METHODS

    @property
    def lower_bound(self) -> bool:
        """Whether more people may be here than `count` says."""
        return self.count is None or self.method in OPEN_METHODS

    def may_grow(self, counting: Literal["count", "records"], logs: str | None) -> bool:
        """Whether the number may still grow, with logs that cover so much of the window.

        What is counted approximately is a lower bound until it is known that the logs have no gaps.
        """
        number, method = (
            (self.count, self.method) if counting == "count" else (self.records, self.records_method)
        )
        if number is None or method in OPEN_METHODS:
            return True
        return method == "approximate" and logs != "complete"


#: A cell of which nothing is known.
_BLANK = Cell()


def read_cell(raw: object) -> Cell:
    """A cell from a mapping; Refused with one line when a name or value is not known."""
    if isinstance(raw, Cell):
        return raw
    try:
        return Cell.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(f"cells: {first['msg'].removeprefix('Value error, ')}") from None
