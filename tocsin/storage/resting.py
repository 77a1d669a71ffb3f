"""Open incidents that rest: nothing is due, and a round of the bell walks along none of them.

A file of laws that somebody edits makes no incident due. So each keeps the packs against which its laws were held
last, and an index finds those that were not held against the ones of today.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, literal, select, union_all, update

from tocsin.domain.moments import END_OF_TIME, iso
from tocsin.storage.tables import Moment, entry, incident


def rests(now: datetime) -> ColumnElement[bool]:
    """That an incident wants nothing by `now`. Not by the index of its wake, in which almost all would be found."""
    return func.coalesce(incident.c.wake_at, literal(END_OF_TIME, Moment)) > now


def held_otherwise(connection: Connection, packs: str, now: datetime, most: int) -> list[str]:
    """Open incidents that rest and are not set apart, and whose laws were not held against `packs`: `most` of them."""
    wanted = (incident.c.open, incident.c.quarantined.is_(None), rests(now))
    held = incident.c.held_against
    # The two ranges of the index beside these packs: what was held against them costs nothing.
    sides = [select(incident.c.key).where(*wanted, side) for side in (held < packs, held > packs)]
    return list(connection.scalars(union_all(*sides).limit(most)))


def hold_against(connection: Connection, keys: Sequence[str], packs: str) -> None:
    """Note that the laws of these incidents were held against `packs`."""
    connection.execute(update(incident).where(incident.c.key.in_(keys)).values(held_against=packs))


def ahead(connection: Connection, now: datetime) -> list[str]:
    """Open incidents whose last entry was written later than now: the clock was set back since."""
    last = (entry.c.incident == incident.c.key) & (entry.c.seq == incident.c.head_seq)
    query = select(incident.c.key).join(entry, last)
    query = query.where(incident.c.open, incident.c.quarantined.is_(None), entry.c.recorded_at > iso(now))
    return list(connection.scalars(query))
