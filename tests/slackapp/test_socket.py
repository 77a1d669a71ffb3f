"""Socket Mode: the same by a connection that we open, acknowledged by envelope, and nothing twice."""

import asyncio
import socket
import threading

import pytest

from tests.slackapp.conftest import Built, House, connected
from tests.slackapp.test_clicks import posted
from tocsin.actions.doors import AS_IT_CAME, SIGNED
from tocsin.domain.kinds import Refusal, TakenUp
from tocsin.domain.message import Undelivered
from tocsin.domain.offers import Offer
from tocsin.evidence.vault import read
from tocsin.sinks.slack import SlackFault
from tocsin.slackapp.socket import longer
from tocsin.storage import clock as heartbeats
from tocsin.storage.texts import read_texts
from tocsin.views.words import in_words


def beat(house: House) -> dict[str, object]:
    with house.app.database.read() as connection:
        return heartbeats.beats(connection)["slack"][1] or {}


def test_commands_and_modals_come_by_the_connection(built: Built) -> None:
    house = built(mode="socket", signing_secret=None)
    with house.listening():
        linh = house.member("linh")
        envelope = linh.by_socket("slash_commands", linh.command("declare"))
        view = linh.modal()
        house.workspace.wait_for(lambda: envelope in house.workspace.acknowledged, "an acknowledgement")
        wrong = linh.by_socket("interactive", linh.submission(view, title="\x07"))
        house.workspace.wait_for(lambda: wrong in house.workspace.acknowledged, "an acknowledgement")
        assert house.workspace.acknowledged[wrong]["errors"].keys() == {"title"}
        linh.by_socket("interactive", linh.submission(view, title="Tokens in a repository"))
        house.workspace.expect(linh.user, "INC-", "Đã gọi")
        house.hush()


def refusals(house: House) -> list[tuple[str, str, str]]:
    found = [body for body in house.story.told("Refusal") if isinstance(body, Refusal)]
    return [(body.who, body.deed, body.why) for body in found]


def acknowledged(house: House, *envelopes: str) -> None:
    for envelope in envelopes:
        house.workspace.wait_for(lambda e=envelope: e in house.workspace.acknowledged, "an acknowledgement")


def test_what_slack_sends_again_is_done_once_and_in_silence(built: Built) -> None:
    with connected(built) as house:
        linh = house.member("linh")
        command = linh.command(f"note {house.story.key} once")
        for _ in range(3):
            acknowledged(house, linh.by_socket("slash_commands", command, "Eonce"))
            del house.workspace.acknowledged["Eonce"]
        house.workspace.expect(linh.user, house.story.key, whisper=True)
        house.settled()
    assert len(house.story.told("Noted")) == 1
    assert refusals(house) == []


def test_a_click_that_comes_in_another_envelope_is_a_replay_and_stands_in_the_timeline(built: Built) -> None:
    with connected(built) as house:
        linh = house.member("linh")
        message = posted(house, Offer("ack", house.story.key, "incident-commander"))
        click = linh.clicking(message, "ack incident-commander")
        for _ in range(3):
            acknowledged(house, linh.by_socket("interactive", click))
        house.workspace.expect(linh.user, "Trần Mỹ Linh", whisper=True)
        house.hush()
    assert len(house.story.told("Acknowledged")) == 1
    assert refusals(house) == [("linh", "ack", "replayed")]


def test_the_timeline_calls_a_click_by_socket_mode_what_it_is(built: Built) -> None:
    with connected(built) as house:
        linh = house.member("linh")
        message = posted(house, Offer("ack", house.story.key, "incident-commander"))
        linh.by_socket("interactive", linh.clicking(message, "ack incident-commander"))
        house.workspace.expect(linh.user, "Trần Mỹ Linh", whisper=True)
        house.hush()
    [taken] = house.story.told("TakenUp")
    assert isinstance(taken, TakenUp)
    assert "holds the click as it came by Socket Mode" in in_words(taken, {})
    assert taken.proof is not None
    assert b"block_actions" in read(house.app, house.story.key, taken.proof)
    with house.app.database.read() as connection:
        names = read_texts(connection, house.story.key, house.app.record_key(house.story.key)).values()
    assert AS_IT_CAME in names
    assert SIGNED not in names


