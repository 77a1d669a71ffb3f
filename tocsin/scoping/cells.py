"""From people to numbers: counts by place and kind, and the cells that the law asks about."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.domain.cells import Cell
from tocsin.domain.datamap import DataKind, DataMap
from tocsin.domain.scope.buckets import TOLD, Bucket
from tocsin.domain.scope.gaps import Gap
from tocsin.scoping.levels import LEVELS

#: What logs say of a person's data. Of who is only on a list they say nothing, so that what people know fills it in.
_DISCLOSURE = {Bucket.CONFIRMED: "confirmed", Bucket.LIKELY: "likely", Bucket.CANNOT_EXCLUDE: "possible"}
#: People who are alike in all this stand in one row of the tally.
_ALIKE = ("level", "place", "basis", "group", "role", "kinds", "acquired")


@dataclass(frozen=True)
class Alike:
    """So many people of one bucket, place, group and role, with the same kinds. `acquired`: an answer had a body."""

    bucket: Bucket
    place: str
    basis: str
    group: str
    role: str
    kinds: tuple[str, ...]
    acquired: bool
    count: int


def kinds_of(bits: int, data_map: DataMap) -> tuple[str, ...]:
    """The ids that these bits stand for, in the order of the data map."""
    return tuple(kind.id for place, kind in enumerate(data_map.kinds) if bits >> place & 1)


def role_of(declared: str | None, group: str, kinds: Sequence[str], data_map: DataMap) -> str:
    """In which role we hold a person's data: as declared, else as the data map says of her kinds, else of her group."""
    own = [kind for kind in data_map.kinds if kind.id in kinds and not _of_others(kind, group)]
    similar = [kind for kind in data_map.kinds if kind.group == group]
    return declared or next((kind.role for kind in (*own, *similar)), "controller")


def of_others(kinds: Sequence[str], group: str, data_map: DataMap) -> tuple[str, ...]:
    """Those of a person's kinds that are about people whom she, not we, knows."""
    return tuple(kind.id for kind in data_map.kinds if kind.id in kinds and _of_others(kind, group))


def _of_others(kind: DataKind, group: str) -> bool:
    """Whether a kind is about people whom our customer, not we, knows: the viewers of her streams."""
    return kind.role == "processor" and kind.group != group


def tally(engine: Any, people: Any, data_map: DataMap) -> tuple[Alike, ...]:
    """How many people are alike, in a fixed order."""
    table = people.group_by(*_ALIKE).aggregate(count=people.count())
    rows = engine.to_pyarrow(table).to_pylist()
    return tuple(sorted((_alike(row, data_map) for row in rows), key=repr))


def _alike(row: dict[str, Any], data_map: DataMap) -> Alike:
    kinds = kinds_of(row["kinds"], data_map)
    group = row["group"] or "customers"
    return Alike(
        bucket=LEVELS[row["level"]],
        place=row["place"],
        basis=row["basis"],
        group=group,
        role=role_of(row["role"], group, kinds, data_map),
        kinds=kinds,
        acquired=row["acquired"],
        count=row["count"],
    )


def counted(rows: Iterable[Alike], by: Callable[[Alike], Iterable[str]]) -> dict[str, int]:
    """How many of the people who are told stand under each name that `by` gives."""
    counts: Counter[str] = Counter()
    for row in rows:
        if row.bucket in TOLD:
            counts.update(dict.fromkeys(by(row), row.count))
    return dict(sorted(counts.items()))


def by_bucket(rows: Iterable[Alike]) -> dict[Bucket, int]:
    """How many people are in each bucket, empty ones included."""
    counts = dict.fromkeys(Bucket, 0)
    for row in rows:
        counts[row.bucket] += row.count
    return counts


@dataclass
class _Heap:
    """What is gathered for one cell."""

    count: int = 0
    acquired: bool = False
    kinds: set[str] = field(default_factory=set)


def cells(rows: Iterable[Alike], data_map: DataMap, method: str) -> tuple[tuple[Cell, ...], tuple[Gap, ...]]:
    """The cells of everybody who is told, and a gap for the people behind our customers, whom nobody has counted."""
    own: defaultdict[tuple[str, str, str, str, Bucket], _Heap] = defaultdict(_Heap)
    others: defaultdict[tuple[str, Bucket], _Heap] = defaultdict(_Heap)
    for row in rows:
        if row.bucket not in TOLD:
            continue
        behind = {
            each.id: each.group
            for each in data_map.kinds
            if each.id in row.kinds and _of_others(each, row.group)
        }
        _heap_up(
            own[row.role, row.place, row.basis, row.group, row.bucket], row, set(row.kinds) - set(behind)
        )
        for group in set(behind.values()):
            _heap_up(others[group, row.bucket], row, {kind for kind in behind if behind[kind] == group})
    found = [
        _cell(
            bucket,
            heap,
            data_map,
            role=role,
            place=place,
            place_basis=basis,
            group=group,
            count=heap.count,
            method=method,
        )
        for (role, place, basis, group, bucket), heap in sorted(own.items())
    ]
    found += [
        _cell(
            bucket, heap, data_map, role="processor", place="unknown", group=group, method="to-be-determined"
        )
        for (group, bucket), heap in sorted(others.items())
    ]
    return tuple(found), tuple(_uncounted(group, heap) for (group, _), heap in sorted(others.items()))


def _heap_up(heap: _Heap, row: Alike, kinds: set[str]) -> None:
    heap.count += row.count
    heap.acquired |= row.acquired
    heap.kinds |= kinds


def _cell(bucket: Bucket, heap: _Heap, data_map: DataMap, **known: Any) -> Cell:
    """A cell; what a valid token opens, encryption at rest did not guard, and who asked has the answer."""
    kinds = tuple(kind.id for kind in data_map.kinds if kind.id in heap.kinds)
    if kinds:
        known |= {"kinds": kinds, "categories": data_map.categories(kinds)}
    if heap.acquired:
        known |= {"protection": "bypassed"}
    return Cell(
        **known, disclosure=_DISCLOSURE.get(bucket), access="acquired" if heap.acquired else "unknown"
    )


def _uncounted(group: str, heap: _Heap) -> Gap:
    detail = f"{group} behind this many of our customers ({', '.join(sorted(heap.kinds))}): ask them how many"
    return Gap(kind="people-not-counted", source="data-map", count=heap.count, detail=detail)
