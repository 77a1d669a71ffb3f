"""The two doors of the database: all or nothing, a view that stands still, and one line when it cannot be used."""

import resource
import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from tests.child import until
from tocsin.domain.errors import Refused
from tocsin.storage import database as doors
from tocsin.storage import opening
from tocsin.storage.database import Database, Unavailable
from tocsin.storage.opening import SQLITE_PRAGMAS
from tocsin.storage.tables import document


def put(connection, digest, content=b"x"):
    connection.execute(insert(document).values(digest=digest, content=content))


def kept(database):
    with database.read() as connection:
        return sorted(connection.scalars(select(document.c.digest)))


def test_a_write_that_fails_half_way_leaves_nothing(database):
    def half_way():
        with database.write() as connection:
            put(connection, "a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_way()
    assert kept(database) == []


def test_what_is_done_on_a_reading_connection_does_not_stay(database):
    with database.read() as connection:
        put(connection, "a")
    assert kept(database) == []


def test_a_reader_sees_one_moment_however_long_it_reads(database):
    with database.write() as connection:
        put(connection, "a")
    with database.read() as reader:
        before = sorted(reader.scalars(select(document.c.digest)))
        with database.write() as connection:
            put(connection, "b")
        assert sorted(reader.scalars(select(document.c.digest))) == before == ["a"]
    assert kept(database) == ["a", "b"]


def test_postgresql_ends_who_says_nothing_in_a_write_and_lets_a_reader_think(postgres, monkeypatch):
    monkeypatch.setattr(opening, "LONGEST_IDLE", 0.2)
    name = postgres.create()
    database = Database(postgres.url(name))

    def stalled():
        with database.write() as connection:
            put(connection, "a")
            # Another connection sees it end: only then has it been silent for long enough.
            with database.looking() as other:
                mine = connection.scalar(text("SELECT pg_backend_pid()"))
                alive = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
                until(lambda: not other.scalar(alive, {"pid": mine}))
            put(connection, "b")

    with pytest.raises(Unavailable, match="idle-in-transaction"):
        stalled()
    assert kept(database) == []
    with database.read() as connection:
        shown = text("SHOW idle_in_transaction_session_timeout")
        assert connection.scalar(shown) == "0"
    with database.write() as connection:
        assert connection.scalar(shown) == "200ms"
    database.close()
    postgres.drop(name)


def test_a_full_disk_is_one_line_and_nothing_is_lost(sqlite_url):
    database = Database(sqlite_url)
    with database.write() as connection:
        put(connection, "before")
    with database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

    def write_much():
        with database.write() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 1}")
            put(connection, "after", b"x" * 100_000)

    with pytest.raises(Unavailable) as refused:
        write_much()
    assert str(refused.value) == "the disk is full; nothing was written. Free some space and say it again"
    assert kept(database) == ["before"]
    database.close()


def test_a_log_that_may_not_grow_is_no_broken_disk(sqlite_url):
    Database(sqlite_url).close()
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    database = Database(sqlite_url)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, most))
    try:
        with pytest.raises(Unavailable, match=r"may not grow beyond 8,192 bytes"), database.read():
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    database.close()


def test_a_full_disk_is_known_where_sqlite_calls_it_something_else():
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
    with pytest.raises(Unavailable, match="the disk is full; nothing was written"), doors._plainly():
        raise OperationalError("BEGIN", {}, error)


def test_a_database_that_stays_locked_is_one_line(sqlite_url, monkeypatch):
    monkeypatch.setattr(opening, "PATIENCE", 0.1)
    database = Database(sqlite_url)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with (
        pytest.raises(Unavailable, match=r"was busy for .* s; nothing was written"),
        database.write() as connection,
    ):
        put(connection, "a")
    other.rollback()
    with database.write() as connection:
        put(connection, "a")
    assert kept(database) == ["a"]
    database.close()


def test_a_database_that_cannot_be_reached_is_one_line(tmp_path):
    database = Database(f"postgresql://nobody@/nothing?host={tmp_path}")
    with pytest.raises(Unavailable, match="the database cannot be used: ") as refused, database.read():
        pass
    assert "\n" not in str(refused.value)


def test_another_kind_of_database_is_refused():
    with pytest.raises(Refused, match="'mysql' is not known"):
        Database("mysql://localhost/x")


def test_what_a_broken_statement_says_holds_none_of_its_values(database):
    with database.read() as connection, pytest.raises(DBAPIError) as broken:
        connection.execute(text("SELECT who FROM nowhere WHERE who = :who"), {"who": "Kanarienvogel"})
    assert "nowhere" in str(broken.value)
    assert "Kanarienvogel" not in str(broken.value)


def test_who_opens_a_new_file_while_another_is_the_first_to_write_waits_for_it(tmp_path):
    path = tmp_path / "new.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as first:
        first.execute("BEGIN IMMEDIATE")
        first.execute("CREATE TABLE t (n INTEGER)")
        later = threading.Timer(0.3, first.execute, ("COMMIT",))
        later.start()
        database = Database(f"sqlite:///{path}")
        with database.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        database.close()
        later.join()


def test_sqlite_writes_survive_a_power_cut(sqlite_url, monkeypatch):
    # Read before the tests asked for less.
    monkeypatch.setattr("tocsin.storage.opening.SQLITE_PRAGMAS", SQLITE_PRAGMAS)
    database = Database(sqlite_url)
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    database.close()
