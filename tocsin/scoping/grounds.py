"""Clauses, and ways beside them, with how many people each brought in; and the reasons of each person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.moments import from_microseconds
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.result import InputFile
from tocsin.domain.scope.why import Ground, LogRow, Way, Why, kinds_of
from tocsin.scoping.levels import LEVEL, LEVELS
from tocsin.scoping.why import BY, WAY, in_order, row_at, ways_of
from tocsin.sources.files import File

#: Ways that need no clause.
_WITHOUT = (Way.OPEN, Way.LISTED)


@dataclass(frozen=True)
class Grounds:
    """What the numbers of a person's reasons stand for: exposed tables by bit, inputs by number of a file."""

    tables: tuple[str, ...] = ()
    inputs: tuple[int, ...] = ()

    @classmethod
    def of(cls, question: Question, files: Sequence[File], inputs: Sequence[InputFile]) -> "Grounds":
        """By the question, the files that the engine read, and the inputs as the result names them."""
        places = {(each.source, each.name): place for place, each in enumerate(inputs)}
        exposed = question.exposed.tables if question.exposed else ()
        return cls(exposed, tuple(places[file.source, file.name] for file in in_order(files)))

    def why(self, row: dict[str, Any]) -> Why:
        """The reasons in a row of the table of people."""
        accounts = tuple(dict.fromkeys((row["through"] or "").split("\n")))
        return Why(
            ways=ways_of(row["ways"]),
            clauses=tuple(_clauses(row)),
            tables=tuple(table for place, table in enumerate(self.tables) if row["lay_open"] >> place & 1),
            accounts=() if accounts in (("",), (row["id"],)) else accounts,
            first=self._row(row, "first"),
            last=self._row(row, "last"),
        )

    def _row(self, row: dict[str, Any], edge: str) -> LogRow | None:
        found = row_at(row, edge)
        if found is None:
            return None
        file, line, at = found
        return LogRow(self.inputs[file], line, None if at is None else from_microseconds(at))


def _clauses(row: dict[str, Any]) -> Iterator[tuple[int, Bucket]]:
    """The clauses of a person in order, each with the surest bucket of hers that it is a reason of."""
    found: dict[int, Bucket] = {}
    excluded = LEVELS[row["level"]] is Bucket.EXCLUDED
    for bucket, column in BY.items():
        bits = row[column]
        while bits:
            least = bits & -bits
            found.setdefault(least.bit_length(), Bucket.EXCLUDED if excluded else bucket)
            bits -= least
    yield from sorted(found.items())


def counted(engine: Any, people: Any, question: Question) -> tuple[Ground, ...]:
    """How many people each clause brought in, and each way that needs none: all of them, told or not."""
    leaves, columns = question.leaves(), {}
    excluded = people.level == LEVEL[Bucket.EXCLUDED]
    for leaf in leaves:
        for bucket in BY:
            columns[f"{bucket}/{leaf.bit}"] = _brought(people, excluded, bucket, leaf.bit).sum()
    ways = [way for way in _WITHOUT if (question.people if way is Way.LISTED else question.exposed)]
    for way in ways:
        for bucket in Bucket:
            fits = ((people.ways & WAY[way]) != 0) & (people.level == LEVEL[bucket])
            columns[f"{bucket}/{way}"] = fits.sum()
    row = engine.to_pyarrow(people.aggregate(**columns)).to_pylist()[0] if columns else {}
    return tuple(
        Ground(
            clause=number,
            name=leaf.clause.name,
            kinds=kinds_of(leaf.clause),
            buckets=_counts(row, leaf.bit),
        )
        for number, leaf in enumerate(leaves, 1)
    ) + tuple(Ground(way=way, buckets=_counts(row, way)) for way in ways)


def _brought(people: Any, excluded: Any, bucket: Bucket, bit: int) -> Any:
    """Whether a clause makes this the surest bucket in which it puts somebody."""
    fits = (people[BY[bucket]] & bit) != 0
    stronger = [people[column] for other, column in BY.items() if LEVEL[other] > LEVEL[bucket]]
    if bucket is Bucket.EXCLUDED:
        # Who is excluded by the record of a deletion is excluded whatever clause brought her in.
        return (excluded & ((_any(people) & bit) != 0)).fill_null(False)
    surer = ibis.or_(ibis.literal(False), *(((column & bit) != 0) for column in stronger))
    return (fits & ~surer & ~excluded).fill_null(False)


def _any(people: Any) -> Any:
    bits = ibis.literal(0, "int64")
    for column in BY.values():
        bits = bits | people[column]
    return bits


def _counts(row: dict[str, Any], of: object) -> dict[Bucket, int]:
    return {bucket: count for bucket in Bucket if (count := int(row.get(f"{bucket}/{of}") or 0))}
