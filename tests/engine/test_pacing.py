"""The pace of a sending: evenly through the relay and to each domain, whoever sends, and stopped within one letter."""

from dataclasses import replace
from datetime import datetime, timedelta

from tests.engine.test_letters import Mischief, adds_up, everybody
from tocsin import actions
from tocsin.channels.wiring import mail as opened
from tocsin.domain.notice import CUSTOMERS
from tocsin.engine.pacing import lane_key, lane_of
from tocsin.evidence.verify import verify
from tocsin.storage import pace
from tocsin.views.sending import course

SLOW = "slow.example"


def paced(story, **rates):
    """The same home with limits; and the real moments at which letters are handed over, by reader."""
    settings = story.app.settings
    story.app = replace(
        story.app,
        settings=settings.model_copy(update={"mail": settings.mail.model_copy(update=rates)}),
        routes={**story.app.routes, "email": lambda app: Timed(opened(app), app.clock, moments)},
    )
    moments: dict[str, datetime] = {}
    return moments


class Timed:
    """A mail channel that notes when it was asked."""

    name = "email"

    def __init__(self, channel, clock, moments):
        self.channel, self.clock, self.moments = channel, clock, moments

    async def send(self, item, following=None):
        if not item.recipient.endswith("streamonapi.example"):
            self.moments.setdefault(item.recipient, self.clock())
        return await self.channel.send(item, following)

    async def close(self):
        await self.channel.close()


def no_faster_than(every, moments, begun):
    """Each letter left so long after the one before, counted from a moment before the first."""
    return all(at - begun >= every * number for number, at in enumerate(sorted(moments)))


def test_letters_leave_through_the_relay_no_faster_than_it_may(story):
    moments = paced(story.with_customers(8), rate=1200)
    begun = story.approved().app.clock()
    story.as_("an").release(CUSTOMERS)
    assert story.readers == everybody(8)
    assert no_faster_than(timedelta(seconds=0.05), moments.values(), begun)
    assert story.letter.mark == "sent"
    adds_up(story, 8)
    assert verify(story.app, story.key).fault is None


def test_a_slow_domain_holds_up_no_other_and_its_letters_follow(story):
    slow = {f"c{n}": {"email": f"c{n}@{SLOW}"} for n in range(1, 6)}
    moments = paced(story.with_customers(12, **slow), domain_rates={SLOW: 60})
    begun = story.approved().app.clock()
    story.as_("an").release(CUSTOMERS)
    # All others have their letters; the slow ones wait by the incident's clock, as if they had never been taken.
    assert len([who for who in story.readers if not who.endswith(SLOW)]) == 7
    left = [row for row in story.rows if row.state == "pending"]
    assert len(left) == 4
    assert {(row.attempts, row.first_attempt_at, row.lease) for row in left} == {(0, None, None)}
    assert (story.counts["sending"], story.letter.mark) == (0, "sending")
    (slow,) = course(story.app, story.incident, CUSTOMERS).slowed
    assert slow.startswith(f"letters wait for the rate of {SLOW} until 2026-11-23T19:40:")
    adds_up(story, 12)
    story.fast_forward(minutes=1)
    assert len(story.readers) == 12
    assert story.letter.mark == "sent"
    arrived = [at for who, at in moments.items() if who.endswith(SLOW)]
    assert no_faster_than(timedelta(seconds=1), arrived, begun)
    adds_up(story, 12)
    assert verify(story.app, story.key).fault is None


def test_what_another_worker_has_taken_of_the_pace_is_gone(story):
    paced(story.with_customers(3), domain_rate=60)
    story.approved()
    name, clock = lane_of(lane_key(story.app), "example.org"), story.app.clock()
    with story.app.database.write() as connection:
        lanes = pace.hold(connection, {name: timedelta(seconds=1)}, clock)
        lanes[name].take(clock + timedelta(hours=1))
        pace.keep(connection, lanes, clock)
    story.as_("an").release(CUSTOMERS)
    assert (story.readers, story.counts["pending"], story.counts["sending"]) == ([], 3, 0)
    assert story.letter.resume_at - story.clock.moment > timedelta(minutes=59)
    (slow,) = course(story.app, story.incident, CUSTOMERS).slowed
    # A domain that the settings do not name is named nowhere.
    assert slow.startswith("letters wait for the rate of 1 domain until ")
    assert verify(story.app, story.key).fault is None


def test_a_pause_is_heard_while_a_letter_waits_for_its_turn(story):
    moments = paced(story.with_customers(6), rate=40)
    plain, watched = story.app, story.app.routes["email"]
    pause = lambda: actions.pause(plain, story.actor("hoa"), story.key, CUSTOMERS, because="a wrong name")  # noqa: E731
    story.app = replace(
        plain, routes={**plain.routes, "email": lambda app: Mischief(watched(app), 1, once(pause))}
    )
    story.approved().as_("an").release(CUSTOMERS)
    assert len(moments) == 1
    assert (story.letter.mark, story.counts["pending"], story.counts["sending"]) == ("paused", 5, 0)
    adds_up(story, 6)


def once(deed):
    """Each connection has a channel of its own, and the deed is done by the first."""
    done = []

    def act():
        if not done:
            done.append(deed())

    return act


def test_lanes_that_nothing_waits_for_are_forgotten_and_name_no_domain(tale):
    paced(tale.with_customers(3), rate=100_000, domain_rate=100_000)
    tale.released()
    with tale.app.database.write() as connection:
        clock = tale.app.clock() + timedelta(minutes=1)
        (relay,) = pace.hold(connection, {"relay": timedelta(seconds=1)}, clock).values()
        pace.keep(connection, {"relay": relay}, clock)
        left = pace.queued(connection, clock - timedelta(hours=1))
    assert left == {}
    assert relay.free_at < clock
