"""Nobody but Slack comes in, and nothing twice: each 401 here was a 500 or a second deed in plain Bolt 1.30."""

import json
import socket
import threading
import time
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

import pytest

from tests.slackapp.conftest import Built, House, room_of
from tests.slackserver import Member, sign
from tests.slackserver.signing import FORM
from tocsin.domain.kinds import Refusal
from tocsin.domain.offers import Offer
from tocsin.sinks.workspace import PostedMessage
from tocsin.storage import clock as heartbeats


def body(house: House, text: str = "help") -> bytes:
    return urlencode(house.member("linh").command(text)).encode()


def post(house: House, sent: bytes, **changes: str | None) -> int:
    headers = sign(sent, time.time())
    named = {
        "timestamp": "X-Slack-Request-Timestamp",
        "signature": "X-Slack-Signature",
        "content": "Content-Type",
    }
    for name, value in changes.items():
        headers.pop(named[name])
        if value is not None:
            headers[named[name]] = value
    return house.member("linh").post(sent, headers).status


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": None},
        {"signature": None},
        {"timestamp": "soon"},
        {"timestamp": ""},
        {"timestamp": "-5"},
        {"timestamp": "1" * 13},
        {"timestamp": "1.5"},
        {"timestamp": "\u0661\u0662\u0663"},
        {"signature": "v0=" + "g" * 64},
        {"signature": "v0=" + "a" * 63},
        {"signature": "v1=" + "a" * 64},
        {"signature": "v0=" + "\u00e4" * 64},
        {"signature": "v0=" + "0" * 64},
        {"content": "text/html"},
        {"content": "multipart/form-data"},
    ],
    ids=str,
)
def test_what_is_not_slacks_is_a_401(house: House, changes: dict[str, str | None]) -> None:
    changes = {name: value and value.encode().decode("latin-1") for name, value in changes.items()}
    assert post(house, body(house), **changes) == 401


@pytest.mark.parametrize("seconds", [-301, 301, -86400])
def test_what_was_signed_more_than_five_minutes_ago_or_hence_is_a_401(house: House, seconds: int) -> None:
    content = body(house)
    assert house.member("linh").post(content, sign(content, time.time() + seconds)).status == 401


def test_a_clock_that_is_minutes_off_is_trouble_until_a_click_comes_in(brisk: float, house: House) -> None:
    def trouble() -> str | None:
        with house.app.database.read() as connection:
            detail = heartbeats.beats(connection)["slack"][1]
        return detail and detail["trouble"]

    def becomes(wanted: bool) -> bool:
        return any((trouble() is not None) is wanted or time.sleep(0.1) for _ in range(80))

    content, linh = body(house), house.member("linh")
    assert linh.post(content, sign(content, time.time() + 360, "another")).status == 401
    time.sleep(brisk + 0.5)
    assert trouble() is None, "whoever does not know the secret says nothing about clocks"
    for again in (content, body(house, "list")):
        assert linh.post(again, sign(again, time.time() + 360)).status == 401
    assert becomes(True)
    assert "differ by 6 min" in str(trouble())
    assert post(house, content) == 200
    assert becomes(False)
    house.hush()


def test_another_secret_a_changed_body_and_a_huge_one_are_401s(house: House) -> None:
    content = body(house)
    linh = house.member("linh")
    assert linh.post(content, sign(content, time.time(), "another")).status == 401
    assert linh.post(content + b"&x=1", sign(content, time.time())).status == 401
    huge = b"text=" + b"x" * 1_000_001
    assert linh.post(huge, sign(huge, time.time())).status == 401


