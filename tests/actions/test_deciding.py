"""Not to notify is a decision: whose it is, what it ends, when somebody looks again, and who dissents."""

from datetime import timedelta

import pytest

from tests.engine.test_letters import text_of
from tests.story import Story
from tocsin.domain.errors import Refused
from tocsin.domain.plan import plan
from tocsin.evidence.verify import verify

GERMANY = "eu-gdpr/authority/de/controller"
PROMISE = "policy-promise/customers/individuals/controller"
HIT = {"cells": [{"role": "controller", "place": "DE", "count": 3, "risk": "risk", "group": ["customers"]}]}


@pytest.fixture
def hit(tale: Story) -> Story:
    """A report to Germany is owed, and the letter that the company promised."""
    tale.declare()
    tale.as_("linh").ack()
    tale.as_("an").ack()
    tale.as_("an").learn({"aware_at": "2026-11-23T19:31:00Z"} | HIT, source="scope")
    return tale


def in_days(story: Story, days: int):
    return story.clock.moment + timedelta(days=days)


def test_a_duty_that_is_not_notified_ends_with_its_reasons(hit: Story) -> None:
    hit.as_("an").not_notify(
        GERMANY, because="no key was used", decided_by="bao", advised_by=["chi"], dissent="chi: tell them"
    )
    decision = hit.incident.decisions[GERMANY]
    assert (decision.decided_by, decision.by, decision.advised_by) == ("bao", "an", ("chi",))
    assert hit.incident.duties[GERMANY].mark == "not-notified"
    assert [each.of for each in hit.incident.dissents] == [GERMANY]
    assert verify(hit.app, hit.key).proven


def test_a_released_duty_is_a_decision_of_whoever_released_it(hit: Story) -> None:
    hit.as_("chi").release_duty(GERMANY, because="not owed")
    assert hit.incident.decisions[GERMANY].decided_by == "chi"


def test_what_is_not_notified_is_filed_only_once_that_is_taken_back(hit: Story) -> None:
    hit.as_("bao").not_notify(GERMANY, because="no key was used")
    with pytest.raises(
        Refused, match=f"decided not to notify under {GERMANY}; first tocsin not-notify .* --take-back"
    ):
        hit.as_("an").filed(GERMANY, reference="4711")


def test_counsel_may_find_not_owed_what_was_not_notified(hit: Story) -> None:
    hit.as_("bao").not_notify(GERMANY, because="no key was used")
    hit.as_("chi").release_duty(GERMANY, because="nobody there after all")
    assert hit.incident.duties[GERMANY].mark == "released"
    assert (hit.incident.decisions[GERMANY].not_owed, hit.incident.decisions[GERMANY].decided_by) == (
        True,
        "chi",
    )
    with pytest.raises(Refused, match="is released already"):
        hit.as_("chi").release_duty(GERMANY, because="again")


def test_who_decided_not_to_notify_is_named_when_the_facts_ask_for_it_anew(hit: Story) -> None:
    hit.as_("an").learn({"cells": [HIT["cells"][0] | {"risk": "unlikely"}]}, source="counsel")
    hit.as_("bao").not_notify(GERMANY, because="no risk")
    hit.as_("an").learn(HIT, source="second look")
    (mail,) = [mail for mail in hit.mail.messages if mail.recipients == ("chi@streamonapi.example",)]
    assert "trước đó bao đã quyết định không thông báo" in text_of(mail)


def test_a_decision_that_is_taken_back_opens_the_duty_again(hit: Story) -> None:
    hit.as_("bao").not_notify(GERMANY, because="no key was used")
    hit.as_("bao").notify_after_all(GERMANY, because="a key was used")
    assert (hit.incident.decisions, hit.incident.duties[GERMANY].mark) == ({}, "open")
    hit.as_("an").filed(GERMANY, reference="4711")
    assert hit.incident.duties[GERMANY].mark == "met"


def test_facts_that_bring_a_doubted_duty_back_overtake_the_decision(hit: Story) -> None:
    hit.as_("an").learn({"cells": [HIT["cells"][0] | {"risk": "unlikely"}]}, source="counsel")
    hit.as_("bao").not_notify(GERMANY, because="no risk")
    hit.as_("an").learn(HIT, source="second look")
    assert (hit.incident.decisions, hit.incident.duties[GERMANY].mark) == ({}, "open")


def test_the_whole_breach_is_decided_only_where_no_duty_is_open(hit: Story) -> None:
    with pytest.raises(Refused, match=r"^2 duties are open, .* first; decide of each by its key"):
        hit.as_("bao").not_notify(because="harmless")
    for duty in (GERMANY, PROMISE):
        hit.as_("bao").not_notify(duty, because="harmless")
    hit.as_("bao").not_notify(because="harmless")
    assert set(hit.incident.decisions) == {GERMANY, PROMISE, "breach"}


