"""Few and good: exactly these messages to these people as time passes, and no other. Engine and channels are real."""

import re
from collections import Counter

import pytest

from tests.listening import Ear, mail_text, slack_words
from tests.story import Story
from tocsin import actions
from tocsin.domain.errors import Refused
from tocsin.engine.setback import heed_the_clock

PEOPLE = ("linh", "minh", "an", "bao", "chi", "dung", "giang", "hoa", "khoa")


@pytest.fixture
def ear(tale: Story) -> Ear:
    return Ear(tale)


def commanded(tale: Story, **what: object) -> Story:
    """Declared at 02:40, and both roles have answered."""
    tale.declare(**what)
    tale.as_("linh").ack()
    tale.as_("an").ack()
    return tale


def quiet(tale: Story) -> None:
    """Tick what would be reminded of, so that only the rhythm is heard."""
    for _ in range(4):
        steps = tale.app.catalog.type("credential-leak").steps
        for step in [each.id for each in steps if each.phase in ("declare", "contain")]:
            try:
                actions.skip(tale.app, tale.actor("linh"), tale.key, step, because="not in this story")
            except Refused:
                continue
    tale.settle()


def test_the_commander_is_asked_for_an_update_and_the_stakeholders_hear_it(tale, ear):
    quiet(commanded(tale))
    ear.hush()
    tale.fast_forward(minutes=29)
    ear.expect()
    tale.fast_forward(minutes=1)
    ear.expect(("linh", "slack", "Đến giờ cập nhật"))
    tale.as_("linh").update("Tokens are revoked", "Scope runs until 04:00", "none")
    ear.expect(
        ("bao", "slack", "Cập nhật SEV1"),
        ("hoa", "slack", "Cập nhật SEV1"),
        ("chi", "email", "Cập nhật SEV1"),
    )
    assert "Tokens are revoked" in mail_text(tale, "chi")
    assert "Scope runs until 04:00" in mail_text(tale, "chi")
    tale.fast_forward(minutes=29)
    ear.expect()


def test_what_is_missed_is_counted_and_a_night_of_silence_asks_once(tale, ear):
    quiet(commanded(tale))
    ear.hush()
    tale.leap(hours=3, minutes=1).settle()
    ear.expect(("linh", "slack", "Đến giờ cập nhật"))
    assert [each.missed for each in tale.told("UpdateAsked")] == [5]
    tale.fast_forward(minutes=30)
    ear.expect(("linh", "slack", "Đến giờ cập nhật"))
    assert tale.told("UpdateAsked")[-1].missed == 6


def test_a_skipped_update_is_sent_to_nobody_and_needs_a_reason(tale, ear):
    quiet(commanded(tale))
    ear.hush()
    with pytest.raises(Refused, match="say why no update is sent"):
        tale.as_("linh").skip_update(because=" ")
    tale.as_("linh").skip_update(because="nothing new before the vendor answers")
    tale.fast_forward(minutes=29)
    ear.expect()


def test_who_does_not_speak_for_the_incident_sends_no_update(tale):
    commanded(tale)
    with pytest.raises(Refused, match="ask the incident-commander"):
        tale.as_("khoa").update("x", "y", "z")
    with pytest.raises(Refused, match="ask the incident-commander"):
        tale.as_("khoa").skip_update(because="x")


@pytest.mark.parametrize(
    ("parts", "why"), [(("", "y", "z"), "conditions is empty"), (("x", "y", "z" * 241), "needs has 241 char")]
)
def test_an_update_is_whole_and_fits_a_phone(tale, parts, why):
    commanded(tale)
    before = len(tale.entries)
    with pytest.raises(Refused, match=why):
        tale.as_("linh").update(*parts)
    assert len(tale.entries) == before


def test_who_must_not_learn_of_it_reads_no_update_and_a_restricted_one_goes_by_its_code_name(tale, ear):
    commanded(tale, title="Leak at the bank", excluded=("hoa",))
    ear.hush()
    tale.as_("linh").update("x", "y", "z")
    ear.expect(("bao", "slack", "Cập nhật SEV1"), ("chi", "email", "Cập nhật SEV1"))
    assert tale.told("StatusUpdated")[0].to == ("bao", "chi")
    assert not [text for who in ("bao", "chi") for text in tale.heard(who) if "bank" in text]


def test_what_was_written_stands_sealed_and_nowhere_in_the_chain(tale):
    commanded(tale)
    tale.as_("linh").update("a-word-of-conditions", "a-word-of-actions", "a-word-of-needs")
    body = tale.told("StatusUpdated")[0]
    assert all(part.startswith("words:") for part in (body.conditions, body.actions, body.needs))


