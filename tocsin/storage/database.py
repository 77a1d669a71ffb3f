"""The database: opened once, read and written through two doors.

Every write on SQLite is `BEGIN IMMEDIATE` with synchronous=FULL: a writer waits its turn at the door instead of
failing half way, and what was committed survives a power cut. No network and no rendering inside a write.
"""

import resource
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
)

from tocsin.domain.errors import Refused
from tocsin.storage import opening

#: For so many seconds a sender waits for a PostgreSQL that is being restarted, looking so often.
AWAY, _NEXT_LOOK = 20.0, 0.25
#: Seconds that a bulk writer leaves to others after each of its commits: without them, appends starve on SQLite.
BREATH = 0.005

Row = TypeVar("Row")
Done = TypeVar("Done")


class Unavailable(Refused):
    """The database cannot be used at this moment. Nothing was written, and nothing is wrong with any incident."""


class Database:
    """One database. `read()` is a consistent view; `write()` commits at its end or leaves nothing behind."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = opening.opened(url)

    @property
    def sqlite(self) -> bool:
        """Whether this is the one-host database, with one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading, on which the database stands still; nothing that is done on it stays."""
        with _plainly(), self.engine.connect() as connection:
            if not self.sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
                # Whoever reads holds no rows, and may write a paper meanwhile.
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            yield connection

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A connection for one small look after another, each by itself: no transaction is held open in between."""
        with (
            _plainly(),
            self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        ):
            yield connection

    @contextmanager
    def write(self, *, patience: float | None = None) -> Iterator[Connection]:
        """A transaction for writing, all or nothing. With `patience` it waits for its turn only so many seconds."""
        patience = opening.PATIENCE if patience is None else patience
        options = {"tocsin_write": True, "tocsin_patience": patience}
        with (
            _plainly(patience),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    def scrub(self) -> None:
        """Let nothing of what was destroyed a moment ago stay in SQLite's log. A busy reader leaves it to the next."""
        if not self.sqlite:
            return
        # Beside SQLAlchemy, which would begin a transaction: a checkpoint cannot run inside one.
        # The deed itself is written already, so a log that is busy fails nothing.
        with suppress(sqlite3.OperationalError), closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.fetchall()
            cursor.close()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def patiently(
    database: Database, deed: Callable[[bool], Done], stop: Callable[[], bool] = lambda: False
) -> Done:
    """Do what needs the database; where it went away in the middle, as in a restart, do it again in a moment.

    `deed` is told whether it is done again, and then looks first whether the first time was in vain: nobody knows of a
    commit that was cut off. It may hold nothing of the database from one time to the next. SQLite goes away for no one.
    """
    until, again = time.monotonic() + AWAY, False
    while True:
        try:
            return deed(again)
        except (Unavailable, OperationalError):
            if database.sqlite or stop() or time.monotonic() > until:
                raise
        again = True
        time.sleep(_NEXT_LOOK)


@contextmanager
def _plainly(patience: float = opening.PATIENCE) -> Iterator[None]:
    """Say in one line what keeps the database from working."""
    try:
        yield
    except DatabaseError as error:
        # A constraint that was broken, or a statement that is wrong, is not the database's state: it goes on as it is.
        if isinstance(error, IntegrityError | ProgrammingError | DataError):
            raise
        said = str(error.orig).splitlines()[0] if str(error.orig) else type(error.orig).__name__
        state = getattr(error.orig, "sqlstate", None) or ""
        exactly = getattr(error.orig, "sqlite_errorname", "")
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
        if exactly in ("SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE") and most != resource.RLIM_INFINITY:
            # Nobody but the system knows which of them it was.
            why = (
                f"no room to write: files may not grow beyond {most:,} bytes here (ulimit -f), or the disk is full or "
                "broken; nothing was written. Raise the limit or free some space and say it again; else RUNBOOK 12"
            )
        # On a full disk SQLite cannot even make the index of its log, and calls that an I/O error.
        elif "disk is full" in said or state == "53100" or exactly == "SQLITE_IOERR_SHMSIZE":
            why = "the disk is full; nothing was written. Free some space and say it again"
        elif "malformed" in said or "not a database" in said or "disk I/O" in said:
            why = f"the database file is damaged or its disk is broken ({said}); RUNBOOK 12, restore"
        elif "locked" in said:
            why = f"the database was busy for {patience:g} s; nothing was written. Say it again"
        else:
            why = f"the database cannot be used: {said}; tocsin doctor looks why"
        raise Unavailable(why) from error


def is_unique_violation(error: DBAPIError) -> bool:
    """Whether another writer got there first with the same key."""
    return "unique" in str(error.orig).lower() or getattr(error.orig, "sqlstate", "") == "23505"


def upsert(connection: Connection, table: Table, values: Any) -> Any:
    """An insert of one row or several that knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return upsert_into(connection, table).values(values)


def upsert_into(connection: Connection, table: Table) -> Any:
    """Such an insert without its rows: they are given when it is executed."""
    # The dialect that is spoken is loaded already, and the other need not be.
    dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    return dialect.insert(table)


def in_batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Rows for a bulk writer, so many at a time. Between two it takes a breath."""
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch
        time.sleep(BREATH)
