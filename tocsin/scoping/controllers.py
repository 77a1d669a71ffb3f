"""Whom to tell as controllers: customers for whom we hold data of other people. They decide about those, we do not.

A processor tells its controller without undue delay (GDPR, Art. 33(2)); the controller tells the people. So the result
names our customers whose viewers, clients or staff were touched, each with the kinds of theirs.
"""

from collections.abc import Sequence
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.datamap import DataMap
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.sources import CustomerSource
from tocsin.scoping.levels import LEVEL

_OURS = "customers"
_BEHIND = "end-users-of-customers"


def with_controllers(
    engine: Any, people: Any, customers: Any | None, declared: Sequence[CustomerSource]
) -> Any:
    """People with `controller_known`, whether a source knows that one, and what it says: `controller_name`,
    `controller_email` and `controller_locale`.
    """
    if customers is None or not any(source.fields.controller for source in declared):
        nobody = {"controller_known": ibis.literal(False)}
        nobody |= dict.fromkeys(
            ("controller_name", "controller_email", "controller_locale"), ibis.null("string")
        )
        return people.mutate(**nobody)
    rows = customers.semi_join(people, customers.id == people.controller)
    known = rows.group_by(whose=rows.id).aggregate(
        controller_name=rows.name.min(),
        controller_email=rows.email.min(),
        controller_locale=rows.locale.min(),
    )
    both = people.left_join(known, people.controller == known.whose)
    both = both.mutate(controller_known=both.whose.notnull()).drop("whose")
    return engine.create_table(ibis.util.gen_name("controlled"), both, temp=True)


def counted(engine: Any, people: Any, data_map: DataMap) -> tuple[int, tuple[Gap, ...]]:
    """How many controllers there are, and a gap for the people of whom no source says for whom we hold them, or knows
    that customer.
    """
    told = people.filter(people.level >= LEVEL[Bucket.CANNOT_EXCLUDE])
    told = told.select("id", "kinds", "group", "role", "controller", "controller_known")
    group = told.group.fill_null(_OURS)
    behind = ibis.literal(0, "int64")
    for place, kind in enumerate(data_map.kinds):
        if kind.role == "processor":
            behind = behind | ibis.ifelse(group != kind.group, told.kinds & (1 << place), 0)
    own = told.filter(behind != 0).select(who=told.id)
    named = told.filter(told.controller.notnull())
    everyone = ibis.union(own, named.select(who="controller"), distinct=True)
    held = (group == _BEHIND) | (told.role == "processor").fill_null(False)
    stranger = told.controller.notnull() & ~told.controller_known
    counts = told.aggregate(
        nobodys=(held & told.controller.isnull()).sum(),
        people=stranger.sum(),
        customers=told.controller.nunique(where=stranger),
    ).mutate(count=everyone.count().as_scalar())
    row = engine.to_pyarrow(counts).to_pylist()[0]
    return row["count"], _unknown(row["nobodys"] or 0, row["people"] or 0, row["customers"])


def _unknown(nobodys: int, strangers: int, customers: int) -> tuple[Gap, ...]:
    """The gap of the people held for nobody knows whom (`nobodys`), or for `customers` that no source knows."""
    said = []
    if nobodys:
        said.append(f"of {nobodys} no source says for which (`fields.controller`)")
    if strangers:
        said.append(f"{strangers} are held for {customers} whom no customer source knows")
    detail = f"people whom we hold for customers: {'; '.join(said)}"
    gap = Gap(kind="controllers-unknown", source="customers", count=nobodys + strangers, detail=detail)
    return (gap,) if said else ()
