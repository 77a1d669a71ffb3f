"""Clauses as marks: which of them fit a row, as bits of one number. Tokens are compared exactly."""

from collections.abc import Collection, Iterable, Mapping
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

#: Up to so many single addresses, testing one after the other is faster than joining.
_FEW = 64
_DOTTED = r"(\d+\.\d+\.\d+\.\d+)"
#: Kinds whose values are compared whole.
_WHOLE = (*PERSONAL, "agents")
_NOTHING = ibis.literal(0, "int64")
_WANTED = "wanted"


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
    whole = {kind: _whole(question.leaves_for(source.name), kind) for kind in _WHOLE}
    log = _with_bits(log, whole)
    log = _with_wanted(log, leaves)
    found = {kind: _stand(log, kind, asked) for kind, asked in whole.items()}
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
    names = (ibis.ifelse(stands, bit, 0) for kind in PERSONAL for bit, stands in found[kind].items())
    log = log.mutate(marks=marks, names=reduce(or_, names, _NOTHING), astride=ibis.or_(*astride))
    return log.mutate(blind=ibis.or_(*blind)) if blind else log


def _fits(log: Any, kind: str, leaf: Leaf, found: Mapping[str, Mapping[int, Any]]) -> Any:
    if kind in _WHOLE:
        fits = found[kind].get(leaf.bit, ibis.literal(False))
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


def pointing(question: Question, source: LogSource) -> dict[str, dict[int, tuple[str, ...]]]:
    """The tokens, sessions and accounts of which a row must bear one to matter, in or out of a window: by kind, the
    values of each clause by its bit. Empty where a row may matter that bears none.
    """
    for leaf in asked_of(question, source):
        kinds = [kind for kind in PERSONAL if kind in leaf.clause.given()]
        if not any(kind not in lacking(leaf, source) for kind in kinds):
            return {}
    if source.switches:
        return {}
    leaves = question.leaves_for(source.name)
    return {kind: values for kind in PERSONAL if (values := _whole(leaves, kind))}


def bearing(log: Any, asked: Mapping[str, dict[int, tuple[str, ...]]]) -> Any:
    """Whether a row bears any of these values, by kind."""
    return ibis.or_(*(_one_of(log, kind, values.values()) for kind, values in asked.items()))


def _whole(leaves: Iterable[Leaf], kind: str) -> dict[int, tuple[str, ...]]:
    """By bit, the values of each clause that are compared whole."""
    found = {}
    for leaf in leaves:
        values: tuple[str, ...] = getattr(leaf.clause, kind)
        whole = tuple(value for value in values if "*" not in value) if kind == "agents" else values
        if whole:
            found[leaf.bit] = whole
    return found


def _one_of(log: Any, kind: str, asked: Collection[tuple[str, ...]]) -> Any:
    """Whether any of the values stands in a row."""
    every = sorted(set().union(*asked))
    listed = ibis.memtable(pa.table({kind: pa.array(every, pa.string())}))[kind]
    return _key(log, kind, asked).isin(listed).fill_null(False)


def _with_bits(log: Any, whole: Mapping[str, Mapping[int, tuple[str, ...]]]) -> Any:
    """The log with the bits of the clauses whose values stand in a row, of kinds that clauses ask about differently: to
    look a value up once costs less than to look for it in each of sixty lists.
    """
    for kind, asked in whole.items():
        if len(set(asked.values())) > 1:
            bits: dict[str, int] = {}
            for bit, values in asked.items():
                bits |= {value: bits.get(value, 0) | bit for value in values}
            log = _beside(log, _key(log, kind, asked.values()), kind, bits)
    return log


def _beside(log: Any, key: Any, name: str, bits: Mapping[str, int]) -> Any:
    """The log with `bits_` and the name: those that the text `key` of a row has, null where it has none."""
    texts = {f"text_{name}": pa.array(bits, pa.string()), f"bits_{name}": pa.array(bits.values(), pa.int64())}
    wanted = ibis.memtable(pa.table(texts))
    return log.left_join(wanted, key == wanted[f"text_{name}"]).drop(f"text_{name}")


def _stand(log: Any, kind: str, asked: Mapping[int, tuple[str, ...]]) -> dict[int, Any]:
    """By bit, whether a value of the clause stands in a row."""
    if f"bits_{kind}" in log.columns:
        return {bit: _has(log, kind, bit) for bit in asked}
    return dict.fromkeys(asked, _one_of(log, kind, asked.values())) if asked else {}


def _has(log: Any, name: str, bit: int) -> Any:
    return (log[f"bits_{name}"].fill_null(0) & bit) != 0


def _key(log: Any, kind: str, asked: Iterable[tuple[str, ...]]) -> Any:
    """The column without white space around its texts. To strip every row would cost more than to read it.

    So only a text that is longer than the shortest value, and that begins or ends with a blank, is stripped.
    """
    column = log[COLUMNS[kind]]
    longer = column.length() > min(len(value) for values in asked for value in values)
    return ibis.ifelse(longer & padded(column), column.strip(), column)


def _with_wanted(log: Any, leaves: Iterable[Leaf]) -> Any:
    """The log with the bits of the clauses that ask about a row's address, of those that ask about many."""
    bits: dict[str, int] = {}
    for leaf in leaves:
        if len(single := _single(leaf)) > _FEW:
            texts = (str(each.network_address) for each in single)
            bits |= {text: bits.get(text, 0) | leaf.bit for text in texts}
    return _beside(log, log.ip.re_extract(_DOTTED, 1), _WANTED, bits) if bits else log


def _single(leaf: Leaf) -> set[IPv4Network]:
    networks = map(network, leaf.clause.ips)
    return {each for each in networks if isinstance(each, IPv4Network) and each.prefixlen == 32}


def _address_fits(log: Any, leaf: Leaf) -> Any:
    """The condition that a row's address may lie in what a clause asks about."""
    networks, single = {network(text) for text in leaf.clause.ips}, _single(leaf)
    if len(single) <= _FEW:
        return may_lie_in(log.ip, networks).fill_null(False)
    blocks = networks - single
    # A v4 address may also stand in the log as v4-mapped hexadecimal, which has no dots to join on.
    hexadecimal = log.ip.lower().contains(":ffff:") & ~log.ip.contains(".")
    # Or behind others in a list, of which a join sees the first: of these all are candidates that are near enough.
    near = {each.supernet(new_prefix=16) for each in single}
    listed = ibis.ifelse(log.ip.contains(","), may_lie_in(log.ip, near), False)
    fits = _has(log, _WANTED, leaf.bit) | hexadecimal.fill_null(False) | listed.fill_null(False)
    return (fits | may_lie_in(log.ip, blocks).fill_null(False)) if blocks else fits


def without_address(log: Any) -> Any:
    """Rows whose address nobody can compare: none, or a text that is no address from beginning to end."""
    return ~is_readable(log.ip)
