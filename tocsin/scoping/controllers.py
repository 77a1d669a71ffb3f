"""Whom to tell as controllers: customers for whom we hold data of other people. They decide about those, we do not.

A processor tells its controller without undue delay (GDPR, Art. 33(2)); the controller tells the people. So the result
names our customers whose viewers, clients or staff were touched, each with the kinds of theirs.
"""

from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.datamap import DataMap
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.gaps import Gap
from tocsin.scoping.levels import LEVEL

_OURS = "customers"
_BEHIND = "end-users-of-customers"


def counted(engine: Any, people: Any, data_map: DataMap) -> tuple[int, tuple[Gap, ...]]:
    """How many controllers there are, and a gap for the people of whom no source says for whom we hold them."""
    told = people.filter(people.level >= LEVEL[Bucket.CANNOT_EXCLUDE])
    group = told.group.fill_null(_OURS)
    behind = ibis.literal(0, "int64")
    for place, kind in enumerate(data_map.kinds):
        if kind.role == "processor":
            behind = behind | ibis.ifelse(group != kind.group, told.kinds & (1 << place), 0)
    own = told.filter(behind != 0).select(who=told.id)
    named = told.filter(told.controller.notnull()).select(who=told.controller)
    count = int(engine.to_pyarrow(ibis.union(own, named, distinct=True).count()).as_py())
    held = (group == _BEHIND) | (told.role == "processor").fill_null(False)
    nobody = int(engine.to_pyarrow(told.filter(held & told.controller.isnull()).count()).as_py())
    detail = "people whom we hold for customers, and no source says for which (`fields.controller`)"
    gap = Gap(kind="controllers-unknown", source="customers", count=nobody, detail=detail)
    return count, (gap,) if nobody else ()
