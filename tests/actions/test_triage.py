"""Triage as people meet it: who is called for it, who may end it, and what begins when it is confirmed."""

from datetime import timedelta

import pytest

from tests.story import Story
from tocsin import actions
from tocsin.actions.declaring import Declaration, Triage
from tocsin.actions.doors import TurnedAway
from tocsin.domain.errors import Refused
from tocsin.domain.offers import Offer
from tocsin.evidence.verify import verify


def opened(story: Story, *, urgent: bool = False) -> Story:
    what = Declaration("Odd logins", drill=True, triage=Triage(urgent=urgent))
    story.key = actions.declare(story.app, story.actor("giang"), what).incident.key
    return story.settle()


def test_what_is_not_urgent_is_one_message_by_the_first_route_and_nothing_follows(story):
    opened(story)
    assert [text.splitlines()[0] for text in story.heard("linh")] == [
        f"[DRILL] Xem xét ban đầu: {story.incident.code_name}"
    ]
    assert (story.mails_to("linh"), len(story.slack.messages)) == ([], 1)
    story.fast_forward(hours=200)
    assert (len(story.slack.messages), len(story.mail.messages)) == (1, 0)
    assert (story.incident.duties, story.incident.reminded) == ({}, {})


def test_what_is_urgent_calls_by_all_routes_and_climbs_until_somebody_answers(tale):
    opened(tale, urgent=True)
    subject = f"[DRILL] Gọi khẩn TRIAGE: {tale.incident.code_name}"
    assert tale.mails_to("linh") == [subject]
    tale.fast_forward(minutes=10)
    assert tale.paged() == [("triage", "linh"), ("triage", "minh")]
    tale.as_("minh").ack()
    assert tale.incident.holder("triage") == "minh"
    tale.fast_forward(hours=5)
    assert tale.paged() == [("triage", "linh"), ("triage", "minh")]


def test_one_word_makes_it_an_incident_with_all_that_a_declaration_brings(story):
    opened(story).fast_forward(hours=3)
    reported = story.incident.opened_at
    story.as_("an").confirm(type="credential-leak", severity="sev2", title="Logins from afar")
    assert story.paged()[1:] == [("incident-commander", "linh"), ("dpo", "an")]
    assert {duty.clock_start for duty in story.incident.duties.values()} == {reported}
    assert all(duty.assumed for duty in story.incident.duties.values())
    story.as_("linh").ack()
    assert story.incident.status == "containment"
    assert verify(story.app, story.key).fault is None


def test_a_person_states_since_when_the_house_was_certain(tale):
    opened(tale)
    aware = tale.clock.moment - timedelta(hours=1)
    tale.as_("an").confirm(facts={"aware_at": aware.isoformat()})
    assert tale.incident.facts.moment("aware_at") == aware


@pytest.mark.parametrize("who", ["linh", "minh", "an"])
def test_who_is_on_call_commands_or_is_dpo_may_decline_it_with_a_reason(tale, who):
    opened(tale)
    with pytest.raises(Refused, match="say why this is no incident"):
        tale.as_(who).decline(because=" ")
    tale.as_(who).decline(because="our own penetration test")
    assert (tale.incident.status, tale.incident.open) == ("declined", False)
    # Nobody hears of an end of what was never an incident.
    assert len(tale.slack.messages) == 1
    assert tale.mail.messages == []


def test_nobody_else_may_decline_it_but_anybody_known_may_confirm_as_anybody_may_declare(tale):
    opened(tale)
    with pytest.raises(Refused, match=r"chi may not do this; ask the triage"):
        tale.as_("chi").decline(because="no")
    assert tale.as_("chi").confirm().incident.declared_by == "chi"


def test_it_can_be_confirmed_once_and_not_closed_before(tale):
    opened(tale)
    with pytest.raises(Refused, match=r"nobody has said yet whether .*; tocsin confirm"):
        tale.as_("an").close()
    tale.as_("linh").confirm(command="yes")
    again = actions.confirm(tale.app, tale.actor("linh"), tale.key, command="yes")
    assert again.again
    with pytest.raises(Refused, match="is declared already"):
        tale.as_("an").confirm()


def test_a_wrong_type_or_severity_confirms_nothing(tale):
    opened(tale)
    for wrong, what in (("type", "credential-leek"), ("severity", "sev9")):
        with pytest.raises(Refused, match=r"did you mean|known: sev1"):
            tale.as_("linh").confirm(**{wrong: what})
    assert tale.incident.status == "triage"


def test_what_was_declined_in_triage_is_no_breach_of_the_register(tale):
    from tocsin.views.register import register

    opened(tale)
    found = register(tale.app, tale.actor("an"), drills=True)
    tale.as_("an").decline(because="spam")
    assert found.breaches == register(tale.app, tale.actor("an"), drills=True).breaches == ()
    tale.as_("an").reopen(because="it was none")
    assert tale.incident.status == "triage"
    tale.as_("an").confirm()
    assert len(register(tale.app, tale.actor("an"), drills=True).breaches) == 1


def test_a_person_may_call_whoever_looks_at_it(tale):
    opened(tale)
    actions.page(tale.app, tale.actor("an"), tale.key, "triage")
    tale.settle()
    assert tale.paged() == [("triage", "linh"), ("triage", "linh")]
    assert len(tale.mails_to("linh")) == 1
    assert verify(tale.app, tale.key).fault is None


def test_the_message_offers_to_declare_it_and_one_click_does_it_once(tale):
    opened(tale, urgent=True)
    buttons = [
        element["action_id"]
        for block in tale.slack.messages[0].blocks
        for element in block.get("elements", ())
        if "action_id" in element
    ]
    assert buttons == ["tocsin:ack", "tocsin:confirm"]
    offer = Offer("confirm", tale.key)
    actions.take_up(tale.app, tale.actor("linh"), offer, door="slack", nonce="n1")
    assert tale.settle().incident.declared_by == "linh"
    with pytest.raises(TurnedAway, match="is declared already"):
        actions.take_up(tale.app, tale.actor("minh"), offer, door="slack", nonce="n2")
