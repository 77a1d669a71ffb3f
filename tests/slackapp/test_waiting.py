"""Nobody's deed waits for the files of others, nor for the answers that others have not got yet."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.slackapp.conftest import Built, House
from tests.slackapp.test_clicks import posted
from tests.slackapp.test_files import ask
from tocsin.domain.offers import Offer
from tocsin.sinks.slack import SlackFault

#: Seconds in which a deed is done however busy Slack is.
AT_ONCE = 4.0


@pytest.fixture
def slow(built: Built) -> Iterator[House]:
    """A house that is left while Slack still owes it something."""
    house = built()
    with house.listening():
        yield house
        house.workspace.behave()
    for heard in house.workspace.heard:
        heard.expected = True


def seconds_until(house: House, kind: str) -> float:
    """How long it takes until the timeline holds an entry of this kind."""
    began, pause = time.monotonic(), threading.Event()
    while not house.story.told(kind):
        assert time.monotonic() - began < 20, f"{kind} is not done"
        pause.wait(0.05)
    return time.monotonic() - began


def test_an_acknowledgement_waits_for_no_file(slow: House) -> None:
    _, _, thread = ask(slow)
    came = threading.Event()

    async def dripping() -> AsyncIterator[bytes]:
        yield b"x"
        while not came.is_set():
            await asyncio.sleep(0.05)

    try:
        for number in range(6):
            assert (
                slow.member("linh").upload(thread, slow.workspace.file(dripping()), f"{number}.txt").status
                == 200
            )
        slow.workspace.wait_for(lambda: slow.workspace.fetched, "a file to be fetched")
        message = posted(slow, Offer("ack", slow.story.key, "dpo"))
        slow.member("an").click(message, "ack dpo")
        began = time.monotonic()
        slow.workspace.expect(slow.id("an"), slow.app.catalog.contacts.person("an").name, whisper=True)
        assert time.monotonic() - began < AT_ONCE
    finally:
        came.set()
    slow.hush()


def test_an_acknowledgement_waits_for_no_answer_to_others(slow: House) -> None:
    slow.story.declare()
    slow.hush()
    linh, key = slow.member("linh"), slow.story.key
    slow.workspace.misbehave(SlackFault(do="hang", method="chat.postEphemeral"))
    for number in range(9):
        linh.type(f"note {key} hello {number}", response_url="")
    linh.click(posted(slow, Offer("ack", key, "incident-commander")), "ack incident-commander")
    assert seconds_until(slow, "Acknowledged") < AT_ONCE
