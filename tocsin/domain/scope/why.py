"""Why a person stands in an answer: by which clauses and in which ways, and the first and the last row that says so."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from pydantic import Field

from tocsin.domain.moments import iso
from tocsin.domain.records import Record
from tocsin.domain.scope.buckets import TOLD, Bucket
from tocsin.domain.scope.clauses import Clause


class Way(StrEnum):
    """What leads from a question to a person."""

    OWN = "own-requests"
    NAMED = "named-by-requests"
    WHOLE = "shown-with-a-table"
    OPEN = "in-an-exposed-table"
    LISTED = "listed"
    POINTED = "pointed-at"
    ASKED = "asked-about"
    ASKED_OTHERS = "asked-for-others"


#: What a kind is called, one and several.
_CALLED = {
    "tokens": ("token", "tokens"),
    "sessions": ("session", "sessions"),
    "accounts": ("account", "accounts"),
    "ips": ("address or block", "addresses or blocks"),
    "agents": ("user agent", "user agents"),
    "endpoints": ("endpoint", "endpoints"),
    "statuses": ("status", "statuses"),
    "bytes": ("size", "sizes"),
    "countries": ("country", "countries"),
}


@dataclass(frozen=True)
class LogRow:
    """A row of a log: the place of its file among the inputs of the scope, from 0; its line, or row of Parquet, from 1.

    None is a line that its reader does not number, and a moment that nobody can place.
    """

    file: int
    line: int | None
    at: datetime | None


@dataclass(frozen=True)
class Why:
    """What brought one person in. Personal data: only ever stored encrypted.

    `clauses` are numbers of clauses, from 1 in the question's order, each with how sure its requests make us of her.
    """

    ways: tuple[Way, ...] = ()
    clauses: tuple[tuple[int, Bucket], ...] = ()
    #: The exposed tables in which she may be.
    tables: tuple[str, ...] = ()
    #: Her accounts that were hit, where it was another than the one by which she is known.
    accounts: tuple[str, ...] = ()
    #: By (moment, name of the file, line): of the requests that were read, else of those that were denied, else of the
    #: rows that point at her.
    first: LogRow | None = None
    last: LogRow | None = None


class Ground(Record):
    """A clause, or a way that needs none, and how many people it brought in, by how sure it makes us of them."""

    #: Its number, from 1 in the question's order; None for a way.
    clause: int | None = None
    name: str | None = None
    #: How many indicators of each kind it asks about.
    kinds: dict[str, int] = Field(default_factory=dict)
    way: Way | None = None
    buckets: dict[Bucket, int]

    @property
    def told(self) -> int:
        """How many of them are owed a letter by what this revision found."""
        return sum(self.buckets.get(bucket, 0) for bucket in TOLD)


def labels(grounds: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """By number what a clause is called: its name, else what it asks about, without any indicator of its own.

    Two of one name are told apart by their numbers.
    """
    clauses = [each for each in grounds if each.get("clause")]
    named = Counter(each.get("name") for each in clauses)
    return {each["clause"]: _label(each, alone=named[each.get("name")] == 1) for each in clauses}


def _label(clause: Mapping[str, Any], *, alone: bool) -> str:
    number, name = clause["clause"], clause.get("name")
    if name:
        return str(name) if alone else f"{name} (clause {number})"
    asked = " and ".join(f"{count:,} {_CALLED[kind][count > 1]}" for kind, count in clause["kinds"].items())
    return f"clause {number}: {asked}"


def kinds_of(clause: Clause) -> dict[str, int]:
    """How many indicators of each kind a clause asks about."""
    return {kind: len(getattr(clause, kind)) for kind in clause.given()}


def why_line(hidden: str, why: Why, files: Sequence[str]) -> str:
    """A person's line of the digest of reasons, under her pseudonym; `files` are the SHA-256 of the inputs."""
    rows = (_row(row, files) for row in (why.first, why.last))
    return f"{hidden} {_reasons(why.ways, why.clauses)} {' '.join(rows)}"


# Millions of people are in for a few sets of reasons.
@lru_cache(4096)
def _reasons(ways: tuple[Way, ...], clauses: tuple[tuple[int, Bucket], ...]) -> str:
    said = (",".join(ways), ",".join(f"{number}:{bucket}" for number, bucket in clauses))
    return " ".join(word or "-" for word in said)


def _row(row: LogRow | None, files: Sequence[str]) -> str:
    return f"{files[row.file]}/{row.line or '-'}@{iso(row.at) if row.at else '-'}" if row else "-"
