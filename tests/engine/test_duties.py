"""Duties as an incident lives: opened, moved, doubted, warned of, met, late."""

import pytest

from tocsin.domain.errors import Refused
from tocsin.domain.owing import owes_reasons
from tocsin.domain.plan import plan
from tocsin.evidence.verify import verify

PROMISE = "policy-promise/customers/individuals/controller"
GERMANY = "eu-gdpr/authority/de/controller"
HIT = {"cells": [{"role": "controller", "place": "DE", "count": 3, "risk": "risk", "group": ["customers"]}]}


def answered(story):
    story.declare()
    story.as_("linh").ack()
    story.as_("an").ack()
    return story


def warned(story, duty=PROMISE):
    return [body.percent for body in story.told("DeadlineWarned") if body.duty == duty]


def test_the_promise_runs_from_the_first_minute_and_is_marked_as_assumed(story):
    story.declare()
    duty = story.incident.duties[PROMISE]
    assert (duty.clock_from, duty.assumed, (duty.due_at - story.clock.moment).total_seconds()) == (
        "declared_at", True, 72 * 3600,
    )  # fmt: skip


@pytest.mark.rooms
def test_the_room_is_warned_at_each_part_of_the_time_and_told_when_it_is_over(story):
    answered(story)
    percents = []
    for hours, percent in ((36, 50), (18, 75), (10.8, 90), (7.2, 100)):
        story.leap(hours=hours - 1).settle()
        assert warned(story) == percents
        story.fast_forward(hours=1)
        percents.append(percent)
        assert warned(story) == percents
    story.leap(hours=47).fast_forward(hours=1)
    assert warned(story) == [50, 75, 90, 100]
    late = [
        row for row in story.outbox if row["key"].split("/")[1] == "warn" and f"{PROMISE}.100" in row["key"]
    ]
    assert {row["person"] for row in late} == {"linh", "an", "bao"}
    assert {row["route"] for row in late} == {"slack", "email"}


def test_a_corrected_fact_moves_the_clock_and_warns_anew_only_then(story):
    answered(story).leap(hours=35).fast_forward(hours=2)
    assert warned(story) == [50]
    story.as_("an").learn({"root_cause": {"en": "a token in a commit"}}, source="forensics")
    assert warned(story) == [50]
    story.as_("an").learn({"aware_at": "2026-11-23T10:00:00Z"}, source="the log")
    (moved,) = story.told("DutyMoved")
    assert moved.clock_from == "violation_found_at"
    assert warned(story) == [50, 50]
    story.leap(hours=7).fast_forward(hours=1)
    assert warned(story) == [50, 50, 75]


def test_each_country_with_people_in_it_is_owed_a_report(story):
    answered(story).as_("an").learn({"aware_at": "2026-11-23T19:31:00Z"} | HIT, source="scope")
    assert GERMANY in story.incident.duties
    assert not story.incident.duties[GERMANY].assumed


def test_facts_that_no_longer_support_a_duty_ask_a_person_and_leave_it_running(story):
    answered(story).as_("an").learn({"aware_at": "2026-11-23T19:31:00Z"} | HIT, source="scope")
    story.as_("an").learn({"cells": [HIT["cells"][0] | {"risk": "unlikely"}]}, source="counsel")
    duty = story.incident.duties[GERMANY]
    assert (duty.mark, duty.doubted is not None) == ("open", True)
    assert any("doubt-duty" in row["key"] and row["person"] == "an" for row in story.outbox)
    with pytest.raises(Refused, match="giang may not do this"):
        story.as_("giang").release_duty(GERMANY, because="unlikely")
    story.as_("chi").release_duty(GERMANY, because="risk unlikely, see note")
    assert story.incident.duties[GERMANY].mark == "released"
    assert not any("move-duty" in row["key"] for row in story.outbox)
    story.as_("an").learn(HIT, source="second look")
    assert story.incident.duties[GERMANY].mark == "open"
    assert {row["person"] for row in story.outbox if "move-duty" in row["key"]} == {"an", "chi"}


def test_a_filed_report_meets_its_duty_with_reference_and_receipt(story, tmp_path):
    answered(story).as_("an").learn({"aware_at": "2026-11-23T19:31:00Z"} | HIT, source="scope")
    receipt = tmp_path / "receipt.eml"
    receipt.write_text("received")
    story.as_("an").filed(GERMANY, reference="BfDI 4711", receipt=receipt)
    duty = story.incident.duties[GERMANY]
    assert (duty.mark, duty.late, duty.receipt) == ("met", False, "E1")
    with pytest.raises(Refused, match="is filed already"):
        story.as_("an").filed(GERMANY, reference="BfDI 4711")


