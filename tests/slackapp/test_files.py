"""Evidence by a file in a thread: only from Slack, only so large, never by a redirect; into the vault with its step."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.slackapp.conftest import Built, House, room_of
from tests.slackapp.test_clicks import posted
from tocsin.domain.kinds import Refusal
from tocsin.domain.offers import Offer
from tocsin.evidence.vault import read
from tocsin.sinks.slack import SlackFault
from tocsin.sinks.workspace import PostedMessage
from tocsin.slackapp.files import safe_name
from tocsin.storage import rooms
from tocsin.views.steps import steps


def left(house: House) -> list[Path]:
    """What lies in clear text where files pass through."""
    return [path for path in (house.app.settings.home / "uploads").rglob("*") if path.name != ".held"]


@pytest.fixture
def asked(house: House) -> tuple[House, str, PostedMessage]:
    """A step that wants evidence, and the thread in which it is awaited."""
    return ask(house)


def ask(house: House) -> tuple[House, str, PostedMessage]:
    house.story.declare()
    house.story.as_("linh").ack()
    found = steps(house.app, house.story.incident)
    step = next(each for each in found if each.wants_required and each.state == "open")
    house.hush()
    message = posted(house, Offer("done", house.story.key, step.id))
    house.member("linh").click(message, f"done {step.id}")
    heard = house.workspace.expect(room_of(house, house.story.key), step.id, "Giữ làm bằng chứng: ")
    house.settled()
    assert heard.message is not None
    return house, step.id, heard.message


def test_a_file_in_the_thread_ticks_the_step(asked: tuple[House, str, PostedMessage]) -> None:
    house, step, thread = asked
    house.member("linh").upload(thread, house.workspace.file(b"the log"), "../../etc/gate way.log")
    heard = house.workspace.expect(thread.channel, step, "E")
    house.hush()

    assert heard.message is not None
    assert heard.message.thread == thread.ts
    state = house.story.incident.steps[step]
    assert state.mark == "done"
    assert read(house.app, house.story.key, state.evidence[0]) == b"the log"
    assert house.workspace.fetched == [("f1", f"Bearer {house.workspace.token}")] or house.workspace.fetched[
        0
    ][1] == (f"Bearer {house.workspace.token}")
    assert left(house) == []


def test_a_file_after_the_first_is_evidence_of_the_same_step(asked: tuple[House, str, PostedMessage]) -> None:
    house, step, thread = asked
    house.member("linh").upload(thread, house.workspace.file(b"the log"), "x.log")
    house.workspace.expect(thread.channel, "kho bằng chứng: E")
    house.hush()
    house.member("linh").upload(thread, house.workspace.file(b"the other log"), "y.log")
    house.workspace.expect(thread.channel, f"Bước {step} đã xong từ trước", "kho bằng chứng: E")
    house.settled()
    kept = [body for body in house.story.told("EvidenceKept") if body.step == step]
    assert [read(house.app, house.story.key, body.item) for body in kept] == [b"the log", b"the other log"]
    assert house.story.incident.steps[step].evidence == tuple(body.item for body in kept)
    assert house.story.told("Refusal") == []
    house.member("giang").upload(thread, house.workspace.file(b"x"))
    house.workspace.expect(house.id("giang"), f"step {step} is for the")
    house.settled()
    assert (len(house.workspace.fetched), left(house)) == (2, [])


def test_two_files_at_once_are_both_kept(asked: tuple[House, str, PostedMessage]) -> None:
    house, step, thread = asked
    for content in (b"one", b"two"):
        house.member("linh").upload(thread, house.workspace.file(content), "x.log")
    for _ in range(2):
        house.workspace.expect(thread.channel, "kho bằng chứng: E")
    house.settled()
    kept = [body.item for body in house.story.told("EvidenceKept") if body.step == step]
    assert sorted(read(house.app, house.story.key, item) for item in kept) == [b"one", b"two"]


def test_a_file_that_comes_slowly_while_another_ticks_the_step_is_more_of_it(
    asked: tuple[House, str, PostedMessage],
) -> None:
    house, step, thread = asked
    quicker = threading.Event()

    async def drip() -> AsyncIterator[bytes]:
        yield b"sl"
        while not quicker.is_set():
            await asyncio.sleep(0.02)
        yield b"ow"

    house.member("linh").upload(thread, house.workspace.file(drip()), "slow.log")
    house.workspace.wait_for(lambda: house.workspace.fetched, "that somebody fetches the file")
    house.member("linh").upload(thread, house.workspace.file(b"quick"), "quick.log")
    house.workspace.expect(thread.channel, "đã làm xong bước", "kho bằng chứng: E")
    quicker.set()
    house.workspace.expect(thread.channel, f"Bước {step} đã xong từ trước", "kho bằng chứng: E")
    house.hush()
    assert len(house.story.incident.steps[step].evidence) == 2
    assert house.story.told("Refusal") == []


def test_of_a_skipped_step_nobody_hears_that_it_was_done(asked: tuple[House, str, PostedMessage]) -> None:
    house, step, thread = asked
    house.member("linh").type(f"skip {house.story.key} {step} there is no such log")
    house.workspace.expect(house.id("linh"), step, whisper=True)
    house.member("linh").upload(thread, house.workspace.file(b"the log"), "x.log")
    house.workspace.expect(thread.channel, f"Bước {step} đã bỏ qua", "kho bằng chứng: E")
    house.settled()
    assert house.story.incident.steps[step].mark == "skipped"


def test_an_answer_that_names_no_thread_is_told_in_words(asked: tuple[House, str, PostedMessage]) -> None:
    house, step, _ = asked
    house.workspace.misbehave(SlackFault("bare", "chat.postMessage", times=1))
    house.member("linh").type(f"done {house.story.key} {step}")
    house.workspace.expect(house.id("linh"), "Slack says ok and names no message", whisper=True)
    house.hush()
    assert not [heard for heard in house.workspace.heard if "Error" in heard.text]


@pytest.mark.parametrize("files", ["x", [None, "y"], {"a": 1}])
def test_what_is_no_file_is_refused_in_words(asked: tuple[House, str, PostedMessage], files: object) -> None:
    house, step, thread = asked
    channel = {"channel": thread.channel, "thread_ts": thread.ts}
    event = {"type": "message", "subtype": "file_share", "ts": "9.9", "files": files, **channel}
    house.member("linh").send_event(event)
    house.hush()
    assert step not in house.story.incident.steps
    assert not [heard for heard in house.workspace.heard if "Error" in heard.text]


def test_who_is_not_in_the_room_is_asked_alone_wherever_they_typed(house: House) -> None:
    house.story.declare("Secret breach")
    house.story.as_("linh").ack()
    step = next(each for each in steps(house.app, house.story.incident) if each.wants_required)
    with house.app.database.write() as connection:
        rooms.keep(connection, house.story.key, guests={house.id("linh"): "user_is_restricted"})
    house.hush()
    house.member("linh").type(f"done {step.id}", "incidents")
    heard = house.workspace.expect(house.id("linh"), step.id, whisper=False)
    house.settled()

    assert heard.message is not None
    house.member("linh").upload(heard.message, house.workspace.file(b"the log"), "x.log")
    house.workspace.expect(house.id("linh"), "kho bằng chứng: E", whisper=False)
    house.hush()
    assert house.story.incident.steps[step.id].mark == "done"


def test_elsewhere_a_file_is_talk(asked: tuple[House, str, PostedMessage]) -> None:
    house, step, _ = asked
    talk = house.workspace.say_as(house.id("linh"), "incidents", "look at this")
    house.member("linh").upload(talk, house.workspace.file(b"x"))
    house.settled()
    assert house.workspace.fetched == []
    assert step not in house.story.incident.steps


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("http://127.0.0.1:9/files/f1", "does not lie at Slack"),
        ("https://evil.example/f", "does not lie at Slack"),
        ("file:///etc/passwd", "does not lie at Slack"),
        ("", "does not lie at Slack"),
        ("http://[::1", "does not lie at Slack"),
        ("http://127.0.0.1:99999/f", "does not lie at Slack"),
    ],
)
def test_a_file_that_lies_elsewhere_is_not_fetched(
    asked: tuple[House, str, PostedMessage], address: str, answer: str
) -> None:
    house, step, thread = asked
    house.member("linh").upload(thread, address)
    house.workspace.expect(house.id("linh"), answer)
    house.settled()
    assert house.workspace.fetched == []
    assert step not in house.story.incident.steps


def test_a_redirect_is_not_followed_and_the_token_stays(asked: tuple[House, str, PostedMessage]) -> None:
    house, step, thread = asked
    secret = house.workspace.file(b"elsewhere")
    moved = house.workspace.file(b"", status=302, Location=secret)
    house.member("linh").upload(thread, moved)
    house.workspace.expect(house.id("linh"), "HTTP 302")
    house.settled()
    assert len(house.workspace.fetched) == 1
    assert step not in house.story.incident.steps


def test_slacks_page_for_logging_in_is_no_evidence(asked: tuple[House, str, PostedMessage]) -> None:
    house, step, thread = asked
    house.member("linh").upload(thread, house.workspace.file(b"<html>log in", "text/html"))
    house.workspace.expect(house.id("linh"), "files:read")
    house.settled()
    assert step not in house.story.incident.steps


def test_a_file_that_is_too_large_is_left_there(built: Built) -> None:
    house = built(largest_file=10)
    with house.listening():
        _, step, thread = ask(house)
        house.member("linh").upload(thread, house.workspace.file(b"x" * 11))
        house.workspace.expect(house.id("linh"), "larger than 10 bytes")
        house.settled()
        assert step not in house.story.incident.steps


def test_a_strangers_file_is_not_even_fetched(asked: tuple[House, str, PostedMessage]) -> None:
    house, step, thread = asked
    house.workspace.member("U0STRANGER").upload(thread, house.workspace.file(b"x"))
    house.workspace.expect("U0STRANGER", "slack: U0STRANGER")
    house.settled()
    assert (house.workspace.fetched, step in house.story.incident.steps) == ([], False)


def test_a_file_of_who_may_not_tick_the_step_is_not_fetched(asked: tuple[House, str, PostedMessage]) -> None:
    house, step, thread = asked
    house.member("giang").upload(thread, house.workspace.file(b"x"))
    house.workspace.expect(house.id("giang"), f"step {step} is for the")
    house.settled()
    assert (house.workspace.fetched, step in house.story.incident.steps) == ([], False)
    [refused] = house.story.told("Refusal")
    assert isinstance(refused, Refusal)
    assert (refused.who, refused.why) == ("giang", "wrong-person")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "file"),
        ("", "file"),
        ("a\x00b\n.log", "a_b_.log"),
        ("ảnh chụp.png", "ảnh chụp.png"),
        ("x" * 300, "x" * 120),
    ],
)
def test_a_name_is_a_name(typed: str, kept: str) -> None:
    assert safe_name(typed) == kept
