"""Two workers and one row: one of them has it, whoever they are and however they come."""

from typing import Any

import pytest
from sqlalchemy import Connection

from tests.checker import checked, letters_at
from tests.child import send_all, together
from tests.engine.test_letters import about_to_send
from tests.story import Story
from tocsin.domain.notice import CUSTOMERS
from tocsin.settings import Settings
from tocsin.storage import ledger
from tocsin.storage.database import Unavailable


def claimed(story: Story, connection: Connection, lease: str, limit: int) -> list[Any]:
    """The rows that a worker gets."""
    app = story.app
    return ledger.claim(
        connection, story.key, CUSTOMERS, story.letter.digest, lease=lease, now=app.now(), clock=app.clock(),
        seconds=60, limit=limit,
    )  # fmt: skip


@pytest.mark.parametrize("limit", [1, 2])
def test_what_one_takes_another_passes_by_or_waits_for(story: Story, limit: int) -> None:
    about_to_send(story, 3)
    database = story.app.database
    with database.write() as first:
        ours = {row.id for row in claimed(story, first, "first", limit)}
        if database.sqlite:
            # One writer at a time: who comes second does not get as far as a row.
            with pytest.raises(Unavailable, match="busy"), database.write(patience=0.05):
                pass
            theirs: set[int] = set()
        else:
            # Not what is locked, and without waiting for it.
            with database.write() as second:
                theirs = {row.id for row in claimed(story, second, "second", 3)}
    with database.write() as third:
        last = {row.id for row in claimed(story, third, "third", 3)}
    assert len(ours) == limit
    assert len(ours) + len(theirs) + len(last) == len(ours | theirs | last) == 3
    assert {row.id for row in story.rows if row.lease == "first"} == ours


def test_two_processes_and_one_letter(story: Story, settings_of_home: Settings) -> None:
    about_to_send(story, 1)
    words = (settings_of_home, story.clock.moment, story.key)
    assert together(*[(send_all, words)] * 3) == [0, 0, 0]
    found = checked(story.app.database, letters_at(story.mail), 1, most=1)
    assert (len(story.letters), found.states, story.letter.mark) == (1, {"handed_over": 1}, "sent")
    assert len(story.told("SendingStopped")) == 1