def test_the_same_update_said_again_with_its_key_is_sent_once(tale, ear):
    commanded(tale)
    tale.as_("linh").update("x", "y", "z", command="k1")
    ear.hush()
    tale.as_("linh").update("x", "y", "z", command="k1")
    ear.expect()


# --- answers


def test_whoever_answers_lets_those_sleep_again_whom_the_calls_reached(tale, ear):
    tale.declare()
    tale.fast_forward(minutes=7)
    ear.hush()
    tale.as_("minh").ack()
    ear.expect(("linh", "slack", "Đã nhận SEV1"), ("minh", "slack", "Tình hình"), ("an", "slack", "Tình hình"),
               ("an", "email", "Tình hình"))  # fmt: skip
    assert "• minh đã nhận vai trò chỉ huy ứng phó sự cố." in slack_words(tale, "linh")


def test_who_is_first_to_be_called_and_answers_wakes_nobody(tale, ear):
    tale.declare()
    ear.hush()
    tale.as_("an").ack()
    ear.expect()


def test_whom_no_call_reached_is_told_of_no_answer(tale, ear):
    tale.declare()
    tale.leap(minutes=6)
    # The second rung is due, and nobody has rung the bell: minh was never called.
    ear.hush()
    actions.ack(tale.app, tale.actor("linh"), tale.key)
    tale.settle()
    assert [text for text in tale.heard("minh") if "Đã nhận" in text] == []


def test_an_answer_for_one_role_tells_nobody_who_is_called_for_another(tale, ear):
    tale.declare()
    tale.fast_forward(minutes=7)
    ear.hush()
    tale.as_("an").ack()
    ear.expect()


# --- hand-over


def test_who_takes_a_role_over_and_who_leaves_it_get_one_brief_each(tale, ear):
    quiet(commanded(tale))
    ear.hush()
    tale.as_("linh").hand("incident-commander", "minh")
    ear.expect(("minh", "slack", "Bàn giao SEV1"), ("linh", "slack", "Bàn giao SEV1"))
    said = slack_words(tale, "minh")
    for part in (
        "linh → minh",
        "policy-promise/customers",
        "chỉ huy ứng phó sự cố minh",
        "tocsin next INC-2026-0001",
    ):
        assert part in said, part


def test_who_takes_a_role_from_somebody_relieves_them_with_a_brief(tale, ear):
    quiet(commanded(tale))
    ear.hush()
    tale.as_("minh").take("incident-commander")
    ear.expect(("minh", "slack", "Bàn giao SEV1"), ("linh", "slack", "Bàn giao SEV1"))


def test_a_role_that_nobody_held_comes_without_a_brief(tale, ear):
    quiet(commanded(tale))
    ear.hush()
    tale.as_("khoa").take("scribe")
    ear.expect()


def test_at_the_end_of_the_shift_both_are_asked_and_the_role_stays(tale, ear):
    tale.leap(days=6, hours=5)  # Monday 30 November, 07:40 in Ho Chi Minh City; linh is on call until 10:00
    quiet(commanded(tale))
    tale.fast_forward(hours=2, minutes=19)
    ear.hush()
    tale.fast_forward(minutes=2)
    ear.expect(("minh", "slack", "Bàn giao SEV1"), ("linh", "slack", "Bàn giao SEV1"))
    assert "tocsin take INC-2026-0001 incident-commander" in slack_words(tale, "minh")
    assert "Tiếp quản vai trò chỉ huy ứng phó sự cố" in slack_words(tale, "minh")
    assert "tocsin hand INC-2026-0001 incident-commander minh" in slack_words(tale, "linh")
    assert tale.incident.roles["incident-commander"] == "linh"


# --- the end


def test_at_the_end_everybody_hears_of_it_who_was_called_or_read_an_update(tale, ear):
    tale.declare()
    tale.fast_forward(minutes=7)
    tale.as_("minh").ack()
    tale.as_("an").ack()
    tale.as_("minh").update("x", "y", "z")
    ear.hush()
    tale.as_("an").decline(because="a rehearsal that nobody had announced")
    over = "Đã yên"
    ear.expect(("an", "slack", over), ("an", "email", over), ("minh", "slack", over), ("linh", "slack", over),
               ("bao", "slack", over), ("hoa", "slack", over), ("chi", "email", over))  # fmt: skip


# --- the clock is set back


