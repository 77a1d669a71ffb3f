"""How a database is opened: what each connection to SQLite or to PostgreSQL is told before anybody uses it."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from tocsin.domain.errors import Refused

#: How long a writer waits for another before it gives up, in seconds.
PATIENCE = 30
#: Seconds between two tries to be the one that sets a new file up.
_NEXT_TRY = 0.005
#: Seconds after which PostgreSQL ends a connection that has begun to write and says nothing more: whoever was stopped
#: in the middle holds no rows for longer. No network and no rendering is inside such a transaction.
LONGEST_IDLE = 60.0
#: How a PostgreSQL that has vanished with its machine is noticed within a minute (libpq; times in seconds, and in ms).
_ALIVE = {
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 50_000,
}
#: How each connection to SQLite is set up, beside its log of writes. What is written survives a power cut, and what was
#: destroyed is overwritten instead of only given free.
SQLITE_PRAGMAS = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    f"busy_timeout={PATIENCE * 1000}",
)
#: A statement's values may be anybody's data; what an exception says may end in a log.
_QUIET = {"hide_parameters": True}


def opened(url: str) -> Engine:
    """The engine of the database at an address. Raises Refused where the address is none, or of another kind."""
    try:
        parsed = make_url(url)
    except ArgumentError:  # which repeats the address, and perhaps its password
        raise Refused(
            "the database's address is none; write sqlite:///PATH or postgresql://HOST/NAME "
            "(database in tocsin.toml, or TOCSIN_DATABASE)"
        ) from None
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            path = Path(parsed.database)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)  # names of staff and counts of people are nobody else's to read
        engine = create_engine(
            parsed, connect_args={"timeout": PATIENCE, "check_same_thread": False}, **_QUIET
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() == "postgresql":
        alive = {name: value for name, value in _ALIVE.items() if name not in parsed.query}
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args=alive, **_QUIET
        )
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    raise Refused(
        f"database {parsed.get_backend_name()!r} is not known; use a sqlite:/// or postgresql:// address"
    )


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # The driver must not open transactions on its own: ours are opened in _begin_sqlite.
    connection.isolation_level = None
    _keep_a_log(connection)
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _keep_a_log(connection: sqlite3.Connection) -> None:
    """Write ahead into a log (WAL), which lets others read meanwhile.

    Where two are the first to open a new file, one of them is told at once that it is busy: SQLite asks no busy handler
    for a lock that is to be raised, since two that wait for each other would wait for ever. So we wait here.
    """
    # Where it would ask the handler, that waits here too, or both patiences would add up.
    connection.execute("PRAGMA busy_timeout=0")
    for left in reversed(range(round(PATIENCE / _NEXT_TRY))):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            # Its lowest byte is the code, the others say more of it.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not left:
                raise
        time.sleep(_NEXT_TRY)


def _prepare_postgresql(connection: Any, _: Any) -> None:
    connection.autocommit = True
    connection.execute(f"SET idle_in_transaction_session_timeout = {round(LONGEST_IDLE * 1000)}")
    connection.autocommit = False


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    # A connection is lent to one after another, and each has its own patience.
    patience = options.get("tocsin_patience", PATIENCE)
    connection.exec_driver_sql(f"PRAGMA busy_timeout={round(patience * 1000)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("tocsin_write") else "BEGIN")