def test_a_breach_of_which_anybody_was_told_is_not_decided_on_as_a_whole(hit: Story) -> None:
    hit.as_("an").filed(GERMANY, reference="4711")
    hit.as_("bao").not_notify(PROMISE, because="harmless")
    with pytest.raises(
        Refused, match=f"{GERMANY} is filed, so the breach is notified; decide of each other duty"
    ):
        hit.as_("bao").not_notify(because="harmless")


def test_a_breach_of_which_a_letter_tells_is_not_decided_on_as_a_whole(tale: Story) -> None:
    tale.released()
    for key in [key for key, duty in tale.incident.duties.items() if duty.mark == "open"]:
        tale.as_("bao").not_notify(key, because="harmless")
    with pytest.raises(Refused, match="so the breach is notified"):
        tale.as_("bao").not_notify(because="harmless")


def test_a_rule_under_which_no_duty_was_opened_can_be_decided_on(hit: Story) -> None:
    hit.as_("bao").not_notify("vn-pdpl/authority-other", because="the rights were honoured")
    assert "vn-pdpl/authority-other" in hit.incident.decisions
    with pytest.raises(Refused, match=f"eu-gdpr/authority is owed as {GERMANY}"):
        hit.as_("bao").not_notify("eu-gdpr/authority", because="x")


@pytest.mark.parametrize(
    ("who", "what", "says"),
    [
        ("linh", {}, "linh may not do this"),
        ("chi", {}, "is decided by the dpo or the accountable-officer, and chi is neither"),
        ("an", {"decided_by": "linh"}, "linh is neither"),
        ("an", {"decided_by": "nobody"}, "there is no person 'nobody'"),
        ("bao", {"advised_by": ["bao"]}, "bao decides"),
        ("bao", {"advised_by": ["zz"]}, "there is no person 'zz'"),
        ("bao", {"because": "  "}, "--because"),
        (
            "bao",
            {"of": "eu-gdpr/authority/dee/controller"},
            "eu-gdpr/authority is owed as eu-gdpr/authority/de/controller",
        ),
    ],
)
def test_a_decision_that_cannot_stand_is_refused(hit: Story, who: str, what: dict, says: str) -> None:
    with pytest.raises(Refused, match=says):
        hit.as_(who).not_notify(**{"of": GERMANY, "because": "harmless"} | what)
    with pytest.raises(Refused, match="is past"):
        hit.as_("bao").not_notify(GERMANY, because="harmless", look_again=hit.clock.moment)


def test_what_is_filed_is_notified(hit: Story) -> None:
    hit.as_("an").filed(GERMANY, reference="4711")
    with pytest.raises(Refused, match="is filed already"):
        hit.as_("bao").not_notify(GERMANY, because="harmless")


def test_on_the_day_its_people_are_asked_once_to_look_again(hit: Story) -> None:
    hit.as_("bao").not_notify(GERMANY, because="harmless", look_again=in_days(hit, 30))
    hit.leap(days=29, hours=22).settle()
    assert hit.told("LookAgainAsked") == []
    hit.fast_forward(hours=4)
    assert [body.of for body in hit.told("LookAgainAsked")] == [GERMANY]
    asked = {row["person"] for row in hit.outbox if "/look-again/" in row["key"]}
    assert asked == {"bao", "an"}
    assert verify(hit.app, hit.key).proven


def test_a_closed_file_is_looked_at_again_and_a_new_decision_sets_a_new_day(tale: Story) -> None:
    tale.declare().as_("linh").decline(because="an alarm of our own test")
    tale.as_("an").not_notify(because="nobody was hit", look_again=in_days(tale, 10))
    assert tale.plan.wake_at == in_days(tale, 10)
    tale.fast_forward(days=11)
    assert len(tale.told("LookAgainAsked")) == 1
    tale.as_("an").not_notify(because="still nobody", look_again=in_days(tale, 10))
    tale.fast_forward(days=11)
    assert len(tale.told("LookAgainAsked")) == 2
    assert plan(tale.incident, tale.app.catalog, tale.clock.moment).moves == ()
    assert verify(tale.app, tale.key).proven


def test_dissent_is_an_entry_of_the_person_who_dissents(hit: Story) -> None:
    with pytest.raises(Refused, match="there is no decision 'breach' to dissent from; known: risk"):
        hit.as_("chi").dissent("breach", because="tell them")
    hit.as_("an").assess("risk", because="few people")
    hit.as_("chi").dissent("risk", because="there are children among them")
    (dissent,) = hit.incident.dissents
    assert (dissent.of, dissent.by) == ("risk", "chi")
    with pytest.raises(Refused, match="hoa may not do this"):
        hit.as_("hoa").dissent("risk", because="x")
