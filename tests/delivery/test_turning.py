"""What does not get through by one route goes by the person's next one, and where there is none somebody is told."""

from dataclasses import replace

import pytest

from tests.listening import KindEar
from tocsin.delivery.probing import ask_idle
from tocsin.doctor.standing import standing
from tocsin.domain.routes import Reach
from tocsin.sinks.mail import Fault
from tocsin.sinks.slack import SlackFault
from tocsin.views.card import card

UNANSWERED = {
    "silence": SlackFault("hang", method="chat.postMessage"),
    "500": SlackFault("status", status=500),
    "an internal error": SlackFault("error", error="internal_error"),
    "no answer": SlackFault("drop"),
}


@pytest.fixture
def ear(tale):
    """A story that is under way: its commander is linh, and minh is told nothing yet."""
    settings = tale.app.settings
    quick = settings.slack.model_copy(update={"timeout": 1.0})
    tale.app = replace(tale.app, settings=settings.model_copy(update={"slack": quick}))
    tale.declare()
    for who in ("linh", "an"):
        tale.as_(who).ack()
    ear = KindEar(tale).hush()
    yield ear
    ear.expect()


def copies(tale, kind):
    """What the outbox says of each message of this kind: by person and route, its state and number of attempts."""
    rows = (row for row in tale.outbox if row["key"].split("/")[1] == kind)
    return {(row["person"], row["route"]): (row["state"], row["attempts"]) for row in rows}


def lines_of(tale):
    """What card and status say of messages in doubt."""
    found = card(tale.app, tale.actor("linh"), tale.key, tale.clock.moment)
    return found.perhaps_untold, standing(tale.app).unconfirmed


@pytest.mark.parametrize("fault", UNANSWERED.values(), ids=UNANSWERED)
def test_what_slack_leaves_twice_without_an_answer_comes_by_mail_and_stays_flagged(ear, fault):
    tale = ear.story
    tale.slack.misbehave(replace(fault, channel=tale.app.catalog.contacts.person("minh").slack))
    tale.as_("linh").hand("incident-commander", "minh")
    tale.fast_forward(minutes=2)
    ear.expect(("minh", "email", "hand-over"), ("linh", "slack", "hand-over"))
    assert copies(tale, "hand-over")["minh", "slack"] == ("ambiguous", 2)
    assert lines_of(tale) == ((), ())
    tale.slack.behave()
    tale.fast_forward(minutes=2)


@pytest.mark.parametrize("fault", UNANSWERED.values(), ids=UNANSWERED)
def test_no_message_is_lost_by_which_a_silent_slack_is_found_out(ear, fault):
    tale = ear.story
    tale.slack.misbehave(fault)
    tale.as_("linh").hand("incident-commander", "minh")
    tale.fast_forward(minutes=2)
    ear.expect(("minh", "email", "hand-over"), ("linh", "email", "hand-over"))
    assert "does not answer" in (down(tale, "slack") or "")
    tale.slack.behave()
    tale.fast_forward(minutes=2)


def test_what_no_route_has_confirmed_is_counted_until_the_incident_is_closed(ear):
    tale = ear.story
    tale.slack.misbehave(SlackFault("drop"))
    tale.mail.misbehave(Fault("dot", "drop", recipient="minh@streamonapi.example"))
    tale.as_("linh").hand("incident-commander", "minh")
    tale.fast_forward(minutes=5)
    ear.hush()
    assert lines_of(tale) == (("minh",), ((tale.key, "minh"),))
    assert standing(tale.app, without=[tale.key]).unconfirmed == ()
    assert standing(tale.app).as_json()["unconfirmed"] == [{"incident": tale.key, "person": "minh"}]
    tale.slack.behave()
    tale.mail.behave()


