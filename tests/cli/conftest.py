"""The command line against a real home: a drill home whose mail and Slack are sinks on loopback.

`tocsin(...)` runs a command in this process, as fast as it can be; `process(...)` runs the real one, for exit codes
and for what a module loads.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.chapters import DATABASE, Chapters, Place, set_clock
from tests.conftest import BEGINNING, lend_cache
from tocsin.app import App, open_app
from tocsin.cli import main
from tocsin.sealing import Keyring
from tocsin.settings import load_settings
from tocsin.sinks.mail import MailSink
from tocsin.sinks.slack import SlackSink
from tocsin.storage import clock as stored_clock
from tocsin.storage import timeline

CUSTOMERS = (
    ("cus_1", "Mai", "mai@example.com", "vi", "VN"),
    ("cus_2", "Jonas", "jonas@example.org", "de", "DE"),
    ("cus_3", "Chloé", "chloe@example.net", "fr", "FR"),
    ("cus_4", "Wei", "wei@example.com", "en", "SG"),
)
SOURCES = """
customers:
  - name: accounts
    path: customers.csv
    country: VN
    place_basis: billing
    fields: {id: id, name: name, email: email, locale: locale, country: country}
logs:
  - name: gateway
    format: ndjson
    country: VN
    paths: [gateway.ndjson]
    fields: {at: time, account: account, token: token, ip: ip, endpoint: path, method: method, status: status}
"""
#: Words that a letter cannot do without.
LETTER = (
    "measures_taken={en: We revoked the keys., vi: Chúng tôi đã thu hồi các khóa.}",
    "advice_to_people={en: Make new keys., vi: Hãy tạo khóa mới.}",
)


@dataclass(frozen=True)
class Result:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on stdout: exactly one, or this raises."""
        return json.loads(self.out)


Command = Callable[..., Result]


