"""The migrations build exactly the tables that the code speaks of, on both kinds of database."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from tocsin.domain.errors import Refused
from tocsin.storage import schema
from tocsin.storage.database import Database
from tocsin.storage.tables import metadata

INDEXES = [index for table in metadata.sorted_tables for index in table.indexes]


def test_the_migrations_build_exactly_our_tables(database):
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_an_index_of_some_rows_is_one_of_some_rows_in_each_database(database):
    partial = {each.name for each in INDEXES if each.dialect_options["sqlite"]["where"] is not None}
    where = "sqlite_master WHERE type = 'index' AND sql" if database.sqlite else "pg_indexes WHERE indexdef"
    name = "name" if database.sqlite else "indexname"
    with database.read() as connection:
        found = set(connection.scalars(text(f"SELECT {name} FROM {where} LIKE '% WHERE %'")))
    assert found == partial
    assert {"ix_ledger_unsettled", "ix_ledger_refused"} < partial


def test_head_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD


def test_a_schema_that_is_up_to_date_is_left_alone(database):
    schema.migrated(database)
    assert schema.version(database) == schema.HEAD


def test_a_database_that_a_newer_release_has_written_is_refused(database):
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Refused, match="schema 9999, this release knows"):
        schema.migrated(database)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_first_starts_at_once_build_it_once(kind, request, tmp_path):
    if kind == "sqlite":
        url, drop = f"sqlite:///{tmp_path / 'new' / 'tocsin.db'}", None
    else:
        server = request.getfixturevalue("postgres")
        drop = server.create("template1")
        url = server.url(drop)

    def start(_: int) -> str | None:
        database = Database(url)
        try:
            schema.migrated(database)
            return schema.version(database)
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(start, range(4))) == {schema.HEAD}
    database = Database(url)
    with database.read() as connection:
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())
    database.close()
    if drop:
        server.drop(drop)
