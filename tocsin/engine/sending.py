"""Sending a released notice: claim a batch of the ledger, hand the letters to the relay, record what it said.

Between two letters the sender looks at the incident: a pause, a voided approval or a newer draft stops the rest within
one message. Receipts are recorded in batches; so many letters may be in doubt after a crash, and are then sent once
more with the same Message-ID, flagged and counted.
"""

import asyncio
import hashlib
import json
import time
from datetime import date, datetime, timedelta
from typing import Any

from tocsin.channels import Channel
from tocsin.domain.certainty import Certainty
from tocsin.domain.errors import Refused
from tocsin.domain.masking import masked
from tocsin.domain.message import Undelivered
from tocsin.domain.retrying import given_up, next_try, wait
from tocsin.domain.returns import return_path
from tocsin.engine.course import Course, refused_beside, stopped
from tocsin.engine.jobs import Job
from tocsin.engine.letters import writing
from tocsin.engine.pacing import Pace
from tocsin.engine.refusing import down, heard, remembered
from tocsin.rendering.letter import Reader, addressed
from tocsin.sealing import unseal
from tocsin.storage import ledger
from tocsin.storage.ledger import Settled
from tocsin.storage.watching import watched

#: So many relay failures in a row and the sending rests, since it is our fault or the relay's, not the readers'.
_PATIENCE = 5
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
            if not _alone(course):
                return bool(course.tried)  # they go on, and whoever holds the job next says how it ended
            if not course.why:
                asyncio.run(_send(course))  # what others gave back
            return stopped(course)
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
    channels = [
        channel for _ in range(app.settings.mail.connections) if (channel := opener(app) if opener else None)
    ]
    if not channels:
        course.down, course.why = True, "mail is not configured; see tocsin doctor"
        return
    pace = Pace.of(course)
    try:
        while not course.why:
            with app.database.write() as connection:
                course.job.fence(connection)
                rows = pace.claim(connection)
            if rows is None:
                if await pace.rest():
                    continue
                return
            results = await _batch(course, pace, channels, rows)
            # What did leave is recorded, whatever happened to the letter beside it.
            with app.database.write() as connection:
                ledger.settle(connection, course.lease, results, app.now())
                tried = {result.row for result in results}
                course.tried += len(tried)
                ledger.unclaim(connection, course.lease, [row for row in rows if row.id not in tried])
            if course.failed is not None:
                raise course.failed
    finally:
        for channel in channels:
            await channel.close()


async def _batch(course: Course, pace: Pace, channels: list[Channel], rows: list[Any]) -> list[Settled]:
    """Hand one batch over, as many letters at a time as there are connections."""
    waiting = iter(rows)
    results: list[Settled] = []

    async def work(channel: Channel) -> None:
        for row in waiting:
            if not await pace.its_turn(row):
                return
            results.append(await _one(course, channel, row))

    ends = await asyncio.gather(*(work(channel) for channel in channels), return_exceptions=True)
    course.failed = next((end for end in ends if end is not None), None)
    return results


async def _one(course: Course, channel: Channel, row: Any) -> Settled:
    now, letter = course.job.app.now(), None

    def settled(state: str, outcome: str, phase: str, reply: str, again: datetime | None = None) -> Settled:
        return Settled(
            row.id, row.attempts + 1, state, outcome, phase, reply, again is None, again or now, letter
        )

    try:
        envelope = _envelope(course, row)
        letter = hashlib.sha256(envelope.content).hexdigest()
        receipt = await channel.send(envelope)
    except Refused as refusal:
        return settled("excluded", "refused", "build", masked(str(refusal)))
    except Undelivered as failure:
        if failure.outcome == "refused":
            course.failures = 0
            heard(course, failure.reason)
            return settled("refused", "refused", failure.phase, failure.reason)
        if failure.outcome == "ambiguous":
            twice = row.doubtful or row.state in ("sending", "ambiguous")
            return settled("ambiguous", "ambiguous", failure.phase, failure.reason, None if twice else now)
        course.failures += failure.outcome == "down"
        if course.failures >= _PATIENCE:
            down(course, failure)
        again = _again(course, row, failure, now)
        if again is None:
            said = given_up(row.attempts + 1, failure.reason)
            return settled("refused", "refused", failure.phase, said)
        return settled("pending", failure.outcome, failure.phase, failure.reason, again)
    course.failures = 0
    heard(course, None)
    return settled("handed_over", "handed_over", "done", receipt.reply)


def _again(course: Course, row: Any, failure: Undelivered, now: datetime) -> datetime | None:
    """When to try a letter again that was put off; None where there is only time left to tell its reader otherwise."""
    if failure.outcome == "down":
        return now  # the letter is not to blame: it goes first when the relay is back
    asked = timedelta(seconds=failure.retry_after or 0)
    end = course.until.end(row.first_attempt_at or now)
    return next_try(now, wait(row.message_id, row.attempts + 1, asked), end)


def _envelope(course: Course, row: Any) -> Any:
    raw = unseal(course.people_key, row.sealed, ledger.sealed_for(row.incident, row.message_id))
    email, name, locale, kinds, sure, first, last, added, otherwise, left_out, audience, people = json.loads(
        raw
    )
    first, last = (day and date.fromisoformat(day) for day in (first, last))
    reader = Reader(
        tuple(kinds),
        Certainty(sure),
        name,
        first,
        last,
        tuple(added),
        tuple((kind, Certainty(each)) for kind, each in otherwise),
        tuple(left_out),
        audience,
        people,
    )
    letter = course.write.letters.letter(reader, locale)
    mold, bounces = course.mold(letter.subject, reader.audience), course.job.app.settings.mail.bounces
    return mold.letter(
        message_id=row.message_id,
        date=row.first_attempt_at or course.job.app.now(),
        to=(addressed(reader), email),
        text=letter.text,
        html=letter.html,
        envelope_sender=return_path(bounces, row.message_id) if bounces else None,
    )
