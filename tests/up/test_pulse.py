"""A part that is there but does nothing is told by its heartbeat, and by nobody else's."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.up.test_keeping import runs, until
from tocsin.app import open_app
from tocsin.settings import Settings
from tocsin.storage import clock as beats
from tocsin.up import pulse
from tocsin.up.child import Child
from tocsin.up.ground import Ground
from tocsin.up.household import Household
from tocsin.up.pulse import Pulse

#: A bell that beats in its own name, as fast as it can.
BELL = """
import pathlib, sys, time
from tocsin.app import open_app
from tocsin.bell import ring
from tocsin.settings import Settings
app = open_app(Settings(mode="drill", home=pathlib.Path(sys.argv[1])))
while True:
    ring(app)
    time.sleep(0.05)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(mode="drill", home=tmp_path / "home")
    open_app(made).close()
    return made


@pytest.fixture
def bell(tmp_path: Path) -> Child:
    """A child that is there, as far as anybody can see."""
    child = Child("bell", [], {}, tmp_path / "log", tmp_path)
    child._process = type("Process", (), {"pid": 4711})()  # type: ignore[assignment]
    child._started = time.monotonic()
    return child


def beat(settings: Settings, name: str, pid: int | None = None) -> None:
    app = open_app(settings)
    with app.database.write() as connection:
        beats.beat(connection, name, app.clock(), {"pid": pid} if pid else None)
    app.close()


def age(thing: Pulse, bell: Child, seconds: float) -> None:
    """Let so many seconds pass for what was heard up to now."""
    bell._started -= seconds
    thing._began -= seconds
    thing._deaf -= seconds
    thing._listened -= pulse.EVERY
    thing._beats = {key: (at, heard - seconds) for key, (at, heard) in thing._beats.items()}


@pytest.mark.parametrize(("pid", "hangs"), [(4711, False), (4712, True)])
def test_a_bell_hangs_when_only_others_beat_in_its_name(
    settings: Settings, bell: Child, pid: int, hangs: bool
) -> None:
    listener = Pulse(settings)
    beat(settings, "bell", 4711)
    age(listener, bell, 0)
    listener.listen()
    assert not listener.hangs(bell)
    age(listener, bell, pulse.BELL_SILENT + 3)
    beat(settings, "bell", pid)
    listener.listen()
    assert listener.hangs(bell) == hangs
    listener.close()


def test_while_the_database_is_away_no_silence_is_held_against_anybody(
    settings: Settings, bell: Child
) -> None:
    listener = Pulse(settings.model_copy(update={"database": "sqlite:////proc/nowhere/x.db"}))
    age(listener, bell, 1000)
    assert listener.hangs(bell)
    listener.listen()
    assert not listener.hangs(bell)
    assert not listener.stopped("watch")


def test_a_keeper_that_was_held_up_itself_holds_nothing_against_anybody(
    settings: Settings, bell: Child
) -> None:
    listener = Pulse(settings)
    age(listener, bell, 1000)
    listener._listened -= 1000
    listener.listen()
    assert not listener.hangs(bell)
    listener.close()


def test_a_watch_that_stopped_has_a_line_that_says_so(settings: Settings, bell: Child) -> None:
    house = Household(settings, Ground(settings.home, 4200, ""))
    house.children["server"] = bell
    bell._process = None
    beat(settings, "watch")
    age(house._pulse, bell, 0)
    house._pulse.listen()
    assert (house.parts()[-1].name, house.parts()[-1].well) == ("watch", True)
    age(house._pulse, bell, 200)
    house._pulse.listen()
    assert (house.parts()[-1].well, house.parts()[-1].words) == (False, "SILENT; see worker.log")
    house._pulse.close()


def test_a_bell_that_is_stopped_in_its_tracks_is_killed_and_started_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "BELL_SILENT", 0.5)
    monkeypatch.setattr(pulse, "EVERY", 0.1)
    house = Household(settings, Ground(settings.home, 4200, ""))
    command = [sys.executable, "-c", BELL, str(settings.home)]
    bell = Child("bell", command, dict(os.environ), tmp_path / "bell.log", Path.cwd())
    house.children["bell"] = bell
    try:
        house._mind_the_bell()
        first = bell.pid
        assert first is not None
        until(lambda: house._mind_the_bell() or ("bell", first) in house._pulse._beats)
        os.kill(first, signal.SIGSTOP)
        until(lambda: house._mind_the_bell() or (bell.starts == 2 and bell.alive))
        assert not runs(first)
        until(lambda: house._mind_the_bell() or ("bell", bell.pid) in house._pulse._beats)
    finally:
        bell.stop(grace=0)
        house._pulse.close()