def test_a_body_that_is_no_utf8_or_no_payload_is_refused_and_nothing_falls_over(house: House) -> None:
    linh = house.member("linh")
    assert linh.post(b"\xff\xfe", sign(b"\xff\xfe", time.time())).status == 401
    for content in (b"payload=%7B", b"payload=[]", b"payload=" + b"[" * 50_000):
        assert linh.post(content, sign(content, time.time(), content=FORM)).status == 400


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "event_callback", "event": "a string"},
        {"type": "event_callback", "event": ["a list"]},
        {"type": "event_callback", "event": ""},
        {"type": "block_actions", "actions": 5},
        {"type": "view_submission", "view": "a string"},
        {"type": "block_actions", "actions": {"a": "mapping"}},
        {"type": "block_actions", "actions": ["a string"]},
        {"type": "block_actions", "actions": []},
        {"type": "block_actions", "actions": [{"action_id": 5}]},
        {"type": "block_actions", "channel": 5},
        {"type": "view_submission", "view": {"callback_id": "tocsin:reject", "state": 5}},
    ],
    ids=str,
)
def test_what_slack_has_signed_and_is_of_no_shape_is_refused_for_good(
    house: House, payload: dict[str, object]
) -> None:
    named = {"team_id": "T0SINK", "team": {"id": "T0SINK"}, "user": {"id": house.id("linh")}}
    assert house.member("linh").send_json(named | payload).status == 400


@pytest.mark.parametrize(
    "event",
    [
        {"type": ["message"]},
        {"type": "pin_added", "item": {"channel": 5}},
        {"type": "reaction_added", "reaction": "pushpin", "item": {"channel": 5, "ts": []}},
        {"type": "message", "subtype": "file_share", "files": [5], "channel": 5, "thread_ts": 4},
        {"type": "message", "user": 5, "files": [{}], "channel": {"id": "C"}, "thread_ts": None},
    ],
    ids=str,
)
def test_an_event_whose_names_are_no_text_is_refused_for_good(house: House, event: dict[str, object]) -> None:
    assert house.member("linh").send_event(event).status == 400


def test_an_event_of_another_kind_may_name_a_whole_channel(house: House) -> None:
    event = {"type": "channel_created", "channel": {"id": "C1", "name": "new", "creator": "U1"}}
    assert house.member("linh").send_event(event).status == 200


def test_a_request_that_is_played_again_is_a_401_and_done_once(house: House) -> None:
    house.story.declare()
    house.hush()
    content = urlencode(house.member("linh").command(f"note {house.story.key} once")).encode()
    headers = sign(content, time.time())
    linh = house.member("linh")

    statuses = [linh.post(content, headers).status for _ in range(4)]

    assert statuses == [200, 401, 401, 401]
    house.workspace.expect(linh.user, house.story.key, whisper=True)
    house.settled()
    assert len(house.story.told("Noted")) == 1


def test_two_that_come_at_once_are_one(house: House) -> None:
    content = body(house)
    headers, linh = sign(content, time.time()), house.member("linh")
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(linh.post(content, headers).status)) for _ in "12345"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 401, 401, 401, 401]
    house.workspace.expect(linh.user, "/tocsin declare")


def button(house: House, offer: Offer) -> PostedMessage:
    element = {
        "type": "button",
        "action_id": f"tocsin:{offer.deed}",
        "value": offer.value,
        "text": {"type": "plain_text", "text": "Do it"},
    }
    house.workspace.workspace.post(
        {"channel": "incidents", "text": "x", "blocks": [{"type": "actions", "elements": [element]}]}
    )
    return house.workspace.messages[-1]


def refusals(house: House) -> list[tuple[str, str]]:
    return [(body.who, body.why) for body in house.story.told("Refusal") if isinstance(body, Refusal)]


def test_a_click_that_is_played_again_stands_in_the_timeline_once(house: House) -> None:
    house.story.declare()
    house.hush()
    linh = house.member("linh")
    message = button(house, Offer("ack", house.story.key, "incident-commander"))
    click = linh.signed(linh.clicking(message, "Do it"))

    assert [linh.post(*click).status for _ in range(3)] == [200, 401, 401]

    house.workspace.expect(linh.user, "Linh", whisper=True)
    house.hush()
    assert len(house.story.told("Acknowledged")) == 1
    assert refusals(house) == [("linh", "replayed")]


