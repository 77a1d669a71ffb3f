"""How sure a letter may be: of the breach, and of what became of a reader's data.

Pure. A letter claims what a log shows or a fact says, and no more. Who stands on a list is in scope because somebody
says so; of her data a letter then says what the facts say of the people she is one of (decision 10).
"""

from collections.abc import Iterable
from enum import StrEnum

from tocsin.domain.cells import Cell
from tocsin.domain.facts import Facts
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.people import AffectedPerson


class Certainty(StrEnum):
    """How sure we are that somebody's data were accessed. `concerned`: they were hit, but nobody accessed them."""

    CONFIRMED = "confirmed"
    LIKELY = "likely"
    CANNOT_EXCLUDE = "cannot-exclude"
    UNKNOWN = "unknown"
    CONCERNED = "concerned"


#: The surest first: of people who may be in several groups the weakest holds for all.
_SUREST = (Certainty.CONFIRMED, Certainty.LIKELY, Certainty.CANNOT_EXCLUDE, Certainty.UNKNOWN)
_BY_LOGS = {
    Bucket.CONFIRMED: Certainty.CONFIRMED,
    Bucket.LIKELY: Certainty.LIKELY,
    Bucket.CANNOT_EXCLUDE: Certainty.CANNOT_EXCLUDE,
}
_BY_DISCLOSURE = {
    "confirmed": Certainty.CONFIRMED,
    "likely": Certainty.LIKELY,
    "possible": Certainty.CANNOT_EXCLUDE,
}


def suspected(facts: Facts) -> bool:
    """Whether nobody has said yet that there was a breach: a letter then speaks of what we suspect."""
    return not facts.known("aware_at") and facts.get("violation") != "breach"


def of_person(person: AffectedPerson, cells: tuple[Cell, ...]) -> Certainty:
    """How sure we are that this person's data were accessed; `cells` are those that she may be in."""
    return _BY_LOGS.get(person.bucket) or stated(cells)


def otherwise(person: AffectedPerson, cells: tuple[Cell, ...]) -> tuple[tuple[str, Certainty], ...]:
    """The kinds of her data of which something else is known than of the person, each with what it is."""
    whole = of_person(person, cells)
    found = {kind: _of_kind(person, kind, cells) for kind in person.kinds}
    return tuple((kind, certainty) for kind, certainty in found.items() if certainty is not whole)


def _of_kind(person: AffectedPerson, kind: str, cells: tuple[Cell, ...]) -> Certainty:
    bucket = person.bucket_of(kind)
    if bucket is not person.bucket:
        return _BY_LOGS.get(bucket, Certainty.UNKNOWN)
    return _BY_LOGS.get(bucket) or _stated_of(kind, cells)


def stated_by_kind(cells: tuple[Cell, ...]) -> tuple[Certainty, dict[str, Certainty]]:
    """What facts say of people who are only on a list: of all their data, and of a kind where it is something else."""
    whole, kinds = stated(cells), {kind for cell in cells for kind in cell.kinds or ()}
    found = {kind: _stated_of(kind, cells) for kind in sorted(kinds)}
    return whole, {kind: certainty for kind, certainty in found.items() if certainty is not whole}


def _stated_of(kind: str, cells: tuple[Cell, ...]) -> Certainty:
    return stated([cell for cell in cells if cell.kinds is None or kind in cell.kinds] or cells)


def stated(cells: Iterable[Cell]) -> Certainty:
    """What the facts say with one voice of the data of people who may be in any of these cells."""
    said = {_said(cell) for cell in cells if not cell.nobody} or {Certainty.UNKNOWN}
    if Certainty.CONCERNED in said:
        return Certainty.CONCERNED if len(said) == 1 else Certainty.UNKNOWN
    return max(said, key=_SUREST.index)


def _said(cell: Cell) -> Certainty:
    """What a cell says. Where its two answers deny each other, nothing is known."""
    taken = cell.access in ("viewed", "acquired")
    if cell.access == "none" or cell.disclosure == "excluded":
        denied = taken or cell.disclosure in _BY_DISCLOSURE
        return Certainty.UNKNOWN if denied else Certainty.CONCERNED
    if cell.disclosure in _BY_DISCLOSURE:
        return _BY_DISCLOSURE[cell.disclosure]
    return Certainty.CONFIRMED if taken else Certainty.UNKNOWN
