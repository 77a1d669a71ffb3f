"""Rows of people who are said to be deleted: where one still stands, it is the proof of the opposite.

A row stands that has a name or an address and of which nobody says that it is deleted: it may never have gone, or she
came back under the same id. A row that is kept with the day of its deletion stood until then. One without name and
address is a tombstone, and contradicts nothing.
"""

from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.timeformats import TimeFormat
from tocsin.sources.flagging import BIT
from tocsin.sources.times import placed

#: 2200-01-01 in microseconds: what stands still, and later than any moment that a row is read as.
STILL = 7_258_118_400_000_000
_DATE = r"^\d{4}-\d\d-\d\d$"


def with_standing(engine: Any, deleted: Any | None, customers: Any | None) -> Any | None:
    """Records of deletions by account with `stood_us`: until when a row stood, `STILL` if one does, null for none."""
    if deleted is None or customers is None:
        return deleted
    rows = customers.semi_join(deleted, customers.id == deleted.account)
    rows = rows.filter(ibis.coalesce(rows.name, rows.emails, rows.email).notnull())
    rows = with_moment(rows, "deleted_at")
    # A day that nobody can read says nothing of her.
    still = ibis.ifelse((rows.flags & BIT["deleted"]) != 0, ibis.null("int64"), STILL)
    rows = rows.mutate(stood=rows.ran_deleted_at.fill_null(still))
    stood = rows.group_by(whose=rows.id).aggregate(stood_us=rows.stood.max())
    both = deleted.drop("stood_us").left_join(stood, deleted.account == stood.whose).drop("whose")
    return engine.create_table(ibis.util.gen_name("standing"), both, temp=True)


def with_moment(rows: Any, name: str) -> Any:
    """Rows with `ran_` and the name: a moment or a date in microseconds, as late as it can be meant in UTC.

    Null where the text is neither.
    """
    text = rows[name]
    rows = rows.mutate(at=ibis.ifelse(text.re_search(_DATE), text + "T23:59:59Z", text))
    return placed(rows, TimeFormat(zone="UTC"), STILL).rename({f"ran_{name}": "at"}).drop("again", "unplaced")
