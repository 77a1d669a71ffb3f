"""Job leases: a long job (scope, render, send) is done by one holder at a time.

A lease has a heartbeat, and its holder's name, never used twice, is the fencing token: a holder that was stopped for
longer than its lease finds another name in the row at its next write, and writes nothing. Leases run on the real
clock, also in drills whose own clock leaps.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, not_, select, update
from sqlalchemy.exc import IntegrityError

from tocsin.domain.errors import TocsinError
from tocsin.storage.database import is_unique_violation
from tocsin.storage.tables import Moment, job

#: Seconds after which a silent holder counts as dead.
LEASE = 30.0


#: Between a job's key and the name of one who works beside its holder.
MATE = "/beside/"
#: Behind a job's key while its holder says how it ended.
_CLOSED = "/closed"


class LeaseLost(TocsinError):
    """Another holder took the job over; what this one still had in hand is not written."""


def _alive(clock: datetime) -> ColumnElement[bool]:
    """Leases that stand. One that reaches much further than any does was taken before the clock was set back; the
    clocks of two machines differ by less.
    """
    return job.c.lease_until.between(clock, clock + timedelta(seconds=2 * LEASE))


def take(connection: Connection, incident: str, key: str, holder: str, clock: datetime) -> bool:
    """Take a job under a fresh name; False while somebody else holds it."""
    until = clock + timedelta(seconds=LEASE)
    ours = (job.c.incident == incident, job.c.key == key)
    over = not_(_alive(clock))
    taken = connection.execute(update(job).where(*ours, over).values(holder=holder, lease_until=until))
    if taken.rowcount == 1:
        return True
    try:
        with connection.begin_nested():
            connection.execute(
                insert(job).values(incident=incident, key=key, holder=holder, lease_until=until)
            )
    except IntegrityError as error:
        if is_unique_violation(error):
            return False
        raise
    return True


def beat(connection: Connection, incident: str, key: str, holder: str, clock: datetime) -> None:
    """Say that the holder lives. Raises LeaseLost when the job has another holder."""
    until = clock + timedelta(seconds=LEASE)
    kept = connection.execute(_BEAT, {"incident_": incident, "key_": key, "holder_": holder, "until_": until})
    if kept.rowcount != 1:
        raise LeaseLost(f"{incident}: {key} is in other hands")


#: Made once: a sender says it with every batch.
_BEAT = (
    update(job)
    .where(
        job.c.incident == bindparam("incident_"),
        job.c.key == bindparam("key_"),
        job.c.holder == bindparam("holder_"),
    )
    .values(lease_until=bindparam("until_", type_=Moment))
)


def release(connection: Connection, incident: str, key: str, holder: str) -> None:
    """Give a job back, done or not."""
    keys = (key, f"{key}{_CLOSED}")
    connection.execute(
        delete(job).where(job.c.incident == incident, job.c.key.in_(keys), job.c.holder == holder)
    )


def mates(connection: Connection, incident: str, key: str, clock: datetime) -> int:
    """How many work beside the holder of a job, each under a lease of its own."""
    beside = job.c.key.startswith(f"{key}{MATE}", autoescape=True)
    alive = (job.c.incident == incident, beside, _alive(clock))
    return connection.scalar(select(func.count()).select_from(job).where(*alive)) or 0


def close(connection: Connection, incident: str, key: str, holder: str, clock: datetime) -> None:
    """For as long as a lease, nobody begins to work beside. Said again, for longer. LeaseLost for another holder."""
    # The job's row is ours until this transaction ends: whoever is about to begin beside waits for it.
    beat(connection, incident, key, holder, clock)
    closed = f"{key}{_CLOSED}"
    connection.execute(delete(job).where(job.c.incident == incident, job.c.key == closed))
    take(connection, incident, closed, holder, clock)


def is_held(connection: Connection, incident: str, key: str, clock: datetime) -> bool:
    """Whether somebody holds a job and lets others begin, inside the transaction of one who is to work beside it."""
    alive = (job.c.incident == incident, _alive(clock))
    ours = select(job.c.key).where(*alive, job.c.key == key).with_for_update()
    if connection.execute(ours).first() is None:
        return False
    return connection.scalar(select(job.c.key).where(*alive, job.c.key == f"{key}{_CLOSED}")) is None


def held(connection: Connection, clock: datetime) -> int:
    """How many jobs somebody is at work on."""
    return connection.scalar(select(func.count()).select_from(job).where(_alive(clock))) or 0
