"""`tocsin slack` as an operator meets it: it says what is missing, that it listens, that it lives, and it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slackapp.conftest import Built, House, free_port
from tests.slackserver import SlackServer
from tests.slackserver.server import APP_TOKEN
from tocsin.doctor.routes import hearing
from tocsin.sinks.slack import SlackFault
from tocsin.storage import clock as heartbeats


@pytest.fixture
def environment(tmp_path: Path, workspace: SlackServer) -> dict[str, str]:
    """The shell of a drill home whose Slack is the workspace."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    return kept | {
        "TOCSIN_HOME": str(tmp_path / "home"),
        "TOCSIN_MODE": "drill",
        "TOCSIN_SLACK__TOKEN": workspace.token,
        "TOCSIN_SLACK__BASE_URL": workspace.base_url,
    }


def refusal(environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "slack"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_what_is_missing_is_named_in_one_line(environment: dict[str, str]) -> None:
    assert "slack.app_token_file" in refusal(environment)
    assert "slack.signing_secret_file" in refusal(environment | {"TOCSIN_SLACK__MODE": "http"})
    without = {name: value for name, value in environment.items() if name != "TOCSIN_SLACK__TOKEN"}
    assert "slack.token_file" in refusal(without)


def test_a_port_that_is_taken_is_named(environment: dict[str, str], workspace: SlackServer) -> None:
    taken = {"MODE": "http", "SIGNING_SECRET": "x", "PORT": str(workspace.port)}
    said = refusal(environment | {f"TOCSIN_SLACK__{name}": value for name, value in taken.items()})
    assert f"127.0.0.1:{workspace.port}" in said


@pytest.fixture
def running(environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "slack"],
        env=environment | {"TOCSIN_SLACK__APP_TOKEN": APP_TOKEN, "TOCSIN_SLACK__PORT": str(free_port())},
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.wait()


def test_it_says_that_it_listens_and_ends_when_it_is_told(running: "subprocess.Popen[str]") -> None:
    assert running.stdout is not None
    assert running.stdout.readline() == "listening to Slack: Socket Mode\n"
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) == 0


def findings(house: House) -> list[tuple[str, str]]:
    return [(found.level, found.words) for found in hearing(house.app, None)]


def test_doctor_says_whether_clicks_are_heard(built: Built) -> None:
    house = built(mode="http")
    [(level, words)] = findings(house)
    assert (level, "does not run" in words) == ("warn", True)
    with house.listening():
        assert findings(house) == [("ok", "clicks and /tocsin are heard")]
    with house.app.database.write() as connection:
        heartbeats.beat(connection, "slack", house.app.clock(), {"trouble": "Slack says invalid_auth"})
    [(level, words)] = findings(house)
    assert (level, "invalid_auth" in words) == ("FAIL", True)


@pytest.mark.usefixtures("brisk")
def test_slack_that_is_away_when_it_starts_is_waited_for(built: Built) -> None:
    house = built(mode="socket")
    house.story.declare()
    house.workspace.misbehave(SlackFault("status", "auth.test", status=503, times=1))
    with house.listening():
        house.hush()
        linh = house.member("linh")
        linh.by_socket("slash_commands", linh.command("card"))
        house.workspace.expect(linh.user, house.story.key, whisper=True)
