"""Long jobs: what takes rendering, a wire or many rows. One holder at a time, under a lease that it keeps beating."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

    def fence(self, connection: Connection) -> None:
        """Inside a transaction: make sure that the job is still ours. Raises jobs.LeaseLost when it is not."""
        jobs.beat(connection, self.incident, self.move.key, self.holder, self.app.clock())


def under_lease(
    app: App, key: str, move: Move, holder: str, stop: Callable[[], bool] = lambda: False
) -> bool:
    """Do a long job, unless somebody else is at it. True when it made progress.

    No letter leaves a home that was restored: who got one since the backup, its ledger does not know.
    """
    if isinstance(move, SendLetters) and app.restored is not None:
        return False
    holder = f"{holder}/{uuid4().hex[:8]}"
    with app.database.write() as connection:
        ours = jobs.take(connection, key, move.key, holder, app.clock())
    if not ours:
        return False
    try:
        with kept_alive(app, key, move.key, holder, after_failure="rest"):
            return _work(move)(Job(app, key, move, holder, stop))
    except jobs.LeaseLost:
        return False


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
    finally:
        done.set()
        thread.join()
        if not (rests and after_failure == "rest"):
            with app.database.write() as connection:
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
