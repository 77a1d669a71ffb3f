"""A relay that admits fewer connections than are set: the others do the work, and it is not called down."""

from dataclasses import replace
from datetime import timedelta
from itertools import cycle

import pytest
from freezegun import freeze_time

from tests.engine.test_letters import about_to_send, adds_up, everybody
from tests.gate import Gate
from tocsin.engine import handing, perform
from tocsin.engine.handing import Connections
from tocsin.sinks.mail import Fault


def behind(tale, gate, connections):
    """The home whose relay stands behind a gate."""
    settings = tale.app.settings
    mail = settings.mail.model_copy(update={"port": gate.port, "connections": connections})
    ledger = settings.ledger.model_copy(update={"batch": 100})
    return replace(tale.app, settings=settings.model_copy(update={"mail": mail, "ledger": ledger}))


@pytest.mark.parametrize("most", [1, 3, 7])
def test_those_that_are_admitted_send_everything(tale, monkeypatch, most):
    monkeypatch.setattr(handing, "_ASIDE", 3600)
    move = about_to_send(tale, 60)
    with Gate(tale.mail.port, most) as gate:
        assert perform(behind(tale, gate, 8), tale.key, move)
    assert sorted(tale.readers) == everybody(60)
    assert (tale.letter.mark, tale.counts["handed_over"], tale.counts["possible_duplicates"]) == (
        "sent",
        60,
        0,
    )
    # Those that were turned away are not tried again with every handful.
    assert gate.turned_away == 8 - most
    adds_up(tale, 60)


@pytest.mark.parametrize("connections", [1, 8])
def test_a_relay_that_admits_nobody_is_down_and_nothing_is_lost(tale, connections):
    move = about_to_send(tale, 20)
    with Gate(tale.mail.port, 0) as gate:
        tale.app = behind(tale, gate, connections)
        perform(tale.app, tale.key, move)
        assert tale.readers == []
        assert tale.counts["pending"] == 20
        assert "at connect: 421" in tale.told("SendingStopped")[-1].why
        assert gate.turned_away == max(5, connections)
        gate.most = 2
        tale.fast_forward(minutes=2)
    assert sorted(tale.readers) == everybody(20)
    assert tale.counts["possible_duplicates"] == 0
    adds_up(tale, 20)


def by_turns(*homes):
    """A way to the relay of each of these homes in turn."""
    opener, following = homes[0].routes["email"], cycle(homes)
    return replace(homes[0], routes={**homes[0].routes, "email": lambda _: opener(next(following))})


def test_a_letter_alone_goes_by_a_connection_that_the_relay_serves(tale, monkeypatch):
    monkeypatch.setattr(handing, "_ASIDE", 0.0)
    move = about_to_send(tale, 20)
    # In doubt, it is sent once more, and nothing else with it.
    tale.mail.misbehave(Fault("dot", "drop", recipient="c7@example.org", times=1))
    with Gate(tale.mail.port, 0) as shut, Gate(tale.mail.port, 2) as door:
        assert perform(by_turns(behind(tale, shut, 2), behind(tale, door, 2)), tale.key, move)
        assert shut.turned_away
    assert sorted(tale.readers) == sorted([*everybody(20), "c7@example.org"])
    assert (tale.letter.mark, tale.counts["possible_duplicates"]) == ("sent", 1)
    adds_up(tale, 20)


def test_one_that_was_not_admitted_is_tried_again_after_a_while():
    with freeze_time() as clock:
        connections = Connections(["a", "b", "c"])
        assert connections.admitted() == {0: "a", 1: "b", 2: "c"}
        connections.served([0, 2], [1])
        assert connections.admitted() == {0: "a", 2: "c"}
        clock.tick(timedelta(seconds=31))
        assert connections.admitted() == {0: "a", 1: "b", 2: "c"}
        connections.served([], [0, 1, 2])
        assert connections.admitted() == {0: "a", 1: "b", 2: "c"}
        connections.served([2], [])
        assert list(connections.admitted()) == [2, 0, 1]
