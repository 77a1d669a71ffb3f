"""Slack misbehaves while it is answered: what was asked is done once, and who asked hears of it by another way."""

import pytest

from tests.slackapp.conftest import Built, House
from tests.slackapp.test_clicks import posted, shown
from tocsin.domain.kinds import Refusal
from tocsin.domain.offers import Offer
from tocsin.sinks.slack import SlackFault
from tocsin.slackapp.keeping import keep
from tocsin.slackapp.received import received
from tocsin.slackapp.work import TRIES
from tocsin.storage import inbound

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


def test_a_page_in_no_encoding_is_no_answer_and_another_way_is_taken(house: House) -> None:
    house.story.declare()
    house.hush()
    linh = house.member("linh")
    linh.type("card", response_url=house.workspace.file(b"\xff\xfe\xfa", "text/html"))
    house.workspace.expect(linh.user, house.story.key, whisper=True)
    house.settled()
    assert house.workspace.calls[-1] == "chat.postEphemeral"


def test_an_answer_of_which_slack_names_no_message_comes_by_another_way(house: House) -> None:
    house.story.declare()
    house.hush()
    linh = house.member("linh")
    house.workspace.misbehave(SlackFault("bare", "chat.postEphemeral"))
    linh.type("card", response_url="")
    house.workspace.expect(linh.user, house.story.key, whisper=False)


def test_a_modal_of_which_slack_names_no_view_is_said_to_be_lost(house: House) -> None:
    linh = house.member("linh")
    house.workspace.misbehave(SlackFault("bare", "views.open"))
    linh.type("declare")
    house.workspace.expect(linh.user, "Không mở kịp biểu mẫu")


def test_what_fails_each_time_is_given_up_and_told(built: Built) -> None:
    house = built()
    house.story.declare()
    linh, key = house.member("linh"), house.story.key
    it = received(linh.command(f"note {key} hello"))
    keep(house.app, it, {})
    with house.app.database.write() as connection:
        for _ in range(TRIES):
            now = house.app.clock()
            assert inbound.take(connection, "dead", now, now, {"command"}) is not None
            inbound.release(connection, it.id)
    with house.listening():
        house.workspace.expect(linh.user, "Đã thử 5 lần")
        house.hush()
    assert house.story.told("Noted") == []
    [refused] = house.story.told("Refusal")
    assert isinstance(refused, Refusal)
    assert (refused.who, refused.deed, refused.why) == ("linh", "/tocsin note", "failed")


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/x", "https://evil.example/x", "file:///etc/passwd"])
def test_no_answer_goes_to_an_address_that_is_not_slacks(house: House, address: str) -> None:
    house.story.declare()
    house.hush()
    linh = house.member("linh")
    linh.type("card", response_url=address)
    # In the channel instead, to who asked alone.
    house.workspace.expect(linh.user, house.story.key, whisper=True)
    assert house.workspace.calls[-1] == "chat.postEphemeral"
