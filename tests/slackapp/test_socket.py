"""Socket Mode: the same by a connection that we open, acknowledged by envelope, and nothing twice."""

import asyncio
import threading

from tests.slackapp.conftest import Built, House
from tocsin.storage import clock as heartbeats


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


def test_what_slack_sends_again_by_another_envelope_is_done_once(built: Built) -> None:
    house = built(mode="socket")
    house.story.declare()
    with house.listening():
        house.hush()
        linh = house.member("linh")
        command = linh.command(f"note {house.story.key} once")
        envelopes = [linh.by_socket("slash_commands", command) for _ in range(3)]
        for envelope in envelopes:
            house.workspace.wait_for(
                lambda e=envelope: e in house.workspace.acknowledged, "an acknowledgement"
            )
        house.workspace.expect(linh.user, house.story.key, whisper=True)
        house.settled()
    assert len(house.story.told("Noted")) == 1


def test_another_workspace_is_not_heard(built: Built) -> None:
    house = built(mode="socket")
    house.story.declare()
    with house.listening():
        house.hush()
        linh = house.member("linh")
        strange = linh.by_socket("slash_commands", linh.command("card") | {"team_id": "T0OTHER"})
        ours = linh.by_socket("slash_commands", linh.command("card"))
        house.workspace.wait_for(lambda: ours in house.workspace.acknowledged, "an acknowledgement")
        house.workspace.expect(linh.user, house.story.key, whisper=True)
    assert strange not in house.workspace.acknowledged


def test_a_connection_that_slack_ends_is_opened_again(built: Built) -> None:
    house = built(mode="socket")
    house.story.declare()
    with house.listening():
        house.hush()
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


def test_a_wrong_token_is_said_by_the_sign_of_life(built: Built) -> None:
    house = built(mode="socket", app_token="xapp-wrong")
    with house.listening():
        house.workspace.wait_for(lambda: "apps.connections.open" in house.workspace.calls, "a try")
        pause = threading.Event()
        for _ in range(200):
            if beat(house).get("trouble"):
                break
            pause.wait(0.05)
        assert beat(house)["trouble"] == "Socket Mode is not connected"
