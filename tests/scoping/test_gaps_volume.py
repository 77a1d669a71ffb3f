"""Hours that have rows, but suspiciously few: found where logs were cut, and not where a company merely sleeps."""

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoping.scenes import ask, at, buckets, gaps, log_source, request, told, write_log
from tocsin.domain.logkeeping import Volume
from tocsin.domain.timeformats import TimeFormat
from tocsin.scoping.gaps.volume import Usual, with_history

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = int(NEW_YEAR.timestamp()) // 3600
YEAR = 365 * 24

#: Rows that a company expects in an hour: of the local clock, of a weekday from Monday 0, in a day of the year.
Shape = Callable[[int, int, int], float]


def always_busy(hour: int, weekday: int, day: int) -> float:
    return 20_000


def shop(hour: int, weekday: int, day: int) -> float:
    return 400 * (1.2 + math.sin((hour - 8) / 24 * math.tau)) * (1.3 if weekday >= 5 else 1)


def office(hour: int, weekday: int, day: int) -> float:
    return (900 if 8 <= hour < 18 else 12) * (0.03 if weekday >= 5 else 1)


def small(hour: int, weekday: int, day: int) -> float:
    return (70 if 9 <= hour < 17 else 4 if 6 <= hour < 22 else 0.3) * (0.2 if weekday >= 5 else 1)


def growing(hour: int, weekday: int, day: int) -> float:
    return shop(hour, weekday, day) * 30 ** (day / 365 - 0.5)


SHAPES = (always_busy, shop, office, small, growing)


