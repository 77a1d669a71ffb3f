"""Periods of retention beside what was read: what should still have existed, and what should not have any more."""

from datetime import datetime, timedelta
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.datamap import DataKind, DataMap
from tocsin.domain.moments import in_microseconds
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.retained import Retained
from tocsin.scoping.deletions import DAY
from tocsin.scoping.levels import LEVEL
from tocsin.scoping.standing import with_moment

_TOLD = LEVEL[Bucket.CANNOT_EXCLUDE]
#: The column of a person from which a period runs. That of what was recorded at any time is in no row of hers.
_FROM = {"created": "created_at", "closed": "closed_at"}


def with_overdue(engine: Any, people: Any, start: datetime | None, data_map: DataMap) -> Any:
    """People with `overdue`: bits of the kinds of theirs that should no longer have existed when they were read first.

    A day is given to whoever wrote a date without an hour or a zone, so that nothing is called overdue too early.
    Worked out once: all that is counted of people is counted of this table.
    """
    edge = None if start is None else in_microseconds(start)
    seen = people.first_seen if edge is None else people.first_seen.fill_null(edge)
    people = people.mutate(seen=seen)
    periods = {
        place: (days, _FROM[kind.retention.anchor])
        for place, kind in enumerate(data_map.kinds)
        if (days := _days(kind)) is not None and kind.retention.anchor in _FROM
    }
    for name in sorted({name for _, name in periods.values()}):
        people = with_moment(people, name)
    overdue = ibis.literal(0, "int64")
    for place, (days, name) in periods.items():
        ran = people[f"ran_{name}"]
        late = (people.level >= _TOLD) & (ran + (days + 1) * DAY < people.seen)
        overdue = overdue | ibis.ifelse(late.fill_null(False), people.kinds & (1 << place), 0)
    people = people.mutate(overdue=overdue).drop("seen")
    return engine.create_table(ibis.util.gen_name("overdue"), people, temp=True)


def explained(engine: Any, people: Any, start: datetime | None, data_map: DataMap) -> tuple[Retained, ...]:
    """Each kind of the people who are told that has a period, in the order of the map."""
    told = people.filter(people.level >= _TOLD)
    counts = {}
    for place, kind in enumerate(data_map.kinds):
        if _days(kind) is None:
            continue
        has = (told.kinds & (1 << place)) != 0
        column = _FROM.get(kind.retention.anchor)
        counts[f"people_{place}"] = has.sum()
        counts[f"overdue_{place}"] = ((told.overdue & (1 << place)) != 0).sum()
        counts[f"undated_{place}"] = (has & _undated(told, column)).sum()
    if not counts:
        return ()
    row = engine.to_pyarrow(told.aggregate(**counts)).to_pylist()[0]
    return tuple(
        _retained(kind, start, *(row[f"{name}_{place}"] or 0 for name in ("people", "overdue", "undated")))
        for place, kind in enumerate(data_map.kinds)
        if row.get(f"people_{place}")
    )


def _undated(told: Any, column: str | None) -> Any:
    """Of whom it is unknown whether the period runs. Of an account that nobody says is closed it does not."""
    if column is None:
        return ibis.literal(False)
    unknown = told[f"ran_{column}"].isnull()
    return unknown & told[column].notnull() if column == "closed_at" else unknown


def _retained(kind: DataKind, start: datetime | None, people: int, overdue: int, undated: int) -> Retained:
    rule = kind.retention
    days = rule.days or 0
    return Retained(
        kind=kind.id,
        anchor=rule.anchor,
        days=days,
        backup_days=rule.backup_days,
        kept_since=_before(start, days),
        backed_up_since=_before(start, days + rule.backup_days),
        people=people,
        overdue=overdue,
        undated=undated,
    )


def _before(start: datetime | None, days: int) -> str | None:
    return None if start is None else (start - timedelta(days=days)).date().isoformat()


def _days(kind: DataKind) -> int | None:
    """The days after which no copy should be left; None where no number says so."""
    rule = kind.retention
    return None if rule.days is None else rule.days + rule.backup_days
