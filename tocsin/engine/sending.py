"""Sending a released notice: claim rows of the ledger, hand their letters to the relay, record what it said.

Between two letters the sender looks at the incident: a pause, a voided approval or a newer draft stops the rest within
one message. Receipts are recorded together; what was in hand may be in doubt after a crash, and is then sent once more
with the same Message-ID, flagged and counted.
"""

import asyncio
import time
from typing import cast
from weakref import WeakKeyDictionary

from tocsin.channels import Relay
from tocsin.engine.course import REST, Course, refused_beside, stopped
from tocsin.engine.handing import Connections, Handing
from tocsin.engine.jobs import Job
from tocsin.engine.keeper import NOTHING, Keeper
from tocsin.engine.letters import writing
from tocsin.engine.pacing import Pace
from tocsin.engine.refusing import remembered
from tocsin.storage.database import Database, patiently
from tocsin.storage.watching import watched

#: Seconds between two looks whether others still send.
_LOOK = 0.1
#: Until when (monotonic) a process rests that worked beside the holder of a sending and was not served.
_AWAY: WeakKeyDictionary[Database, float] = WeakKeyDictionary()


def send(job: Job) -> bool:
    """Send until nothing is due, or somebody stops it. Each stop is one entry with counts and a Merkle root.

    Whoever works beside the job's holder sends too; the holder waits until they are through, and writes the entry.
    """
    app = job.app
    incident = app.incident(job.incident)
    state = incident.notices[job.move.subject]
    if state.mark != "sending":
        return False
    if job.beside and _AWAY.get(app.database, 0.0) > time.monotonic():
        return False
    write = writing(app, incident, job.move.subject)
    course = Course(job, incident, write, app.people_key(job.incident), remembered(job, state))
    with watched(app.database, job.incident) as course.head:
        asyncio.run(_send(course))
        if not job.beside:
            if not patiently(app.database, lambda _: _alone(course), job.stop):
                return bool(course.tried)  # they go on, and whoever holds the job next says how it ended
            if not course.why:
                asyncio.run(_send(course))  # what others gave back
            return patiently(app.database, lambda _: stopped(course))
    if course.refused:
        # Our way out is refused, and perhaps not that of the job's holder: all of us stop, and people are called.
        refused_beside(course)
    elif course.down:
        # Whether the others are served, and when all go on if they are not, the holder finds and says.
        _AWAY[app.database] = time.monotonic() + REST.total_seconds()
        return False
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
        await _through(course, keeper, Connections(relays))
    finally:
        for relay in relays:
            await relay.close()


async def _through(course: Course, keeper: Keeper, connections: Connections) -> None:
    """Handful after handful, until none is left or we are to stop."""
    ended, taken = NOTHING, await keeper.trip()
    try:
        while taken or await keeper.pace.rest():
            if taken is None:
                taken = await keeper.trip()
                continue
            handing = Handing(course, keeper.pace, connections, taken)
            ended = await handing.through()
            keeper.handful.ended(len(ended.results), handing.seconds)
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
