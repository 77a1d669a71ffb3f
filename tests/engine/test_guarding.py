"""The bell's eye on `watch`: people hear of a silence once, and everybody who looks sees it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from tests.story import Clock, Story
from tocsin.bell import ring
from tocsin.engine.guarding import Guard
from tocsin.storage import clock as heartbeats
from tocsin.views.heartbeats import lives, since_beats

NOW = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def house(tale: Story) -> Story:
    """A house whose parts beat on a clock that leaps too; `watch` has just looked."""
    tale.app = replace(tale.app, clock=Clock(NOW))
    beat(tale, "watch")
    return tale


def beat(house: Story, *names: str) -> None:
    with house.app.database.write() as connection:
        for name in names:
            heartbeats.beat(connection, name, house.app.clock())


def minutes(house: Story, count: float, guard: Guard) -> None:
    """Minutes in which the bell rings, and `watch` does not."""
    house.app.clock.moment += count * MINUTE
    for _ in range(3):
        ring(house.app, waking=lambda: None, guard=guard)


def alarms(house: Story) -> list[str]:
    """What linh, who is on duty, was told of a silent watch."""
    return told(house, "Luồng watch của Prefect im lặng")


def told(house: Story, words: str) -> list[str]:
    """The mails with these words to linh, who is on duty, in the language that linh reads."""
    address = house.app.catalog.contacts.person("linh").email
    mails = [mail.content for mail in house.mail.messages if mail.recipients == (address,)]
    bodies = [message_from_bytes(each, policy=policy.default).get_body(("plain",)) for each in mails]
    texts = [each.get_content() for each in bodies if each]
    return [each for each in texts if words in each]


def test_a_watch_that_falls_silent_is_told_once_to_who_is_on_duty_and_stands_in_the_bells_beat(house):
    house.declare()
    guard = Guard("watch", NOW)
    minutes(house, 3, guard)
    assert (detail(house)["watch"], alarms(house)) == (None, [])
    minutes(house, 0.5, guard)
    assert detail(house)["watch"] == "silent since 2026-11-23T19:40:00+00:00"
    assert len(alarms(house)) == 1
    minutes(house, 60, guard)
    # Another bell, after a restart, tells nothing twice.
    minutes(house, 60, Guard("watch", NOW))
    assert len(alarms(house)) == 1
    assert "tocsin doctor" in alarms(house)[0]
    beat(house, "watch")
    minutes(house, 0, guard)
    assert detail(house)["watch"] is None
    minutes(house, 4, guard)
    assert len(alarms(house)) == 2


def detail(house: Story):
    with house.app.database.read() as connection:
        return heartbeats.beats(connection)["bell"][1]


def test_without_an_open_incident_it_is_told_as_soon_as_there_is_one(house):
    guard = Guard("watch", NOW)
    minutes(house, 5, guard)
    assert len(house.mail.messages) == 0
    house.declare()
    minutes(house, 0, guard)
    assert len(alarms(house)) == 1


def test_a_house_that_has_just_come_up_gives_its_watch_time(house):
    house.declare()
    house.app.clock.moment += timedelta(days=1)
    guard = Guard("watch", house.app.clock())
    minutes(house, 2, guard)
    assert (detail(house)["watch"], alarms(house)) == (None, [])
    minutes(house, 2, guard)
    assert len(alarms(house)) == 1


def test_a_watch_that_never_beat_is_silent_too(tale):
    tale.app = replace(tale.app, clock=Clock(NOW))
    tale.declare()
    minutes(tale, 4, Guard("watch", NOW))
    assert detail(tale)["watch"] == "it never beat"
    assert len(alarms(tale)) == 1


def test_a_bell_without_prefect_asks_nothing_of_a_watch(house):
    house.app.clock.moment += timedelta(days=1)
    ring(house.app)
    assert "watch" not in detail(house)


def test_a_bell_that_falls_silent_is_told_once_and_a_watch_that_rings_lends_it_no_life(house):
    house.declare()
    beat(house, "bell")
    fell_silent = house.app.clock()
    for count in range(30):
        house.app.clock.moment += MINUTE / 3
        if count % 3 == 0:
            guard = Guard("bell", house.app.clock())
        ring(house.app, guard=guard, ringer="watch")
    with house.app.database.read() as connection:
        found = heartbeats.beats(connection)
    assert found["bell"] == (fell_silent, None)
    at, said = found["watch"]
    assert (at, said["bell"]) == (house.app.clock(), f"silent since {fell_silent.isoformat()}")
    assert len(told(house, "Chuông im lặng")) == 1


HOURS = timedelta(hours=7)


def test_a_watch_that_died_on_a_clock_that_was_set_back_since_is_silent(house):
    guard = Guard("watch", NOW)
    house.declare()
    house.app.clock.moment += HOURS
    beat(house, "watch")
    ring(house.app, guard=guard)
    house.app.clock.moment -= HOURS
    minutes(house, 0, guard)
    assert detail(house)["watch"] is None
    minutes(house, 2, guard)
    assert detail(house)["watch"] is None
    minutes(house, 4, guard)
    assert detail(house)["watch"].startswith("silent since")
    assert len(alarms(house)) == 1
    beat(house, "watch")
    minutes(house, 2, guard)
    assert detail(house)["watch"] is None


def test_a_bell_that_comes_up_after_the_clock_was_set_back_hears_nothing_in_a_beat_of_the_future(house):
    house.declare()
    house.app.clock.moment -= HOURS
    guard = Guard("watch", house.app.clock())
    minutes(house, 1, guard)
    assert detail(house)["watch"] is None
    minutes(house, 4, guard)
    assert detail(house)["watch"].startswith("silent since")


# --- for who asks from elsewhere


def test_seconds_since_the_last_beats_and_whether_anybody_lives(house):
    beat(house, "bell")
    house.app.clock.moment += timedelta(seconds=90)
    beat(house, "watch")
    assert since_beats(house.app) == {"bell": 90.0, "watch": 0.0}
    assert lives(since_beats(house.app))
    house.app.clock.moment += timedelta(seconds=121)
    assert not lives(since_beats(house.app))
    beat(house, "bell")
    assert lives(since_beats(house.app))


def test_beats_in_the_future_are_no_life_but_of_a_clock_that_is_a_little_ahead(house):
    beat(house, "bell", "watch")
    house.app.clock.moment -= timedelta(seconds=3)
    assert lives(since_beats(house.app))
    house.app.clock.moment -= timedelta(hours=7)
    assert since_beats(house.app) == {"bell": -25203.0, "watch": -25203.0}
    assert not lives(since_beats(house.app))


def test_a_house_in_which_nobody_ever_lived_is_not_alive(tale):
    assert since_beats(tale.app) == {"bell": None, "watch": None}
    assert not lives(since_beats(tale.app))
