"""Whoever is asked to end in the middle of a sending ends between two letters, and leaves nothing in any hands."""

import os
import signal

import pytest
from sqlalchemy import text

from tests.checker import checked, letters_at
from tests.child import beside, ring_on, until
from tests.engine.test_letters import everybody
from tests.story import Story
from tocsin import actions
from tocsin.domain.notice import CUSTOMERS
from tocsin.settings import Settings
from tocsin.sinks.mail import Fault

PEOPLE = 12
#: The letters wait: for the relay, or for the rate at which they may leave.
WAITS = {"relay": {}, "rate": {"rate": 100, "connections": 1}}


def mailing(settings: Settings, **change: object) -> Settings:
    """These settings with another table of mail."""
    return settings.model_copy(update={"mail": settings.mail.model_copy(update=change)})


def released(story: Story) -> None:
    """On its way out, and nobody has begun."""
    story.with_customers(PEOPLE).approved()
    actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)


def in_hand(story: Story) -> int:
    """How many jobs somebody holds."""
    with story.app.database.read() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM job")) or 0)


@pytest.mark.parametrize("waits", WAITS)
def test_sigterm_ends_a_sending_between_two_letters(
    story: Story, settings_of_home: Settings, waits: str
) -> None:
    released(story)
    if waits == "relay":
        story.mail.misbehave(Fault("dot", "delay", seconds=0.3))
    slow = mailing(settings_of_home, **WAITS[waits])
    with beside(ring_on, slow, story.clock.moment) as bell:
        until(lambda: len(story.letters) >= 3)
        os.kill(bell.pid, signal.SIGTERM)
    assert bell.exitcode == 0
    found = checked(story.app.database, letters_at(story.mail), PEOPLE, most=1)
    assert found.states["handed_over"] == len(story.letters) < PEOPLE
    assert found.states["pending"] == PEOPLE - len(story.letters)
    assert (in_hand(story), story.told("SendingStopped")[-1].complete) == (0, False)
    # Whoever comes next waits for no lease.
    story.mail.behave()
    story.fast_forward(minutes=1)
    assert (story.readers, story.letter.mark) == (everybody(PEOPLE), "sent")
    assert checked(story.app.database, letters_at(story.mail), PEOPLE, most=1).flagged == 0


def test_a_pause_ends_the_sending_of_another_process_between_two_letters(
    story: Story, settings_of_home: Settings
) -> None:
    released(story)
    story.mail.misbehave(Fault("dot", "delay", seconds=0.3))
    with beside(ring_on, settings_of_home, story.clock.moment) as bell:
        until(lambda: len(story.letters) >= 3)
        actions.pause(story.app, story.actor("hoa"), story.key, CUSTOMERS, because="a wrong name")
        before = len(story.letters)
        until(lambda: story.told("SendingStopped"))
        # What was on the wire has left, one over each connection.
        assert len(story.letters) <= before + settings_of_home.mail.connections
        until(lambda: in_hand(story) == 0)
        os.kill(bell.pid, signal.SIGTERM)
    assert story.letter.mark == "paused"
    found = checked(story.app.database, letters_at(story.mail), PEOPLE, most=1)
    assert found.states == {"handed_over": len(story.letters), "pending": PEOPLE - len(story.letters)}
    story.mail.behave()
    story.as_("an").resume(CUSTOMERS)
    assert (story.readers, story.letter.mark) == (everybody(PEOPLE), "sent")
