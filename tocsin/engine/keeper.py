"""What a sender has in hand: one trip to the ledger records how letters ended, gives back others, and takes the next.

No letter leaves during a trip. Both at once took longer on either database: each waits for the other's turn at the
interpreter, and finds its own things gone from the processor's cache. A crash leaves in doubt no more than what was in
hand, which is never more than the batch that is set.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from tocsin.engine.course import Course
from tocsin.engine.handful import Handful
from tocsin.engine.pacing import Pace
from tocsin.storage import ledger
from tocsin.storage.database import patiently
from tocsin.storage.jobs import LeaseLost
from tocsin.storage.ledger import Settled


@dataclass(frozen=True)
class Ended:
    """How letters ended, and rows that were taken and not tried."""

    results: Sequence[Settled] = ()
    left: Sequence[Any] = ()

    @property
    def rows(self) -> set[int]:
        """The ids of all of them."""
        return {result.row for result in self.results} | {row.id for row in self.left}


NOTHING = Ended()


@dataclass(frozen=True)
class Taken:
    """Rows that are ours, and until when (real clock)."""

    rows: Sequence[Any]
    until: datetime

    @property
    def doubted(self) -> bool:
        """Whether some of them may have left before."""
        return any(row.doubtful or row.state != "pending" for row in self.rows)


@dataclass
class Keeper:
    """The ledger, as one run of a sending goes to it."""

    course: Course
    pace: Pace
    handful: Handful = field(init=False)

    def __post_init__(self) -> None:
        #: The rows that we know to be ours.
        self._hands: set[int] = set()
        settings = self.course.job.app.settings
        self.handful = Handful(settings.ledger.batch, settings.mail.connections)

    async def trip(self, ended: Ended = NOTHING, *, again: bool = False) -> Taken | None:
        """Record what has ended, and take the next rows; None where none is to be had, or where we are to stop.

        Where it is done `again`, nothing is recorded twice. Raises LeaseLost once everything is recorded.
        """
        return await asyncio.to_thread(self._trip, ended, again=again)

    def _trip(self, ended: Ended, *, again: bool = False) -> Taken | None:
        course, app = self.course, self.course.job.app
        stop = course.job.stop if ended == NOTHING else lambda: False
        taken, lost = patiently(app.database, lambda more: self._exchange(ended, again or more), stop)
        self._hands -= ended.rows
        self._hands |= {row.id for row in taken.rows} if taken else set()
        course.tried += len(ended.results)
        if lost is not None:
            raise lost
        return taken

    def _exchange(self, ended: Ended, again: bool) -> tuple[Taken | None, LeaseLost | None]:
        """One transaction; nothing is recorded `again` where the first time was cut off behind the commit."""
        course, app = self.course, self.course.job.app
        until = app.clock() + timedelta(seconds=app.settings.ledger.lease)
        with app.database.write() as connection:
            # What did leave is recorded, whatever happened to the letter beside it.
            if not (again and ended.results and ledger.is_recorded(connection, ended.results)):
                ledger.settle(connection, course.lease, ended.results, app.now())
            ledger.unclaim(connection, course.lease, ended.left)
            cut_off = self._cut_off(connection, ended) if again else []
            if course.why or course.failed is not None:
                ledger.unclaim(connection, course.lease, cut_off)
                return None, None
            try:
                course.job.fence(connection)
            except LeaseLost as lost:
                ledger.unclaim(connection, course.lease, cut_off)
                return None, lost
            rows = self.pace.claim(connection, self.handful.size, regained=cut_off)
            return (Taken(rows, until) if rows else None), None

    def _cut_off(self, connection: Connection, ended: Ended) -> list[Any]:
        """What the first time took by a commit that was cut off: else it would be in nobody's hands for a lease."""
        app = self.course.job.app
        return ledger.regained(
            connection,
            self.course.incident.key,
            self.course.notice,
            lease=self.course.lease,
            known=self._hands - ended.rows,
            clock=app.clock(),
            seconds=app.settings.ledger.lease,
        )
