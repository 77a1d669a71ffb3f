"""The Slack sink, seen by the SDK's other client, which speaks HTTP by the standard library."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tocsin.sinks.slack import SlackFault, SlackSink, posted


@pytest.fixture
def sink() -> Iterator[SlackSink]:
    with SlackSink(people=["U0LINH", "U0MINH"]) as sink:
        yield sink


def client(sink: SlackSink, **changes: Any) -> WebClient:
    return WebClient(**{"token": sink.token, "base_url": sink.base_url, "retry_handlers": [], **changes})


def refusal(call: Any, **arguments: Any) -> tuple[str, int]:
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return caught.value.response["error"], caught.value.response.status_code


def test_a_war_room_is_made_peopled_and_used(sink: SlackSink) -> None:
    slack = client(sink)
    room = slack.conversations_create(name="inc-copper-heron")["channel"]["id"]
    slack.conversations_invite(channel=room, users=["U0LINH", "U0MINH"])
    slack.conversations_setTopic(channel=room, topic="commander: linh")
    slack.chat_postMessage(channel="#inc-copper-heron", text="welcome")

    names = [channel["name"] for channel in slack.conversations_list()["channels"]]
    assert names == ["incidents", "inc-copper-heron"]
    assert [member["id"] for member in slack.users_list()["members"]] == ["U0LINH", "U0MINH"]
    assert (sink.room(room).members, sink.room(room).topic) == (["U0LINH", "U0MINH"], "commander: linh")
    assert [(message.channel, message.text) for message in sink.messages] == [(room, "welcome")]


def test_a_person_has_one_direct_channel_however_it_is_reached(sink: SlackSink) -> None:
    slack = client(sink)
    by_post = slack.chat_postMessage(channel="U0LINH", text="wake up")["channel"]
    by_opening = slack.conversations_open(users=["U0LINH"])["channel"]["id"]
    other = slack.chat_postMessage(channel="U0MINH", text="wake up")["channel"]

    assert by_post == by_opening != other
    assert by_post.startswith("D")


def test_an_update_changes_the_message_in_its_place(sink: SlackSink) -> None:
    slack = client(sink)
    said = slack.chat_postMessage(
        channel="incidents", text="approve?", metadata={"event_type": "x", "event_payload": {}}
    )
    slack.chat_update(channel=said["channel"], ts=said["ts"], text="approved by an")

    [message] = sink.messages
    assert (message.text, message.ts, message.edits) == ("approved by an", said["ts"], 1)
    assert refusal(slack.chat_update, channel=said["channel"], ts="1.0", text="x")[0] == "message_not_found"


def test_history_is_newest_first_and_shows_metadata_on_request_only(sink: SlackSink) -> None:
    slack = client(sink)
    metadata = {"event_type": "x", "event_payload": {"id": "1"}}
    first = slack.chat_postMessage(channel="incidents", text="one", metadata=metadata)
    slack.chat_postMessage(channel="incidents", text="two")
    slack.chat_postMessage(channel="incidents", text="in a thread", thread_ts=first["ts"])

    plain = slack.conversations_history(channel=first["channel"])["messages"]
    full = slack.conversations_history(channel=first["channel"], include_all_metadata=True, limit=1)
    later = slack.conversations_history(channel=first["channel"], oldest=first["ts"])["messages"]

    assert [message["text"] for message in plain] == ["two", "one"]
    assert "metadata" not in plain[1]
    assert (full["has_more"], full["messages"][0]["text"]) == (True, "two")
    assert [message["text"] for message in later] == ["two"]


def block(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@pytest.mark.parametrize(
    ("message", "error"),
    [
        pytest.param({"text": ""}, "no_text", marks=pytest.mark.filterwarnings("ignore:The top-level")),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "t", "blocks": [block("x" * 3_001)]}, "invalid_blocks"),
        ({"text": "t", "blocks": [block("")]}, "invalid_blocks"),
        ({"text": "t", "blocks": [block("x")] * 51}, "invalid_blocks"),
        ({"text": "t", "blocks": [block("x" * 2_900)] * 5}, "msg_blocks_too_long"),
        (
            {"text": "t", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]},
            "invalid_blocks",
        ),
    ],
)
def test_what_one_message_cannot_hold_is_refused(
    sink: SlackSink, message: dict[str, Any], error: str
) -> None:
    assert refusal(client(sink).chat_postMessage, channel="incidents", **message) == (error, 200)
    assert sink.messages == []


def test_a_message_at_the_limits_is_kept(sink: SlackSink) -> None:
    client(sink).chat_postMessage(channel="incidents", text="t", blocks=[block("x" * 3_000)] * 4)

    assert len(sink.messages) == 1


def test_nobody_is_let_in_without_the_token(sink: SlackSink) -> None:
    assert refusal(client(sink, token="xoxb-other").auth_test) == ("invalid_auth", 200)
    with urllib.request.urlopen(sink.base_url + "auth.test", data=b"") as reply:
        assert json.load(reply) == {"ok": False, "error": "not_authed"}
    assert client(sink).auth_test()["team"] == "Sink"


def test_what_is_not_there_is_named_in_slacks_words(sink: SlackSink) -> None:
    slack = client(sink)

    assert refusal(slack.chat_postMessage, channel="nowhere", text="x")[0] == "channel_not_found"
    assert refusal(slack.conversations_open, users=["U0NOBODY"])[0] == "user_not_found"
    assert refusal(slack.conversations_create, name="incidents")[0] == "name_taken"
    assert refusal(slack.conversations_create, name="Not A Name")[0] == "invalid_name_specials"
    assert refusal(slack.chat_delete, channel="incidents", ts="1")[0] == "unknown_method"
    sink.room("incidents").archived = True
    assert refusal(slack.chat_postMessage, channel="incidents", text="x")[0] == "is_archived"


def test_more_than_the_pace_allows_in_one_channel_is_a_429_with_a_pause() -> None:
    with SlackSink(channels=["one", "two"], pace=60) as sink:
        slack = client(sink)
        slack.chat_postMessage(channel="one", text="first")
        slack.chat_postMessage(channel="two", text="elsewhere")
        with pytest.raises(SlackApiError) as caught:
            slack.chat_postMessage(channel="one", text="second")

    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
    assert [message.text for message in sink.messages] == ["first", "elsewhere"]


def test_a_fault_strikes_one_channel_so_many_times(sink: SlackSink) -> None:
    sink.misbehave(SlackFault("error", error="fatal_error", channel="incidents", times=1))
    slack = client(sink)

    slack.chat_postMessage(channel="U0LINH", text="untouched")
    assert refusal(slack.chat_postMessage, channel="incidents", text="struck")[0] == "fatal_error"
    slack.chat_postMessage(channel="incidents", text="over")
    assert [message.text for message in sink.messages] == ["untouched", "over"]


def test_the_same_clock_and_story_give_the_same_ids_and_no_two_messages_share_a_ts() -> None:
    seen = []
    for _ in range(2):
        with SlackSink(people=["U0LINH"], clock=lambda: 1_796_000_000.5) as sink:
            slack = client(sink)
            for target in ("incidents", "U0LINH", "incidents"):
                slack.chat_postMessage(channel=target, text="x")
            seen.append([(message.channel, message.ts) for message in sink.messages])

    assert seen[0] == seen[1]
    assert [ts for _, ts in seen[0]] == ["1796000000.500000", "1796000000.500001", "1796000000.500002"]


def test_another_process_reads_what_was_posted_from_the_journal(tmp_path: Path) -> None:
    journal = tmp_path / "drill" / "slack.jsonl"
    assert posted(journal) == []
    with SlackSink(journal=journal) as sink:
        slack = client(sink)
        said = slack.chat_postMessage(channel="incidents", text="tiếng chuông", blocks=[block("x")])
        slack.chat_postMessage(channel="incidents", text="second")
        slack.chat_update(channel=said["channel"], ts=said["ts"], text="changed")

    assert posted(journal) == sink.messages
    assert [message.text for message in posted(journal)] == ["changed", "second"]


def test_a_private_channel_is_listed_only_when_asked_for_and_its_name_is_taken_for_good(
    sink: SlackSink,
) -> None:
    slack = client(sink)
    room = slack.conversations_create(name="inc-0007", is_private=True)["channel"]["id"]
    slack.conversations_setPurpose(channel=room, purpose="INC-2026-0007")
    slack.conversations_archive(channel=room)

    assert [each["name"] for each in slack.conversations_list()["channels"]] == ["incidents"]
    [private] = slack.conversations_list(types="private_channel")["channels"]
    assert (private["purpose"]["value"], private["is_archived"]) == ("INC-2026-0007", True)
    assert slack.conversations_list(types="private_channel", exclude_archived=True)["channels"] == []
    assert refusal(slack.conversations_create, name="inc-0007") == ("name_taken", 200)


def test_an_app_cannot_open_an_archived_channel_again(sink: SlackSink) -> None:
    slack = client(sink)
    room = sink.room("incidents")
    assert refusal(slack.conversations_unarchive, channel=room.id)[0] == "not_archived"
    slack.conversations_archive(channel=room.id)
    assert refusal(slack.conversations_unarchive, channel=room.id)[0] == "not_in_channel"
    assert refusal(slack.pins_add, channel=room.id, timestamp="1.0")[0] == "is_archived"


def test_pins_and_bookmarks_are_kept_once(sink: SlackSink) -> None:
    slack, room = client(sink), sink.room("incidents")
    said = slack.chat_postMessage(channel=room.id, text="card")
    slack.pins_add(channel=room.id, timestamp=said["ts"])
    assert refusal(slack.pins_add, channel=room.id, timestamp=said["ts"])[0] == "already_pinned"

    mark = {"channel_id": room.id, "title": "Console", "type": "link"}
    made = slack.bookmarks_add(**mark, link="https://console.example/inc/1")["bookmark"]["id"]
    slack.bookmarks_edit(
        channel_id=room.id, bookmark_id=made, title="Console", link="https://console.example/inc/2"
    )
    assert refusal(slack.bookmarks_add, **mark, link="javascript:alert(1)")[0] == "invalid_link"
    assert slack.bookmarks_list(channel_id=room.id)["bookmarks"] == [
        {"id": made, "type": "link", "title": "Console", "link": "https://console.example/inc/2"}
    ]
    assert room.pins == [said["ts"]]


def test_an_invitation_is_for_all_or_nobody(sink: SlackSink) -> None:
    slack = client(sink)
    room = slack.conversations_create(name="inc-0007", is_private=True)["channel"]["id"]
    assert (
        refusal(slack.conversations_invite, channel=room, users=["U0LINH", "U0GONE"])[0] == "user_not_found"
    )
    assert refusal(slack.conversations_invite, channel=room, users="U0SINK")[0] == "cant_invite_self"
    slack.conversations_invite(channel=room, users=["U0LINH"])
    both = ["U0LINH", "U0MINH"]
    assert refusal(slack.conversations_invite, channel=room, users=both)[0] == "already_in_channel"
    assert sink.room(room).members == ["U0LINH"]
