"""Beds to die in: a released letter on a database of each kind, ready to be sent again and again from the start."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Postgres, home
from tests.dying import Bed, nursed
from tests.story import Clock, Story
from tocsin.app import open_app
from tocsin.sinks.mail import MailSink
from tocsin.sinks.slack import SlackSink

#: Letters a minute, more than leave here: each has its moment, and whoever sends them does one thing at a time.
ONE_BY_ONE = 600_000


@pytest.fixture
def on_sqlite(tale: Story, request: pytest.FixtureRequest) -> Iterator[Bed]:
    base = Path(tale.app.settings.database.removeprefix("sqlite:///"))

    def copied() -> str:
        # What a dead sender left in its log lies beside the file that it belongs to.
        for left in base.parent.glob("copy.db*"):
            left.unlink()
        return f"sqlite:///{shutil.copy(base, base.with_name('copy.db'))}"

    yield from nursed(tale, copied, rate=getattr(request, "param", None))


@pytest.fixture
def on_postgresql(
    tmp_path: Path, postgres: Postgres, mail: MailSink, slack: SlackSink, catalog_cache: Path, clock: Clock
) -> Iterator[Bed]:
    name, kept = postgres.create(), {}
    app = open_app(home(tmp_path, postgres.url(name), mail, slack, catalog_cache), now=clock)
    with psycopg.connect(postgres.url(name), autocommit=True) as door:
        # Rows are kept aside and put back: to copy a whole database takes ten times as long.
        door.execute("CREATE SCHEMA kept; SET session_replication_role = replica")

        def copied() -> str:
            if not kept:
                found = door.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
                kept.update(
                    (table, door.execute(f'CREATE TABLE kept."{table}" AS TABLE "{table}"'))
                    for (table,) in found
                )
            with door.transaction():
                for table in kept:
                    door.execute(f'DELETE FROM "{table}"; INSERT INTO "{table}" SELECT * FROM kept."{table}"')
            return postgres.url(name)

        yield from nursed(Story(app, clock, mail, slack, tmp_path), copied)
    postgres.drop(name)
