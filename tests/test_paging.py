"""Somebody answers: exactly these calls to these people, with Slack or mail down, slow, lying or in wrong hands."""

import os
import stat
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.listening import KindEar, mail_text, slack_words, to
from tests.story import Story
from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.bell import next_moment
from tocsin.delivery.outbox import deliver
from tocsin.delivery.post import Post
from tocsin.delivery.probing import ask_idle
from tocsin.doctor.standing import standing
from tocsin.domain.contacts import Contacts
from tocsin.domain.errors import Refused
from tocsin.domain.ladder import Ladder
from tocsin.domain.routes import Gateway, Reach
from tocsin.engine import advance
from tocsin.engine.setback import heed_the_clock
from tocsin.sinks.mail import Fault
from tocsin.sinks.slack import SlackFault
from tocsin.storage import outbox, routes
from tocsin.storage.outbox import Outgoing
from tocsin.storage.waiting import Load, claimable
from tocsin.views.calls import unreached

BOTH = ("slack", "email")


@pytest.fixture
def ear(tale):
    """A story whose every message is listened to, and at whose end nothing is left unheard."""
    ear = KindEar(tale)
    yield ear
    ear.expect()


def furnished(story: Story, **change) -> Contacts:
    """The house with other contacts, for this story."""
    contacts = story.app.catalog.contacts.model_copy(update=change)
    story.app.__dict__["_read"] = story.app.catalog.with_contacts(contacts), None
    return contacts


def reached_by(story: Story, **ways) -> None:
    people = tuple(
        person.model_copy(update={"routes": tuple(map(Reach.model_validate, ways[person.id]))})
        if person.id in ways
        else person
        for person in story.app.catalog.contacts.people
    )
    furnished(story, people=people)


def only(story: Story, *levels, again: int = 20) -> None:
    """One ladder alone, for the commander."""
    ladder = {"id": "one", "role": "incident-commander", "severities": ("sev1",), "levels": levels}
    furnished(story, ladders=(Ladder.model_validate(ladder | {"again_after_minutes": again}),))


def calls(who: str, **more) -> dict:
    return {"after_minutes": 0, "call": ({"person": who},)} | more


# --- who is called


def test_each_rung_calls_exactly_its_people(ear):
    tale = ear.story
    only(tale, calls("linh"), calls("minh", after_minutes=3))
    tale.declare()
    ear.expect(*to("linh", "page", *BOTH))
    tale.fast_forward(minutes=2, seconds=59)
    ear.expect()
    tale.fast_forward(seconds=1)
    ear.expect(*to("minh", "page", *BOTH))


def test_two_roles_are_called_at_once_and_each_answers_for_itself(ear):
    tale = ear.story.declare()
    ear.expect(*to("linh", "page", *BOTH), *to("an", "page", *BOTH))
    tale.as_("linh").ack()
    ear.hush()
    tale.leap(minutes=16).settle()
    # The commander's ladder is silent since; the DPO's has climbed.
    assert {page.person for page in tale.incident.pages if page.level} == {"an", "chi"}
    ear.hush()


def test_what_became_due_while_everything_was_dead_is_weighed_against_now(ear):
    only(ear.story, calls("linh", repeat_minutes=1), again=60)
    ear.story.declare()
    ear.expect(*to("linh", "page", *BOTH))
    ear.story.leap(minutes=4, seconds=30).settle()
    ear.expect(*to("linh", "page", *BOTH))
    assert [page.repeat for page in ear.story.incident.pages] == [0, 4]


def test_a_role_that_is_given_back_rings_others_at_once(ear):
    only(ear.story, calls("linh"), calls("minh", after_minutes=5))
    ear.story.declare()
    ear.expect(*to("linh", "page", *BOTH))
    ear.story.as_("linh").ack()
    ear.hush()
    ear.story.as_("linh").hand_back("incident-commander", because="I am on a plane")
    assert ear.story.incident.holder("incident-commander") is None
    assert ear.story.paged("incident-commander")[-1] == ("incident-commander", "minh")
    ear.expect(*to("minh", "page", *BOTH))
    with pytest.raises(Refused, match="only the holder gives it back"):
        ear.story.as_("an").hand_back("incident-commander", because="no")


