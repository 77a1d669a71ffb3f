"""`tocsin watchdog`: it judges its own settings alone, and loads nothing that may be broken with the house."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.cli import main
from tocsin.domain.errors import Refused
from tocsin.settings import load_settings
from tocsin.sinks.mail import MailSink
from tocsin.watchdog.settings import load_watchdog

#: What a house may have broken, and what takes long to load.
HOUSE = (
    "prefect",
    "sqlalchemy",
    "jinja2",
    "alembic",
    "structlog",
    "tocsin.app",
    "tocsin.catalog",
    "tocsin.sealing",
    "tocsin.storage",
)


@pytest.fixture
def config(tmp_path: Path, mail: MailSink, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in force whose home was never made, and whose other tables are wrong."""
    path = tmp_path / "tocsin.toml"
    path.write_text(
        f"""
home = "{tmp_path / "home"}"
contacts = "nowhere"
[mail]
port = "none"
[watchdog]
to = ["linh@example.com"]
host = "127.0.0.1"
port = {mail.port}
tls = "loopback-only"
""",
        encoding="utf-8",
    )
    monkeypatch.setenv("TOCSIN_CONFIG", str(path))
    monkeypatch.setenv("TOCSIN_SLACK__TIMEOUT", "never")
    return path


def test_it_looks_and_mails_though_nothing_else_of_the_house_can_be_read(
    config: Path, mail: MailSink, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Refused):
        load_settings(config)
    assert main(["watchdog", "--test"]) == 0
    said = capsys.readouterr()
    assert said.out.endswith("told linh@example.com\n")
    assert "database cannot be asked" in said.out
    assert len(mail.messages) == 1


def test_a_machine_reads_the_same_as_one_document(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watchdog", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["dead"], found["told"], found["failures"]) == (False, [], [])
    assert found["verdict"] == "no sign of life for 0 s; alarms after 2 min"


def test_a_look_loads_nothing_of_the_house(config: Path, tmp_path: Path) -> None:
    code = (
        "import json, sys; from tocsin.cli import main; main(['watchdog', '--test']); "
        "print(json.dumps([name for name in json.loads(sys.argv[1]) if name in sys.modules]))"
    )
    command = [sys.executable, "-c", code, json.dumps(HOUSE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout.splitlines()[-1]) == []
    assert not (tmp_path / "home" / "tocsin.db").exists()


def test_an_alarm_that_left_nobody_is_status_3_and_said_on_stderr(
    config: Path, mail: MailSink, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(config.read_text().replace(f"port = {mail.port}", "port = 9"))
    assert main(["watchdog", "--test"]) == 3
    assert capsys.readouterr().err.startswith("tocsin: linh@example.com: 127.0.0.1:9 at connect")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("to =", "too =", "tocsin.toml:7: watchdog.too: is a key that nobody knows here"),
        ('"linh@example.com"', '"linh"', "to: "),
        ('to = ["linh@example.com"]', "", "the watchdog has no to"),
        ('host = "127.0.0.1"', "", "the watchdog has no host"),
        ('host = "127.0.0.1"', 'host = "smtp.example.com"', "would travel in clear text"),
        ("[watchdog]", "[watchdog]\nsilence = 1", "silence"),
        ("[watchdog]", '[watchdog]\naddress = "tocsin.internal"', "neither http:// nor https://"),
        ("[watchdog]", '[watchdog]\ndatabase = "mysql://x:hunter2@y/z"', "the watchdog's database is none"),
        ("[watchdog]", '[watchdog]\ndatabase = "postgresql://x:hunter2@[y/z"', "database"),
        ("[watchdog]", '[watchdog]\npassword_file = "/nowhere/password"', "secret file /nowhere/password"),
        ("[watchdog]", "watchdog", "tocsin.toml"),
    ],
)
def test_its_own_wrong_setting_is_status_1_in_one_line_that_names_the_place(
    config: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, says: str
) -> None:
    config.write_text(config.read_text().replace(old, new, 1))
    assert main(["watchdog"]) == 1
    said = capsys.readouterr().err
    assert (said.count("\n"), says in said, "hunter2" in said) == (1, True, False), said


def test_the_environment_alone_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    for name, value in {
        "TO": "linh@example.com, bao@example.com",
        "HOST": "smtp.example.com",
        "PASSWORD_FILE": str(tmp_path / "password"),
        "ADDRESS": "https://tocsin.internal/healthz",
    }.items():
        monkeypatch.setenv(f"TOCSIN_WATCHDOG__{name}", value)
    found = load_watchdog()
    assert found.to == ("linh@example.com", "bao@example.com")
    assert found.sender == "linh@example.com"
    assert (found.relay.password, "secret" in repr(found)) == ("secret", False)
    assert (found.database, found.address) == (None, "https://tocsin.internal/healthz")
    assert found.state == tmp_path / "state" / "watchdog.json"
