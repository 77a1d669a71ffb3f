"""Silence within hours that have rows: seen where much is usual, and not where a company merely sleeps."""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.scoping.scenes import ask, at, buckets, gaps, log_source, request, write_log
from tests.scoping.test_gaps_volume import SHAPES, small
from tocsin.domain.logkeeping import Volume
from tocsin.scoping.gaps.places import slots_of
from tocsin.scoping.gaps.silence import silences

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
DAY = 24 * 12


def logged(shape, seed, days=21):
    """Rows by slot: a shape of hours, times the noise of a whole hour, and of each request."""
    dice, start, slots = random.Random(seed), slots_of(FIRST, FIRST)[0], {}
    for hour in range(24 * days):
        now = FIRST + timedelta(hours=hour)
        level = shape(now.hour, now.weekday(), hour // 24) * math.exp(dice.gauss(0, 0.3)) / 12
        for slot in range(12):
            if rows := max(0, round(dice.gauss(level, math.sqrt(level)))):
                slots[start + hour * 12 + slot] = rows
    return slots


def window(since, until):
    return slots_of(FIRST + timedelta(hours=since), FIRST + timedelta(hours=until))


def without(slots, since, until):
    first, end = window(since, until)
    return {slot: rows for slot, rows in slots.items() if not first <= slot < end}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(3))
def test_a_calm_month_has_no_silence(shape, seed):
    slots = logged(shape, seed, 28)
    assert list(silences(slots, Volume(), (min(slots), max(slots) + 1))) == []


@pytest.mark.parametrize("days", [2, 21])
@pytest.mark.parametrize(("since", "until"), [(34.5, 35.5), (36.25, 36.75), (40 + 11 / 12, 41.5)])
def test_a_cut_is_seen_wherever_it_begins(days, since, until):
    slots = logged(lambda *_: 400, 5, days)
    cut = window(since, until)
    assert list(silences(without(slots, since, until), Volume(), window(30, 47))) == [cut]
    assert list(silences(slots, Volume(), window(30, 47))) == []


def test_a_log_that_ends_within_the_window_is_silent_from_then_on():
    slots = without(logged(lambda *_: 400, 5), 300.25, 10_000)
    assert list(silences(slots, Volume(), window(290, 300.75))) == [window(300.25, 300.75)]
    assert list(silences(slots, Volume(), window(290, 300.3))) == []


def test_a_window_without_any_row_is_silent_however_little_is_usual():
    slots = logged(small, 1)
    shown = {slot // 12 for slot in slots}
    night = next(
        slot
        for slot in range(min(slots), max(slots))
        if slot // 12 in shown and not {slot, slot + 1} & slots.keys()
    )
    asked = night, night + 2
    assert list(silences(slots, Volume(), asked)) == [asked]


@pytest.mark.parametrize("days", [3, 21])
def test_a_log_that_is_written_once_an_hour_is_not_silent_between(days):
    start = slots_of(FIRST, FIRST)[0]
    slots = {start + 12 * hour: 600 for hour in range(24 * days)}
    assert list(silences(slots, Volume(), window(30, 50))) == []


LEAK = {"tokens": ["leaked"], "accounts": ["c3"]}


@pytest.mark.parametrize(
    ("since", "until", "told"),
    [
        (30, 40, ["2026-11-20T10:30Z to 2026-11-20T10:40Z"]),
        (30, 90, ["2026-11-20T10:30Z to 2026-11-20T10:45Z"]),
        (0, 130, ["2026-11-20T10:20Z to 2026-11-20T10:45Z"]),
        (0, 20, []),
        (45, 150, ["2026-11-20T12:20Z to 2026-11-20T12:30Z"]),
        (45, 140, []),
    ],
)
def test_nobody_is_excluded_by_a_silence(tmp_path, since, until, told):
    minutes = [each / 10 for each in range(1400) if not 200 <= each < 450]
    log = write_log(tmp_path, [request(minute, "c0") for minute in minutes])
    found = ask(
        tmp_path, log_source(log, volume=Volume(rows=50)), LEAK | {"since": at(since), "until": at(until)}
    )
    assert [gap.detail for gap in found.result.gaps if gap.kind == "silent-stretches"] == told
    assert buckets(found) == {"c3": "cannot-exclude" if told else "excluded"}


def test_another_source_of_the_stream_that_shows_it_closes_it(tmp_path):
    every = [each / 10 for each in range(1200)]
    one = write_log(
        tmp_path, [request(minute, "c0") for minute in every if not 20 <= minute < 45], name="one"
    )
    two = write_log(tmp_path, [request(minute, "c0") for minute in every], name="two")
    logs = [log_source(one, name="one", stream="api"), log_source(two, name="two", stream="api")]
    asked = LEAK | {"since": at(0), "until": at(120)}
    assert gaps(ask(tmp_path, logs[:1], asked)) == {"silent-stretches": 1}
    assert gaps(ask(tmp_path, logs, asked)) == {}
