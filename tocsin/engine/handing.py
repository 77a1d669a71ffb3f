"""Handing over what a sender has in hand: so many letters at a time as the relay has connections for us.

One that the relay does not admit while it serves others is no fault of the relay: the others go on without it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tocsin.channels import Relay
from tocsin.channels.smtp_verdict import ROUTE
from tocsin.domain.errors import Refused
from tocsin.domain.masking import masked
from tocsin.domain.message import Undelivered, Withdrawn
from tocsin.domain.refusals import is_ours, puts_everybody_off
from tocsin.domain.retrying import given_up, next_try, wait
from tocsin.engine.course import Course
from tocsin.engine.keeper import Ended, Taken
from tocsin.engine.lettermail import Made, made_of
from tocsin.engine.onward import onward
from tocsin.engine.pacing import Pace
from tocsin.engine.refusing import down, heard
from tocsin.storage.ledger import Onward, Settled

#: So many relay failures in a row and the sending rests, since it is our fault or the relay's, not the readers'.
_PATIENCE = 5
#: A letter that the relay puts off, with whatever we have, waits no longer than behind this attempt.
_SOON = 2
#: So many letters are written at a time.
_AT_A_TIME = 50
#: No letter begins later than so many seconds after it was taken: a relay that has become slow would keep the receipts
#: of those before it from the ledger, and at the end of the lease another sender would take them for lost.
_LATEST = 5.0
#: For so many seconds a connection that was not admitted is not tried again.
_ASIDE = 30.0


@dataclass
class Connections:
    """The connections of one sending, by their numbers. The relay may admit fewer than are set."""

    every: Sequence[Relay]
    _aside: dict[int, float] = field(default_factory=dict)
    _inside: set[int] = field(default_factory=set)

    def admitted(self) -> dict[int, Relay]:
        """Those to try now; all of them where the relay admitted none. Those that it serves get their letters first."""
        now = time.monotonic()
        numbers = range(len(self.every))
        tried = [number for number in numbers if self._aside.get(number, now) <= now] or numbers
        return {
            number: self.every[number] for number in sorted(tried, key=lambda each: each not in self._inside)
        }

    def served(self, inside: Collection[int], shut_out: Collection[int]) -> None:
        """The relay served these, and did not admit those, which are put aside where it serves any."""
        self._inside = (self._inside | set(inside)) - set(shut_out)
        if inside:
            self._aside |= dict.fromkeys(shut_out, time.monotonic() + _ASIDE)


@dataclass
class Handing:
    """One handful on its way: the letters that wait, those that are written, and how those ended that were sent."""

    course: Course
    pace: Pace
    connections: Connections
    taken: Taken
    #: For how long a connection was at work on letters, on average; and all of them together. In seconds.
    seconds: float = 0.0
    _busy: float = 0.0
    _results: list[Settled] = field(default_factory=list)
    #: Rows whose content may have begun.
    _begun: set[int] = field(default_factory=set)
    _ready: deque[Made] = field(default_factory=deque)
    #: Which connections were let in; which were not, and what they were told.
    _inside: set[int] = field(default_factory=set)
    _shut_out: dict[int, Undelivered] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._waiting = deque(self.taken.rows)
        self._late = time.monotonic() + _LATEST
        # Who is told of a letter ahead may die before it begins, and none that is in doubt may be doubted twice so.
        self._ahead = not (self.taken.doubted or self.pace.rates.limited)

    async def through(self) -> Ended:
        """Hand them over, as many at a time as there are connections."""
        self.course.rows_until = self.taken.until
        relays = self.connections.admitted()
        works = (self._work(number, relay, len(relays)) for number, relay in relays.items())
        ends = await asyncio.gather(*works, return_exceptions=True)
        self.course.failed = next((end for end in ends if end is not None), None)
        self.seconds = self._busy / len(relays)
        self._judge_the_door()
        # One that was begun and whose end nobody knows is neither: it is in doubt once its lease has run out.
        known = self._begun | {result.row for result in self._results}
        return Ended(self._results, [row for row in self.taken.rows if row.id not in known])

    async def _work(self, number: int, relay: Relay, at_once: int) -> None:
        made = self._letter()
        while made is not None and await self.pace.its_turn(made.row):
            # None is told of ahead that another connection could begin.
            others = len(self._ready) + len(self._waiting) >= at_once
            following = self._letter() if self._ahead and others else None
            began = time.monotonic()
            try:
                result = await self._sent(number, relay, made, following)
            except Withdrawn:
                self._begun.discard(made.row.id)
                return  # somebody stopped us, or others have it
            finally:
                self._busy += time.monotonic() - began
            if result.outcome in ("retry", "down") and not self.course.ours():
                self._begun.discard(made.row.id)
                return  # others had it before its content was begun
            self._results.append(result)
            if number in self._shut_out:
                return
            made = following or self._letter()

    def _letter(self) -> Made | None:
        """The next letter. Several are written at a time: one that is written between two sends takes twice as long."""
        if time.monotonic() > self._late:
            return None
        if not self._ready:
            some = range(min(len(self._waiting), _AT_A_TIME))
            self._ready.extend(made_of(self.course, self._waiting.popleft()) for _ in some)
        return self._ready.popleft() if self._ready else None

    async def _sent(self, number: int, relay: Relay, made: Made, following: Made | None) -> Settled:
        course, row = self.course, made.row
        now = course.job.app.now()
        if made.mail is None:
            return _elsewhere(course, made, now, "excluded", "build", masked(str(made.fault)))
        try:
            self._begun.add(row.id)
            receipt = await relay.send(made.mail, following and following.mail)
        except Undelivered as failure:
            if failure.phase in ROUTE:  # always `down`
                self._shut_out[number] = failure
            else:
                self._inside.add(number)
                if failure.outcome == "down" or _is_the_relays(failure):
                    _failed(course, failure)
                elif failure.outcome == "retry":
                    course.failures = 0  # it serves us, and spoke of this reader
            return _undelivered(course, made, now, failure)
        self._inside.add(number)
        course.failures, course.served = 0, True
        heard(course, None)
        return _settled(made, now, "handed_over", "handed_over", "done", receipt.reply)

    def _judge_the_door(self) -> None:
        """Where the relay let others in, those whom it did not wait a while; else it has failed."""
        self.connections.served(self._inside, self._shut_out)
        if not self._inside:
            for failure in self._shut_out.values():
                _failed(self.course, failure)


def _is_the_relays(failure: Undelivered) -> bool:
    """Whether it put off whatever we have, as one does that takes so many a minute: asked on, it only takes longer."""
    return failure.outcome == "retry" and (failure.silent or puts_everybody_off(failure.reason))


def _failed(course: Course, failure: Undelivered) -> None:
    course.failures += 1
    if course.failures >= _PATIENCE:
        down(course, failure)


def _undelivered(course: Course, made: Made, now: datetime, failure: Undelivered) -> Settled:
    row = made.row
    if failure.outcome == "refused":
        course.failures = 0
        heard(course, failure.reason)
        return _elsewhere(course, made, now, "refused", failure.phase, failure.reason)
    if failure.outcome == "ambiguous":
        twice = row.doubtful or row.state in ("sending", "ambiguous")
        again = None if twice else row.not_before
        return _settled(made, now, "ambiguous", "ambiguous", failure.phase, failure.reason, again)
    again = _again(course, row, failure, now)
    if again is None:
        why = given_up(row.attempts + 1, failure.reason)
        return _elsewhere(course, made, now, "refused", failure.phase, why)
    return _settled(made, now, "pending", failure.outcome, failure.phase, failure.reason, again)


def _settled(
    made: Made, now: datetime, state: str, outcome: str, phase: str, reply: str, again: datetime | None = None
) -> Settled:
    row, final = made.row, again is None
    return Settled(
        row.id, row.attempts + 1, state, outcome, phase, reply, final, again or now, made.digest, row.address
    )


def _elsewhere(course: Course, made: Made, now: datetime, state: str, phase: str, reply: str) -> Settled:
    """The address is no way to its reader: the next one is, where there is one; else it ends in this state.

    Refused for our fault, it would be refused at another as well, and each refusal makes it worse.
    """
    to = None if is_ours(reply) else _onward(course, made.row)
    if to is None:
        return _settled(made, now, state, "refused", phase, reply)
    return _settled(made, now, "pending", "refused", phase, reply, now)._replace(onward=to)


def _onward(course: Course, row: Any) -> Onward | None:
    """Where a letter goes next, if anywhere: a row that does not open has no other address that we can read."""
    try:
        return onward(course.people_key, row)
    except Refused:
        return None


def _again(course: Course, row: Any, failure: Undelivered, now: datetime) -> datetime | None:
    """When to try a letter again that was put off; None where there is only time left to tell its reader otherwise."""
    if failure.outcome == "down":
        before: datetime = row.not_before
        return before  # the letter is not to blame: it goes first when the relay is back
    asked = timedelta(seconds=failure.retry_after or 0)
    end = course.until.end(row.first_attempt_at or now)
    number = row.attempts + 1
    if puts_everybody_off(failure.reason):
        # It was not about this letter, which goes soon after the relay is back.
        number = min(number, _SOON)
    return next_try(now, wait(row.message_id, number, asked), end)