# --- what a page says


def test_the_first_page_says_what_kind_of_incident_it_is_and_how_long_there_is(ear):
    ear.story.declare()
    assert ear.story.incident.restricted
    for said in (slack_words(ear.story, "linh"), mail_text(ear.story, "linh")):
        assert "Lộ thông tin xác thực hoặc mã API" in said
        assert "chủ thể dữ liệu (Privacy policy, Data Breach Procedures, TẠM TÍNH)" in said
        assert "còn 72 giờ" in said
    ear.hush()


# --- routes as rungs


def test_a_level_that_names_slack_alone_goes_by_slack_alone(ear):
    only(ear.story, calls("linh", by=("slack",)))
    ear.story.declare()
    ear.expect(("linh", "slack", "page"))


FAULTS = {
    "429": SlackFault("status", status=429, retry_after="600"),
    "500 after storing": SlackFault("status", status=500, stored=True, times=1),
    "dropped after storing": SlackFault("drop", stored=True, times=1),
    "an internal error": SlackFault("error", error="internal_error", times=1),
    "silence": SlackFault("hang", times=1),
    "a portal's page": SlackFault("html"),
    "broken JSON": SlackFault("garble", times=1),
    "a revoked token": SlackFault("error", error="token_revoked"),
    "a wrong token": SlackFault("error", error="invalid_auth"),
    "a disabled person": SlackFault("error", error="user_disabled"),
    "an error nobody knows": SlackFault("error", error="moon_phase"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_whatever_slack_does_the_next_route_rings_at_once(ear, fault):
    settings = ear.story.app.settings
    quick = settings.slack.model_copy(update={"timeout": 0.5})
    ear.story.app = replace(ear.story.app, settings=settings.model_copy(update={"slack": quick}))
    only(ear.story, calls("linh", by=("slack",)))
    ear.story.slack.misbehave(fault)
    ear.story.declare()
    (page,) = ear.story.incident.pages
    assert page.reached
    assert page.outcomes["email"] == "handed_over"
    heard = ear.all()
    assert heard["linh", "email", "page"] == 1
    # What Slack kept before it failed is found there, and not said again.
    assert heard["linh", "slack", "page"] == (1 if fault.stored else 0)
    ear.story.fast_forward(minutes=1)
    heard = ear.all()
    assert heard["linh", "email", "page"] == 1
    # A doubt is resolved, a fault that passed is made good; a fault that stays gives nothing.
    assert heard["linh", "slack", "page"] == (0 if fault.times is None else 1)
    ear.hush()


LASTING = {
    "500": SlackFault("status", status=500),
    "an internal error": SlackFault("error", error="internal_error"),
    "silence": SlackFault("hang"),
    "no answer": SlackFault("drop"),
    "broken JSON": SlackFault("garble"),
    "an ok of somebody else": SlackFault("bare"),
}


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING)
def test_a_slack_that_answers_nothing_for_good_has_reached_nobody_and_is_down(ear, fault):
    tale = ear.story
    settings = tale.app.settings
    if fault.do == "hang":
        # Only silence is sat through: where an answer comes, a busy machine is no silence.
        quick = settings.slack.model_copy(update={"timeout": 0.2})
        tale.app = replace(tale.app, settings=settings.model_copy(update={"slack": quick}))
    only(tale, calls("linh"))
    tale.mail.misbehave(Fault("connect", "drop"))
    tale.slack.misbehave(fault)
    tale.declare().fast_forward(minutes=3)
    (page,) = tale.incident.pages
    assert not page.reached
    assert unreached(tale.app) == (tale.key,)
    assert "does not answer" in (down(tale, "slack") or "")
    # The timeline hears of each change, not of every try.
    assert [each.outcome for each in tale.told("PageOutcome") if each.route == "slack"] == ["ambiguous"]
    ear.expect()
    tale.slack.behave()
    tale.fast_forward(seconds=31)
    ear.expect(("linh", "slack", "page"))
    assert (tale.incident.pages[0].reached, down(tale, "slack")) == (True, None)


def down(tale: Story, name: str) -> str | None:
    return next(route.down for route in standing(tale.app).routes if route.name == name)


@pytest.mark.parametrize("at", ["rcpt", "data", "dot"])
def test_a_relay_that_falls_silent_has_reached_nobody_and_is_down(ear, at):
    tale = ear.story
    only(tale, calls("linh"))
    tale.mail.misbehave(Fault(at, "drop"))
    tale.slack.misbehave(SlackFault("error", error="invalid_auth"))
    tale.declare()
    assert unreached(tale.app) == (tale.key,)
    tale.fast_forward(minutes=1)
    assert "does not answer" in (down(tale, "email") or "")
    assert unreached(tale.app) == (tale.key,)
    ear.hush()
    tale.mail.behave()
    tale.fast_forward(seconds=31)
    ear.expect(("linh", "email", "page"))
    assert unreached(tale.app) == ()


def test_a_route_that_takes_nothing_is_tried_by_one_message_at_a_time_and_said_to_be_down(ear):
    tale = ear.story
    tale.slack.misbehave(SlackFault("error", error="invalid_auth"))
    tale.declare()
    ear.expect(("linh", "email", "page"), ("an", "email", "page"))
    (slack,) = (route for route in standing(tale.app).routes if route.name == "slack")
    assert "invalid_auth" in (slack.down or "")
    assert slack.waiting == 2
    assert slack.oldest is not None
    began = tale.slack.calls.count("chat.postMessage")
    # One for each of the two who are called at once, and one for the card of the room.
    assert began <= 3
    tale.fast_forward(minutes=4)
    ear.expect()
    # After 5, 10, 20 and then every 30 seconds, the card every minute: no storm, whatever waits.
    assert tale.slack.calls.count("chat.postMessage") - began in range(7, 16)
    tale.slack.behave()
    tale.fast_forward(seconds=31)
    ear.expect(("linh", "slack", "page"), ("an", "slack", "page"))
    (slack,) = (route for route in standing(tale.app).routes if route.name == "slack")
    assert (slack.down, slack.waiting) == (None, 0)
    assert slack.last_success is not None


@pytest.mark.parametrize("name", BOTH)
def test_hands_that_carry_to_several_people_knock_once_at_a_route_that_is_down(ear, name):
    tale = ear.story
    only(tale, {"after_minutes": 0, "call": [{"person": who} for who in ("linh", "minh", "hoa", "khoa")]})
    tale.slack.misbehave(SlackFault("error", error="invalid_auth"))
    tale.mail.misbehave(Fault("connect", "drop"))
    tale.declare()
    knocks = {
        "slack": lambda: tale.slack.calls.count("chat.postMessage"),
        "email": lambda: tale.mail.connections,
    }
    for count in (1, 2, 3):
        tale.leap(seconds=30)
        before, post = knocks[name](), Post()
        post.send(tale.app)
        post.rest(60)
        assert knocks[name]() == before + 1, count
    ear.expect()


def test_what_is_no_page_goes_by_one_route_and_by_the_next_where_that_is_down(ear):
    tale = ear.story.declare()
    ear.hush()
    whole = f"{tale.key}/remind/1.3"
    tale.slack.misbehave(SlackFault("error", error="invalid_auth"))
    say(tale, "linh", whole, "warning")
    tale.settle()
    ear.expect(("linh", "email", "remind"))
    # Slack comes back: what went by mail is not said a second time.
    tale.slack.behave()
    tale.fast_forward(seconds=40)
    ear.expect()
    states = {row["route"]: (row["state"], row["outcome"]) for row in tale.outbox if "/remind/" in row["key"]}
    assert states == {"slack": ("excluded", "instead"), "email": ("handed_over", "handed_over")}


def say(tale: Story, who: str, message: str, lane: str, *, count: int = 1) -> None:
    """Write messages to a person's Slack as the engine would."""
    from tocsin.change import message_id, sealed_message

    record_key = tale.app.record_key(tale.key)
    (shown,) = (row for row in tale.outbox if row["person"] == "linh" and row["route"] == "slack")
    content = outbox_content(tale, shown)
    rows = []
    for number in range(count):
        key = f"{message}{f'.{number}' if count > 1 else ''}/{who}/slack"
        blank = Outgoing(message_id(record_key, key), key, tale.key, 1, lane, "slack", who, b"")
        rows.append(sealed_message(record_key, blank, content))
    with tale.app.database.write() as connection:
        outbox.put(connection, rows, tale.clock.moment)


def outbox_content(tale: Story, row) -> bytes:
    from tocsin.sealing import unseal

    return unseal(tale.app.record_key(tale.key), row["sealed"], outbox.sealed_for(row))


# --- pages have a lane of their own


def test_a_thousand_waiting_status_messages_knock_once_and_delay_no_page(ear):
    tale = ear.story
    only(tale, calls("linh", by=("slack",)))
    tale.declare()
    ear.expect(("linh", "slack", "page"))
    hoa, asked = tale.app.catalog.contacts.person("hoa").slack or "", 30
    room = tale.slack.room(hoa)
    say(tale, "hoa", f"{tale.key}/status", "status", count=1000)
    tale.slack.misbehave(SlackFault("status", status=429, retry_after=f"{asked}", channel=hoa))
    before, post = tale.slack.calls.count("chat.postMessage"), Post()
    began = time.monotonic()
    post.send(tale.app)
    until(lambda: held(tale))
    say(tale, "minh", f"{tale.key}/page/7", "page")
    post.send(tale.app)
    until(lambda: ear.all()["minh", "slack", "page"])
    # By a real clock: the page is there before Slack takes anything of what waits.
    assert time.monotonic() - began < asked
    ear.expect(("minh", "slack", "page"))
    post.rest(20)
    # Nobody knocks at that channel again before it may.
    assert tale.slack.calls.count("chat.postMessage") == before + 2
    assert held(tale) == ["hoa"]
    tale.slack.behave()
    tale.leap(seconds=asked + 1)
    while deliver(tale.app, limit=500):
        pass
    assert sum(message.channel == room.id for message in tale.slack.messages) == 1000
    ear.hush()


def held(tale: Story) -> list[str]:
    """Where we were asked to wait."""
    with tale.app.database.read() as connection:
        return [where for _, where in routes.holds(connection, tale.clock.moment)]


def test_whom_slack_asks_us_to_wait_with_is_called_by_mail_at_once(ear):
    tale = ear.story
    only(tale, calls("linh", by=("slack",)))
    tale.declare()
    ear.expect(("linh", "slack", "page"))
    minh = tale.app.catalog.contacts.person("minh").slack
    tale.slack.misbehave(SlackFault("status", status=429, retry_after="120", channel=minh))
    say(tale, "minh", f"{tale.key}/status", "status")
    tale.settle()
    asked = tale.slack.calls.count("chat.postMessage")
    for number in (1, 2):
        say(tale, "minh", f"{tale.key}/page/{number}", "page")
    assert next_moment(tale.app) <= tale.clock.moment
    tale.settle()
    ear.expect(("minh", "email", "page"), ("minh", "email", "page"))
    # Slack was not asked again, and gets them when it said.
    assert tale.slack.calls.count("chat.postMessage") == asked
    assert down(tale, "slack") is None
    tale.slack.behave()
    tale.leap(minutes=1, seconds=59).settle()
    ear.expect()
    tale.leap(seconds=2).settle()
    ear.expect(("minh", "slack", "page"), ("minh", "slack", "page"), ("minh", "slack", "status"))


def test_a_channel_that_hangs_holds_up_no_page_of_the_same_house(ear):
    tale = ear.story
    only(tale, calls("linh", by=("slack",)))
    tale.declare()
    say(tale, "hoa", f"{tale.key}/status", "status")
    stuck = tale.app.catalog.contacts.person("hoa").slack
    tale.slack.misbehave(SlackFault("hang", channel=stuck))
    post = Post()
    post.send(tale.app)
    until(lambda: any(row["state"] == "sending" for row in tale.outbox))
    say(tale, "minh", f"{tale.key}/page/7", "page")
    post.send(tale.app)
    until(lambda: any(row["person"] == "minh" and row["state"] == "handed_over" for row in tale.outbox))
    assert [row["person"] for row in tale.outbox if row["state"] == "sending"] == ["hoa"]
    tale.slack.behave()
    post.rest(20)
    ear.hush()


def test_a_relay_that_says_nothing_to_one_page_holds_up_no_page_to_somebody_else(ear):
    tale = ear.story
    only(tale, calls("linh", by=("email",)), calls("minh", after_minutes=2, by=("email",)))
    linh = tale.app.catalog.contacts.person("linh").email
    tale.mail.misbehave(Fault("dot", "silence", recipient=linh))
    what = Declaration("A key", drill=True)
    tale.key = actions.declare(tale.app, tale.actor("linh"), what).incident.key
    advance(tale.app, tale.key)
    post = Post()
    post.send(tale.app)
    until(lambda: tale.mail.messages)
    tale.leap(minutes=2)
    advance(tale.app, tale.key)
    post.send(tale.app)
    until(lambda: any(row["person"] == "minh" and row["state"] == "handed_over" for row in tale.outbox))
    assert [row["person"] for row in tale.outbox if row["state"] == "sending"] == ["linh"]
    tale.mail.behave()
    post.rest(20)
    ear.hush()


def until(true, seconds: float = 60) -> None:
    """Wait for something to come true, as long as a slow machine may need."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


# --- Slack in the attacker's hands


def test_nothing_goes_to_a_silenced_route_any_more_and_what_waited_goes_by_the_next(ear):
    tale = ear.story
    tale.slack.misbehave(SlackFault("status", status=429, retry_after="600"))
    only(tale, calls("linh"), calls("minh", after_minutes=5))
    tale.declare()
    say_waiting = [row for row in tale.outbox if row["route"] == "slack"]
    assert [row["state"] for row in say_waiting] == ["pending"]
    ear.expect(("linh", "email", "page"))
    tale.slack.behave()
    tale.as_("linh").silence("slack", because="the attacker reads it")
    assert tale.incident.silenced == {"slack"}
    tale.leap(minutes=11).settle()
    tale.as_("linh").ack()
    tale.fast_forward(hours=40)
    assert not [who for who, route, _ in ear.all() if route == "slack"]
    assert {(row["state"], row["outcome"]) for row in tale.outbox if row["route"] == "slack"} == {
        ("excluded", "silenced")
    }
    assert ear.all()["minh", "email", "page"] == 1
    ear.hush()
    with pytest.raises(Refused, match="silenced already"):
        tale.as_("linh").silence("slack", because="again")
    tale.as_("linh").lift("slack", because="it was cleaned")
    tale.as_("linh").page("minh")
    ear.expect(*to("minh", "page", *BOTH))


def test_a_warning_that_waited_for_a_silenced_route_goes_by_mail(ear):
    tale = ear.story.declare()
    ear.hush()
    tale.slack.misbehave(SlackFault("status", status=429, retry_after="600"))
    say(tale, "linh", f"{tale.key}/remind/1.3", "warning")
    tale.settle()
    ear.expect()
    tale.as_("linh").silence("slack", because="the attacker reads it")
    ear.expect(("linh", "email", "remind"))


def test_a_declaration_without_slack_says_nothing_there_from_the_first_page_on(ear):
    ear.story.declare(silenced=("slack",))
    ear.expect(("linh", "email", "page"), ("an", "email", "page"))


def test_the_last_route_stays_open(ear):
    tale = ear.story.declare()
    ear.hush()
    tale.as_("linh").silence("slack", because="read")
    with pytest.raises(Refused, match="the last route"):
        tale.as_("linh").silence("email", because="read")
    with pytest.raises(Refused, match="there is no route 'slak'"):
        tale.as_("linh").silence("slak", because="read")
    ear.hush()


# --- a telephone rings


def gateway(tale: Story, body: str, within: str = "20 s", **more) -> None:
    script = tale.folder / "ring"
    script.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    entry = {"id": "sms", "does": "sends a text", "argv": (str(script), "--now"), "within": within}
    furnished(tale, gateways=(Gateway.model_validate(entry | {"in_drills": True} | more),))


def test_the_first_page_of_an_incident_rings_a_telephone(ear):
    tale = ear.story
    out = tale.folder / "rung"
    gateway(tale, f'{{ echo "$TOCSIN_TO|$TOCSIN_INC|$1"; cat; }} > {out}; echo queued as 42')
    reached_by(tale, linh=["command", "slack"])
    only(tale, calls("linh"))
    tale.declare()
    ear.expect(("linh", "slack", "page"))
    first, _, words = out.read_text(encoding="utf-8").partition("\n")
    assert first == f"{tale.app.catalog.contacts.person('linh').phone}|{tale.key}|--now"
    assert f"tocsin ack {tale.key}" in words
    assert len(words) <= 306
    (row,) = (row for row in tale.outbox if row["route"] == "command")
    assert (row["state"], row["reply"]) == ("handed_over", "sms: exit 0 queued as 42")


@pytest.mark.parametrize(
    ("body", "within", "outcome", "said"),
    [
        ("echo no credit; exit 3", "20 s", "refused", "exit 3 no credit"),
        ("exit 75", "20 s", "retry", "exit 75"),
        ("echo dialling; sleep 60", "1 s", "ambiguous", "no end within 1 s dialling"),
        ("kill -9 $$", "20 s", "refused", "exit -9"),
    ],
)
def test_a_gateway_that_fails_turns_the_call_to_the_next_route(ear, body, within, outcome, said):
    gateway(ear.story, body, within)
    reached_by(ear.story, linh=["command", "email"])
    only(ear.story, calls("linh", by=("command",)))
    ear.story.declare()
    ear.expect(("linh", "email", "page"))
    (page,) = ear.story.incident.pages
    assert dict(page.outcomes) == {"command": outcome, "email": "handed_over"}
    (row,) = (row for row in ear.story.outbox if row["route"] == "command")
    assert said in row["reply"]


def test_nobodys_haste_at_a_shell_cuts_a_program_that_rings(ear, monkeypatch):
    monkeypatch.setattr("tocsin.delivery.outbox.HURRY", 0.2)
    tale = ear.story
    gateway(tale, "sleep 1; echo rung", "5 s")
    reached_by(tale, linh=["command"])
    only(tale, calls("linh"))
    tale.key = actions.declare(tale.app, tale.actor("linh"), Declaration("A key", drill=True)).incident.key
    advance(tale.app, tale.key)
    deliver(tale.app, Load(incident=tale.key))
    (row,) = (row for row in tale.outbox if row["route"] == "command")
    assert (row["state"], row["attempts"]) == ("handed_over", 1)
    ear.hush()


def test_a_gateway_that_is_not_there_is_down_and_said_so(ear):
    gateway(ear.story, "true")
    os.unlink(ear.story.folder / "ring")  # noqa: PTH108 - gone behind our back
    reached_by(ear.story, linh=["command", "email"])
    only(ear.story, calls("linh", by=("command",)))
    ear.story.declare()
    ear.expect(("linh", "email", "page"))
    found = {route.name: route.down for route in standing(ear.story.app).routes}
    assert "No such file" in (found["command"] or "")


def test_a_drill_rings_no_real_telephone(ear):
    gateway(ear.story, "echo rung > rung", in_drills=False)
    reached_by(ear.story, linh=["command", "slack"])
    only(ear.story, calls("linh"))
    ear.story.declare()
    ear.expect(("linh", "slack", "page"), ("linh", "email", "page"))
    assert not (ear.story.folder / "rung").exists()


def test_both_dead_and_then_one_alive(ear):
    tale = ear.story
    tale.slack.misbehave(SlackFault("error", error="account_inactive"))
    tale.mail.misbehave(Fault("connect", "drop"))
    tale.declare()
    assert {page.reached for page in tale.incident.pages} == {False}
    assert tale.incident.duties
    ear.expect()
    tale.mail.behave()
    tale.fast_forward(seconds=31)
    ear.expect(("linh", "email", "page"), ("an", "email", "page"))


def test_a_route_by_which_nothing_waits_is_asked_whether_it_is_mended(tale):
    with tale.app.database.write() as connection:
        routes.fell(connection, "slack", "Slack says invalid_auth", tale.clock.moment)
        routes.fell(connection, "command", "sms: no such file", tale.clock.moment)
    assert ask_idle(tale.app) == []
    assert tale.slack.calls == []
    tale.leap(seconds=6)
    tale.slack.misbehave(SlackFault("error", method="auth.test", error="invalid_auth", times=1))
    assert ask_idle(tale.app) == []
    tale.leap(seconds=11)
    assert ask_idle(tale.app) == ["slack"]
    assert tale.slack.calls == ["auth.test", "auth.test"]
    found = {route.name: route.down for route in standing(tale.app).routes}
    assert found["slack"] is None
    assert found["command"] == "not configured"


def test_who_declares_at_a_shell_knocks_where_every_route_was_down_a_moment_ago(ear):
    tale = ear.story
    tale.mail.misbehave(Fault("connect", "drop"))
    tale.slack.misbehave(SlackFault("error", error="invalid_auth"))
    tale.declare()
    ear.expect()
    tale.mail.behave()
    tale.slack.behave()
    other = Declaration("Another", drill=True)
    key = actions.declare(tale.app, tale.actor("linh"), other).incident.key
    advance(tale.app, key)
    tried = deliver(tale.app, Load(incident=key))
    assert {attempt.outcome for attempt in tried} == {"handed_over"}
    tale.settle()
    ear.hush()


# --- what happens between the wire and the record


def test_what_is_on_the_wire_when_its_route_is_silenced_is_not_sent_there_again(ear):
    tale = ear.story
    only(tale, calls("linh", by=("slack",)))
    tale.declare()
    ear.hush()
    say(tale, "minh", f"{tale.key}/page/7", "page")
    with tale.app.database.read() as connection:
        (row,) = claimable(connection, tale.clock.moment, tale.app.clock())
    with tale.app.database.write() as connection:
        # A worker takes it, and dies.
        assert outbox.claim(connection, row, "dead", tale.app.clock(), tale.clock.moment, outbox.LEASE)
    tale.as_("linh").silence("slack", because="the attacker reads it")
    ear.hush()
    later = replace(tale.app, clock=lambda: tale.app.clock() + timedelta(seconds=outbox.LEASE + 1))
    deliver(later)
    ear.expect(("minh", "email", "page"))
    (left,) = (each for each in tale.outbox if each["id"] == row["id"])
    assert (left["state"], left["outcome"]) == ("excluded", "silenced")


def test_a_hanging_message_whose_route_is_silenced_meanwhile_goes_by_another(ear):
    tale = ear.story
    settings = tale.app.settings
    quick = settings.slack.model_copy(update={"timeout": 0.5})
    tale.app = replace(tale.app, settings=settings.model_copy(update={"slack": quick}))
    only(tale, calls("linh", by=("slack",)))
    tale.declare()
    ear.hush()
    tale.slack.misbehave(SlackFault("hang", channel=tale.app.catalog.contacts.person("hoa").slack))
    say(tale, "hoa", f"{tale.key}/remind/1.3", "warning")
    deliver(tale.app)
    tale.slack.behave()
    tale.as_("linh").silence("slack", because="the attacker reads it")
    tale.leap(minutes=20).settle()
    assert ear.all()["hoa", "slack", "remind"] == 0
    assert ear.all()["hoa", "email", "remind"] == 1
    ear.hush()


# --- the clock is set back


def test_a_clock_that_was_set_back_holds_up_no_message_and_no_ladder(ear):
    tale = ear.story
    only(tale, calls("linh"), calls("minh", after_minutes=5))
    tale.leap(hours=7)
    tale.slack.misbehave(SlackFault("error", error="invalid_auth"))
    tale.mail.misbehave(Fault("connect", "drop"))
    tale.declare()
    ear.expect()
    tale.leap(hours=-7)
    tale.slack.behave()
    tale.mail.behave()
    heed_the_clock(tale.app, None)
    tale.settle()
    ear.expect(*to("linh", "page", *BOTH))
    assert [entry.kind for entry in tale.entries].count("ClockSetBack") == 1
    tale.leap(minutes=5).settle()
    ear.expect(*to("minh", "page", *BOTH))


# --- who can be reached by what


def test_whom_nothing_can_reach_is_passed_over_like_somebody_who_is_away(ear):
    tale = ear.story
    people = tuple(
        person.model_copy(update={"slack": None}) if person.id == "linh" else person
        for person in tale.app.catalog.contacts.people
    )
    furnished(tale, people=people)
    only(tale, calls("linh"), calls("minh", after_minutes=5))
    tale.declare(silenced=("email",))
    ear.expect(("minh", "slack", "page"))


def test_a_role_whose_holder_has_left_the_contacts_is_not_silent(ear):
    tale = ear.story.declare()
    for who, role in (("linh", "incident-commander"), ("an", "dpo"), ("dung", "operations")):
        tale.as_(who).take(role)
    stay = tuple(each for each in tale.app.catalog.contacts.people if each.id != "dung")
    furnished(tale, people=stay)
    tale.leap(minutes=20).settle()
    assert ear.all()["minh", "slack", "remind"] == 1
    ear.hush()
    tale.as_("linh").page("operations")
    ear.expect(*to("linh", "page", *BOTH), *to("minh", "page", *BOTH))
    # Where nobody else may hold it, the commander hears of its steps.
    furnished(tale, people=tuple(each.model_copy(update={"roles": each.roles[:1]}) for each in stay))
    before = ear.all()["linh", "slack", "remind"]
    tale.leap(hours=8).settle()
    assert ear.all()["linh", "slack", "remind"] == before + 1
    with pytest.raises(Refused, match=r"nobody in contacts/people.yaml has the role operations"):
        tale.as_("linh").page("operations")
    ear.hush()


def test_what_is_no_page_rings_a_telephone_only_where_nothing_else_is_left(ear):
    tale = ear.story
    out = tale.folder / "rung"
    gateway(tale, f"echo rung >> {out}")
    reached_by(tale, linh=["command"], minh=["command"])
    only(tale, calls("linh"), calls("minh", after_minutes=2))
    tale.declare().fast_forward(minutes=3)
    assert out.read_text(encoding="utf-8").count("rung") == 2
    tale.as_("minh").ack()
    # That somebody answers is no page: linh reads it in her mail, and sleeps on.
    assert out.read_text(encoding="utf-8").count("rung") == 2
    ear.hush()


def test_a_telephone_that_rings_long_holds_up_no_call_of_somebody_else(ear):
    tale = ear.story
    gate = tale.folder / "gate"
    os.mkfifo(gate)
    number = tale.app.catalog.contacts.person("linh").phone
    gateway(tale, f'[ "$TOCSIN_TO" != "{number}" ] || read line < {gate}', "40 s")
    reached_by(tale, linh=["command"], minh=["command"])
    only(tale, calls("linh"), calls("minh", after_minutes=2))
    done = actions.declare(tale.app, tale.actor("linh"), Declaration("A key", drill=True))
    tale.key = done.incident.key
    advance(tale.app, tale.key)
    post = Post()
    post.send(tale.app)
    until(lambda: any(row["state"] == "sending" for row in tale.outbox))
    tale.leap(minutes=2)
    advance(tale.app, tale.key)
    post.send(tale.app)
    until(lambda: any(row["person"] == "minh" and row["state"] == "handed_over" for row in tale.outbox))
    assert [row["person"] for row in tale.outbox if row["state"] == "sending"] == ["linh"]
    gate.write_text("answered\n", encoding="utf-8")
    post.rest(20)
    ear.hush()
