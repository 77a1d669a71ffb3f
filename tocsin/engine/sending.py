"""Sending a released notice: claim a batch of the ledger, hand the letters to the relay, record what it said.

Between two letters the sender looks at the incident: a pause, a voided approval or a newer draft stops the rest within
one message. Receipts are recorded in batches; so many letters may be in doubt after a crash, and are then sent once
more with the same Message-ID, flagged and counted.
"""

import asyncio
import time
from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from tocsin.channels import Relay
from tocsin.domain.errors import Refused
from tocsin.domain.masking import masked
from tocsin.domain.message import Undelivered, Withdrawn
from tocsin.domain.refusals import is_ours
from tocsin.domain.retrying import given_up, next_try, wait
from tocsin.engine.course import Course, refused_beside, stopped
from tocsin.engine.jobs import Job
from tocsin.engine.keeper import NOTHING, Ended, Keeper, Taken
from tocsin.engine.lettermail import Made, made_of
from tocsin.engine.letters import writing
from tocsin.engine.onward import onward
from tocsin.engine.pacing import Pace
from tocsin.engine.refusing import down, heard, remembered
from tocsin.storage.database import patiently
from tocsin.storage.ledger import Onward, Settled
from tocsin.storage.watching import watched

#: So many relay failures in a row and the sending rests, since it is our fault or the relay's, not the readers'.
_PATIENCE = 5
#: So many letters are written at a time.
_AT_A_TIME = 50
#: Seconds between two looks whether others still send.
_LOOK = 0.1


def send(job: Job) -> bool:
    """Send until nothing is due, or somebody stops it. Each stop is one entry with counts and a Merkle root.

    Whoever works beside the job's holder sends too; the holder waits until they are through, and writes the entry.
    """
    app = job.app
    incident = app.incident(job.incident)
    if incident.notices[job.move.subject].mark != "sending":
        return False
    write = writing(app, incident, job.move.subject)
    course = Course(job, incident, write, app.people_key(job.incident), remembered(job))
    with watched(app.database, job.incident) as course.head:
        asyncio.run(_send(course))
        if not job.beside:
            if not patiently(app.database, lambda _: _alone(course), job.stop):
                return bool(course.tried)  # they go on, and whoever holds the job next says how it ended
            if not course.why:
                asyncio.run(_send(course))  # what others gave back
            return patiently(app.database, lambda _: stopped(course))
    if job.beside and course.refused:
        # Our way out is refused, and perhaps not that of the job's holder: all of us stop, and people are called.
        refused_beside(course)
    return bool(course.tried)


def _alone(course: Course) -> bool:
    """Let nobody begin beside us, and wait until all who did are through. False where we are to end before."""
    while True:
        course.job.close()
        if not course.job.mates():
            return True
        if course.job.stop():
            return False
        time.sleep(_LOOK)


async def _send(course: Course) -> None:
    app = course.job.app
    opener = app.routes.get("email")
    opened = [opener(app) for _ in range(app.settings.mail.connections) if opener]
    relays = [cast(Relay, channel) for channel in opened if channel is not None]
    if not relays:
        course.down, course.why = True, "mail is not configured; see tocsin doctor"
        return
    keeper = Keeper(course, Pace.of(course))
    try:
        await _through(course, keeper, relays)
    finally:
        for relay in relays:
            await relay.close()


async def _through(course: Course, keeper: Keeper, relays: list[Relay]) -> None:
    """Batch after batch, until none is left or we are to stop."""
    ended, taken = NOTHING, await keeper.trip()
    try:
        while taken or await keeper.pace.rest():
            if taken is None:
                taken = await keeper.trip()
                continue
            begun = time.monotonic()
            ended = await _batch(course, keeper.pace, relays, taken)
            keeper.handful.ended(len(ended.results), time.monotonic() - begun)
            taken = await keeper.trip(ended)
            ended = NOTHING
            if course.failed is not None:
                raise course.failed
    except BaseException as error:
        # What a trip was given that failed is recorded yet, if it can be: whether it was, nobody here knows.
        course.failed = error
        if ended != NOTHING:
            await keeper.trip(ended, again=True)
        raise


