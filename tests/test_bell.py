"""The bell: a round does what is due, says that it lives, and stops for nobody's sake."""

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from tests.explained import explained
from tests.slow import SlowLetters
from tocsin import actions, bell, supervised
from tocsin.actions.declaring import Declaration
from tocsin.bell import Hands, next_moment, ring
from tocsin.domain.notice import CUSTOMERS
from tocsin.engine import advance, quick_only
from tocsin.engine.rousing import waking_of
from tocsin.setting_tables import Prefect, Slack
from tocsin.storage import clock as heartbeats
from tocsin.storage import resting, timeline
from tocsin.storage.runs import Runs
from tocsin.storage.tables import incident

HIT = {"role": "controller", "place": "VN", "count": 3, "risk": "risk", "group": ["customers"]}


def test_a_round_delivers_advances_and_says_that_it_lives(story):
    story.declare().leap(minutes=6)
    done = ring(story.app)
    assert (done.advanced, done.failed, done.oldest_overdue) == (1, 0, timedelta(minutes=1))
    assert story.paged()[-1] == ("incident-commander", "minh")
    assert len(story.mails_to("minh")) == 1
    with story.app.database.read() as connection:
        beat, detail = heartbeats.beats(connection)["bell"]
    assert abs(beat - story.app.clock()) < timedelta(seconds=10)
    assert detail == {"pid": os.getpid(), "prefect": None, "failed": 0}


@pytest.mark.parametrize(("each", "signs"), [(0.0, 6), (60.0, 0)])
def test_a_long_round_says_between_two_incidents_that_it_lives_and_a_short_one_does_not(
    tale, tmp_path, monkeypatch, each, signs
):
    for number in range(3):
        tale.declare(f"Leak {number}")
    tale.leap(minutes=6)
    monkeypatch.setattr(supervised, "EACH", each)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    beats = []
    event.listen(
        tale.app.database.engine,
        "before_cursor_execute",
        lambda _, __, statement, *___: beats.append(statement) if "INTO heartbeat" in statement else None,
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.setblocking(False)
        assert ring(tale.app).advanced == 3
        heard = []
        with suppress(BlockingIOError):
            while True:
                heard.append(ear.recv(99))
    assert heard == [b"WATCHDOG=1"] * signs
    assert len(beats) == signs + 1


def test_a_round_with_nothing_due_writes_no_entry(story):
    story.declare()
    head = story.incident.head_seq
    assert ring(story.app).advanced == 0
    assert story.incident.head_seq == head


def test_the_next_moment_is_the_first_wake_or_the_first_message_that_may_be_tried_again(story):
    story.declare()
    assert next_moment(story.app) == story.clock.moment + timedelta(minutes=5)
    story.app = replace(story.app, routes={})
    story.declare("Another one")
    assert next_moment(story.app) == story.clock.moment + timedelta(seconds=5)


def test_a_round_asks_each_of_its_questions_by_an_index_that_leaves_out_what_rests(tale):
    # Rooms in Slack are looked after beside the rounds.
    tale.app = replace(tale.app, settings=tale.app.settings.model_copy(update={"slack": Slack()}))
    tale.declare()
    ring(tale.app, waking=lambda: None)
    book, rung = Runs(tale.app.database), []
    steps = explained(
        tale.app.database,
        lambda: rung.append(ring(tale.app, waking=lambda: str(book.due(tale.clock.moment)))),
        lambda statement: "FROM incident" in statement or "FROM outbox" in statement,
    )
    assert [each.advanced for each in rung] == [0]
    places = {step.partition(" USING INDEX ")[2].split()[0] for step in steps if " incident " in step}
    assert places == {
        "ix_incident_wake_at",
        "ix_incident_unseen",
        "ix_incident_shown",
        "ix_incident_held_against",
    }
    assert {step for step in steps if " outbox " in step} == {
        "SEARCH outbox USING INDEX ix_outbox_state_not_before (state=? AND not_before<?)",
        "SEARCH outbox USING INDEX ix_outbox_state_not_before (state=?)",
    }


def test_laws_that_were_held_against_those_of_today_are_not_looked_at_again_by_the_next_bell(tale):
    for number in range(3):
        tale.declare(f"Leak {number}")
    ring(tale.app)
    with tale.app.database.read() as connection:
        assert resting.held_otherwise(connection, tale.app.catalog.digest, tale.clock.moment, 9) == []
        assert len(resting.held_otherwise(connection, "other packs", tale.clock.moment, 2)) == 2


def test_laws_that_were_held_against_other_packs_are_held_against_those_of_today(tale):
    tale.declare()
    with tale.app.database.write() as connection:
        connection.execute(update(incident).values(held_against="packs of long ago"))
    ring(tale.app)
    with tale.app.database.read() as connection:
        assert connection.scalar(select(incident.c.held_against)) == tale.app.catalog.digest


def test_how_long_nobody_made_a_move_shows_until_it_is_made(story):
    story.declare().leap(minutes=6)
    for _ in range(3):
        story.leap(minutes=1)
        with story.app.database.read() as connection:
            overdue = timeline.oldest_overdue(connection, story.clock.moment)
    assert overdue == timedelta(minutes=4)
    story.settle()
    with story.app.database.read() as connection:
        assert timeline.oldest_overdue(connection, story.clock.moment) == timedelta(0)


def test_a_long_job_that_nobody_takes_keeps_its_age(tale):
    tale.approved()
    actions.release(tale.app, tale.actor("an"), tale.key, CUSTOMERS)
    since = tale.clock.moment
    tale.leap(minutes=3)
    advance(tale.app, tale.key, wanted=quick_only)
    with tale.app.database.read() as connection:
        assert connection.scalar(select(incident.c.wake_at).where(incident.c.key == tale.key)) == since


def test_a_closing_that_was_cut_short_is_still_published(story):
    story.declare()
    actions.decline(story.app, story.actor("an"), story.key, because="a test key")
    assert story.told("HeadPublished") == []  # the process died before it could advance
    story.settle()
    assert story.told("HeadPublished")[-1].milestone == "declined"


def test_long_jobs_beside_the_rounds_delay_no_deadline_and_no_paper_of_another(story):
    story.approved()
    actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)
    letters = SlowLetters(story.app)
    slow = replace(story.app, routes={**story.app.routes, "email": letters})
    sending = story.key
    hands = Hands()
    ring(slow, hands=hands)
    assert letters.reached.wait(30)
    what = Declaration("Another one", type="credential-leak")
    story.key = actions.declare(slow, story.actor("linh"), what).incident.key
    for minutes in (0, 6):
        story.leap(minutes=minutes)
        ring(slow, hands=hands)
    assert story.paged()[-1] == ("incident-commander", "minh")
    assert len(story.mails_to("minh")) == 1
    facts = {"aware_at": "2026-11-23T19:31:00Z", "nature": ["hacking"], "cells": [HIT]}
    actions.learn(slow, story.actor("an"), story.key, facts, source="scope")
    ring(slow, hands=hands)
    story.leap(hours=49)
    ring(slow, hands=hands)
    for _ in range(600):
        if story.told("PaperMade"):
            break
        letters.go_on.wait(0.1)
    assert [paper.duty for paper in story.told("PaperMade")] == ["vn-pdpl/authority/vn/controller"]
    assert (letters.reached.is_set(), letters.go_on.is_set(), story.letters) == (True, False, [])
    letters.go_on.set()
    hands.rest(60)
    story.key = sending
    story.settle()
    assert len(story.letters) == 6


