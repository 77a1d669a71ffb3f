"""What a clause asks of one row, kind by kind, as conditions that the engine runs."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.moments import in_microseconds
from tocsin.domain.places import ALIASES
from tocsin.domain.scope.clauses import Clause
from tocsin.domain.scope.tree import Leaf
from tocsin.domain.scope.values import codes, ranges, sizes
from tocsin.domain.sources import LogSource
from tocsin.sources.logs import tidied

#: The column of the logs with which each kind is compared.
COLUMNS = {
    "tokens": "token",
    "sessions": "session",
    "accounts": "account",
    "ips": "ip",
    "agents": "agent",
    "endpoints": "endpoint",
    "statuses": "status",
    "bytes": "bytes",
    "countries": "country",
}
#: Kinds that every request has, known or not. Where a row is silent about one, it may well fit: then it cannot be
#: excluded. A row without a token, on the other hand, was made without one.
DOUBTFUL = ("endpoints", "statuses", "bytes", "countries")
#: A country, or a part of one, and the codes that say that nobody knows (CLDR's ZZ, and XX of content networks).
_COUNTRY = r"^[A-Z][A-Z](-[A-Z0-9]{1,3})?$"
_NOWHERE = ("XX", "ZZ")
_BLANK = r"[\t\n\v\f\r ]*"
_TOGETHER = 100


def may_lie_inside(log: Any, since: datetime | None, until: datetime | None) -> Any:
    """Whether a row may lie in the half-open window: one of its moments does, or nobody knows when it was.

    A row that says neither who asked nor for what adds nothing to the gap that it is.
    """
    says = log.account.notnull() | log.endpoint.notnull()
    return _inside(log.at, since, until) | _inside(log.again, since, until) | (log.at.isnull() & says)


def lies_astride(log: Any, since: datetime | None, until: datetime | None) -> Any:
    """Whether a wall clock showed the row's time twice, once inside the window and once outside."""
    first, second = (_inside(moment, since, until) for moment in (log.at, log.again))
    return log.again.notnull() & (first != second)


def _inside(at: Any, since: datetime | None, until: datetime | None) -> Any:
    """Whether a moment lies in the half-open window; never, where it is unknown."""
    lies = at.notnull()
    if since is not None:
        lies &= at >= in_microseconds(since)
    if until is not None:
        lies &= at < in_microseconds(until)
    return lies.fill_null(False)


def like(column: Any, patterns: Iterable[str]) -> Any:
    """Whether a text, blanks around it aside, is like one of the patterns, in which `*` stands for any characters."""
    given = sorted(patterns)
    parts = [given[first : first + _TOGETHER] for first in range(0, len(given), _TOGETHER)]
    texts = ("|".join(".*".join(map(re.escape, each.split("*"))) for each in part) for part in parts)
    return ibis.or_(*(column.re_search(rf"(?s)^{_BLANK}(?:{text}){_BLANK}$") for text in texts))


def number_may_fit(log: Any, kind: str, clause: Clause) -> Any:
    """Whether a status or a size lies in one of the ranges, or is not known."""
    number = tidied(COLUMNS[kind], log[COLUMNS[kind]])
    asked = ranges(getattr(clause, kind), codes if kind == "statuses" else sizes)
    lies = [number >= low if high is None else number.between(low, high) for low, high in asked]
    return ibis.or_(*lies, number.isnull())


def is_denied(log: Any, source: LogSource) -> Any:
    """Whether a row's status is one by which its source says that it denied the request."""
    number = tidied("status", log.status)
    return ibis.or_(*(number.between(low, high) for low, high in ranges(source.denied, codes))).fill_null(
        False
    )


def country_may_fit(column: Any, countries: Iterable[str]) -> Any:
    """Whether a country is one of these, or is not known."""
    meant = set(countries)
    written = sorted(meant | {alias for alias, code in ALIASES.items() if code in meant})
    return column.strip().upper().substr(0, 2).isin(written) | is_nowhere(column)


def is_nowhere(column: Any) -> Any:
    """Whether a row names no country that anybody could compare."""
    code = column.strip().upper()
    return (~code.re_search(_COUNTRY) | code.isin(_NOWHERE)).fill_null(True)


def is_in_doubt(rows: Any, leaf: Leaf) -> Any:
    """Whether a kept row is silent about something that a clause asks about, its moment being one such thing."""
    clause = leaf.clause
    silent = [
        rows.at.isnull(),
        lies_astride(rows, *leaf.window),
    ]
    silent += [
        is_nowhere(rows.country) if kind == "countries" else rows[COLUMNS[kind]].isnull()
        for kind in clause.given()
        if kind in DOUBTFUL
    ]
    if any(" " in pattern for pattern in clause.endpoints):
        silent.append(rows.method.isnull())
    return ibis.or_(*silent)
