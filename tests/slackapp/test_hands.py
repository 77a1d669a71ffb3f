"""The hands: what one of them could not end is let go of, and taken up again."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.slackapp.conftest import Built
from tocsin.app import App
from tocsin.slackapp import hands
from tocsin.storage import inbound
from tocsin.storage.database import Unavailable
from tocsin.storage.inbound import Taken


@pytest.mark.parametrize("failure", [Unavailable("busy"), RuntimeError("anything")])
def test_what_failed_in_hand_is_taken_up_again_while_its_process_lives(
    built: Built, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    monkeypatch.setattr(hands, "LEASE", timedelta(seconds=0.3))
    monkeypatch.setattr(hands, "LOOK", 0.05)
    app = built().app
    tries: list[Taken] = []
    done = threading.Event()

    def work(_: App, taken: Taken) -> None:
        tries.append(taken)
        if not taken.again:
            raise failure
        done.set()

    with app.database.write() as connection:
        inbound.put(connection, "command:1", "command", b"sealed", app.clock())
    crew = hands.Hands(app, work)
    crew.start()
    until = time.monotonic() + 5
    while not done.wait(0.05) and time.monotonic() < until:
        crew.beat()
    crew.rest(5)

    assert [taken.again for taken in tries] == [False, True]
    with app.database.read() as connection:
        assert inbound.waiting(connection) == []


def test_contacts_are_read_anew_after_the_clock_was_set_back(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "LANES", (hands.Lane(1, frozenset({"command"})),))
    app, ahead = built().app, [timedelta(0)]
    app = replace(app, clock=lambda real=app.clock: real() + ahead[0])
    handles: list[App] = []
    crew = hands.Hands(app, lambda handle, _: handles.append(handle))
    crew.start()
    for number, moved in enumerate((timedelta(0), timedelta(hours=-1)), start=1):
        ahead[0] = moved
        with app.database.write() as connection:
            inbound.put(connection, f"command:{number}", "command", b"sealed", app.clock())
        crew.nudge()
        until = time.monotonic() + 5
        while len(handles) < number and time.monotonic() < until:
            time.sleep(0.05)
    crew.rest(5)

    first, second = handles
    assert first is not second
