"""Everybody in a table: where a request shows a whole table, and where one lay open without any log.

A customer source is the table that it is read from, and every other that it is declared to list (`tables`). Whose rows
a table holds that no source lists, nobody knows: then everybody may be in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.answers import nearest
from tocsin.domain.datamap import DataKind, DataMap
from tocsin.domain.errors import Refused
from tocsin.domain.lists import DeletionSource
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.exposed import Exposed
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.why import Way
from tocsin.domain.sources import CustomerSource
from tocsin.scoping.levels import LEVEL
from tocsin.scoping.why import WAY

_OPEN = LEVEL[Bucket.CANNOT_EXCLUDE]


def refuse_unknown_tables(exposed: Exposed | None, data_map: DataMap) -> None:
    """Refused where the data map does not say what an exposed table holds."""
    known = sorted({table for kind in data_map.kinds for table in kind.tables})
    for table in exposed.tables if exposed else ():
        if table not in known:
            raise Refused(f"the data map knows no table {table!r}{nearest(table, known)}")


@dataclass(frozen=True)
class Holders:
    """Who may be in which table: `id`, `of_rule` (kinds whose tables she may be in), `exposed` (that lay open).

    `lay_open` are the exposed tables themselves that she may be in, as bits in their order.
    """

    table: Any
    #: Exposed tables that no customer source lists.
    unlisted: tuple[str, ...]


def holders(
    engine: Any,
    customers: Any,
    declared: Sequence[CustomerSource],
    data_map: DataMap,
    exposed: Exposed | None,
) -> Holders:
    """Everybody whom a customer source knows, beside the kinds that her rows may be of."""
    lists = {source.name: set(source.lists) for source in declared}
    listed = set().union(*lists.values())
    open_tables = set(exposed.tables if exposed else ())

    def bits(source: str, tables: Callable[[DataKind], set[str]]) -> int:
        found = 0
        for place, kind in enumerate(data_map.kinds):
            # People who are only in a list of the deleted may have been in any table.
            if any(
                source not in lists or table in lists[source] or table not in listed for table in tables(kind)
            ):
                found |= 1 << place
        return found

    def open_to(source: str) -> int:
        return sum(
            1 << place
            for place, table in enumerate(sorted(open_tables))
            if source not in lists or table in lists[source] or table not in listed
        )

    # A kind without tables is somewhere: anybody may be in it.
    anywhere = {"\0nowhere"}
    names = [row["source"] for row in engine.to_pyarrow(customers.select("source").distinct()).to_pylist()]
    masks = pa.table(
        {
            "held_by": pa.array(names, pa.string()),
            "of_rule": pa.array(
                [bits(name, lambda kind: set(kind.tables) or anywhere) for name in names], pa.int64()
            ),
            "exposed": pa.array(
                [bits(name, lambda kind: set(kind.tables) & open_tables) for name in names], pa.int64()
            ),
            "lay_open": pa.array([open_to(name) for name in names], pa.int64()),
        }
    )
    mask = ibis.memtable(masks)
    rows = customers.inner_join(mask, customers.source == mask.held_by)
    people = rows.group_by("id").aggregate(
        **{name: rows[name].bit_or() for name in ("of_rule", "exposed", "lay_open")}
    )
    table = engine.create_table(ibis.util.gen_name("holders"), people, temp=True)
    return Holders(table, tuple(sorted(open_tables - listed)))


def shown_to_all(requests: Any, held: Any) -> Any:
    """The requests that showed whole tables, once for each set of tables that people are in (`account`, a number).

    As sure as the request where the map says `as-asked`; else whoever is in the table cannot be excluded.
    """
    whole = requests.filter((requests.of_all | requests.of_all_as_asked) != 0)
    whole = whole.mutate(ways=ibis.literal(WAY[Way.WHOLE], "int16"))
    sets = held.select("of_rule").distinct()
    rows = whole.rename(asked_by="account").cross_join(sets)
    rows = rows.mutate(account=rows.of_rule.cast("string"), sure=rows.of_all_as_asked & rows.of_rule)
    rows = rows.mutate(unsure=(rows.of_all & rows.of_rule) - (rows.of_all & rows.sure))
    sure = rows.filter(rows.sure != 0)
    sure = sure.mutate(kinds=sure.sure, weight=ibis.literal(1, "int8"))
    unsure = rows.filter(rows.unsure != 0)
    unsure = unsure.mutate(
        kinds=unsure.unsure,
        level=ibis.least(unsure.level, ibis.literal(_OPEN, unsure.level.type())),
        weight=ibis.ifelse(unsure.sure == 0, 1, 0).cast("int8"),
    )
    return ibis.union(sure, unsure.select(*sure.columns))


def weighed(shown: Any, held: Any) -> Any:
    """What requests showed of single people, weighing nothing where a request also showed a table that she is in.

    Such a request is counted with the table, and no request counts twice for one person.
    """
    mine = held.select(known_as=held.id, in_tables=held.of_rule)
    rows = shown.left_join(mine, shown.account == mine.known_as)
    twice = ((rows.of_all | rows.of_all_as_asked) & rows.in_tables.fill_null(0)) != 0
    return rows.mutate(weight=ibis.ifelse(twice, 0, rows.weight).cast("int8")).drop("known_as", "in_tables")


def deleted_since(exposed: Exposed | None, deletions: Sequence[DeletionSource]) -> tuple[Gap, ...]:
    """That who was deleted since tables lay open is in none of them as they are read now, and on no list either."""
    if exposed is None or deletions:
        return ()
    names, count = ", ".join(sorted(exposed.tables)), len(exposed.tables)
    detail = f"who was deleted since {names} lay open is not counted; declare `deletions` in sources.yaml"
    return (Gap(kind="deleted-since-exposure", source="customers", count=count, detail=detail),)


def unlisted(tables: Sequence[str]) -> tuple[Gap, ...]:
    """That exposed tables may hold people whom no customer source knows."""
    if not tables:
        return ()
    names = ", ".join(tables)
    detail = (
        f"no customer source lists the people of {names}: all whom we know are in, and nobody else is counted"
    )
    return (Gap(kind="people-not-counted", source="data-map", count=len(tables), detail=detail),)
