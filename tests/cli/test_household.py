"""What keeps running: the bell as a process of its own, and the demo's ground."""

import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.actors import at_the_shell
from tocsin.app import App, open_app
from tocsin.cli.demo import demo_home, leaked_tokens
from tocsin.cli.household import _Stop
from tocsin.domain.errors import Refused
from tocsin.domain.scope.question import Question
from tocsin.storage import clock as beats
from tocsin.storage import outbox
from tocsin.up import keeping
from tocsin.up.ground import free_port

#: Seconds after which something that should have happened did not.
PATIENCE = 30.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_bell_rings_delivers_and_leaves_when_it_is_told_to(
    tocsin: Command, declared: str, app: App, number: signal.Signals
) -> None:
    tocsin("page", "minh")
    bell = subprocess.Popen([sys.executable, "-m", "tocsin", "bell"], stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + PATIENCE
    try:
        while not _rang(app) and time.monotonic() < until:
            time.sleep(0.05)
        assert _rang(app)
        with app.database.read() as connection:
            waiting = [row for row in outbox.of_incident(connection, declared) if row["state"] == "pending"]
        assert waiting == []
    finally:
        bell.send_signal(number)
        _, said = bell.communicate(timeout=PATIENCE)
    assert (bell.returncode, "Traceback" in said) == (0, False)


def _rang(app: App) -> bool:
    with app.database.read() as connection:
        return "bell" in beats.beats(connection)


def test_a_house_that_is_told_to_stop_while_it_starts_stops_all_that_it_started(home: Path) -> None:
    command = [sys.executable, "-m", "tocsin", "up", "--port", str(free_port())]
    house = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    mark = ""
    try:
        until = time.monotonic() + PATIENCE
        while not (home / "log" / "server.log").exists() and time.monotonic() < until:
            time.sleep(0.02)
        mark = (home / "keeper").read_text().split()[1]
    finally:
        house.terminate()
        said, _ = house.communicate(timeout=PATIENCE)
    assert house.returncode == 128 + signal.SIGTERM
    assert "dashboard" not in said
    assert list(keeping._marked(mark)) == []


@pytest.mark.parametrize(("words", "rings"), [([], True), (["--no-bell"], False)])
def test_a_house_leaves_the_bell_to_its_own_unit_where_it_is_told_to(
    home: Path, words: list[str], rings: bool
) -> None:
    command = [sys.executable, "-m", "tocsin", "up", "--port", str(free_port()), *words]
    house = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + PATIENCE
        # The bell is started first.
        while not (home / "log" / "server.log").exists() and time.monotonic() < until:
            time.sleep(0.02)
        assert (home / "log" / "bell.log").exists() is rings
    finally:
        house.terminate()
        house.wait(PATIENCE)


def test_only_the_first_word_to_stop_cuts_short_and_none_does_while_it_is_waited_for() -> None:
    stop = _Stop()
    with pytest.raises(SystemExit, match="143"):
        stop.hear(signal.SIGTERM, None)
    stop.hear(signal.SIGTERM, None)
    # What was raised may be lost, where it met Python at collecting garbage.
    with pytest.raises(SystemExit, match="143"):
        stop.wait(0)
    waiting = _Stop()
    assert not waiting.wait(0)
    waiting.hear(signal.SIGINT, None)
    assert waiting.wait(0)


def test_a_demo_has_a_home_of_its_own_that_speaks_to_this_machine_only(tmp_path: Path) -> None:
    with demo_home(tmp_path / "demo") as (settings, config, _):
        assert (settings.mode, settings.fenced, settings.home) == ("demo", True, tmp_path / "demo")
        assert settings.mail.host == "127.0.0.1"
        assert settings.slack.base_url.startswith("http://127.0.0.1:")
        assert config.read_text(encoding="utf-8").count("xoxb") == 0
    before = settings.sources.stat() if settings.sources else None
    with demo_home(tmp_path / "demo") as (again, _, _):
        assert again.home == settings.home
        assert again.sources
        assert again.sources.stat() == before


def test_a_newcomer_can_ask_the_logs_of_a_demo(tmp_path: Path) -> None:
    with demo_home(tmp_path / "demo") as (settings, _, _), closing(open_app(settings)) as app:
        leaked = leaked_tokens(settings.home).read_text(encoding="utf-8").split()
        key = actions.declare(app, at_the_shell(app, "linh"), Declaration("A token", drill=True)).incident.key
        done = actions.scope(app, at_the_shell(app, "giang"), key, Question(tokens=tuple(leaked)))
    assert (found := done.incident.scope) is not None
    assert 0 < found.total <= len(leaked)
    assert {gap["kind"] for gap in found.gaps} == {"people-not-counted"}


def test_a_second_demo_is_refused_and_leaves_the_file_of_the_first_alone(tmp_path: Path) -> None:
    with demo_home(tmp_path / "demo") as (_, config, _):
        before = config.read_text(encoding="utf-8")
        with pytest.raises(Refused, match="is up already"), demo_home(tmp_path / "demo"):
            pass
        assert config.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("words", [["drill", "a", "b"], ["drill", "--keep"], ["up", "--port", "x"]])
def test_what_cannot_be_started_is_wrong_usage(tocsin: Command, home: Path, words: list[str]) -> None:
    assert tocsin(*words, by=None).status == 2
