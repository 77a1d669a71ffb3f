"""Buttons: the deed is done once, the message shows it; what is stale, another's or replayed is refused and told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.slackapp.conftest import House, room_of
from tocsin.catalog.laying import lay_out
from tocsin.delivery.rooms import keep_rooms
from tocsin.domain.catalog import Catalog
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.offers import DEEDS, Offer, parsed
from tocsin.evidence.vault import read
from tocsin.rendering.message import line
from tocsin.rendering.words import load_words
from tocsin.sinks.workspace import PostedMessage
from tocsin.views.steps import steps


def posted(house: House, *offers: Offer) -> PostedMessage:
    """A message of ours with a button for each offer, named after its deed, and one with a link."""
    buttons: list[dict[str, Any]] = [
        {
            "type": "button",
            "action_id": f"tocsin:{offer.deed}",
            "value": offer.value,
            "text": {"type": "plain_text", "text": f"{offer.deed} {offer.subject}"},
        }
        for offer in offers
    ]
    link = {"type": "button", "url": "https://x.example", "text": {"type": "plain_text", "text": "Open"}}
    blocks = [
        {"type": "section", "text": {"type": "plain_text", "text": "what"}},
        {"type": "actions", "elements": [*buttons, link]},
    ]
    house.workspace.workspace.post({"channel": "incidents", "text": "what", "blocks": blocks})
    return house.workspace.messages[-1]


def shown(house: House, message: PostedMessage) -> PostedMessage:
    """The message as it stands now."""
    house.settled()
    return next(each for each in house.workspace.messages if each.ts == message.ts)


def labels(message: PostedMessage) -> list[str]:
    return [
        each["text"]["text"]
        for block in message.blocks
        for each in block.get("elements", ())
        if "value" in each or "url" in each
    ]


@pytest.fixture
def declared(house: House) -> House:
    house.story.declare()
    house.hush()
    return house


def refused(house: House) -> list[tuple[str, str]]:
    return [(body.who, body.why) for body in house.story.told("Refusal")]


def test_one_click_answers_and_the_message_shows_who_and_when(declared: House) -> None:
    message = posted(declared, Offer("ack", declared.story.key, "incident-commander"))
    answer = declared.member("linh").click(message, "ack incident-commander")
    assert (answer.status, answer.body) == (200, "")
    assert answer.seconds < 3
    declared.workspace.expect(declared.id("linh"), "Trần Mỹ Linh", whisper=True)
    declared.hush()

    assert declared.story.incident.roles["incident-commander"] == "linh"
    now = shown(declared, message)
    assert labels(now) == ["Open"]
    assert "Trần Mỹ Linh" in now.blocks[-1]["elements"][0]["text"]
    taken = declared.story.told("TakenUp")[0]
    assert (taken.door, taken.deed) == ("slack", "ack")
    # Two years later the signed request still says who clicked.
    assert b"v0=" in read(declared.app, declared.story.key, taken.proof)


def test_a_click_of_who_was_not_called_is_refused_and_stands_in_the_timeline(declared: House) -> None:
    message = posted(declared, Offer("ack", declared.story.key, "dpo"))
    declared.member("giang").click(message, "ack dpo")
    declared.workspace.expect(declared.id("giang"), "nobody waits for an answer of giang")
    declared.settled()
    assert refused(declared) == [("giang", "wrong-person")]
    assert labels(shown(declared, message)) == ["ack dpo", "Open"]


def test_the_second_of_two_clicks_is_told_who_was_faster(declared: House) -> None:
    message = posted(declared, Offer("ack", declared.story.key, "incident-commander"))
    for person in ("linh", "minh"):
        declared.member(person).click(message, "ack incident-commander")
        declared.settled()
    declared.workspace.expect(declared.id("minh"), "Chưa làm gì", "linh has answered", whisper=True)
    declared.hush()
    assert refused(declared) == [("minh", "stale")]


def test_a_stranger_is_told_how_to_be_added_and_nothing_is_done(declared: House) -> None:
    message = posted(declared, Offer("take", declared.story.key, "incident-commander"))
    declared.workspace.member("U0STRANGER").click(message, "take incident-commander")
    declared.workspace.expect("U0STRANGER", "slack: U0STRANGER")
    declared.settled()
    assert [why for _, why in refused(declared)] == ["unknown-person"]
    assert declared.story.incident.roles == {}


def test_who_is_excluded_hears_that_there_is_no_such_incident(house: House) -> None:
    house.story.declare(excluded=("giang",))
    house.hush()
    message = posted(house, Offer("take", house.story.key, "forensics"))
    house.member("giang").click(message, "take forensics")
    house.workspace.expect(house.id("giang"), f"there is no incident {house.story.key}")


@pytest.mark.parametrize(
    "value", ["", "{}", '["ack","INC-2026-0001","",7]', '["erase","INC-2026-0001","",""]']
)
def test_a_value_that_no_message_of_ours_carried_is_refused(declared: House, value: str) -> None:
    message = posted(declared, Offer("ack", declared.story.key, "dpo"))
    click = declared.member("linh").clicking(message, "ack dpo")
    click["actions"][0]["value"] = value
    assert declared.member("linh").send(click).status == 200
    declared.workspace.expect(declared.id("linh"), "no offer of ours")


def test_a_letter_is_approved_by_its_digest_and_a_stale_one_is_refused(house: House) -> None:
    house.story.drafted()
    house.hush()
    digest = house.story.letter.digest
    now, old = (Offer("approve", house.story.key, CUSTOMERS, each) for each in (digest, "ab" * 32))
    stale, fresh = posted(house, old), posted(house, now, Offer("reject", house.story.key, CUSTOMERS, digest))

    house.member("an").click(stale, f"approve {CUSTOMERS}")
    house.workspace.expect(house.id("an"), "was written anew since", whisper=True)
    house.member("giang").click(fresh, f"approve {CUSTOMERS}")
    house.workspace.expect(house.id("giang"), "dành cho người khác", "ask the", whisper=True)
    house.member("an").click(fresh, f"approve {CUSTOMERS}")
    house.workspace.expect(house.id("an"), CUSTOMERS, whisper=True)
    house.hush()

    assert [approval.person for approval in house.story.letter.approvals] == ["an"]
    assert refused(house) == [("an", "stale"), ("giang", "wrong-person")]
    assert labels(shown(house, fresh)) == ["Open"]


def test_a_letter_is_rejected_with_a_reason_that_the_modal_asks_for(house: House) -> None:
    house.story.drafted()
    house.hush()
    message = posted(house, Offer("reject", house.story.key, CUSTOMERS, house.story.letter.digest))
    an = house.member("an")
    an.click(message, f"reject {CUSTOMERS}")
    assert an.submit(because="   ").json["errors"].keys() == {"because"}
    an.submit(because="it names the wrong day")
    house.workspace.expect(an.user, CUSTOMERS, whisper=False)
    house.hush()
    assert house.story.letter.mark == "rejected"
    assert labels(shown(house, message)) == ["Open"]


def test_a_message_that_cannot_be_changed_leaves_the_deed_done(declared: House) -> None:
    from tocsin.sinks.slack import SlackFault

    declared.workspace.misbehave(SlackFault("error", "chat.update", "message_not_found"))
    message = posted(declared, Offer("take", declared.story.key, "incident-commander"))
    declared.member("linh").click(message, "take incident-commander")
    declared.workspace.expect(declared.id("linh"), "Trần Mỹ Linh", whisper=True)
    declared.hush()
    assert declared.story.incident.roles["incident-commander"] == "linh"


def test_where_slack_is_silenced_no_click_counts(declared: House) -> None:
    declared.story.as_("linh").silence("slack", because="the attacker reads along")
    declared.hush()
    message = posted(declared, Offer("take", declared.story.key, "incident-commander"))
    declared.member("linh").click(message, "take incident-commander")
    declared.workspace.expect(declared.id("linh"), "không dành cho Slack")
    declared.settled()
    assert declared.story.incident.roles == {}
    assert refused(declared) == [("linh", "not-allowed")]


def labelled_deeds(message: PostedMessage) -> dict[str, str]:
    """The buttons of a message: deed to label."""
    found = [each for block in message.blocks for each in block.get("elements", ()) if "action_id" in each]
    return {each["action_id"].removeprefix("tocsin:"): each["text"]["text"] for each in found}


def test_the_page_that_wakes_somebody_up_is_answered_by_its_own_button(declared: House) -> None:
    [page] = [
        heard.message
        for heard in declared.workspace.heard
        if heard.to == declared.id("linh") and heard.message and "ack" in labelled_deeds(heard.message)
    ]
    declared.member("linh").click(page, labelled_deeds(page)["ack"])
    declared.workspace.expect(declared.id("linh"), "Trần Mỹ Linh", whisper=True)
    declared.hush()
    assert declared.story.incident.roles["incident-commander"] == "linh"
    assert "ack" not in labelled_deeds(shown(declared, page))


def test_a_letter_is_approved_by_the_button_of_the_message_that_asks_for_it(house: House) -> None:
    house.story.drafted()
    house.hush()
    [asked] = [
        heard.message
        for heard in house.workspace.heard
        if heard.to == house.id("an") and heard.message and "approve" in labelled_deeds(heard.message)
    ]
    an = house.member("an")
    an.click(asked, labelled_deeds(asked)["approve"])
    house.workspace.expect(an.user, CUSTOMERS, whisper=True)
    house.hush()
    assert [approval.person for approval in house.story.letter.approvals] == ["an"]
    assert not {"approve", "reject"} & labelled_deeds(shown(house, asked)).keys()


@pytest.mark.parametrize("deed", DEEDS)
def test_every_deed_is_told_in_both_languages(catalog: Catalog, tmp_path: Path, deed: str) -> None:
    lay_out(catalog.files, tmp_path)
    said = {
        line(f"slack_did_{deed}", who="x", at="y", role="dpo", subject="z").said(load_words(tmp_path, each))
        for each in ("en", "vi")
    }
    assert len(said) == 2
    assert not any("slack did" in each for each in said)


def test_a_status_update_is_written_in_a_modal(declared: House) -> None:
    declared.story.as_("linh").take("incident-commander")
    declared.hush()
    message = posted(declared, Offer("update", declared.story.key))
    linh = declared.member("linh")
    linh.click(message, "update ")
    assert linh.submit(conditions="contained", actions=" ", needs="none").json["errors"].keys() == {"actions"}
    linh.submit(conditions="contained", actions="keys revoked", needs="none")
    declared.workspace.expect(linh.user, "Trần Mỹ Linh")
    declared.hush()
    assert len(declared.story.told("StatusUpdated")) == 1
    assert labels(shown(declared, message)) == ["Open"]


def test_a_click_on_the_card_of_a_room_writes_nothing_old_over_it(house: House) -> None:
    house.story.declare()
    house.story.as_("linh").ack()
    keep_rooms(house.app)
    house.hush()
    room, wants = room_of(house, house.story.key), steps(house.app, house.story.incident)
    [card] = [each for each in house.workspace.messages if each.channel == room and ticks(each)]
    plain = {each.id for each in wants if not each.wants_required}
    button = next(each for each in ticks(card) if parsed(each["value"]).subject in plain)
    click = house.member("linh").clicking(card, button["text"]["text"])
    # What the card says has changed since it was drawn on the screen of who clicks.
    house.workspace.workspace.update({"channel": room, "ts": card.ts, "text": "newer", "blocks": []})

    assert house.member("linh").send(click).status == 200
    house.workspace.expect(house.id("linh"), "Trần Mỹ Linh", whisper=True)

    assert shown(house, card).text == "newer"
    assert house.story.incident.steps[parsed(button["value"]).subject].mark == "done"
    house.story.clock.moment += timedelta(minutes=1)
    keep_rooms(house.app)
    assert button["value"] not in [each["value"] for each in ticks(shown(house, card))]
    house.hush()


def ticks(message: PostedMessage) -> list[dict[str, Any]]:
    """The buttons beside the steps of a card."""
    return [block["accessory"] for block in message.blocks if block.get("accessory")]


def broken_glass(house: House) -> None:
    """bao lets the letters leave alone, while `house` listens."""
    house.story.drafted()
    digest = house.story.letter.digest
    house.story.as_("bao").release(CUSTOMERS, break_glass=True, digest=digest, because="all are on the plane")
    house.hush()


def heard_with(house: House, person: str, deed: str) -> list[PostedMessage]:
    """The messages to somebody with a button for a deed, oldest first."""
    return [
        heard.message
        for heard in house.workspace.heard
        if heard.to == house.id(person) and heard.message and deed in labelled_deeds(heard.message)
    ]


def test_what_one_person_released_alone_is_countersigned_by_the_button_that_asks_for_it(house: House) -> None:
    broken_glass(house)
    [asked] = heard_with(house, "chi", "countersign")
    assert "Duyệt bổ sung" in labelled_deeds(asked)["countersign"]
    for person in ("bao", "linh"):
        assert heard_with(house, person, "countersign") == [], "no button for who may not"

    house.member("giang").click(asked, labelled_deeds(asked)["countersign"])
    house.workspace.expect(house.id("giang"), "dành cho người khác", "ask the", whisper=True)
    house.member("bao").click(asked, labelled_deeds(asked)["countersign"])
    house.workspace.expect(house.id("bao"), "bao released it alone; another person must", whisper=True)
    assert house.story.told("Countersigned") == []

    chi = house.member("chi")
    chi.click(asked, labelled_deeds(asked)["countersign"])
    house.workspace.expect(chi.user, "đã duyệt bổ sung", CUSTOMERS, whisper=True)
    house.hush()
    [signed] = house.story.told("Countersigned")
    assert (signed.person, signed.digest) == ("chi", house.story.letter.digest)
    assert house.story.told("NoticeApproved") == []
    assert house.story.told("TakenUp")[-1].deed == "countersign"
    assert "countersign" not in labelled_deeds(shown(house, asked))

    # Somebody else's message still shows the button.
    [late] = heard_with(house, "an", "countersign")
    house.member("an").click(late, labelled_deeds(late)["countersign"])
    house.workspace.expect(house.id("an"), "is countersigned already", whisper=True)
    house.hush()
    assert len(house.story.told("Countersigned")) == 1
    assert refused(house) == [("giang", "wrong-person"), ("bao", "not-allowed"), ("an", "stale")]


def test_a_click_that_countersigned_is_not_done_again_when_it_comes_again(house: House) -> None:
    broken_glass(house)
    [asked] = heard_with(house, "chi", "countersign")
    chi = house.member("chi")
    click = chi.signed(chi.clicking(asked, labelled_deeds(asked)["countersign"]))
    assert chi.post(*click).status == 200
    house.workspace.expect(chi.user, "đã duyệt bổ sung", whisper=True)
    again = chi.post(*click)
    assert (again.status, again.body) == (401, "not let in")
    house.settled()
    assert len(house.story.told("Countersigned")) == 1
    assert refused(house) == [("chi", "replayed")]


def test_the_reminder_brings_the_button_once_more(house: House) -> None:
    broken_glass(house)
    house.story.fast_forward(hours=5)
    house.hush()
    asked = heard_with(house, "an", "countersign")[-1]
    assert heard_with(house, "bao", "countersign") == []
    house.member("an").click(asked, labelled_deeds(asked)["countersign"])
    house.workspace.expect(house.id("an"), CUSTOMERS, whisper=True)
    house.hush()
    assert [each.person for each in house.story.told("Countersigned")] == ["an"]


def test_the_button_that_asked_for_an_approval_countersigns_what_left_meanwhile(house: House) -> None:
    broken_glass(house)
    asked = heard_with(house, "an", "approve")[-1]
    house.member("an").click(asked, labelled_deeds(asked)["approve"])
    house.workspace.expect(house.id("an"), "đã duyệt bổ sung", whisper=True)
    house.hush()
    assert [each.person for each in house.story.told("Countersigned")] == ["an"]
