"""What should still have existed when data were read, by the periods of the data map. It excludes nobody."""

from tocsin.domain.datamap import Anchor
from tocsin.domain.records import Record


class Retained(Record):
    """One kind of data among the people who are told.

    What began to run (`anchor`) before `kept_since` should have been deleted from the systems, and before
    `backed_up_since` from the backups too. `overdue` people's data should no longer have existed when they were read
    first: that is no reason not to tell them, and a finding of its own. Of `undated` nobody knows when it began.
    """

    kind: str
    anchor: Anchor
    days: int
    backup_days: int
    #: Dates, in UTC; None where it is open when the data were read first.
    kept_since: str | None
    backed_up_since: str | None
    people: int
    overdue: int
    undated: int
