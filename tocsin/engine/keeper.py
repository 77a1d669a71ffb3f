"""What a sender has in hand: one trip to the ledger records how letters ended, gives back others, and takes the next.

While one half of a batch is on the wire, a trip is under way with the half before it. A crash leaves in doubt no more
than a whole batch, as it is set.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.engine.course import Course
from tocsin.engine.pacing import Pace
from tocsin.storage import ledger
from tocsin.storage.jobs import LeaseLost
from tocsin.storage.ledger import Settled


@dataclass(frozen=True)
class Ended:
    """How letters ended, and rows that were taken and not tried."""

    results: Sequence[Settled] = ()
    left: Sequence[Any] = ()


@dataclass
class Keeper:
    """The ledger, as one run of a sending goes to it."""

    course: Course
    pace: Pace

    def __post_init__(self) -> None:
        batch = self.course.job.app.settings.ledger.batch
        #: Whether a trip may be under way while letters leave. Letters that have each their moment are taken for it.
        self.ahead = batch > 1 and not self.pace.rates.limited
        self._at_once = batch // 2 if self.ahead else batch

    async def trip(self, ended: Ended = Ended()) -> list[Any] | None:
        """Record what has ended, and take the next rows; None where none is to be had, or where we are to stop.

        Raises LeaseLost once everything is recorded.
        """
        return await asyncio.to_thread(self._trip, ended)

    def _trip(self, ended: Ended) -> list[Any] | None:
        course, app = self.course, self.course.job.app
        rows: list[Any] | None = None
        lost: LeaseLost | None = None
        with app.database.write() as connection:
            # What did leave is recorded, whatever happened to the letter beside it.
            ledger.settle(connection, course.lease, ended.results, app.now())
            ledger.unclaim(connection, course.lease, ended.left)
            if not course.why and course.failed is None:
                try:
                    course.job.fence(connection)
                    rows = self.pace.claim(connection, self._at_once)
                except LeaseLost as error:
                    lost = error
        course.tried += len(ended.results)
        if lost is not None:
            raise lost
        return rows
