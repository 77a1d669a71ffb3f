"""Whoever rings in the stead of a dead bell rings as it does: nothing slow delays a page, and no letter is cut off."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from flows import watch
from tests.slow import SlowLetters
from tests.test_paging import say, until
from tocsin import actions
from tocsin.domain.notice import CUSTOMERS
from tocsin.setting_tables import Bell
from tocsin.sinks.slack import SlackFault
from tocsin.storage import clock as heartbeats
from tocsin.storage import timeline


@pytest.fixture
def standing_in(monkeypatch):
    """One run of `watch` that stands in, in a house, for so many seconds."""

    @contextmanager
    def stand_in(app, seconds):
        app = replace(app, settings=app.settings.model_copy(update={"bell": Bell(interval=0.1)}))
        monkeypatch.setattr(watch, "home", lambda: app)
        monkeypatch.setattr(watch, "STAND_IN", seconds)
        run = threading.Thread(target=watch._stand_in, daemon=True)
        run.start()
        try:
            yield run
        finally:
            until(lambda: not run.is_alive() or rung(app), 90)

    return stand_in


def rung(app) -> None:
    """The bell is back."""
    with app.database.write() as connection:
        heartbeats.beat(connection, "bell", app.clock())


def test_a_slack_that_hangs_delays_no_page_of_a_house_whose_bell_is_dead(tale, standing_in):
    tale.declare()
    say(tale, "hoa", f"{tale.key}/status", "status")
    tale.slack.misbehave(SlackFault("hang", channel=tale.app.catalog.contacts.person("hoa").slack))
    with standing_in(tale.app, 60) as run:
        until(lambda: any(row["state"] == "sending" for row in tale.outbox))
        actions.page(tale.app, tale.actor("linh"), tale.key, "minh")
        until(lambda: tale.mails_to("minh"), 10)
        assert "hoa" in [row["person"] for row in tale.outbox if row["state"] == "sending"]
        assert run.is_alive()
        tale.slack.behave()


def test_a_round_that_fails_ends_no_standing_in_and_the_bell_stays_as_silent_as_it_is(tale, standing_in):
    def beats():
        with tale.app.database.read() as connection:
            return heartbeats.beats(connection)

    def renamed(old, new):
        with tale.app.database.write() as connection:
            connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    tale.declare()
    last = beats()["bell"]
    with standing_in(tale.app, 60) as run:
        until(lambda: "watch" in beats(), 10)
        renamed("heartbeat", "away")
        run.join(1)
        renamed("away", "heartbeat")
        actions.page(tale.app, tale.actor("linh"), tale.key, "minh")
        until(lambda: tale.mails_to("minh"), 10)
        assert run.is_alive()
        assert beats()["bell"] == last


def test_what_waits_for_a_moment_that_a_clock_set_back_has_made_far_is_called_for_now(tale, standing_in):
    tale.leap(hours=7)
    tale.declare()
    tale.leap(hours=-7)
    with standing_in(tale.app, 0.5):
        pass
    with tale.app.database.read() as connection:
        wake = timeline.next_wake(connection)
    assert wake is not None
    assert wake < tale.clock.moment + timedelta(hours=1)


def test_a_sending_is_brought_to_its_end_before_the_next_run_takes_over(tale, standing_in):
    tale.approved()
    actions.release(tale.app, tale.actor("an"), tale.key, CUSTOMERS)
    letters = SlowLetters(tale.app)
    slow = replace(tale.app, routes={**tale.app.routes, "email": letters})
    with standing_in(slow, 0.5) as run:
        assert letters.reached.wait(30)
        run.join(1)
        assert run.is_alive()
        letters.go_on.set()
    assert len(tale.letters) == 6
