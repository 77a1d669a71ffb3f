"""What tests of the heart share: real databases of both kinds, sinks on loopback, and a clock that leaps."""

import gc
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests import stores
from tests.dying import Bed, nursed
from tests.exploring import choose_profiles
from tests.shipped import shipped
from tests.story import Clock, Story
from tocsin.app import App, open_app
from tocsin.catalog import default_folders, load_catalog
from tocsin.catalog.laying import lay_out
from tocsin.domain.catalog import Catalog
from tocsin.settings import Bell, Ledger, Mail, Settings, Slack
from tocsin.sinks.mail import MailSink
from tocsin.sinks.slack import SlackSink
from tocsin.storage.database import Database
from tocsin.storage.opening import SQLITE_PRAGMAS
from tocsin.storage.schema import migrated

choose_profiles()

#: 02:40 on a Tuesday in Ho Chi Minh City.
BEGINNING = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What only one worker may do begins first: begun last, it would keep the others waiting for its end."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


def pytest_collection_finish() -> None:
    """Whatever was imported and collected lives to the end: the collector need not walk all of it again and again.

    What came later it need not walk many times in a second either.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def no_power_cuts() -> Iterator[None]:
    """SQLite need not wait for the disk within the tests' own process. What Tocsin asks of it is a test of its own."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tocsin.storage.opening.SQLITE_PRAGMAS", (*SQLITE_PRAGMAS, "synchronous=OFF"))
        yield


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The packs and contacts that ship with Tocsin."""
    return shipped()


@pytest.fixture(scope="session")
def catalog_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home's cache in which the shipped catalog has been read already, and its templates laid out."""
    home = tmp_path_factory.mktemp("cached")
    templates, contacts = default_folders()
    catalog = load_catalog([templates], [contacts], cache=home / "catalog")
    lay_out(catalog.files, home / "packs" / catalog.digest)
    return home


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with our schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    database = Database(f"sqlite:///{path}")
    migrated(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


class Postgres:
    """A PostgreSQL server of our own, with a database that holds our schema, to be copied."""

    def __init__(self, folder: Path) -> None:
        import pgserver

        self.server = pgserver.get_server(folder, cleanup_mode="delete")
        self.door = psycopg.connect(self.server.get_uri(), autocommit=True)
        # What a power cut would lose is of no interest here.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self.door.execute(f"ALTER SYSTEM SET {setting} = off")
        self.door.execute("SELECT pg_reload_conf()")
        self.door.execute("CREATE DATABASE empty")
        database = Database(self.url("empty"))
        migrated(database)
        database.close()

    def url(self, name: str) -> str:
        """The address of one of its databases."""
        return str(self.server.get_uri(name))

    def create(self, template: str = "empty") -> str:
        """A fresh database; returns its name."""
        name = f"t{uuid4().hex}"
        self.door.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Take a database away, whoever is still connected."""
        self.door.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stop it, and take its folder away."""
        self.door.close()
        self.server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    # Not under pytest's own folder: the server runs as a user whom every new session of pytest would lock out.
    folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    server = Postgres(folder / "data")
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def object_store() -> Iterator[stores.Store]:
    with stores.store() as store:
        yield store


@pytest.fixture
def bucket(object_store: stores.Store, monkeypatch: pytest.MonkeyPatch) -> stores.Bucket:
    """An empty bucket of an object store, with the way in set in the environment."""
    for name, value in object_store.ways.items():
        monkeypatch.setenv(name, value)
    object_store.bucket.clear()
    return object_store.bucket


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, sqlite_file: Path) -> Iterator[str]:
    """An empty database with our schema, of each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path / "tocsin.db"
        shutil.copy(sqlite_file, path)
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_file: Path) -> str:
    """An empty SQLite database, where the kind of database is not the question."""
    shutil.copy(sqlite_file, tmp_path / "tocsin.db")
    return f"sqlite:///{tmp_path / 'tocsin.db'}"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock(BEGINNING)


@pytest.fixture
def mail() -> Iterator[MailSink]:
    with MailSink() as sink:
        yield sink


@pytest.fixture
def slack(catalog: Catalog) -> Iterator[SlackSink]:
    with SlackSink(people=[person.slack for person in catalog.contacts.people if person.slack]) as sink:
        yield sink


def lend_cache(home: Path, cache: Path) -> None:
    """Spare a home reading the shipped catalog. Its templates are lent, so that they are compiled once for all."""
    (home / "cache").mkdir(parents=True)
    for kept in cache.glob("catalog*"):
        shutil.copy(kept, home / "cache")
    (home / "cache" / "packs").symlink_to(cache / "packs")


def home(
    folder: Path, url: str, mail: MailSink, slack: SlackSink, cache: Path, *, rooms: bool = False
) -> Settings:
    """A drill home that speaks to these sinks and reads this folder's customers.

    It has no rooms in Slack unless they are asked for: to make and keep one is a third of a story's work.
    """
    lend_cache(folder / "home", cache)
    return Settings(
        mode="drill",
        home=folder / "home",
        database=url,
        sources=folder / "sources.yaml",
        mail=Mail(host="127.0.0.1", port=mail.port, tls="loopback-only", connections=2, after_dot=5),
        slack=Slack(token=slack.token, base_url=slack.base_url, rooms=rooms),
        bell=Bell(interval=0.05),
        ledger=Ledger(batch=5, lease=60),
    )


@pytest.fixture
def rooms(request: pytest.FixtureRequest) -> bool:
    """Whether incidents get rooms in Slack: in tests that are marked so."""
    return request.node.get_closest_marker("rooms") is not None


@pytest.fixture
def settings_of_home(
    tmp_path: Path, database_url: str, mail: MailSink, slack: SlackSink, catalog_cache: Path, rooms: bool
) -> Settings:
    return home(tmp_path, database_url, mail, slack, catalog_cache, rooms=rooms)


@pytest.fixture
def app(settings_of_home: Settings, clock: Clock) -> Iterator[App]:
    """A home on each kind of database, whose incident clock leaps."""
    opened = open_app(settings_of_home, now=clock)
    yield opened
    opened.close()


@pytest.fixture
def story(app: App, clock: Clock, mail: MailSink, slack: SlackSink, tmp_path: Path) -> Story:
    """A story on each kind of database."""
    return Story(app, clock, mail, slack, tmp_path)


@pytest.fixture
def tale(
    tmp_path: Path,
    sqlite_url: str,
    mail: MailSink,
    slack: SlackSink,
    catalog_cache: Path,
    clock: Clock,
    rooms: bool,
) -> Iterator[Story]:
    """A story on SQLite alone, where the kind of database is not the question."""
    opened = open_app(home(tmp_path, sqlite_url, mail, slack, catalog_cache, rooms=rooms), now=clock)
    yield Story(opened, clock, mail, slack, tmp_path)
    opened.close()


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