@pytest.fixture
def place(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sqlite_file: Path,
    catalog_cache: Path,
    master_key: Path,
    mail: MailSink,
    slack: SlackSink,
) -> Place:
    """A drill home, in force by the environment, that speaks to the sinks; and a place to stand in."""
    folder = tmp_path / "home"
    folder.mkdir()
    lend_cache(folder, catalog_cache)
    shutil.copytree(master_key.parent, folder / "keys")
    shutil.copy(sqlite_file, folder / DATABASE)
    set_clock(folder / DATABASE, BEGINNING)
    desk = tmp_path / "desk"
    desk.mkdir()
    _write_sources(desk)
    for name in [name for name in os.environ if name.startswith("TOCSIN_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "TOCSIN_MODE": "drill",
        "TOCSIN_HOME": str(folder),
        "TOCSIN_SOURCES": str(desk / "sources.yaml"),
        "TOCSIN_MAIL__HOST": "127.0.0.1",
        "TOCSIN_MAIL__PORT": str(mail.port),
        "TOCSIN_MAIL__TLS": "loopback-only",
        "TOCSIN_MAIL__CONNECTIONS": "1",
        "TOCSIN_SLACK__TOKEN": slack.token,
        "TOCSIN_SLACK__BASE_URL": slack.base_url,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        # What nobody expected shall fail the test where it happens.
        "TOCSIN_DEBUG": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(desk)
    return Place(folder, desk, mail, slack)


@pytest.fixture
def home(place: Place) -> Path:
    """The home of that place."""
    return place.home


@pytest.fixture(scope="session")
def master_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One master key for all homes, so that one can be a copy of another."""
    path = tmp_path_factory.mktemp("keys") / "master.key"
    Keyring.open(path, entropy=os.urandom)
    return path


@pytest.fixture(scope="session")
def chapters(tmp_path_factory: pytest.TempPathFactory) -> Chapters:
    """What was played already."""
    return Chapters(tmp_path_factory.mktemp("chapters"))


def _write_sources(desk: Path) -> None:
    (desk / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    rows = ["id,name,email,locale,country", *(",".join(each) for each in CUSTOMERS)]
    (desk / "customers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    requests = [
        {
            "time": f"2026-11-20T{hour:02d}:10:00Z",
            "account": CUSTOMERS[hour % 4][0],
            "token": "stolen-1" if hour % 4 < 2 else "clean",
            "ip": "203.0.113.7",
            "method": "GET",
            "path": "/v1/account",
            "status": "200",
        }
        for hour in range(24)
    ]
    log = "".join(json.dumps(request) + "\n" for request in requests)
    (desk / "gateway.ndjson").write_text(log, encoding="utf-8")
    (desk / "tokens.txt").write_text("# from the scanner\nstolen-1\n", encoding="utf-8")
    (desk / "proof.txt").write_text("the issuer says: revoked 02:41\n", encoding="utf-8")


@pytest.fixture
def tocsin(home: Path, capfd: pytest.CaptureFixture[str]) -> Command:
    """Run a command in this process, as linh unless told otherwise; `by=None` is the account that runs the tests."""

    def run(*words: str, by: str | None = "linh") -> Result:
        capfd.readouterr()
        status = main([*words, *(["--as", by] if by else [])])
        said = capfd.readouterr()
        return Result(status, said.out, said.err)

    return run


@pytest.fixture
def process(home: Path) -> Command:
    """Run the real command in a process of its own."""

    def run(*words: str, by: str | None = "linh", stdin: str = "") -> Result:
        command = [sys.executable, "-m", "tocsin", *words, *(["--as", by] if by else [])]
        options = {"capture_output": True, "text": True, "errors": "surrogateescape"}
        # Spark alone takes most of a minute to start where others are at work on the machine.
        done = subprocess.run(command, input=stdin, timeout=300, check=False, **options)
        return Result(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def app(home: Path) -> Iterator[App]:
    """The same home, looked at from beside the command line."""
    opened = open_app(load_settings())
    yield opened
    opened.close()


@pytest.fixture
def head(app: App) -> Callable[[str], int]:
    """How many entries an incident has: what a refused command must leave as it was."""

    def read(key: str = "INC-2026-0001") -> int:
        with app.database.read() as connection:
            return timeline.head(connection, key)

    return read


@pytest.fixture
def leap(app: App) -> Callable[..., None]:
    """Let the drill home's clock leap."""

    def ahead(**span: float) -> None:
        with app.database.write() as connection:
            offset = stored_clock.offset(connection)
            stored_clock.set_offset(connection, offset + timedelta(**span))

    return ahead


@pytest.fixture
def declared(tocsin: Command, place: Place, chapters: Chapters) -> str:
    """An incident that linh declared and answered for, and an as DPO: its key."""

    def play() -> str:
        key = tocsin("declare", "A key in a public place", "--type", "credential-leak", "--json").json["key"]
        assert tocsin("ack").status == 0
        assert tocsin("ack", by="an").status == 0
        return str(key)

    return chapters.reach("declared", place, play)


@pytest.fixture
def drafted(tocsin: Command, place: Place, chapters: Chapters, request: pytest.FixtureRequest) -> str:
    """The same with a scope of four people and a letter in review."""

    def play() -> str:
        key: str = request.getfixturevalue("declared")
        assert tocsin("learn", "our_role=controller", *LETTER, "--source", "the team").status == 0
        Path("people.txt").write_text("\n".join(each[0] for each in CUSTOMERS) + "\n", encoding="utf-8")
        assert tocsin("scope", "--list", "people.txt", by="giang").status == 0
        assert tocsin("draft", "customers", by="an").status == 0
        return key

    return chapters.reach("drafted", place, play)


@pytest.fixture
def approved(tocsin: Command, place: Place, chapters: Chapters, request: pytest.FixtureRequest) -> str:
    """The same, approved by two people."""

    def play() -> str:
        key: str = request.getfixturevalue("drafted")
        digest = tocsin("preview", "customers", "--json", by="an").json["digest"]
        for person in ("an", "bao"):
            assert tocsin("approve", "customers", "--digest", digest, by=person).status == 0
        return key

    return chapters.reach("approved", place, play)
