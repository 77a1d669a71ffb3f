"""A marked message goes into the timeline of its channel's incident: sealed, with author and address, once."""

import pytest

from tests.slackapp.conftest import House, room_of
from tocsin.storage.database import Unavailable
from tocsin.storage.texts import read_texts


@pytest.fixture
def room(house: House) -> str:
    house.story.declare()
    house.hush()
    return room_of(house, house.story.key)


def words(house: House, commitment: str) -> str:
    with house.app.database.read() as connection:
        found = read_texts(connection, house.story.key, house.app.record_key(house.story.key), [commitment])
    return found[commitment]


def test_a_marked_message_is_noted_with_author_and_address(house: House, room: str) -> None:
    said = house.workspace.say_as(house.id("giang"), room, "the token was revoked at 02:51 &amp; tested")
    assert house.member("linh").mark(said).status == 200
    house.workspace.expect(house.id("linh"), house.story.key, whisper=True)
    house.settled()

    [noted] = house.story.told("Noted")
    assert words(house, noted.text) == "the token was revoked at 02:51 & tested"
    assert noted.said_by == "giang"
    assert words(house, noted.link) == f"https://sink.slack.com/archives/{room}/p{said.ts.replace('.', '')}"
    assert "revoked" not in str(house.story.entries)


def test_it_is_noted_once_however_many_mark_it(house: House, room: str) -> None:
    said = house.workspace.say_as(house.id("giang"), room, "look")
    for person in ("linh", "minh", "an"):
        house.member(person).mark(said)
        house.workspace.expect(house.id(person), house.story.key, whisper=True)
    house.settled()
    assert len(house.story.told("Noted")) == 1


def test_a_message_of_a_thread_is_found_too(house: House, room: str) -> None:
    first = house.workspace.say_as(house.id("giang"), room, "a question")
    reply = house.workspace.say_as("U0STRANGER", room, "the answer", thread=first.ts)
    house.member("linh").mark(reply)
    house.workspace.expect(house.id("linh"), house.story.key, whisper=True)
    house.settled()
    [noted] = house.story.told("Noted")
    assert (words(house, noted.text), noted.said_by) == ("the answer", "slack:U0STRANGER")


@pytest.mark.parametrize("item", ["x", ["x"], {"channel": ["C1"], "ts": 1.5}])
def test_what_is_no_message_is_talk(house: House, room: str, item: object) -> None:
    event = {"type": "reaction_added", "reaction": house.app.settings.slack.emoji, "item": item}
    assert house.member("linh").send_event(event).status == 200
    house.settled()
    assert house.story.told("Noted") == []


def test_another_emoji_another_channel_and_a_stranger_note_nothing(house: House, room: str) -> None:
    here = house.workspace.say_as(house.id("giang"), room, "here")
    elsewhere = house.workspace.say_as(house.id("giang"), "incidents", "elsewhere")
    house.member("linh").mark(here, "thumbsup")
    house.member("linh").mark(elsewhere)
    house.workspace.member("U0STRANGER").mark(here)
    house.workspace.expect("U0STRANGER", "slack: U0STRANGER")
    house.settled()
    assert house.story.told("Noted") == []


def test_in_its_channel_an_incident_need_not_be_named(house: House, room: str) -> None:
    first = house.story.key
    house.story.declare("another")
    house.hush()
    assert house.story.key != first
    house.member("linh").type("card", channel=room)
    house.workspace.expect(house.id("linh"), first, whisper=True)


def test_a_mark_that_cannot_be_kept_is_no_200_and_slack_sends_it_again(
    house: House, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bolt acknowledges an event before its listener runs: what is not kept by then would be lost."""
    said = house.workspace.say_as(house.id("giang"), room, "the token was revoked")

    def away(*_: object) -> bool:
        raise Unavailable("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr("tocsin.slackapp.front.keep", away)
        assert house.member("linh").mark(said).status >= 500
    assert house.member("linh").mark(said).status == 200
    house.workspace.expect(house.id("linh"), house.story.key, whisper=True)
    house.settled()
    assert len(house.story.told("Noted")) == 1