def test_another_workspace_is_not_heard(built: Built) -> None:
    with connected(built) as house:
        linh = house.member("linh")
        typed = linh.command(f"card {house.story.key}") | {"team_id": "T0OTHER"}
        strange = linh.by_socket("slash_commands", typed)
        ours = linh.by_socket("slash_commands", linh.command("card"))
        house.workspace.wait_for(lambda: ours in house.workspace.acknowledged, "an acknowledgement")
        house.workspace.expect(linh.user, house.story.key, whisper=True)
    assert strange not in house.workspace.acknowledged
    assert refusals(house) == [("linh", "/tocsin card", "not-allowed")]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that failed is asked for anew at once, and soon counts as one that lasts."""
    monkeypatch.setattr("tocsin.slackapp.socket._FIRST", 0.2)
    monkeypatch.setattr("tocsin.slackapp.socket._STEADY", 0.2)


@pytest.mark.usefixtures("impatient")
def test_a_connection_that_slack_ends_is_opened_again(built: Built) -> None:
    with connected(built) as house:
        first = house.workspace.wait_for(lambda: house.workspace.sockets, "a connection")[-1]
        assert house.workspace._loop is not None
        told = first.send_json({"type": "disconnect", "reason": "refresh_requested"})
        asyncio.run_coroutine_threadsafe(told, house.workspace._loop).result(5)
        house.workspace.wait_for(
            lambda: [each for each in house.workspace.sockets if each is not first], "another connection"
        )
        linh = house.member("linh")
        linh.by_socket("slash_commands", linh.command("card"))
        house.workspace.expect(linh.user, house.story.key, whisper=True)


def await_trouble(house: House, said: str | None) -> None:
    """Until the sign of life says so, which takes a few beats."""
    pause = threading.Event()
    for _ in range(240):
        if beat(house).get("trouble") == said:
            return
        pause.wait(0.05)
    raise AssertionError(f"the sign of life says {beat(house)}")


@pytest.mark.usefixtures("impatient", "brisk")
def test_a_connection_that_is_refused_at_first_is_opened_by_another_address(built: Built) -> None:
    house = built(mode="socket")
    house.workspace.socket_away = True
    with house.listening():
        await_trouble(house, "Socket Mode is not connected: the handshake was answered by HTTP 503")
        house.workspace.socket_away = False
        house.workspace.wait_for(lambda: house.workspace.sockets, "a connection")
        await_trouble(house, None)


@pytest.mark.usefixtures("impatient", "brisk")
def test_a_connection_comes_back_after_a_drop_that_outlives_its_address(built: Built) -> None:
    with connected(built) as house:
        workspace = house.workspace
        first = workspace.wait_for(lambda: workspace.sockets, "a connection")[-1]
        workspace.socket_away = True
        assert workspace._loop is not None
        asyncio.run_coroutine_threadsafe(first.close(), workspace._loop).result(5)
        await_trouble(house, "Socket Mode is not connected: the handshake was answered by HTTP 503")
        workspace.socket_away = False
        workspace.wait_for(lambda: [each for each in workspace.sockets if each is not first], "another")
        linh = house.member("linh")
        linh.by_socket("slash_commands", linh.command("card"))
        workspace.expect(linh.user, house.story.key, whisper=True)


@pytest.mark.usefixtures("impatient", "brisk")
def test_an_answer_that_gives_no_address_is_asked_for_again(built: Built) -> None:
    house = built(mode="socket")
    house.workspace.misbehave(SlackFault(do="bare", method="apps.connections.open", times=1))
    with house.listening():
        house.workspace.wait_for(lambda: house.workspace.sockets, "a connection")


@pytest.mark.usefixtures("impatient", "brisk")
@pytest.mark.parametrize(
    "curt",
    [
        [],
        [{"type": "hello"}],
        [{"type": "hello"}, {"type": "disconnect", "reason": "too_many_websockets"}],
    ],
    ids=["nothing", "hello", "disconnect"],
)
def test_a_connection_that_is_closed_at_once_is_asked_for_ever_more_seldom(
    built: Built, curt: list[dict[str, str]]
) -> None:
    house = built(mode="socket")
    workspace = house.workspace
    workspace.curt = curt
    with house.listening():
        await_trouble(house, "Socket Mode is not connected: Slack closed the connection at once")
        threading.Event().wait(1)
        # After 0.2, 0.4, 0.8 and 1.6 s; without a pause there were hundreds a second.
        assert workspace.calls.count("apps.connections.open") <= 6
        workspace.curt = None
        workspace.wait_for(lambda: workspace.sockets, "a connection")
        await_trouble(house, None)


@pytest.mark.usefixtures("impatient", "brisk")
def test_a_connection_without_a_greeting_is_none(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.slackapp.socket._HANDSHAKE", 0.3)
    house = built(mode="socket")
    workspace = house.workspace
    workspace.mute = True
    with house.listening():
        await_trouble(house, "Socket Mode is not connected: Slack said no hello within 0.3 s")
        workspace.mute = False
        await_trouble(house, None)


@pytest.mark.usefixtures("brisk")
def test_a_handshake_that_is_not_answered_is_not_waited_for(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.slackapp.socket._HANDSHAKE", 0.3)
    house = built(mode="socket")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"ws://127.0.0.1:{silent.getsockname()[1]}/?ticket=secret"
        monkeypatch.setattr(house.workspace, "_connection", lambda call: {"url": address})
        with house.listening():
            await_trouble(house, "Socket Mode is not connected: no handshake within 0.3 s")


def test_a_wrong_token_is_said_by_the_sign_of_life_in_slacks_words(built: Built) -> None:
    house = built(mode="socket", app_token="xapp-wrong")
    with house.listening():
        house.workspace.wait_for(lambda: "apps.connections.open" in house.workspace.calls, "a try")
        pause = threading.Event()
        for _ in range(200):
            if "invalid_auth" in str(beat(house).get("trouble")):
                break
            pause.wait(0.05)
        assert beat(house)["trouble"] == "Socket Mode is not connected: Slack says invalid_auth"


@pytest.mark.parametrize(
    ("failure", "pauses"),
    [
        (Undelivered("down", "reply", "Slack says invalid_auth", code="invalid_auth"), [5, 10, 20, 40, 80]),
        (Undelivered("down", "connect", "Slack cannot be reached"), [5, 10, 20, 30, 30]),
        (Undelivered("ambiguous", "reply", "", code="internal_error"), [5, 10, 20, 30, 30]),
        (Undelivered("retry", "reply", "Slack says ratelimited", 7.0), [7, 7, 7, 7, 7]),
    ],
    ids=str,
)
def test_slack_is_asked_for_a_connection_ever_more_seldom(failure: Undelivered, pauses: list[float]) -> None:
    pause, found = 0.0, []
    for _ in pauses:
        pause = longer(pause, failure)
        found.append(pause)
    assert found == pauses
