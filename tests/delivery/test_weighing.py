"""After hours without any route what leaves is what still stands: nothing stale, nothing twice."""

from dataclasses import replace

import pytest

from tests.engine.test_rhythm import quiet
from tests.listening import KindEar, mail_text, slack_words
from tests.test_paging import outbox_content
from tocsin import actions
from tocsin.channels.wiring import ROUTES
from tocsin.delivery.outbox import deliver
from tocsin.domain.needed import needed
from tocsin.storage.waiting import Load


@pytest.fixture
def ear(tale):
    """A story under way, told in a house whose every route is dead; `alive` mends them."""
    tale.declare()
    for who in ("linh", "an"):
        tale.as_(who).ack()
    ear = KindEar(tale).hush()
    tale.app = replace(tale.app, routes={})
    yield ear
    ear.expect()


def alive(tale):
    """Every route is mended, and what waited leaves."""
    tale.app = replace(tale.app, routes=ROUTES)
    tale.leap(seconds=31).settle().fast_forward(seconds=31)


def by_leaps(tale, minutes, count):
    """Let time pass as a bell that is looked at from far away: not from try to try of every dead route."""
    for _ in range(count):
        tale.leap(minutes=minutes).settle()


def of_kind(ear, kind):
    """What came of one kind of message, and to whom; everything else is forgotten."""
    before = ear._heard
    ear.hush()
    return sorted((who, route) for who, route, what in (ear.all() - before).elements() if what == kind)


def test_a_question_that_was_asked_anew_is_asked_once(ear):
    tale = ear.story
    quiet(tale)
    by_leaps(tale, 30, 4)
    assert len(tale.told("UpdateAsked")) == 4
    alive(tale)
    assert of_kind(ear, "ask-update") == [("linh", "slack")]


def test_a_question_that_was_answered_is_not_asked(ear):
    tale = ear.story
    quiet(tale)
    by_leaps(tale, 30, 2)
    tale.as_("linh").update("Tokens are revoked", "Scope runs until 04:00", "none")
    alive(tale)
    assert of_kind(ear, "ask-update") == []


def test_who_commands_no_more_is_not_asked(ear):
    tale = ear.story
    quiet(tale)
    by_leaps(tale, 31, 1)
    tale.as_("linh").hand("incident-commander", "minh")
    alive(tale)
    # That the role changed hands did happen, and both hear of it, however late.
    before = ear._heard
    assert of_kind(ear, "ask-update") == []
    kinds = [(who, what) for who, _, what in (ear.all() - before).elements() if what == "hand-over"]
    assert sorted(kinds) == [("linh", "hand-over"), ("minh", "hand-over")]


def test_nobody_is_reminded_of_a_step_that_is_done(ear):
    tale = ear.story
    by_leaps(tale, 15, 8)
    # One message may tell of several steps: it comes while one of them is left.
    reminded = list(tale.incident.reminded)
    assert len(reminded) > 1
    for step in reminded:
        actions.skip(tale.app, tale.actor("linh"), tale.key, step, because="not in this story")
    tale.as_("linh").skip_update(because="not in this story")
    alive(tale)
    assert of_kind(ear, "remind") == []


def test_of_a_clock_the_last_warning_comes_and_none_of_a_duty_that_is_met(ear):
    tale = ear.story
    quiet(tale)
    tale.leap(hours=37).settle().leap(hours=18).settle()
    alive(tale)
    ear.hush()
    duties = tale.incident.duties
    key, duty = next((key, each) for key, each in duties.items() if each.warned == 75)
    last, earlier = (
        [(f"warn/{key}.{percent}/{duty.clock_seq}", tale.incident.head_seq)] for percent in (75, 50)
    )
    assert needed(tale.incident, last, "an")
    assert not needed(tale.incident, earlier, "an")
    met = {**duties, key: replace(duty, mark="met")}
    assert not needed(replace(tale.incident, duties=met), last, "an")
    # What is told of two things comes while one of them stands.
    assert needed(replace(tale.incident, duties=met), [*last, ("hand-over/dpo/1", 1)], "an")


@pytest.mark.parametrize(
    ("hours", "left"), [(6, "còn 66 giờ 00 phút"), (80, "còn 0 phút")], ids=["in time", "too late"]
)
def test_what_leaves_late_says_how_much_time_is_left_by_then(ear, hours, left):
    tale = ear.story
    quiet(tale)
    tale.as_("an").page("minh", because="the <gateway> is down")
    (waited,) = (row for row in tale.outbox if row["person"] == "minh" and row["route"] == "email")
    assert "còn 72 giờ 00 phút" in outbox_content(tale, waited).decode()
    tale.leap(hours=hours)
    tale.app = replace(tale.app, routes=ROUTES)
    deliver(tale.app, Load(incident=tale.key))
    for said in (mail_text(tale, "minh"), slack_words(tale, "minh"), tale.heard("minh")[-1]):
        assert left in said
        assert "72 giờ" not in said
    ear.hush()
