"""Slack misbehaves while it is answered: what was asked is done once, and who asked hears of it by another way."""

import pytest

from tests.slackapp.conftest import House
from tests.slackapp.test_clicks import posted, shown
from tocsin.domain.offers import Offer
from tocsin.sinks.slack import SlackFault

FAULTS = {
    "429 twice": SlackFault("error", "chat.update", "ratelimited", 429, "1", times=2),
    "500 after storing": SlackFault("status", "chat.update", status=500, stored=True, times=1),
    "drop after storing": SlackFault("drop", "chat.update", stored=True, times=1),
    "HTML": SlackFault("html", "chat.update", times=1),
    "wrong JSON": SlackFault("garble", "chat.update", times=1),
    "revoked token": SlackFault("error", "chat.update", "token_revoked"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_click_is_done_and_told_whatever_the_message_shows(house: House, fault: str) -> None:
    house.story.declare()
    house.hush()
    message = posted(house, Offer("take", house.story.key, "incident-commander"))
    house.workspace.misbehave(FAULTS[fault])
    house.member("linh").click(message, "take incident-commander")
    house.workspace.expect(house.id("linh"), "Trần Mỹ Linh", whisper=True)
    house.hush()
    assert [body.person for body in house.story.told("RoleTaken")] == ["linh"]


def test_a_message_that_slack_is_too_busy_to_change_is_changed_when_it_says_so(house: House) -> None:
    house.story.declare()
    house.hush()
    message = posted(house, Offer("take", house.story.key, "incident-commander"))
    house.workspace.misbehave(SlackFault("error", "chat.update", "ratelimited", 429, "1", times=1))
    house.member("linh").click(message, "take incident-commander")
    house.workspace.expect(house.id("linh"), "Trần Mỹ Linh", whisper=True)
    house.hush()
    assert "Trần Mỹ Linh" in shown(house, message).blocks[-1]["elements"][0]["text"]


def test_an_answer_that_its_address_does_not_take_comes_by_another_way(house: House) -> None:
    house.story.declare()
    house.hush()
    linh = house.member("linh")
    gone = house.workspace.file(b"", status=404)
    linh.type("card", response_url=gone)
    house.workspace.expect(linh.user, house.story.key, whisper=True)
    house.workspace.misbehave(SlackFault("error", "chat.postEphemeral", "user_not_in_channel"))
    linh.type("card", response_url=gone)
    house.workspace.expect(linh.user, house.story.key, whisper=False)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/x", "https://evil.example/x", "file:///etc/passwd"])
def test_no_answer_goes_to_an_address_that_is_not_slacks(house: House, address: str) -> None:
    house.story.declare()
    house.hush()
    linh = house.member("linh")
    linh.type("card", response_url=address)
    # In the channel instead, to who asked alone.
    house.workspace.expect(linh.user, house.story.key, whisper=True)
    assert house.workspace.calls[-1] == "chat.postEphemeral"