def test_updates_steps_and_shifts_go_on_when_the_clock_was_set_back(tale, ear):
    tale.leap(days=2)
    commanded(tale).as_("linh").update("x", "y", "z")
    tale.fast_forward(minutes=31)
    assert len(tale.told("UpdateAsked")) == 1
    tale.leap(days=-2)
    heed_the_clock(tale.app, None)
    tale.settle()
    ear.hush()
    tale.fast_forward(minutes=29)
    assert len(tale.told("UpdateAsked")) == 1
    tale.fast_forward(minutes=1)
    assert len(tale.told("UpdateAsked")) == 2
    # What is written from now on counts by the clock of now, and nothing begins anew for it.
    tale.as_("linh").hand("incident-commander", "minh")
    tale.as_("minh").update("x", "y", "z")
    tale.fast_forward(minutes=30)
    assert len(tale.told("UpdateAsked")) == 3
    tale.as_("minh").hand("incident-commander", "linh")
    tale.leap(days=7).settle()
    assert tale.told("HandOverAsked")
    assert len(tale.told("StepReminded")) > 4
    assert len(tale.told("ClockSetBack")) == 1
    ear.hush()


# --- few


def test_several_steps_that_are_overdue_at_one_moment_are_one_reminder(tale, ear):
    commanded(tale)
    tale.fast_forward(minutes=12)
    ear.hush()
    tale.leap(hours=30).settle()
    reminded = {each.step for each in tale.told("StepReminded")}
    assert len(reminded) > 4
    ear.expect(("linh", "slack", "Quá hạn"), ("an", "slack", "Quá hạn"))


def test_several_deadlines_that_are_warned_of_at_one_moment_are_one_warning(tale, ear):
    quiet(commanded(tale))
    facts = {"our_role": "controller", "aware_at": "2026-11-24T02:30:00+07:00", "kinds": "account-info"}
    tale.as_("an").learn(facts | {"people_by_country": "{DE: 3, FR: 4}", "risk": "high"}, source="the team")
    ear.hush()
    tale.leap(hours=37).settle()
    warned = [each for each in tale.told("DeadlineWarned") if each.percent == 50]
    assert len(warned) > 1
    heard = [text for text in tale.heard("an") if text.startswith(("[DRILL] Còn", "[DRILL] Quá hạn"))]
    assert len(heard) == 1


def test_a_letter_that_is_void_and_drafted_anew_is_one_message_not_two(tale, ear):
    tale.approved()
    ear.hush()
    tale.as_("an").learn({"measures_taken": {"en": "We revoked them.", "vi": "Đã thu hồi."}}, source="log")
    assert [tale.letter.mark, len(tale.told("NoticeVoided"))] == ["in-review", 1]
    asked = "Cần bạn duyệt"
    ear.expect(("an", "slack", asked), ("bao", "slack", asked), ("chi", "email", asked))
    assert "Việc duyệt customers không còn hiệu lực" in slack_words(tale, "an")
    assert "measures_taken" in slack_words(tale, "an")
    assert tale.letter.void_because == ()


def test_a_letter_that_is_void_while_it_leaves_is_told_at_once(tale, ear):
    tale.approved()
    actions.release(tale.app, tale.actor("an"), tale.key, "customers")
    ear.hush()
    actions.learn(
        tale.app,
        tale.actor("an"),
        tale.key,
        {"measures_taken": {"en": "None.", "vi": "Không."}},
        source="log",
    )
    tale.settle()
    said = [text for text in tale.heard("an") if "Tình hình" in text]
    assert said


@pytest.mark.parametrize(
    ("hours", "people"),
    [
        (36, [("an", "slack")]),
        (54, [("an", "slack")]),
        (64.8, [(who, route) for who in ("an", "bao", "linh") for route in ("email", "slack")]),
        (72, [(who, route) for who in ("an", "bao", "linh") for route in ("email", "slack")]),
    ],
)
def test_each_part_of_the_time_warns_exactly_those_whose_it_is(tale, hours, people):
    quiet(commanded(tale))
    tale.leap(hours=hours - 1).fast_forward(hours=0.9)

    def warned() -> list[tuple[str, str]]:
        said = [(who, "slack", text) for who in PEOPLE for text in tale.heard(who)]
        said += [(who, "email", subject) for who in PEOPLE for subject in tale.mails_to(who)]
        late_or_near = re.compile(r"\[DRILL\] (Còn|Quá hạn) \d")
        return sorted((who, route) for who, route, text in said if late_or_near.match(text))

    before = Counter(warned())
    tale.fast_forward(hours=0.1)
    assert sorted((Counter(warned()) - before).elements()) == people
