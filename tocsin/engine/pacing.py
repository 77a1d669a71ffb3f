"""The pace of a sending: a batch whose letters have each their moment, and the rest until the next can leave."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.domain.pace import Lane, Rates, turns
from tocsin.engine.course import Course, told_to_stop
from tocsin.engine.letterrow import address_of, opened
from tocsin.sealing import keyed_digest
from tocsin.storage import ledger, pace
from tocsin.storage.database import patiently

#: For so long ahead letters get their moment: rows are not held for longer before they are tried. Letters to a slow
#: domain are put off sooner, since the batch does not end before them.
_AHEAD, _SOON = timedelta(seconds=2), timedelta(seconds=0.1)
#: The longest rest within one run; whoever waits for longer ends it, and the plan wakes it.
_LONGEST = timedelta(seconds=61)
#: Seconds between two looks at whether somebody stopped us.
_LOOK = 0.2
_RELAY = "relay"


def rates_of(app: App) -> Rates:
    """The limits as they are set."""
    mail = app.settings.mail
    return Rates(
        mail.rate, mail.domain_rate, {name.lower(): rate for name, rate in mail.domain_rates.items()}
    )


def lane_of(key: bytes, domain: str) -> str:
    """How the lane of a domain is called in the database."""
    return keyed_digest(key, domain.encode())


def lane_key(app: App) -> bytes:
    """What the lanes are named under."""
    return app.keyring.derived("pace")


@dataclass
class Pace:
    """The limits of one run, and when the rows in hand may leave (real clock)."""

    course: Course
    rates: Rates
    key: bytes
    moments: dict[int, datetime] = field(default_factory=dict)
    #: When the relay takes the next letter, where that is what we wait for.
    relay_free: datetime | None = None
    #: Whether we have rested since a letter left: once is enough, or the incident's clock stands.
    rested: bool = False

    @classmethod
    def of(cls, course: Course) -> "Pace":
        """The pace of this run."""
        rates = rates_of(course.job.app)
        return cls(course, rates, lane_key(course.job.app) if rates.limited else b"")

    def claim(self, connection: Connection, most: int, *, regained: Sequence[Any] = ()) -> list[Any] | None:
        """Take up to `most` rows that may leave by now or in a moment, in their order; None where none can be had.

        Letters in doubt come first, alone. What was `regained` is ours already, and comes before all.
        """
        course, app = self.course, self.course.job.app
        now, clock = app.now(), app.clock()
        course.taken_at = now
        relay, room = self._relay(connection, clock, most)
        rows = list(regained)
        if room and not rows:
            rows = ledger.claim(
                connection,
                course.incident.key,
                course.notice,
                course.digest,
                lease=course.lease,
                now=now,
                clock=clock,
                seconds=app.settings.ledger.lease,
                limit=room,
                at_once=app.settings.mail.connections,
            )
        if not rows or not self.rates.limited:
            return rows or None
        return self._in_turn(connection, rows, relay, now, clock)

    def _relay(self, connection: Connection, clock: datetime, most: int) -> tuple[Lane | None, int]:
        """The relay's lane, and how many letters it takes in the next moments."""
        every = self.rates.every_relayed
        if every is None:
            return None, most
        relay = pace.hold(connection, {_RELAY: every}, clock)[_RELAY]
        if (relay.free_at - clock).total_seconds() > self._longest:
            relay.free_at = clock  # it was taken on a clock that was set back since
        room = min(most, relay.room(clock, clock + _AHEAD))
        self.relay_free = None if room else relay.free_at
        return relay, room

    def _in_turn(
        self, connection: Connection, rows: list[Any], relay: Lane | None, now: datetime, clock: datetime
    ) -> list[Any]:
        letters: dict[str, list[Any]] = defaultdict(list)
        every: dict[str, timedelta] = {}
        for row in rows:
            domain = self._domain(row)
            between = self.rates.every(domain)
            lane = lane_of(self.key, domain) if between else ""
            letters[lane].append(row)
            if between:
                every[lane] = between
        lanes = pace.hold(connection, every, clock)
        found = turns(letters, lanes, relay, clock, clock + _SOON, clock + _AHEAD)
        ledger.unclaim(connection, self.course.lease, [*found.put_off, *found.left])
        pace.put_off(connection, {row.id: now + (at - clock) for row, at in found.put_off.items()})
        pace.keep(connection, {**lanes, **({_RELAY: relay} if relay else {})}, clock)
        self.moments = {row.id: at for row, at in found.leave.items()}
        return list(found.leave)

    def _domain(self, row: Any) -> str:
        if not self.rates.by_domain:
            return ""
        return address_of(opened(self.course.people_key, row), row).rpartition("@")[2].lower()

    async def its_turn(self, row: Any) -> bool:
        """Wait until a row may leave. False where somebody stopped the sending meanwhile, or others have it by now."""
        self.rested = False
        return await self._wait(self.moments.get(row.id), for_letter=True) and self.course.ours()

    async def rest(self) -> bool:
        """Wait for the next letter that is to leave soon. False where none is, or somebody stopped the sending."""
        if not self.rates.limited:
            return False
        due = await asyncio.to_thread(self._next_due)
        if due is None:
            return False
        clock, now = self.course.job.app.clock(), self.course.job.app.now()
        if self.relay_free is not None and due <= now:
            return await self._wait(self.relay_free)
        if self.rested or due - now > _LONGEST:
            return False
        self.rested = True
        return await self._wait(clock + (due - now))

    def _next_due(self) -> datetime | None:
        """When the next letter may leave that waits; a database that is being restarted is waited for."""
        course, database = self.course, self.course.job.app.database

        def look(_: bool) -> datetime | None:
            with database.read() as connection:
                return ledger.next_due(connection, course.incident.key, course.notice)

        return patiently(database, look, course.job.stop)

    @property
    def _longest(self) -> float:
        """Seconds for which no letter waits within one run."""
        return 2 * max(_LONGEST, self.rates.every_relayed or _LONGEST).total_seconds()

    async def _wait(self, until: datetime | None, *, for_letter: bool = False) -> bool:
        clock = self.course.job.app.clock
        while not told_to_stop(self.course, for_letter=for_letter):
            left = (until - clock()).total_seconds() if until else 0.0
            if left <= 0 or left > self._longest:
                return True  # its moment has come, or was told by a clock that was set back since
            await asyncio.sleep(min(left, _LOOK))
        return False
