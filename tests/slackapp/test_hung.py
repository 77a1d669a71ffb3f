"""A mail server that says nothing holds up nobody who works in Slack."""

import time
from collections.abc import Iterator

import pytest

from tests.slackapp.conftest import Built, House
from tocsin.sinks.mail import Fault


@pytest.fixture
def silent(built: Built) -> Iterator[House]:
    """A house in which nothing answers at the other end of the mail route."""
    house = built()
    house.story.mail.misbehave(Fault(at="rcpt", do="silence"))
    with house.listening():
        yield house
        house.story.mail.behave()
    # What still hangs is not waited for.
    for heard in house.workspace.heard:
        heard.expected = True


def test_who_declares_hears_of_the_first_pages_within_seconds(silent: House) -> None:
    linh = silent.member("linh")
    linh.type("declare")
    linh.modal()
    began = time.monotonic()
    linh.submit(title="Key leaked")
    silent.workspace.expect(linh.user, "INC-", "Đã gọi")
    assert time.monotonic() - began < 8
    for person in ("linh", "an"):
        silent.workspace.expect(silent.id(person), "Gọi khẩn SEV1")


def test_more_calls_by_mail_than_there_are_hands_leave_a_hand_free(silent: House) -> None:
    linh = silent.member("linh")
    linh.type("declare")
    linh.submit(title="Key leaked")
    silent.workspace.expect(linh.user, "INC-", "Đã gọi")
    for number, who in enumerate(("counsel", "dpo", "minh", "forensics", "operations")):
        linh.type(f"page {who} why{number}")
    began = time.monotonic()
    linh.type("card")
    silent.workspace.expect(linh.user, silent.app.incident("INC-2026-0001").code_name, whisper=True)
    assert time.monotonic() - began < 8