def traffic(shape: Shape, seed: int, hours: int = YEAR, *, noise: float = 0.3) -> dict[int, int]:
    """Rows by hour: a shape on clocks that change for summer, times noise of a whole hour, and of each request."""
    dice, counts = random.Random(seed), {}
    for hour in range(hours):
        local = NEW_YEAR + timedelta(hours=hour)
        if 87 <= hour // 24 < 297:
            local += timedelta(hours=1)
        expected = shape(local.hour, local.weekday(), hour // 24) * math.exp(dice.gauss(0, noise))
        if rows := max(0, round(dice.gauss(expected, math.sqrt(expected)))):
            counts[FIRST + hour] = rows
    return counts


def thin(counts: dict[int, int], **declared: float) -> list[int]:
    return [hour - FIRST for hour, _ in Usual(counts, Volume(**declared)).thin(sorted(counts))]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_calm_year_has_no_thin_hour(shape):
    # 3 years of 8760 hours for each of 5 companies, and not one false suspicion: the rate is below 1 in 26,000.
    assert [thin(traffic(shape, seed)) for seed in range(3)] == [[], [], []]


def test_a_year_of_wild_traffic_has_less_than_one_false_hour_in_a_thousand():
    assert sum(len(thin(traffic(shop, seed, noise=0.8))) for seed in range(3)) <= 3 * YEAR / 1000


@pytest.mark.parametrize("shape", [always_busy, shop, growing])
def test_a_cut_hour_is_seen_wherever_it_lies(shape):
    counts = traffic(shape, 7)
    usually = {hour for hour, rows in counts.items() if rows >= 150}
    for place in sorted(usually)[::97]:
        usual = Usual({**counts, place: counts[place] // 30 or 1}, Volume())
        assert [hour for hour, _ in usual.thin(range(place - 2, place + 3))] == [place]


def test_an_office_is_seen_cut_at_work_and_left_alone_at_night():
    counts = traffic(office, 7)
    wednesday = next(
        hour for hour in range(100 * 24, YEAR, 24) if (NEW_YEAR + timedelta(hours=hour)).weekday() == 2
    )
    cut = {FIRST + wednesday + hour: 3 for hour in range(24)}
    # Not the first and the last hour of work: on days when clocks change these are empty by themselves.
    assert [hour - wednesday for hour in thin(counts | cut)] == list(range(8, 16))


def test_a_week_of_silence_and_the_first_week_of_a_lasting_one_are_seen():
    counts = traffic(shop, 3)
    week = range(200 * 24, 207 * 24)
    assert set(thin(counts | {FIRST + hour: 2 for hour in week})) == set(week)
    rest = range(200 * 24, YEAR)
    found = thin(counts | {FIRST + hour: 2 for hour in rest})
    assert set(range(200 * 24, 207 * 24)) <= set(found) <= set(rest)


def test_what_is_declared_decides():
    counts = traffic(shop, 3)
    place = FIRST + 100 * 24 + 12
    seventh = {**counts, place: counts[place] // 7}
    assert thin(seventh) == []
    assert place - FIRST in thin(seventh, share=0.4)
    cut = {**counts, place: 1}
    assert thin(cut, rows=5000) == []


@given(st.dictionaries(st.integers(0, 2000), st.integers(1, 10**6), max_size=200), st.integers(3, 28))
def test_any_volume_is_judged_and_only_hours_that_have_rows(counts, days):
    usual = Usual(counts, Volume(days=days))
    found = dict(usual.thin(range(-5, 2010)))
    assert found.keys() <= counts.keys()
    assert all(counts[hour] < 0.1 * rows and rows >= 50 for hour, rows in found.items())


LEAK = {"tokens": ["leaked"], "accounts": ["c3"], "since": at(0), "until": at(180)}


def hour_of_requests(hour: int, number: int) -> list[dict]:
    return [request(60 * hour + 60 * each / number, "c0") for each in range(number)]


def test_an_hour_that_fell_to_one_row_hides_whoever_it_may(tmp_path):
    log = write_log(tmp_path, [*hour_of_requests(0, 200), request(61, "c0"), *hour_of_requests(2, 300)])
    found = ask(tmp_path, log, LEAK)
    (gap,) = found.result.gaps
    assert (gap.kind, gap.count) == ("thin-hours", 1)
    assert gap.detail == (
        "2026-11-20T11:00Z to 2026-11-20T12:00Z; rows in an hour: 1, usual: 200; "
        "suspected below 0.1 of what is usual, where that is 50 or more"
    )
    assert buckets(found) == {"c3": "cannot-exclude"}
    assert found.result.method == "approximate"


def test_only_hours_of_the_window_count_and_none_that_it_only_touches(tmp_path):
    rows = [*hour_of_requests(0, 200), request(61, "c0"), *hour_of_requests(2, 300), request(190, "c0")]
    log = write_log(tmp_path, rows)
    assert gaps(ask(tmp_path, log, LEAK | {"since": at(120)})) == {}
    # The log ends where the question does: its last hour is not whole.
    assert gaps(ask(tmp_path, log, LEAK | {"since": at(120), "until": at(191)})) == {}


def test_another_source_of_the_stream_closes_what_one_of_them_lacks(tmp_path):
    cut = [*hour_of_requests(0, 200), request(61, "c0"), *hour_of_requests(3, 300)]
    whole = [row for hour in range(4) for row in hour_of_requests(hour, 200)]
    logs = [write_log(tmp_path, rows, name=name) for name, rows in (("cut", cut), ("whole", whole))]
    asked = LEAK | {"until": at(240)}
    alone = [log_source(log, name=log.stem) for log in logs]
    assert {gap.kind for gap in ask(tmp_path, alone, asked).result.gaps} == {"thin-hours", "missing-hours"}
    stream = [log_source(log, name=log.stem, stream="gateway") for log in logs]
    found = ask(tmp_path, stream, asked)
    assert gaps(found) == {}
    assert buckets(found) == {"c3": "excluded"}
    # One that cannot be asked closes nothing.
    blind = [
        stream[0],
        stream[1].model_copy(update={"fields": stream[1].fields.model_copy(update={"token": None})}),
    ]
    assert set(gaps(ask(tmp_path, blind, asked))) == {"thin-hours", "missing-hours", "missing-column"}
    assert told(ask(tmp_path, blind, asked)).keys() == {"c3"}


def by_day(folder, shape, days=25):
    """Folders by date, each with its day's log; the first is 1 November 2026."""
    for day in range(1, days + 1):
        target = folder / f"2026-11-{day:02}"
        target.mkdir()
        begin = (datetime(2026, 11, day, tzinfo=UTC) - at(0)) // timedelta(hours=1)
        rows = [row for hour in range(24) for row in hour_of_requests(begin + hour, shape(day, hour))]
        write_log(target, rows)
    return f"{folder}/%Y-%m-%d/log.ndjson"


def test_of_folders_by_date_some_more_are_read_so_that_a_thin_hour_shows(tmp_path):
    # At work it is cut for five hours: too long for a notch, so that other days have to tell.
    paths = by_day(tmp_path, lambda day, hour: 2 if day == 20 and 9 <= hour < 14 else 60)
    question = {"tokens": ["leaked"], "since": at(-600), "until": at(840)}
    found = ask(tmp_path, log_source(paths), question)
    read = [each.name[:10] for each in found.result.inputs if each.source == "api"]
    assert (read[0], read[-1]) == ("2026-11-14", "2026-11-21")
    assert gaps(found) == {"thin-hours": 5, "other-days": 17}
    # Who declares that fewer days are enough has fewer read, and as many days as the window has itself are none more.
    fewer = ask(tmp_path, log_source(paths, volume=Volume(days=3)), question)
    read = [each.name[:10] for each in fewer.result.inputs if each.source == "api"]
    assert (read[0], gaps(fewer)["thin-hours"]) == ("2026-11-16", 5)


@pytest.mark.parametrize(("days", "before"), [(0.1, 5), (1, 5), (2, 4), (5, 1), (6, 0), (30, 0), (None, 5)])
def test_days_of_the_window_itself_need_none_before_it(days, before):
    until = None if days is None else at(0) + timedelta(days=days)
    assert list(with_history([(at(0), until)], Volume())) == [(at(0) - timedelta(days=before), until)]
    assert list(with_history([(None, until)], Volume())) == [(None, until)]


@pytest.mark.parametrize(
    ("number", "kept", "expected"),
    [
        (60, 120, {}),
        (2, 4, {}),
        (1, 2, {}),
        # One row lies in one of both hours, whichever that is.
        (1, 1, {"missing-hours": 1}),
        (60, 0, {"missing-hours": 2}),
        (60, 2, {"thin-hours": 2}),
    ],
)
def test_the_hour_that_a_wall_clock_shows_twice_is_neither_missing_nor_thin(tmp_path, number, kept, expected):
    berlin, first = ZoneInfo("Europe/Berlin"), datetime(2026, 10, 18, tzinfo=UTC)
    moments = [
        first + timedelta(seconds=3600 * hour + 3600 * each / number)
        for hour in range(10 * 24)
        for each in range(number)
    ]
    shown = [moment.astimezone(berlin).replace(tzinfo=None).isoformat() for moment in moments]
    places = [place for place, local in enumerate(shown) if local.startswith("2026-10-25T02")]
    assert len(places) == 2 * number
    rows = [
        request(0, "c0") | {"at": local} for place, local in enumerate(shown) if place not in places[kept:]
    ]
    log = log_source(write_log(tmp_path, rows, "csv"), form="csv", time=TimeFormat(zone="Europe/Berlin"))
    window = {"since": first + timedelta(days=6), "until": first + timedelta(days=9)}
    assert gaps(ask(tmp_path, log, {"tokens": ["leaked"]} | window)) == expected
