"""A click does one deed, once, by who may; and every refusal is told and is an entry. On both kinds of database."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from tocsin import actions
from tocsin.actions.doors import SIGNED, Proof, TurnedAway
from tocsin.actors import Actor
from tocsin.app import open_app
from tocsin.domain.errors import Refused
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.offers import Offer
from tocsin.evidence import vault
from tocsin.evidence.verify import verify
from tocsin.storage.texts import read_texts
from tocsin.views.words import in_words


def click(story, person, deed, subject="", stand="", *, nonce="n1", **more):
    """Somebody presses a button in Slack; what becomes due at once then happens."""
    actor = story.actor(person) if isinstance(person, str) else person
    offer = Offer(deed, story.key, subject, stand)
    done = actions.take_up(story.app, actor, offer, **{"door": "slack", "nonce": nonce, **more})
    story.settle()
    return done


def turned(story, *click_of, **more):
    """Why a click was refused."""
    with pytest.raises(TurnedAway) as refused:
        click(story, *click_of, **more)
    return refused.value


def refusals(story):
    return [(each.who, each.deed, each.subject, each.why) for each in story.told("Refusal")]


def test_a_click_answers_one_role_and_the_timeline_tells_through_which_door(tale):
    tale.declare()
    done = click(tale, "linh", "ack", "incident-commander")
    kinds = [entry.kind for entry in done.entries]
    assert kinds == ["TakenUp", "Acknowledged", "RoleTaken"]
    assert {entry.causation_seq for entry in done.entries[1:]} == {done.entries[0].seq}
    assert {entry.actor for entry in done.entries} == {"linh"}
    assert in_words(done.entries[0].body, {}) == "ack incident-commander in Slack"
    assert set(tale.incident.answered) == {"incident-commander"}
    tale.fast_forward(minutes=20)
    assert len(tale.paged("dpo")) >= 2, "the other role still calls"


def test_one_acknowledgement_never_answers_for_another_role(tale):
    # An hour without an answer: the accountable officer was called for both roles.
    tale.declare().fast_forward(minutes=60)
    assert {role for role, person in tale.paged() if person == "bao"} == {"incident-commander", "dpo"}
    tale.as_("bao").ack()
    assert set(tale.incident.answered) == {"incident-commander"}
    tale.as_("bao").ack(role="dpo")
    assert set(tale.incident.answered) == {"incident-commander", "dpo"}


def test_a_click_is_good_for_one_deed(tale):
    tale.declare()
    click(tale, "linh", "ack", "incident-commander")
    for _ in range(3):
        refused = turned(tale, "linh", "ack", "incident-commander")
        assert refused.why == "replayed"
        assert "was used at 2026-11-24 02:40 (+07) by Trần Mỹ Linh" in str(refused)
    assert turned(tale, "minh", "take", "deputy").why == "replayed"
    assert refusals(tale) == [("linh", "ack", "incident-commander", "replayed")]
    assert verify(tale.app, tale.key).proven


def test_the_same_nonce_at_another_door_is_another_click(tale):
    tale.declare()
    click(tale, "linh", "ack", "incident-commander", door="mail")
    click(tale, "an", "ack", "dpo", door="slack")
    assert {each.door for each in tale.told("TakenUp")} == {"mail", "slack"}


def test_what_changed_since_the_message_was_written_is_stale(tale):
    tale.declare()
    tale.as_("minh").ack(role="incident-commander")
    assert turned(tale, "linh", "ack", "incident-commander").why == "stale"
    assert "minh has answered for the incident-commander" in str(
        turned(tale, "linh", "ack", "incident-commander")
    )
    assert turned(tale, "linh", "take", "incident-commander", nonce="n2").why == "stale"
    click(tale, "linh", "take", "incident-commander", "minh", nonce="n3")
    tale.as_("linh").skip("C4", because="clean")
    assert turned(tale, "linh", "done", "C4", nonce="n4").why == "stale"
    assert [why for *_, why in refusals(tale)] == ["stale"] * 3


def test_a_closed_incident_takes_no_click(tale):
    tale.declare()
    tale.as_("linh").ack()
    tale.as_("linh").decline(because="a test key")
    assert turned(tale, "an", "ack", "dpo").why == "stale"


def test_who_may_not_is_told_whom_to_ask_and_it_is_recorded(tale):
    tale.declare()
    tale.as_("linh").ack()
    assert turned(tale, "giang", "ack", "dpo").why == "wrong-person"
    refused = turned(tale, "giang", "done", "1.3", nonce="n2")
    assert (refused.why, "ask them" in str(refused)) == ("wrong-person", True)
    assert turned(tale, "linh", "done", "1.3", nonce="n3").why == "not-allowed", "it needs evidence"
    assert refusals(tale) == [
        ("giang", "ack", "dpo", "wrong-person"),
        ("giang", "done", "1.3", "wrong-person"),
        ("linh", "done", "1.3", "not-allowed"),
    ]


def test_a_refused_click_may_be_pressed_again_once_it_is_allowed(tale):
    tale.declare()
    assert (
        turned(tale, "minh", "ack", "incident-commander", expires=tale.clock.moment - timedelta(1)).why
        == "expired"
    )
    with pytest.raises(TurnedAway):
        click(tale, "giang", "ack", "incident-commander", nonce="n2")
    tale.as_("linh").page("giang")
    assert tale.told("TakenUp") == []
    click(tale, "linh", "ack", "incident-commander", nonce="n2")


def test_a_stranger_and_an_excluded_person_are_refused_and_never_named_in_the_chain(story):
    story.declare(by="an", excluded=("linh",))
    stranger = Actor("U0STRANGER", None)
    assert turned(story, stranger, "ack", "incident-commander").why == "unknown-person"
    told = str(turned(story, "linh", "ack", "incident-commander", nonce="n2"))
    with pytest.raises(Refused) as nowhere:
        actions.take_up(
            story.app, story.actor("linh"), Offer("ack", "INC-2026-0999"), door="slack", nonce="n3"
        )
    assert told.replace(story.key, "INC-2026-0999") == str(nowhere.value)
    (first, _) = refusals(story)
    assert len(first[0]) == 16
    assert "U0STRANGER" not in str(story.entries)
    assert "nobody in contacts" in in_words(story.told("Refusal")[0], {})


def test_an_approval_binds_what_was_read_and_keeps_the_signed_click(tale):
    tale.drafted()
    signed = b'{"timestamp": "1", "signature": "v0=ab", "body": "payload=..."}'
    read = tale.letter.digest
    click(tale, "an", "approve", CUSTOMERS, read[:12], proof=Proof(signed, signed=True))
    taken = tale.told("TakenUp")[-1]
    assert (taken.stand, taken.proof) == (read[:12], "E3")
    assert vault.read(tale.app, tale.key, "E3") == signed
    with tale.app.database.read() as connection:
        assert SIGNED in read_texts(connection, tale.key, tale.app.record_key(tale.key)).values()
    assert "E3 holds the signed click" in in_words(taken, {})
    assert verify(tale.app, tale.key).proven


@pytest.mark.parametrize("deed", ["approve", "reject"])
def test_a_letter_that_was_written_anew_is_neither_approved_nor_rejected_by_an_old_click(tale, deed):
    tale.drafted()
    read = tale.letter.digest
    tale.as_("an").learn({"advice_to_people": {"en": "Other.", "vi": "Khác."}}, source="the team")
    assert tale.letter.digest != read
    refused = turned(tale, "an", deed, CUSTOMERS, read, because="no")
    assert (refused.why, tale.letter.digest[:12] in str(refused)) == ("stale", True)
    assert turned(tale, "an", deed, CUSTOMERS, "", because="no", nonce="n2").why == "stale"
    assert tale.letter.approvals == ()


def test_a_letter_is_rejected_by_a_click_with_a_reason(tale):
    tale.drafted()
    read = tale.letter.digest
    assert turned(tale, "chi", "reject", CUSTOMERS, read).why == "not-allowed"
    click(tale, "chi", "reject", CUSTOMERS, read, because="the wrong tone")
    assert tale.letter.mark == "rejected"


def test_of_two_clicks_at_once_one_acts(story):
    story.declare()
    apps = [open_app(story.app.settings, now=story.clock) for _ in range(2)]
    actor, offer = story.actor("linh"), Offer("ack", story.key, "incident-commander")

    def race(app):
        try:
            actions.take_up(app, actor, offer, door="mail", nonce="one")
        except TurnedAway as refused:
            return refused.why
        finally:
            app.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(race, apps))
    assert found[0] == "done"
    assert found[1] in ("replayed", "stale")
    assert len(story.told("TakenUp")) == len(story.told("Acknowledged")) == 1


def test_an_update_is_told_or_skipped_by_a_click(tale):
    tale.declare()
    tale.as_("linh").ack()
    can = {"conditions": "Two keys leaked.", "actions": "Revoking them.", "needs": "Nobody else."}
    assert turned(tale, "giang", "update", said=can).why == "wrong-person"
    assert turned(tale, "linh", "update", said=can | {"needs": ""}).why == "not-allowed"
    click(tale, "linh", "update", said=can)
    assert len(tale.told("StatusUpdated")) == 1
    click(tale, "linh", "update", because="nothing new", nonce="n2")
    assert len(tale.told("UpdateSkipped")) == 1


def test_a_nonce_is_spent_over_all_incidents(story):
    story.declare()
    click(story, "linh", "ack", "incident-commander")
    first = story.key
    story.declare()
    assert story.key != first
    assert turned(story, "linh", "ack", "incident-commander").why == "replayed"
    offer = Offer("ack", story.key, "incident-commander")
    actions.take_up(replace(story.app), story.actor("linh"), offer, door="slack", nonce="n2")


def test_a_clock_that_was_wrong_for_a_while_makes_no_used_click_good_again(tale):
    tale.declare()
    soon = tale.clock.moment + timedelta(hours=1)
    click(tale, "linh", "ack", "incident-commander", expires=soon)
    right = tale.clock.moment
    tale.clock.moment += timedelta(days=400)
    click(tale, "an", "ack", "dpo", nonce="n2", expires=tale.clock.moment + timedelta(hours=1))
    tale.clock.moment = right
    assert turned(tale, "linh", "ack", "incident-commander", expires=soon).why == "replayed"