async def _batch(course: Course, pace: Pace, relays: list[Relay], taken: Taken) -> Ended:
    """Hand one batch over, as many letters at a time as there are connections."""
    course.rows_until = taken.until
    waiting, ready = deque(taken.rows), deque[Made]()
    results: list[Settled] = []
    begun: set[int] = set()
    # Who is told of a letter ahead may die before it begins, and none that is in doubt may be doubted twice so.
    ahead = not (taken.doubted or pace.rates.limited)

    def letter() -> Made | None:
        """The next letter. Several are written at a time: one that is written between two sends takes twice as long."""
        if not ready:
            ready.extend(made_of(course, waiting.popleft()) for _ in range(min(len(waiting), _AT_A_TIME)))
        return ready.popleft() if ready else None

    async def work(relay: Relay) -> None:
        made = letter()
        while made is not None and await pace.its_turn(made.row):
            # None is told of ahead that another connection could begin.
            following = letter() if ahead and len(ready) + len(waiting) >= len(relays) else None
            try:
                result = await _one(course, relay, made, following, begun)
            except Withdrawn:
                begun.discard(made.row.id)
                return  # somebody stopped us, or others have it
            if result.outcome in ("retry", "down") and not course.ours():
                begun.discard(made.row.id)
                return  # others had it before its content was begun
            results.append(result)
            made = following or letter()

    ends = await asyncio.gather(*(work(relay) for relay in relays), return_exceptions=True)
    course.failed = next((end for end in ends if end is not None), None)
    # One that was begun and whose end nobody knows is neither: it is in doubt once its lease has run out.
    known = begun | {result.row for result in results}
    return Ended(results, [row for row in taken.rows if row.id not in known])


async def _one(course: Course, relay: Relay, made: Made, following: Made | None, begun: set[int]) -> Settled:
    now, row = course.job.app.now(), made.row

    def settled(state: str, outcome: str, phase: str, reply: str, again: datetime | None = None) -> Settled:
        return Settled(
            row.id,
            row.attempts + 1,
            state,
            outcome,
            phase,
            reply,
            again is None,
            again or now,
            made.digest,
            row.address,
        )

    def elsewhere(state: str, phase: str, reply: str) -> Settled:
        """The address is no way to its reader: the next one is, where there is one; else it ends in this state.

        Refused for our fault, it would be refused at another as well, and each refusal makes it worse.
        """
        to = None if is_ours(reply) else _onward(course, row)
        return (
            replace(settled("pending", "refused", phase, reply, now), onward=to)
            if to
            else settled(state, "refused", phase, reply)
        )

    if made.mail is None:
        return elsewhere("excluded", "build", masked(str(made.fault)))
    try:
        begun.add(row.id)
        receipt = await relay.send(made.mail, following and following.mail)
    except Undelivered as failure:
        if failure.outcome == "refused":
            course.failures = 0
            heard(course, failure.reason)
            return elsewhere("refused", failure.phase, failure.reason)
        if failure.outcome == "ambiguous":
            twice = row.doubtful or row.state in ("sending", "ambiguous")
            return settled(
                "ambiguous", "ambiguous", failure.phase, failure.reason, None if twice else row.not_before
            )
        course.failures += failure.outcome == "down"
        if course.failures >= _PATIENCE:
            down(course, failure)
        again = _again(course, row, failure, now)
        if again is None:
            return elsewhere("refused", failure.phase, given_up(row.attempts + 1, failure.reason))
        return settled("pending", failure.outcome, failure.phase, failure.reason, again)
    course.failures = 0
    heard(course, None)
    return settled("handed_over", "handed_over", "done", receipt.reply)


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
    return next_try(now, wait(row.message_id, row.attempts + 1, asked), end)