def test_late_needs_the_reason_that_the_law_asks_for(story):
    answered(story).as_("an").learn({"aware_at": "2026-11-23T19:31:00Z"} | HIT, source="scope")
    story.leap(hours=80).settle()
    with pytest.raises(Refused, match=r"Art. 33\(1\), \(3\) GDPR asks why; say why it is late: --because"):
        story.as_("an").filed(GERMANY, reference="BfDI 4711")
    story.as_("an").filed(GERMANY, reference="BfDI 4711", because="the portal was down")
    assert story.incident.duties[GERMANY].late


def test_a_reason_that_was_learned_before_needs_not_be_said_again(tale):
    answered(tale).as_("an").learn({"aware_at": "2026-11-23T19:31:00Z"} | HIT, source="scope")
    tale.leap(hours=80).settle()
    assert owes_reasons(tale.incident, tale.incident.duties[GERMANY], tale.clock.moment)
    tale.as_("an").learn({"reasons_for_delay": {"en": "the portal was down"}}, source="the team")
    tale.as_("an").filed(GERMANY, reference="BfDI 4711")
    assert tale.incident.duties[GERMANY].late
    assert not owes_reasons(tale.incident, tale.incident.duties[GERMANY], tale.clock.moment)


def test_a_duty_whose_law_asks_no_reasons_owes_none(tale):
    answered(tale).leap(hours=80).settle()
    assert not owes_reasons(tale.incident, tale.incident.duties[PROMISE], tale.clock.moment)


def test_what_was_filed_in_time_and_recorded_later_is_not_late(story):
    answered(story).as_("an").learn({"aware_at": "2026-11-23T19:31:00Z"} | HIT, source="scope")
    in_time = story.clock.moment
    story.leap(hours=80).settle()
    story.as_("an").filed(GERMANY, reference="BfDI 4711", at=in_time)
    assert (story.incident.duties[GERMANY].late, story.incident.duties[GERMANY].met_at) == (False, in_time)


def test_a_day_before_a_report_is_due_it_is_made_and_the_signatory_is_asked(tale):
    answered(tale).as_("an").learn({"aware_at": "2026-11-23T19:31:00Z"} | HIT, source="scope")
    tale.leap(hours=46).settle()
    assert tale.told("SignatureAsked") == []
    tale.fast_forward(hours=3)
    assert GERMANY in [body.duty for body in tale.told("PaperMade")]
    assert [body.duty for body in tale.told("SignatureAsked")].count(GERMANY) == 1
    assert any("ask-signature" in row["key"] and row["person"] == "bao" for row in tale.outbox)


def test_a_dead_weekend_is_weighed_against_now(story):
    story.declare()
    story.leap(hours=100).settle()
    assert warned(story) == [100]
    assert len(story.paged("incident-commander")) <= 5


def test_a_clock_that_steps_back_neither_warns_twice_nor_forgets(story):
    answered(story).leap(hours=35).fast_forward(hours=2)
    story.leap(hours=-5).settle()
    assert warned(story) == [50]
    story.leap(hours=21).fast_forward(hours=2)
    assert warned(story) == [50, 75]
    assert verify(story.app, story.key).fault is None


def test_the_projections_of_a_long_story_are_what_fold_and_plan_say(story):
    answered(story).as_("an").learn({"aware_at": "2026-11-23T19:31:00Z"} | HIT, source="scope")
    # Warnings fall due at half and at three quarters of the time, and a report is made a day before it is due.
    for dead in (34, 9, 4):
        story.leap(hours=dead).fast_forward(hours=3)
    verdict = verify(story.app, story.key)
    assert verdict.proven, verdict
    assert plan(story.incident, story.app.catalog, story.clock.moment).moves == ()


CONSUMER = "vn-consumer/authority/vn/controller"
CONSUMERS = {"our_role": "controller", "attack_on_system": True, "groups": ["customers"],
             "people_by_country": {"VN": 3}, "kinds": ["account-info"]}  # fmt: skip


def test_only_counsel_confirms_a_candidate_or_lifts_it(tale):
    tale.declare()
    tale.as_("an").learn(CONSUMERS, source="first look")
    duty = tale.incident.duties[CONSUMER]
    assert (duty.mark, duty.candidate, duty.soonest is not None) == ("open", True, True)
    for decide in (tale.as_("an").release_duty, tale.as_("an").confirm_duty):
        with pytest.raises(Refused, match="an may not do this; ask the counsel"):
            decide(CONSUMER, because="it is late")
    with pytest.raises(Refused, match="is a candidate: counsel says first"):
        tale.as_("bao").not_notify(CONSUMER, because="no harm")
    tale.as_("chi").confirm_duty(CONSUMER, because="customers buy for themselves")
    confirmed = tale.incident.duties[CONSUMER]
    assert (confirmed.mark, confirmed.candidate, confirmed.soonest) == ("open", False, duty.soonest)
    with pytest.raises(Refused, match="is no open candidate"):
        tale.as_("chi").confirm_duty(CONSUMER, because="again")
    tale.as_("an").release_duty(CONSUMER, because="the authority says that it is not concerned")
    assert tale.incident.duties[CONSUMER].mark == "released"
    assert verify(tale.app, tale.key).fault is None
