"""Letters in hand: many from a fast relay, few from a slow one, so that a crash there leaves few in doubt."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.engine.test_letters import about_to_send
from tocsin.engine import handful, handing, perform
from tocsin.engine.handful import Handful
from tocsin.sinks.mail import Fault


@pytest.mark.parametrize(
    ("a_second", "fits"), [(10_000, 300), (299, 299), (100, 100), (40, 40), (30, 30), (3, 30), (0.01, 30)]
)
def test_what_leaves_in_a_second_is_taken_at_once_between_a_few_for_each_connection_and_the_most(
    a_second, fits
):
    hand = Handful(300, 10)
    sizes = []
    for _ in range(8):
        sizes.append(hand.size)
        hand.ended(hand.size, hand.size / a_second)
    assert sizes[0] == 30
    assert all(after <= 2 * before for before, after in pairwise(sizes))
    assert hand.size == pytest.approx(fits, abs=1)
    hand.ended(hand.size, hand.size / 20)  # it became slow
    assert hand.size == 30


def test_a_batch_that_is_set_smaller_is_never_exceeded():
    hand = Handful(5, 10)
    for _ in range(4):
        assert hand.size == 5
        hand.ended(5, 0.001)


def test_a_handful_of_which_nothing_ended_makes_the_next_a_small_one():
    hand = Handful(300, 10)
    for _ in range(4):
        hand.ended(hand.size, 0.001)
    hand.ended(0, 600.0)
    assert hand.size == 30


def test_a_clock_that_stood_or_went_back_divides_by_nothing():
    hand = Handful(300, 10)
    for seconds in (0.0, -1.0):
        hand.ended(30, seconds)
    assert hand.size == 120


class Watched:
    """A mail channel that does something before each letter."""

    name = "email"

    def __init__(self, channel, before):
        self.channel, self.before = channel, before

    async def send(self, item, following=None):
        await self.before()
        return await self.channel.send(item, following)

    async def close(self):
        await self.channel.close()


def watched(tale, before):
    """The home with batches of 40 at most, over its two connections, each letter watched."""
    opened, larger = tale.app.routes["email"], tale.app.settings.ledger.model_copy(update={"batch": 40})
    return replace(
        tale.app,
        settings=tale.app.settings.model_copy(update={"ledger": larger}),
        routes={**tale.app.routes, "email": lambda app: Watched(opened(app), before)},
    )


@pytest.mark.parametrize(("takes", "span", "letters", "most"), [(0.4, 1, 14, 6), (0, 60, 90, 40)])
def test_of_a_sending_so_many_letters_are_in_hand_as_its_relay_takes_in_a_while(
    tale, monkeypatch, takes, span, letters, most
):
    monkeypatch.setattr(handful, "_SPAN", span)
    move = about_to_send(tale, letters)
    if takes:
        tale.mail.misbehave(Fault("dot", "delay", seconds=takes))
    counts = []

    async def count():
        counts.append(tale.counts["sending"])

    assert perform(watched(tale, count), tale.key, move)
    assert (counts[0], max(counts)) == (6, most)
    assert tale.counts["handed_over"] == letters


def test_a_relay_that_becomes_slow_keeps_no_receipt_from_the_ledger_for_long(tale, monkeypatch):
    monkeypatch.setattr(handful, "_SPAN", 60)
    monkeypatch.setattr(handing, "_LATEST", 0.5)
    move, unrecorded = about_to_send(tale, 60), []

    async def become_slow():
        left = len(tale.letters)
        if left >= 6 + 12 + 24:
            unrecorded.append(left - tale.counts["handed_over"])
            await asyncio.sleep(0.4)

    assert perform(watched(tale, become_slow), tale.key, move)
    # Over each of two connections: one that began at once, one that was told of ahead, and one within half a second.
    assert 2 <= max(unrecorded) <= 6
    assert tale.counts["handed_over"] == 60
    assert tale.counts["possible_duplicates"] == 0