def test_a_relay_that_puts_off_whoever_calls_is_down_and_words_go_by_the_next_route(ear):
    tale = ear.story
    by_mail_first(tale, "minh")
    tale.mail.misbehave(Fault("connect", reply="421 4.3.2 Service not available"))
    tale.as_("linh").hand("incident-commander", "minh")
    ear.expect(("minh", "slack", "hand-over"), ("linh", "slack", "hand-over"))
    assert "421" in (down(tale, "email") or "")
    tale.mail.behave()
    tale.leap(minutes=1)
    assert ask_idle(tale.app) == ["email"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("mail", reply="421 4.3.2 closing", times=99),
        Fault("mail", reply="451 4.3.0 later", times=99),
        Fault("rcpt", reply="421 4.3.2 closing", times=99),
    ],
    ids=["421 to MAIL", "451 to MAIL", "421 to RCPT"],
)
def test_a_relay_that_says_twice_that_it_takes_nothing_now_is_down_and_words_go_by_the_next_route(ear, fault):
    tale = ear.story
    by_mail_first(tale, "minh")
    tale.mail.misbehave(fault)
    tale.as_("linh").hand("incident-commander", "minh")
    tale.fast_forward(minutes=3)
    ear.expect(("minh", "slack", "hand-over"), ("linh", "slack", "hand-over"))
    assert fault.reply[:3] in (down(tale, "email") or "")
    tale.mail.behave()


def test_what_every_route_has_refused_is_counted_too(ear):
    tale = ear.story
    minh = tale.app.catalog.contacts.person("minh")
    tale.slack.misbehave(SlackFault("error", error="channel_not_found", channel=minh.slack))
    tale.mail.misbehave(Fault("rcpt", reply="550 5.1.1 nobody", recipient=minh.email))
    tale.as_("linh").hand("incident-commander", "minh")
    tale.fast_forward(minutes=2)
    ear.hush()
    assert lines_of(tale) == (("minh",), ((tale.key, "minh"),))
    tale.slack.behave()
    tale.mail.behave()


@pytest.mark.parametrize("error", ["service_unavailable", "request_timeout"])
def test_a_slack_that_says_twice_that_it_can_do_nothing_is_down(ear, error):
    tale = ear.story
    tale.slack.misbehave(SlackFault("error", error=error))
    tale.as_("linh").hand("incident-commander", "minh")
    tale.fast_forward(minutes=2)
    assert error in (down(tale, "slack") or "")
    ear.expect(("minh", "email", "hand-over"), ("linh", "email", "hand-over"))
    tale.slack.behave()
    tale.fast_forward(minutes=2)


@pytest.mark.parametrize("first", [("slack", "email"), ("email", "slack"), None])
def test_when_routes_come_back_what_waited_for_both_comes_once(ear, first):
    tale, before = ear.story, ear.all()
    tale.slack.misbehave(SlackFault("error", error="invalid_auth"))
    tale.mail.misbehave(Fault("connect", "drop"))
    tale.as_("linh").hand("incident-commander", "minh")
    tale.fast_forward(minutes=3)
    assert {state for state, _ in copies(tale, "hand-over").values()} == {"pending"}
    assert len(copies(tale, "hand-over")) == 4
    for route in first or ():
        {"slack": tale.slack, "email": tale.mail}[route].behave()
        tale.fast_forward(minutes=1)
    tale.slack.behave()
    tale.mail.behave()
    tale.fast_forward(minutes=1)
    heard = [(who, route) for who, route, kind in (ear.all() - before).elements() if kind == "hand-over"]
    assert sorted(who for who, _ in heard) == ["linh", "minh"]
    assert first is None or {route for _, route in heard} == {first[0]}
    ear.hush()


def by_mail_first(tale, who):
    """Let this person be told things by mail, where it works."""
    contacts = tale.app.catalog.contacts
    first = tuple(map(Reach.model_validate, ("email", "slack")))
    people = tuple(
        each.model_copy(update={"routes": first}) if each.id == who else each for each in contacts.people
    )
    tale.app.__dict__["_read"] = (
        tale.app.catalog.with_contacts(contacts.model_copy(update={"people": people})),
        None,
    )


def down(tale, name):
    """Why a route takes nothing; None where it does."""
    return next(route.down for route in standing(tale.app).routes if route.name == name)
