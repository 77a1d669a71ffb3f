"""The lanes of the pace, shared by all workers on one database: the moment from which each is free.

A lane is named by a keyed digest, since a domain may name a person. One that is free and for which nothing waits is as
good as none, and is taken away. The moments are the real clock's, as those of leases.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, delete, select, update

from tocsin.domain.pace import Lane
from tocsin.storage.database import upsert
from tocsin.storage.tables import lane as table
from tocsin.storage.tables import ledger


def hold(connection: Connection, every: Mapping[str, timedelta], clock: datetime) -> dict[str, Lane]:
    """These lanes as they stand, by name; until the transaction ends no other worker moves them."""
    if not every:
        return {}
    # In one order everywhere, so that no two workers wait for each other.
    rows = [{"name": name, "free_at": clock, "queued_until": clock} for name in sorted(every)]
    mine = upsert(connection, table, rows)
    connection.execute(mine.on_conflict_do_update(index_elements=["name"], set_={"free_at": table.c.free_at}))
    found = connection.execute(select(table).where(table.c.name.in_(every)))
    return {row.name: Lane(every[row.name], row.free_at, row.queued_until) for row in found}


def keep(connection: Connection, lanes: Mapping[str, Lane], clock: datetime) -> None:
    """Write held lanes back, and forget those that are free by now."""
    if lanes:
        connection.execute(
            update(table)
            .where(table.c.name == bindparam("which"))
            .values(free_at=bindparam("free"), queued_until=bindparam("queued")),
            [{"which": name, "free": lane.free_at, "queued": lane.queued} for name, lane in lanes.items()],
        )
    connection.execute(delete(table).where(and_(table.c.free_at < clock, table.c.queued_until < clock)))


def put_off(connection: Connection, until: Mapping[int, datetime]) -> None:
    """Let rows of the ledger that were given back wait until then, on the incident's clock."""
    if until:
        connection.execute(
            update(ledger).where(ledger.c.id == bindparam("row")).values(not_before=bindparam("again")),
            [{"row": row, "again": again} for row, again in until.items()],
        )


def count_anew(connection: Connection, clock: datetime) -> None:
    """The clock was set back: what lies ahead of it was counted by the one before."""
    connection.execute(delete(table).where(table.c.free_at > clock))


def queued(connection: Connection, clock: datetime) -> dict[str, datetime]:
    """Until when letters that were put off wait for their turn, by the name of their lane."""
    waits = and_(table.c.queued_until > clock, table.c.queued_until > table.c.free_at)
    found = connection.execute(select(table.c.name, table.c.queued_until).where(waits))
    return {row.name: row.queued_until for row in found}