def test_no_incident_is_in_two_hands_and_none_is_passed_over(tale, monkeypatch):
    held, go_on = [], threading.Event()

    def long_job(app, key, wanted, stop):
        held.append(key)
        go_on.wait(30)
        return True

    monkeypatch.setattr(bell, "_advanced", long_job)
    hands = Hands(2)
    hands.take(tale.app, ["a", "b", "c"])
    hands.take(tale.app, ["a", "b", "c"])
    assert sorted(held) == ["a", "b"]
    go_on.set()
    hands.rest(30)
    hands.take(tale.app, ["a", "b", "c"])
    hands.rest(30)
    assert sorted(held) == ["a", "a", "b", "c"]


def test_a_bell_of_its_own_pages_and_ends_when_it_is_told_to(story, settings_of_home, tmp_path):
    what = Declaration("A leak", type="credential-leak", drill=True)
    real = replace(story.app, now=story.app.clock)
    story.key = actions.declare(real, story.actor("linh"), what).incident.key
    code = (
        "import sys; from tocsin.app import open_app; from tocsin.rounds import run; "
        "from tocsin.settings import Settings, Mail, Slack, Bell; "
        "home, url, port, slack = sys.argv[1:]; "
        "run(open_app(Settings(mode='drill', home=home, database=url, bell=Bell(interval=0.05), "
        "mail=Mail(host='127.0.0.1', port=int(port), tls='loopback-only'), "
        "slack=Slack(token='xoxb-sink', base_url=slack))))"
    )
    words = (
        str(settings_of_home.home),
        settings_of_home.database,
        str(story.mail.port),
        story.slack.base_url,
    )
    with (tmp_path / "bell.log").open("wb") as log:
        bell = subprocess.Popen([sys.executable, "-c", code, *words], stdout=log, stderr=log, cwd=tmp_path)
    try:
        waiting = threading.Event()
        for _ in range(300):
            if len(story.mail.messages) == 2:
                break
            waiting.wait(0.1)
    finally:
        os.kill(bell.pid, signal.SIGTERM)
    assert bell.wait(30) == 0, (tmp_path / "bell.log").read_text()
    assert [len(story.mails_to(who)) for who in ("linh", "an")] == [1, 1]


def test_pages_leave_before_prefect_is_asked_for_anything(tale):
    tale.declare().leap(minutes=6)
    seen = []
    ring(tale.app, waking=lambda: seen.append(tale.paged()[-1]))
    assert seen == [("incident-commander", "minh")]
    assert tale.mails_to("minh")


@pytest.mark.parametrize("broken", ["email", "slack"])
def test_a_route_that_cannot_be_opened_stops_no_round(tale, broken):
    def fails(app):
        raise RuntimeError("no such library")

    tale.app = replace(tale.app, routes={**tale.app.routes, broken: fails})
    tale.declare().fast_forward(minutes=6)
    assert tale.paged()[-1] == ("incident-commander", "minh")


def test_a_bell_that_comes_up_before_the_password_of_prefect_is_there_rings_and_learns_it_later(
    tale, tmp_path
):
    auth = tmp_path / "auth"
    prefect = Prefect(url="http://127.0.0.1:9/api", auth_file=auth)
    tale.declare().leap(minutes=6)
    home = replace(tale.app, settings=tale.app.settings.model_copy(update={"prefect": prefect}))
    waking = waking_of(home)
    done = ring(home, waking=waking)
    assert (done.advanced, f"password file {auth}" in (done.prefect or "")) == (1, True)
    auth.write_text("tocsin:secret")
    assert "does not answer" in (ring(home, waking=waking).prefect or "")
