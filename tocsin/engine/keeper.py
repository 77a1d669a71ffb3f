"""What a sender has in hand: one trip to the ledger records how letters ended, gives back others, and takes the next.

On PostgreSQL a trip is under way with one half of a batch while the other is on the wire, so that nobody waits for the
server; SQLite works in our own process, where that costs more than it saves. A crash leaves in doubt no more than a
whole batch, as it is set.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from tocsin.engine.course import Course
from tocsin.engine.pacing import Pace
from tocsin.storage import ledger
from tocsin.storage.database import patiently
from tocsin.storage.jobs import LeaseLost
from tocsin.storage.ledger import Settled

#: Seconds for which a thread goes on while another waits for its turn.
_TURN = 0.0002


@dataclass(frozen=True)
class Ended:
    """How letters ended, and rows that were taken and not tried."""

    results: Sequence[Settled] = ()
    left: Sequence[Any] = ()

    @property
    def rows(self) -> set[int]:
        """The ids of all of them."""
        return {result.row for result in self.results} | {row.id for row in self.left}

    def __add__(self, more: "Ended") -> "Ended":
        return Ended([*self.results, *more.results], [*self.left, *more.left])


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

    def __post_init__(self) -> None:
        app = self.course.job.app
        batch = app.settings.ledger.batch
        #: Whether a trip may be under way while letters leave. Letters that have each their moment are taken for it.
        self._ahead = batch > 1 and not self.pace.rates.limited and not app.database.sqlite
        self._most = batch // 2 if self._ahead else batch
        #: What was given to trips that failed: recorded or not, nobody here knows.
        self.unsure: list[Ended] = []
        #: The rows that we know to be ours.
        self._hands: set[int] = set()

    @contextmanager
    def turns(self) -> Iterator[None]:
        """Let threads take turns sooner than they do by themselves, where a trip may be under way beside the letters.

        Else a thread that has its answer from the server waits each time until the other has gone on for 5 ms.
        """
        before = sys.getswitchinterval()
        if self._ahead:
            sys.setswitchinterval(_TURN)
        try:
            yield
        finally:
            sys.setswitchinterval(before)

    async def trip(self, ended: Ended = NOTHING, *, again: bool = False) -> Taken | None:
        """Record what has ended, and take the next rows; None where none is to be had, or where we are to stop.

        Where it is done `again`, nothing is recorded twice. Raises LeaseLost once everything is recorded.
        """
        return await asyncio.to_thread(self._trip, ended, doubted=True, again=again)

    def ahead(self, ended: Ended, taken: Taken) -> "asyncio.Task[Taken | None] | None":
        """The same while these rows leave, if it may be; letters in doubt are never taken so, nor beside others."""
        if not self._ahead or taken.doubted:
            return None
        return asyncio.create_task(asyncio.to_thread(self._trip, ended, doubted=False))

    def _trip(self, ended: Ended, *, doubted: bool, again: bool = False) -> Taken | None:
        course, app = self.course, self.course.job.app
        stop = course.job.stop if ended == NOTHING else lambda: False
        self.unsure.append(ended)
        taken, lost = patiently(
            app.database, lambda more: self._exchange(ended, doubted, again or more), stop
        )
        self.unsure.remove(ended)
        self._hands -= ended.rows
        self._hands |= {row.id for row in taken.rows} if taken else set()
        course.tried += len(ended.results)
        if lost is not None:
            raise lost
        return taken

    def _exchange(self, ended: Ended, doubted: bool, again: bool) -> tuple[Taken | None, LeaseLost | None]:
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
            rows = self.pace.claim(connection, self._most, doubted=doubted, regained=cut_off)
            return (Taken(rows, until) if rows else None), None

    def _cut_off(self, connection: Connection, ended: Ended) -> list[Any]:
        """What the first time took by a commit that was cut off: else it would be in nobody's hands for a lease."""
        app = self.course.job.app
        known, seconds = self._hands - ended.rows, app.settings.ledger.lease
        return ledger.regained(connection, self.course.lease, known, app.clock(), seconds)
