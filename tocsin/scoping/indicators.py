"""Clauses as marks: which of them fit a row, as bits of one number. Tokens are compared exactly."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from ipaddress import IPv4Network
from operator import or_
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.scope.clauses import PERSONAL
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.tree import Leaf, holds
from tocsin.domain.scope.values import network
from tocsin.domain.sources import LogSource
from tocsin.scoping.addresses import is_readable, may_lie_in
from tocsin.scoping.conditions import (
    COLUMNS,
    DOUBTFUL,
    country_may_fit,
    lies_astride,
    like,
    may_lie_inside,
    number_may_fit,
)
from tocsin.scoping.endpoints import may_be
from tocsin.sources.texts import padded

#: Up to so many single addresses, testing one after the other is faster than looking them up.
_FEW = 64
_DOTTED = r"(\d+\.\d+\.\d+\.\d+)"
#: Kinds whose values are compared whole.
_WHOLE = (*PERSONAL, "agents")
_NOTHING = ibis.literal(0, "int64")


@dataclass(frozen=True)
class _Found:
    """Whether one of the values of a kind stands in a row: any of them, and by bit those of each clause."""

    any: Any
    of: dict[int, Any]


def asked_of(question: Question, source: LogSource) -> tuple[Leaf, ...]:
    """The clauses that this source can answer, if only with "perhaps".

    A source that lacks a column of which every request has a value cannot deny it, so its rows may fit. But where that
    alone would make every row fit, nothing is left of the question: then the missing column is only a gap.
    """
    known = [
        leaf
        for leaf in question.leaves_for(source.name)
        if all(kind in DOUBTFUL for kind in lacking(leaf, source))
    ]
    blank = [leaf for leaf in known if lacking(leaf, source) == leaf.clause.given()]
    if blank and holds(question.tree(), sum(leaf.bit for leaf in blank)):
        return tuple(leaf for leaf in known if leaf not in blank)
    return tuple(known)


def lacking(leaf: Leaf, source: LogSource) -> tuple[str, ...]:
    """The kinds that a clause asks about and for which the source has no column."""
    return tuple(kind for kind in leaf.clause.given() if getattr(source.fields, COLUMNS[kind]) is None)


def marked(log: Any, question: Question, source: LogSource) -> Any:
    """The log with `marks`, the bits of the clauses that fit within their windows; with `names`, the bits of those of
    which a token, session or account stands in the row, whenever that was; with `astride`, whether a clause fits at
    only one of two moments; and, where addresses are asked for, with `blind`, whether a clause would fit if only the
    row's address could be read.

    Addresses and endpoints mean "perhaps" here, until `exact` has looked; so does what the row is silent about.
    """
    leaves = asked_of(question, source)
    # Whom a token names is named also by a source that cannot answer the rest of the clause.
    found = _found(log, question.leaves_for(source.name))
    near = {leaf.bit: _address_fits(log, leaf) for leaf in leaves if leaf.clause.ips}
    marks, blind, astride = _NOTHING, [], [ibis.literal(False)]
    for leaf in leaves:
        fits = may_lie_inside(log, *leaf.window)
        for kind in leaf.clause.given():
            if kind != "ips" and kind not in lacking(leaf, source):
                fits &= _fits(log, kind, leaf, found)
        if leaf.clause.ips:
            blind.append(fits & without_address(log))
            fits &= near[leaf.bit]
        astride.append(fits & lies_astride(log, *leaf.window))
        marks += ibis.ifelse(fits, leaf.bit, 0)
    named = (found[kind].of.items() for kind in PERSONAL if kind in found)
    names = (ibis.ifelse(stands, bit, 0) for each in named for bit, stands in each)
    log = log.mutate(marks=marks, names=reduce(or_, names, _NOTHING), astride=ibis.or_(*astride))
    return log.mutate(blind=ibis.or_(*blind)) if blind else log


def _fits(log: Any, kind: str, leaf: Leaf, found: dict[str, _Found]) -> Any:
    if kind in _WHOLE:
        whole = found[kind].of if kind in found else {}
        fits = whole.get(leaf.bit, ibis.literal(False))
    if kind == "agents":
        patterns = [value for value in leaf.clause.agents if "*" in value]
        fits = fits | like(log.agent, patterns) if patterns else fits
    if kind == "endpoints":
        fits = may_be(log.method, log.endpoint, leaf.clause.endpoints)
        fits |= log.endpoint.strip().nullif("").isnull()
    if kind == "countries":
        fits = country_may_fit(log.country, leaf.clause.countries)
    if kind in ("statuses", "bytes"):
        fits = number_may_fit(log, kind, leaf.clause)
    return fits.fill_null(False)


def pointing(log: Any, question: Question, source: LogSource) -> Any | None:
    """Whether a row bears any token, session or account that was asked about, in or out of a window.

    None where a row may matter that bears none.
    """
    for leaf in asked_of(question, source):
        kinds = [kind for kind in PERSONAL if kind in leaf.clause.given()]
        if not any(kind not in lacking(leaf, source) for kind in kinds):
            return None
    if source.switches:
        return None
    found = _found(log, question.leaves_for(source.name))
    return ibis.or_(*(found[kind].any for kind in PERSONAL if kind in found)) if found else None


def _found(log: Any, leaves: tuple[Leaf, ...]) -> dict[str, _Found]:
    """By kind, whether what was asked about stands in a row."""
    found = {}
    for kind in _WHOLE:
        asked = {leaf.bit: values for leaf in leaves if (values := _whole(leaf, kind))}
        if asked:
            key, alike = _key(log, kind, asked.values()), dict[tuple[str, ...], Any]()
            for values in asked.values():
                alike.setdefault(values, key.isin(_listed(kind, values)).fill_null(False))
            of = {bit: alike[values] for bit, values in asked.items()}
            found[kind] = _Found(ibis.or_(*alike.values()), of)
    return found


def _listed(kind: str, values: tuple[str, ...]) -> Any:
    return ibis.memtable(pa.table({kind: pa.array(values, pa.string())}))[kind]


def _whole(leaf: Leaf, kind: str) -> tuple[str, ...]:
    values: tuple[str, ...] = getattr(leaf.clause, kind)
    return tuple(value for value in values if "*" not in value) if kind == "agents" else values


def _key(log: Any, kind: str, asked: Iterable[tuple[str, ...]]) -> Any:
    """The column without white space around its texts. To strip every row would cost more than to read it.

    So only a text that is longer than the shortest value, and that begins or ends with a blank, is stripped.
    """
    column = log[COLUMNS[kind]]
    longer = column.length() > min(len(value) for values in asked for value in values)
    return ibis.ifelse(longer & padded(column), column.strip(), column)


def _address_fits(log: Any, leaf: Leaf) -> Any:
    """Whether a row's address may lie in what the clause asks about."""
    networks = {network(text) for text in leaf.clause.ips}
    single = {each for each in networks if isinstance(each, IPv4Network) and each.prefixlen == 32}
    if len(single) <= _FEW:
        return may_lie_in(log.ip, networks).fill_null(False)
    dotted = _listed("ips", tuple(str(each.network_address) for each in single))
    one = log.ip.re_extract(_DOTTED, 1).isin(dotted)
    blocks = networks - single
    # A v4 address may also stand in the log as v4-mapped hexadecimal, which has no dots to compare.
    hexadecimal = log.ip.lower().contains(":ffff:") & ~log.ip.contains(".")
    # Or behind others in a list, of which the first alone was compared: all are candidates that are near enough.
    near = {each.supernet(new_prefix=16) for each in single}
    listed = ibis.ifelse(log.ip.contains(","), may_lie_in(log.ip, near), False)
    fits = one.fill_null(False) | hexadecimal.fill_null(False) | listed.fill_null(False)
    return (fits | may_lie_in(log.ip, blocks).fill_null(False)) if blocks else fits


def without_address(log: Any) -> Any:
    """Rows whose address nobody can compare: none, or a text that is no address from beginning to end."""
    return ~is_readable(log.ip)
