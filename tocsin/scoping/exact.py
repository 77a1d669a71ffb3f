"""The marks of kept rows made exact: addresses and woven paths are looked at again, and what is in doubt is named.

The tests of the one pass let too much through rather than too little. Here every "perhaps" becomes a yes or a no, or
stays in doubt, where a row does not say what the question asks about.
"""

from collections.abc import Callable, Iterable
from functools import reduce
from operator import or_
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.scope.clauses import Own
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.tree import Leaf
from tocsin.domain.scope.values import network
from tocsin.scoping.addresses import Blocks
from tocsin.scoping.conditions import is_in_doubt, like
from tocsin.scoping.endpoints import is_one_of, is_woven
from tocsin.scoping.levels import satisfied
from tocsin.scoping.server_paths import with_paths

#: Texts that are held as Python's at a time.
_BATCH = 50_000
_FOUND = pa.schema({"exact_ip": pa.string(), "bits": pa.int64()})


def settled(engine: Any, rows: Any, question: Question) -> Any:
    """Rows that fit beyond "perhaps": `marks` are exact, `sure` are those without doubt, and `set_aside` says that a
    row fits only as the owner's own access, which the question does not count.
    """
    leaves = question.leaves()
    if any(leaf.clause.ips or leaf.clause.endpoints or leaf.clause.sets_aside for leaf in leaves):
        rows = engine.create_table("candidates", rows, temp=True)
    rows = _with_exact_addresses(engine, rows, leaves)
    rows = _with_exact_endpoints(engine, rows, leaves)
    tree = question.tree()
    rows = rows.filter(satisfied(tree, rows.marks))
    rows, owned = _with_owned(engine, rows, leaves)
    others = _without(rows.marks, owned)
    rows = rows.mutate(set_aside=~satisfied(tree, others) if owned else ibis.literal(False), marks=others)
    doubts = {leaf.bit: is_in_doubt(rows, leaf) for leaf in leaves}
    return rows.mutate(sure=_without(rows.marks, doubts))


def _without(marks: Any, taken: dict[int, Any]) -> Any:
    """Marks without the bits whose condition holds."""
    return marks - (marks & _together(taken))


def _together(fits: dict[int, Any]) -> Any:
    """The bits whose condition holds."""
    parts = (ibis.ifelse(holds, ibis.literal(bit, "int64"), 0) for bit, holds in fits.items())
    return reduce(or_, parts, ibis.literal(0, "int64"))


def _with_exact_addresses(engine: Any, rows: Any, leaves: Iterable[Leaf]) -> Any:
    asked = {leaf.bit: Blocks(map(network, leaf.clause.ips)) for leaf in leaves if leaf.clause.ips}
    if not asked:
        return rows
    perhaps = rows.filter((rows.marks & sum(asked)) != 0)
    rows = _with_bits(engine, rows, perhaps, lambda ip: _bits(asked, lambda each: each.hold(ip)))
    wrong = {bit: (rows.bits & bit) == 0 for bit in asked}
    return rows.mutate(marks=_without(rows.marks, wrong)).drop("bits")


def _with_exact_endpoints(engine: Any, rows: Any, leaves: Iterable[Leaf]) -> Any:
    """A row without an endpoint stays in doubt, and of a path that is plainly written the first test was exact."""
    asked = {leaf.bit: leaf.clause.endpoints for leaf in leaves if leaf.clause.endpoints}
    if not asked:
        return rows
    woven = rows.filter(((rows.marks & sum(asked)) != 0) & is_woven(rows.endpoint))
    lines = with_paths(woven.select("method", "endpoint").distinct())
    fits = {bit: is_one_of(lines.method, lines.path, patterns) for bit, patterns in asked.items()}
    lines = lines.mutate(bits=_together(fits))
    lines = lines.group_by(called="method", written="endpoint").aggregate(bits=lines.bits.bit_or())
    lines = engine.create_table(ibis.util.gen_name("lines"), lines, temp=True)
    same = (rows.method.identical_to(lines.called), rows.endpoint == lines.written)
    rows = rows.left_join(lines, same).drop("called", "written")
    wrong = {bit: is_woven(rows.endpoint) & ((rows.bits & bit) == 0).fill_null(True) for bit in asked}
    return rows.mutate(marks=_without(rows.marks, wrong)).drop("bits")


def _with_owned(engine: Any, rows: Any, leaves: Iterable[Leaf]) -> tuple[Any, dict[int, Any]]:
    """By bit of a clause that sets the owner's own access aside: whether a row is that."""
    aside = {leaf.bit: own for leaf in leaves if (own := leaf.clause.sets_aside) is not None}
    blocks = {bit: Blocks(map(network, own.ips)) for bit, own in aside.items() if own.ips}
    if blocks:
        held = rows.filter((rows.marks & sum(blocks)) != 0)
        rows = _with_bits(engine, rows, held, lambda ip: _bits(blocks, lambda each: each.hold_all(ip)))
        rows = rows.rename(own_bits="bits")
    return rows, {bit: _is_own(rows, bit, own) for bit, own in aside.items()}


def _is_own(rows: Any, bit: int, own: Own) -> Any:
    signs = [(rows.own_bits & bit) != 0] if own.ips else []
    if own.agents:
        signs.append(like(rows.agent, own.agents))
    return ibis.and_(*signs).fill_null(False)


def _bits(asked: dict[int, Any], fits: Callable[[Any], bool]) -> int:
    return sum(bit for bit, what in asked.items() if fits(what))


def _with_bits(engine: Any, rows: Any, some: Any, bits_of: Callable[[str], int]) -> Any:
    """Rows with `bits`, found once for each distinct address of `some` of them; 0 elsewhere."""
    batches = engine.to_pyarrow(some.filter(some.ip.notnull()).select("ip").distinct()).to_batches(_BATCH)
    found = ibis.memtable(
        pa.Table.from_batches([_looked_up(each["ip"], bits_of) for each in batches], _FOUND)
    )
    rows = rows.left_join(found, rows.ip == found.exact_ip).drop("exact_ip")
    return rows.mutate(bits=rows.bits.fill_null(0))


def _looked_up(texts: Any, bits_of: Callable[[str], int]) -> Any:
    """The addresses to which any bits belong, and these."""
    found = {text: bits for text in texts.to_pylist() if (bits := bits_of(text))}
    return pa.record_batch(
        [pa.array(found.keys(), pa.string()), pa.array(found.values(), pa.int64())], schema=_FOUND
    )
