"""Clauses, and ways beside them, with how many people each brought in; and the reasons of each person."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from tocsin.domain.moments import from_microseconds
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.result import InputFile
from tocsin.domain.scope.why import Ground, LogRow, Way, Why, kinds_of
from tocsin.scoping.levels import LEVEL, LEVELS
from tocsin.scoping.roll import Roll
from tocsin.scoping.why import BY, WAY, in_order, row_at, ways_of
from tocsin.sources.files import File


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
        """The reasons in a row of the table of people, flattened."""
        accounts = tuple(dict.fromkeys(row["through"].split("\n"))) if row["through"] else ()
        return Why(
            ways=ways_of(row["ways"]),
            clauses=_clauses(row["level"], *(row[column] for column in BY.values())),
            tables=self._tables(row["lay_open"]) if row["lay_open"] else (),
            accounts=() if accounts == (row["id"],) else accounts,
            first=self._row(row["first.when"], row["first.row"]),
            last=self._row(row["last.when"], row["last.row"]),
        )

    def _tables(self, bits: int) -> tuple[str, ...]:
        return tuple(table for place, table in enumerate(self.tables) if bits >> place & 1)

    def _row(self, when: int | None, row: int | None) -> LogRow | None:
        found = row_at(when, row)
        if found is None:
            return None
        file, line, at = found
        return LogRow(self.inputs[file], line, None if at is None else from_microseconds(at))


# Millions of people are in for a few sets of reasons.
@lru_cache(4096)
def _clauses(level: int, *of: int) -> tuple[tuple[int, Bucket], ...]:
    """The clauses of a person in order, each with the surest bucket of hers that it is a reason of; `of` as `BY`."""
    found: dict[int, Bucket] = {}
    excluded = LEVELS[level] is Bucket.EXCLUDED
    for bucket, bits in zip(BY, of, strict=True):
        while bits:
            least = bits & -bits
            found.setdefault(least.bit_length(), Bucket.EXCLUDED if excluded else bucket)
            bits -= least
    return tuple(sorted(found.items()))


def counted(roll: Roll, question: Question) -> tuple[Ground, ...]:
    """How many people of the roll each clause brought in, and each way that needs none: all of them, told or not."""
    leaves = question.leaves()
    asked = {Way.OPEN: question.exposed, Way.LISTED: question.people}
    ways = [way for way, given in asked.items() if given]
    by_clause, by_way = [Counter[int]() for _ in leaves], {way: Counter[int]() for way in ways}
    for people in roll.parts():
        for leaf, counts in zip(leaves, by_clause, strict=True):
            counts.update(_counts(_surest(people, leaf.bit)))
        for way, counts in by_way.items():
            counts.update(_counts(people["level"].filter(_has(people["ways"], WAY[way]))))
    return (
        *(
            Ground(
                clause=number, name=leaf.clause.name, kinds=kinds_of(leaf.clause), buckets=_by_bucket(counts)
            )
            for number, (leaf, counts) in enumerate(zip(leaves, by_clause, strict=True), 1)
        ),
        *(Ground(way=way, buckets=_by_bucket(counts)) for way, counts in by_way.items()),
    )


def _surest(people: pa.Table, bit: int) -> Any:
    """By person the level of the surest bucket in which a clause puts her; null where it does not."""
    found = pa.nulls(len(people), pa.int8())
    for bucket in reversed(BY):
        found = pc.if_else(_has(people[BY[bucket]], bit), pa.scalar(LEVEL[bucket], pa.int8()), found)
    # Who is excluded by the record of a deletion is excluded whatever clause brought her in.
    return pc.if_else(pc.is_valid(found), pc.min_element_wise(found, _ceiling(people)), found)


def _ceiling(people: pa.Table) -> Any:
    excluded = pa.scalar(LEVEL[Bucket.EXCLUDED], pa.int8())
    return pc.if_else(
        pc.equal(people["level"], excluded), excluded, pa.scalar(max(LEVEL.values()), pa.int8())
    )


def _has(bits: Any, bit: int) -> Any:
    return pc.not_equal(pc.bit_wise_and(bits, pa.scalar(bit, bits.type)), 0)


def _counts(levels: Any) -> dict[int, int]:
    return {each["values"]: each["counts"] for each in pc.value_counts(levels).to_pylist()}


def _by_bucket(counts: Counter[int]) -> dict[Bucket, int]:
    return {bucket: count for bucket in Bucket if (count := counts[LEVEL[bucket]])}
