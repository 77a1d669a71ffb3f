"""Long jobs: what takes rendering, a wire or many rows. One holder at a time, under a lease that it keeps beating."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal
from uuid import uuid4

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.domain.moves import DraftNotice, FillLedger, Move, PreparePaper, SendLetters
from tocsin.storage import jobs
from tocsin.storage.database import Unavailable


@dataclass(frozen=True)
class Job:
    """One job in our hands: its incident and move, and the holder's name that fences its writes."""

    app: App
    incident: str
    move: Move
    holder: str
    #: Says whether a person at this process asked for a stop.
    stop: Callable[[], bool] = lambda: False
    #: Whether somebody else holds the job, and we work beside.
    beside: bool = False

    @property
    def lease(self) -> str:
        """The key of the lease under which we work."""
        return f"{self.move.key}{jobs.MATE}{self.holder}" if self.beside else self.move.key

    def fence(self, connection: Connection) -> None:
        """Inside a transaction: make sure that the job is still ours. Raises jobs.LeaseLost when it is not."""
        jobs.beat(connection, self.incident, self.lease, self.holder, self.app.clock())

    def mates(self) -> int:
        """How many work beside us."""
        with self.app.database.read() as connection:
            return jobs.mates(connection, self.incident, self.move.key, self.app.clock())

    def close(self) -> None:
        """Let nobody begin beside us for a while: we are about to say how it ended."""
        with self.app.database.write() as connection:
            jobs.close(connection, self.incident, self.move.key, self.holder, self.app.clock())

    def end(self, connection: Connection) -> None:
        """Inside the transaction that says how it ended: give the job back."""
        self.fence(connection)
        jobs.release(connection, self.incident, self.lease, self.holder)


def under_lease(
    app: App, key: str, move: Move, holder: str, stop: Callable[[], bool] = lambda: False
) -> bool:
    """Do a long job, unless somebody else is at it. True when it made progress.

    Where many may write at once, several send one notice: the first holds the job and says how it ended.

    No letter leaves a home that was restored: who got one since the backup, its ledger does not know.
    """
    if isinstance(move, SendLetters) and app.restored is not None:
        return False
    job = Job(app, key, move, f"{holder}/{uuid4().hex[:8]}", stop)
    if not _taken(job):
        if not isinstance(move, SendLetters) or app.database.sqlite:
            return False
        job = replace(job, beside=True)
        if not _taken(job):
            return False
    try:
        with kept_alive(app, key, job.lease, job.holder, after_failure="again" if job.beside else "rest"):
            return _work(move)(job)
    except jobs.LeaseLost:
        return False


def _taken(job: Job) -> bool:
    with job.app.database.write() as connection:
        if job.beside and not jobs.is_held(connection, job.incident, job.move.key, job.app.clock()):
            return False
        return jobs.take(connection, job.incident, job.lease, job.holder, job.app.clock())


@contextmanager
def kept_alive(
    app: App, incident: str, key: str, holder: str, *, after_failure: Literal["rest", "again"] = "again"
) -> Iterator[None]:
    """Keep the lease of a job that was taken alive from a thread, however long it takes; and give it back.

    A job that failed and is to rest keeps its lease to the end: nobody tries the same again at once.
    """
    done = threading.Event()

    def beat() -> None:
        while not done.wait(jobs.LEASE / 3):
            try:
                with app.database.write() as connection:
                    jobs.beat(connection, incident, key, holder, app.clock())
            except jobs.LeaseLost:
                return
            except Unavailable:
                continue  # busy or away for a moment: the next beat is in time

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    rests = True
    try:
        yield
        rests = False
    except Unavailable:
        rests = False  # it is no fault of the job: whoever finds the database again goes on at once
        raise
    finally:
        done.set()
        thread.join()
        if not (rests and after_failure == "rest"):
            # Where nobody can write, the lease ends by itself.
            with suppress(Unavailable), app.database.write() as connection:
                jobs.release(connection, incident, key, holder)


def _work(move: Move) -> Callable[[Job], bool]:
    # Each brings its own heavy library along, so it is imported when its turn has come.
    if isinstance(move, DraftNotice):
        from tocsin.engine.drafting import draft

        return draft
    if isinstance(move, FillLedger):
        from tocsin.engine.drafting import fill

        return fill
    if isinstance(move, SendLetters):
        from tocsin.engine.sending import send

        return send
    if isinstance(move, PreparePaper):
        from tocsin.engine.papers import prepare

        return prepare
    raise TypeError(f"{move.kind} is no long job")