def clock_trouble(house: House, beat: float) -> object:
    """What the sign of life says after the next beat."""
    time.sleep(beat + 0.5)
    with house.app.database.read() as connection:
        return (heartbeats.beats(connection)["slack"][1] or {})["trouble"]


def test_a_click_that_comes_minutes_late_stands_in_the_timeline(brisk: float, house: House) -> None:
    house.story.declare()
    house.hush()
    linh = house.member("linh")
    message = button(house, Offer("ack", house.story.key, "incident-commander"))
    content = urlencode({"payload": json.dumps(linh.clicking(message, "Do it"))}).encode()

    assert linh.post(content, sign(content, time.time() - 360)).status == 401

    assert house.story.told("Acknowledged") == []
    assert refusals(house) == [("linh", "expired")]
    assert clock_trouble(house, brisk) is None, "one alone may have been recorded and kept back"
    other = body(house)
    assert linh.post(other, sign(other, time.time() - 360)).status == 401
    assert "differ by 6 min" in str(clock_trouble(house, brisk))


def test_recordings_say_nothing_about_the_clock_of_who_has_just_started(brisk: float, house: House) -> None:
    linh = house.member("linh")
    for count, age in enumerate((360, 480, 900, 86400, 86400, 86400)):
        content = body(house, f"help {count}")
        assert linh.post(content, sign(content, time.time() - age)).status == 401
    assert clock_trouble(house, brisk) is None
    house.hush()


def test_a_click_that_is_played_again_later_says_nothing_about_the_clock(brisk: float, house: House) -> None:
    house.story.declare()
    house.hush()
    linh = house.member("linh")
    message = button(house, Offer("ack", house.story.key, "incident-commander"))
    content = urlencode({"payload": json.dumps(linh.clicking(message, "Do it"))}).encode()
    assert linh.post(content, sign(content, time.time())).status == 200
    house.workspace.expect(linh.user, "Linh", whisper=True)
    house.hush()

    assert linh.post(content, sign(content, time.time() - 360)).status == 401
    # Even one that nobody knows any more is older than what came in time.
    other = body(house)
    assert linh.post(other, sign(other, time.time() - 86400)).status == 401

    assert refusals(house) == [("linh", "replayed")]
    assert clock_trouble(house, brisk) is None


def test_an_encoding_that_the_body_is_not_in_is_a_401(house: House) -> None:
    content = body(house)
    headers = sign(content, time.time()) | {"Content-Encoding": "gzip"}
    assert house.member("linh").post(content, headers).status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Content-Encoding: gzip\r\nContent-Length: 3", b" 401 "),
        ("Transfer-Encoding: chunked", b" 400 "),
        ("no header", b" 400 "),
    ],
)
def test_garbage_of_anybody_leaves_no_trace_of_the_server_in_the_log(
    house: House, caplog: pytest.LogCaptureFixture, headers: str, status: bytes
) -> None:
    address = urlsplit(house.workspace.app_url)
    with socket.create_connection((str(address.hostname), address.port or 0), 5) as line:
        line.sendall(f"POST {address.path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\nzzz\r\n".encode())
        assert status in line.recv(1000).partition(b"\r\n")[0]
        line.shutdown(socket.SHUT_WR)
        while line.recv(1000):
            pass
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize("strange", [{"team": "T0OTHER"}, {"app": "A0OTHER"}], ids=str)
def test_another_workspace_and_another_app_are_a_401_and_stand_in_the_timeline(
    house: House, strange: dict[str, str]
) -> None:
    house.story.declare()
    house.hush()
    message = button(house, Offer("ack", house.story.key, "incident-commander"))
    stranger: Member = replace(house.member("linh"), **strange)
    if "app" in strange:
        object.__setattr__(house.app.settings.slack, "app_id", "A0SINK")

    assert stranger.type("help").status == 401
    assert stranger.click(message, "Do it").status == 401

    assert house.story.told("Acknowledged") == []
    assert refusals(house) == [("linh", "not-allowed")]


