"""The census: everybody whom findings point at, with all that our lists say of her, on a roll and counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from tocsin.domain.datamap import DataMap
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.retained import Retained
from tocsin.domain.sources import CustomerSource, Sources
from tocsin.scoping import cells, controllers
from tocsin.scoping.deletions import Deletions, proven, read_deletions, with_deleted
from tocsin.scoping.guardians import with_guardians
from tocsin.scoping.known import read_customers
from tocsin.scoping.people import Findings, people
from tocsin.scoping.reading import Desk, Reading
from tocsin.scoping.retention import explained, with_overdue
from tocsin.scoping.roll import Roll
from tocsin.scoping.standing import with_standing
from tocsin.scoping.subjects import bits_of
from tocsin.scoping.suppressions import read_suppressions, with_suppressed


@dataclass(frozen=True)
class Known:
    """Whom the sources know, as they were declared, and what lists say of them. `majority` is the age, by place."""

    customers: Any | None
    declared: Sequence[CustomerSource]
    deleted: Deletions
    suppressed: Any | None
    majority: Mapping[str, int]

    @classmethod
    def to(cls, sources: Sources, desk: Desk, reading: Reading) -> "Known":
        """Read every customer source and list, with its gaps noted in `reading`."""
        reads, backend, over = desk.crew.engine, desk.engines.counts, desk.engines.over
        customers = read_customers(reads, sources.customers, desk, reading)
        deleted = read_deletions(reads, sources.deletions, desk, reading)
        suppressed = read_suppressions(reads, sources.suppressions, desk, reading)
        customers = over(customers)
        deleted = replace(deleted, table=with_standing(backend, over(deleted.table), customers))
        customers = with_deleted(customers, deleted.table)
        return cls(customers, sources.customers, deleted, over(suppressed), sources.majority)


@dataclass(frozen=True)
class Census:
    """The people and the accounts that nobody owns, each on a roll in order of ids; what is counted of the people; and
    what stays open of them.
    """

    roll: Roll
    strangers: Roll
    alike: tuple[cells.Alike, ...]
    retained: tuple[Retained, ...]
    controllers: int
    gaps: tuple[Gap, ...]


def census(
    desk: Desk,
    found: Findings,
    known: Known,
    data_map: DataMap,
    *,
    start: datetime | None,
    today: date,
    hidden: bool,
) -> Census:
    """Count the people. `start` is the first moment that is asked about, None where that is open. With `hidden`, a
    request may hide in a gap: then nobody without any is excluded.
    """
    backend = desk.engines.counts
    customers = known.customers, known.declared
    met = people(backend, found, *customers, hidden=hidden)
    openers = bits_of(data_map.openers, data_map)
    table = with_guardians(backend, met.known, *customers, known.majority, today, openers)
    table, contradicted = proven(backend, table, known.deleted, start, data_map)
    table = with_overdue(backend, table, start, data_map)
    table = with_suppressed(backend, table, known.suppressed)
    table = controllers.with_controllers(backend, table, *customers)
    to_tell, nameless = controllers.counted(backend, table, data_map)
    return Census(
        roll=Roll.of(backend, table.order_by("id"), desk.folder),
        strangers=Roll.of(backend, met.strangers.order_by("id"), desk.folder),
        alike=cells.tally(backend, table, data_map),
        retained=explained(backend, table, start, data_map),
        controllers=to_tell,
        gaps=(*met.gaps, *contradicted, *nameless),
    )
