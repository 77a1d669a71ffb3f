"""kill -9 at the worst moment: what was acknowledged is worked off by the next process, or said to be lost."""

import json
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import pytest

from tests.slackapp.conftest import Built, House
from tests.slackapp.test_clicks import posted
from tests.slackapp.test_files import ask, left
from tocsin.app import real_now
from tocsin.domain.offers import Offer
from tocsin.evidence.passing import passing, sweep
from tocsin.slackapp.hands import LEASE
from tocsin.slackapp.keeping import keep
from tocsin.slackapp.received import received

#: A listening process that dies at a given point of its work.
DYING = """
import json, os, signal, sys
from datetime import datetime
from tocsin.app import open_app
from tocsin.settings import Settings
from tocsin.slackapp import serving, work, aftermath, clicks, files, voice
told = json.loads(sys.argv[1])
settings = Settings(**told["settings"])

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

match told["at"]:
    case "before the work":
        serving.work_off = die
    case "after the deed":
        clicks.advanced = die
    case "before the answer":
        voice.Voice.reply = die
    case "with the file in hand":
        files.take_up = die
    case "after the upload":
        files.advanced = die
    case "before the thread hears":
        files._say_in_thread = die
app = open_app(settings, now=lambda: datetime.fromisoformat(told["now"]))
serving.run(app, lambda words: print(words, flush=True))
"""


def dying(house: House, at: str) -> subprocess.Popen[str]:
    told = {"settings": plain(house), "at": at, "now": house.app.now().isoformat()}
    process = subprocess.Popen(
        [sys.executable, "-c", DYING, json.dumps(told)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert "listening" in process.stdout.readline()
    port = house.app.settings.slack.port
    house.workspace.app_url = f"http://127.0.0.1:{port}/slack/events"
    return process


def die(house: House, process: "subprocess.Popen[str]") -> None:
    """See it die. Whoever listens next does so when its lease has ended: nobody need sit through that."""
    assert process.wait(20) == -signal.SIGKILL
    house.app = replace(house.app, clock=lambda: real_now() + LEASE)


def plain(house: House) -> dict[str, object]:
    settings = house.app.settings
    slack = settings.slack
    assert slack.token is not None
    assert slack.signing_secret is not None
    return {
        "mode": "drill",
        "home": str(settings.home),
        "database": settings.database,
        "mail": {"host": "127.0.0.1", "port": settings.mail.port, "tls": "loopback-only"},
        "slack": {
            "token": slack.token.get_secret_value(),
            "base_url": slack.base_url,
            "mode": "http",
            "signing_secret": slack.signing_secret.get_secret_value(),
            "port": slack.port,
        },
    }


@pytest.mark.parametrize("at", ["before the work", "after the deed", "before the answer"])
def test_a_click_that_was_kept_is_done_once_whenever_the_process_dies(built: Built, at: str) -> None:
    house = built()
    house.story.declare()
    house.hush()
    linh = house.member("linh")
    message = posted(house, Offer("take", house.story.key, "incident-commander"))
    process = dying(house, at)
    # A hand may die before the 200 has left: the click was kept before that.
    with suppress(ConnectionError):
        assert linh.click(message, "take incident-commander").status == 200
    die(house, process)

    with house.listening():
        house.workspace.expect(linh.user, "Trần Mỹ Linh", whisper=True)
        house.hush()

    assert house.story.incident.roles == {"incident-commander": "linh"}
    assert len(house.story.told("RoleTaken")) == 1
    assert house.story.told("Refusal") == []


@pytest.mark.parametrize("at", ["after the upload", "before the thread hears"])
def test_a_file_that_was_kept_is_told_of_once_whenever_the_process_dies(built: Built, at: str) -> None:
    house = built()
    with house.listening():
        _, step, thread = ask(house)
    process = dying(house, at)
    house.member("linh").upload(thread, house.workspace.file(b"the log"), "x.log")
    die(house, process)

    with house.listening():
        heard = house.workspace.expect(thread.channel, step, "kho bằng chứng: E")
        house.hush()

    assert heard.message is not None
    assert heard.message.thread == thread.ts
    assert len(house.story.incident.steps[step].evidence) == 1
    assert house.story.told("Refusal") == []


def test_a_file_is_not_left_in_clear_text_by_a_process_that_dies(built: Built) -> None:
    house = built()
    with house.listening():
        _, step, thread = ask(house)
    process = dying(house, "with the file in hand")
    house.member("linh").upload(thread, house.workspace.file(b"the log"), "x.log")
    die(house, process)
    [file] = [path for path in left(house) if path.is_file()]
    assert file.read_bytes() == b"the log"
    assert file.stat().st_mode & 0o077 == 0

    with passing(house.app.settings) as held:
        (held / "x").write_text("of another that lives")
        assert not file.exists()
        sweep(house.app.settings)
        assert (held / "x").exists()
    assert left(house) == []

    with house.listening():
        house.workspace.expect(thread.channel, step, "kho bằng chứng: E")
        house.hush()


def test_a_modal_that_a_dead_process_owed_is_said_to_be_lost(built: Built) -> None:
    house = built()
    linh = house.member("linh")
    keep(house.app, received(linh.command("declare")), {})
    with house.listening():
        house.workspace.expect(linh.user, "Không mở kịp biểu mẫu")