def test_a_workspace_of_an_organisation_is_heard_wherever_slack_names_the_two(built: Built) -> None:
    house = built()
    said = {"user": "tocsin", "user_id": "U0APP", "team_id": "T0SINK", "enterprise_id": "E1", "bot_id": "B1"}
    house.workspace._methods["auth.test"] = lambda call: said
    with house.listening():
        linh = house.member("linh")

        def event(**named: object) -> int:
            fresh = linh.event({"type": "reaction_added", "reaction": "eyes", "item": {}})
            return linh.send_json(fresh | named).status

        # An event names the organisation among its authorizations, and an upload names none.
        assert event(authorizations=[{"enterprise_id": "E1", "team_id": "T0SINK"}]) == 200
        assert event() == 200
        assert event(team_id=None, authorizations=[{"enterprise_id": "E1", "team_id": None}]) == 200
        assert event(authorizations=[{"enterprise_id": "E2", "team_id": "T0SINK"}]) == 401
        assert event(authorizations=[{"enterprise_id": "E1", "team_id": "T0OTHER"}]) == 401
        assert event(team_id=None) == 401
        assert event(authorizations=["no mapping"]) == 401


@pytest.mark.parametrize("typed", ["note hello", "note {key} hello"])
def test_a_command_that_is_not_let_in_stands_in_the_timeline_without_its_words(
    house: House, typed: str
) -> None:
    house.story.declare()
    house.hush()
    linh, key = house.member("linh"), house.story.key
    channel = "incidents" if "{key}" in typed else house.workspace.room(room_of(house, key)).name
    content = urlencode(linh.command(typed.format(key=key), channel)).encode()
    headers = sign(content, time.time())

    assert [linh.post(content, headers).status for _ in range(3)] == [200, 401, 401]
    house.hush()
    assert refusals(house) == [("linh", "replayed")]
    assert replace(linh, team="T0OTHER").type(typed.format(key=key), channel).status == 401
    assert refusals(house) == [("linh", "replayed"), ("linh", "not-allowed")]
    assert {each.deed for each in house.story.told("Refusal")} == {"/tocsin note"}
    house.hush()


def test_an_emoji_from_another_workspace_stands_in_the_timeline(house: House) -> None:
    house.story.declare()
    house.hush()
    stranger = replace(house.member("linh"), team="T0OTHER")
    said = house.workspace.say_as(stranger.user, room_of(house, house.story.key), "token revoked")
    assert stranger.mark(said).status == 401
    assert [each.deed for each in house.story.told("Refusal")] == ["emoji"]


def test_slacks_own_second_try_of_an_event_is_a_200_and_done_once(house: House) -> None:
    house.story.declare()
    house.hush()
    linh = house.member("linh")
    said = house.workspace.say_as(linh.user, "incidents", "token revoked")
    item = {"type": "message", "channel": said.channel, "ts": said.ts}
    payload = linh.event({"type": "reaction_added", "reaction": "pushpin", "item": item}, "Ev1")
    content = json.dumps(payload).encode()
    headers = sign(content, time.time(), content="application/json")

    assert linh.post(content, headers).status == 200
    assert linh.post(content, headers | {"X-Slack-Retry-Num": "1"}).status == 200
    assert linh.send_json(payload, X_Slack_Retry_Num="2").status == 200
    # Without the header it is nothing of Slack's.
    assert linh.post(content, headers).status == 401


def test_slack_may_ask_whether_this_address_is_ours(house: House) -> None:
    asked = {"type": "url_verification", "challenge": "abc", "token": "x"}
    answer = house.member("linh").send_json(asked)
    assert (answer.status, "abc" in answer.body) == (200, True)
