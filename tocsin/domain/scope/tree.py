"""The tree of a question: clauses that are joined by any and all.

    where:
      any:
        - {name: stolen-key, tokens: ["@leaked.txt"], until: 2026-11-24T02:40Z}
        - all:
            - {ips: [203.0.113.0/24]}
            - {endpoints: ["GET /v1/account*"], statuses: [200-299], bytes: ">= 1MB"}

It is kept in one form, whatever the order, repetition or nesting in which it was said, so that the same question always
has the same digest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from tocsin.domain.canonical import canonical
from tocsin.domain.records import Record
from tocsin.domain.scope.clauses import Clause, with_moments
from tocsin.domain.scope.windows import Window, joined, overlaps

#: Levels of any and all.
DEEPEST = 8
#: Clauses are bits of a signed 64-bit number on every engine.
MOST = 62


def _alone(raw: Any) -> Any:
    if isinstance(raw, dict) and len(raw) > 1:
        raise ValueError(
            f"`{_form(raw)}` stands alone; make what stands beside it a part of it, or of an any or all above it"
        )
    return raw


class AnyOf(Record):
    """At least one part fits."""

    any: tuple["Part", ...] = Field(min_length=1)

    _no_other_key = model_validator(mode="before")(_alone)


class AllOf(Record):
    """Every part fits the same request."""

    all: tuple["Part", ...] = Field(min_length=1)

    _no_other_key = model_validator(mode="before")(_alone)


def _form(raw: Any) -> str:
    for form in ("any", "all"):
        if form in raw if isinstance(raw, dict) else hasattr(raw, form):
            return form
    return "clause"


Part = Annotated[
    Annotated[AnyOf, Tag("any")] | Annotated[AllOf, Tag("all")] | Annotated[Clause, Tag("clause")],
    Discriminator(_form),
]
_Group = AnyOf | AllOf


@dataclass(frozen=True)
class Leaf:
    """A clause with the bit that stands for it in the `marks` of a request. Its window lies within the question's."""

    bit: int
    clause: Clause

    @property
    def window(self) -> Window:
        """When a request may fit it."""
        return self.clause.since, self.clause.until


@dataclass(frozen=True)
class Gate:
    """Leaves and gates of which one has to fit, or every one."""

    every: bool
    parts: tuple["Leaf | Gate", ...]


def holds(node: Leaf | Gate, marks: int) -> bool:
    """Whether clauses with these bits are enough for a tree."""
    if isinstance(node, Leaf):
        return bool(node.bit & marks)
    return (all if node.every else any)(holds(part, marks) for part in node.parts)


def moments_of(node: Leaf | Gate) -> tuple[Window, ...]:
    """When a request may fit; ValueError where the parts of an `all` have no moment in common."""
    if isinstance(node, Leaf):
        return (node.window,)
    below = [moments_of(part) for part in node.parts]
    if not node.every:
        return joined(window for windows in below for window in windows)
    if not (found := reduce(overlaps, below)):
        raise ValueError(
            "the windows of the parts of an `all` never overlap, so that no request fits them all; "
            "correct since or until, or write any"
        )
    return found


def parts_of(group: _Group) -> tuple[Any, ...]:
    """What stands below any or all."""
    return group.any if isinstance(group, AnyOf) else group.all


def clauses_of(part: Any) -> Iterator[Clause]:
    """The clauses of a tree, in its order."""
    if isinstance(part, Clause):
        yield part
    else:
        for each in parts_of(part):
            yield from clauses_of(each)


def in_order(part: Any) -> Any:
    """The same tree in its one form: no group in a group of its kind, no group of one, nothing twice, all in order."""
    if isinstance(part, Clause):
        return part
    mine = type(part)
    below = [
        each
        for child in map(in_order, parts_of(part))
        for each in (parts_of(child) if isinstance(child, mine) else (child,))
    ]
    once = {canonical(plain(each)): each for each in below}
    ordered = tuple(once[key] for key in sorted(once))
    return ordered[0] if len(ordered) == 1 else mine.model_construct(**{_form(part): ordered})


def plain(part: Any) -> dict[str, Any]:
    """A tree as plain values, moments as ISO 8601 in UTC; what is not said is left out."""
    if not isinstance(part, Clause):
        return {_form(part): [plain(each) for each in parts_of(part)]}
    raw = part.model_dump(mode="json", exclude_defaults=True)
    return raw | with_moments(part)


def refuse_depth(raw: Any) -> None:
    """ValueError when plain values nest any and all too deep, before anything walks down there."""
    below, depth = [raw], 0
    while below:
        if depth > DEEPEST:
            raise ValueError(f"is nested more than {DEEPEST} levels of any and all deep; write it flatter")
        below = [each for part in below for each in _below(part)]
        depth += 1


def _below(raw: Any) -> Iterable[Any]:
    if not isinstance(raw, dict):
        return ()
    groups = (raw.get(form) for form in ("any", "all"))
    return [each for group in groups if isinstance(group, list | tuple) for each in group]


def gated(part: AnyOf | AllOf | Clause, leaves: Iterator[Leaf]) -> Leaf | Gate:
    if isinstance(part, Clause):
        return next(leaves)
    return Gate(isinstance(part, AllOf), tuple(gated(each, leaves) for each in parts_of(part)))
