"""What systemd is given: units whose commands are there, closed to the machine, and a bell that says that it lives."""

import os
import shlex
import socket
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from tocsin.cli import all_verbs, main
from tocsin.settings import Settings
from tocsin.supervised import tell_systemd

FOLDER = Path(__file__).parent.parent / "packaging" / "systemd"
SERVICES = sorted(FOLDER.glob("*.service"))
#: What none of them may do without.
CLOSED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
}


def unit(path: Path) -> ConfigParser:
    """A unit file. systemd takes a key twice, and these say none twice: a second one would be a slip."""
    parser = ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


def test_there_is_a_unit_for_each_part_and_a_timer_for_the_watchdog() -> None:
    names = {path.stem for path in SERVICES}
    assert names == {f"tocsin-{part}" for part in ("bell", "runner", "console", "slack", "watchdog")}
    timer = unit(FOLDER / "tocsin-watchdog.timer")
    assert (timer["Timer"]["OnCalendar"], timer["Install"]["WantedBy"]) == ("minutely", "timers.target")


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_every_unit_starts_a_verb_that_is_there_with_options_that_it_knows(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program, verb, *options = shlex.split(unit(path)["Service"]["ExecStart"])
    assert program == "/opt/tocsin/bin/tocsin"
    assert verb in {each.name for each in all_verbs()}
    assert main([verb, "--help"]) == 0
    said = capsys.readouterr().out
    assert all(option in said for option in options)


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_every_unit_is_closed_to_the_machine_and_belongs_to_no_root(path: Path) -> None:
    service = unit(path)["Service"]
    assert {key: service[key] for key in CLOSED} == CLOSED
    assert service.get("User") == "tocsin" or service["DynamicUser"] == "yes"
    assert service["StateDirectory"]


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_what_keeps_running_is_started_again_for_ever_and_only_who_tells_systemd_is_waited_for(
    path: Path,
) -> None:
    parsed = unit(path)
    if path.stem == "tocsin-watchdog":
        assert parsed["Service"]["Type"] == "oneshot"
        return
    assert (parsed["Service"]["Restart"], parsed["Unit"]["StartLimitIntervalSec"]) == ("always", "0")
    tells = path.stem == "tocsin-bell"
    assert ("WatchdogSec" in parsed["Service"], parsed["Service"]["Type"] == "notify") == (tells, tells)


def test_the_readme_names_every_unit() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in FOLDER.glob("tocsin-*") if path.name not in readme] == []


# --- what the bell tells


def test_the_bell_says_that_it_is_ready_that_it_lives_and_that_it_stops(
    settings_of_home: Settings, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(60)
        environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "TOCSIN_HOME": str(settings_of_home.home),
            "TOCSIN_DATABASE": str(settings_of_home.database),
            "TOCSIN_MODE": "drill",
            "TOCSIN_BELL__INTERVAL": "0.05",
        }
        bell = subprocess.Popen([sys.executable, "-m", "tocsin", "bell"], env=environment)
        try:
            assert [ear.recv(99) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        finally:
            bell.terminate()
        assert bell.wait(60) == 0
        heard = ear.recv(99)
        while heard == b"WATCHDOG=1":
            heard = ear.recv(99)
        assert heard == b"STOPPING=1"


@pytest.mark.parametrize("address", [None, "", "@nobody-listens-here", "/nowhere/notify", "x" * 300])
def test_a_supervisor_that_is_not_there_stops_no_work(
    monkeypatch: pytest.MonkeyPatch, address: str | None
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    tell_systemd("READY=1")


def test_an_abstract_socket_is_heard_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        name = f"tocsin-test-{os.getpid()}"
        ear.bind(f"\0{name}")
        ear.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        tell_systemd("READY=1")
        assert ear.recv(99) == b"READY=1"
