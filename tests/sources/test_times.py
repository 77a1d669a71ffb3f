"""Moments of log rows: exact to the microsecond, in every declared format; never guessed."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tocsin.domain.timeformats import TimeFormat
from tocsin.sources.engine import Limits, engine
from tocsin.sources.times import EARLIEST, latest, placed
from tocsin.sources.walltime import history

ASKED = datetime(2026, 11, 26, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENT = datetime(2026, 3, 29, 1, 30, 0, 250_001, UTC)
MICROSECOND = timedelta(microseconds=1)
EXPECTED = (MOMENT - EPOCH) // MICROSECOND


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    with engine(tmp_path_factory.mktemp("spill"), Limits(threads=1)) as backend:
        yield backend


def rows_of(backend, values, time, kind=None):
    table = ibis.memtable(pa.table({"at": pa.array(values, kind or pa.string())}))
    return backend.to_pyarrow(placed(table, time, latest(ASKED))).to_pylist()


def read(backend, values, time, kind=None):
    return [row["at"] for row in rows_of(backend, values, time, kind)]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-29T01:30:00.250001Z", {}),
        ("2026-03-29 01:30:00.250001Z", {}),
        ("2026-03-29T01:30:00.250001z", {}),
        ("2026-03-29t01:30:00.250001Z", {}),
        ("2026-03-29t08:30:00.250001+07:00", {}),
        ("2026-03-29t08:30:00.250001", {"zone": "Asia/Ho_Chi_Minh"}),
        ("2026-03-29T01:30:00.250001+00:00", {}),
        ("2026-03-29T08:30:00.250001+07:00", {}),
        ("2026-03-29T08:30:00.250001+0700", {}),
        ("2026-03-29T08:30:00.250001+07", {}),
        ("2026-03-28T20:30:00.250001-05:00", {"zone": "Asia/Ho_Chi_Minh"}),
        ("2026-03-29T08:30:00.250001", {"zone": "Asia/Ho_Chi_Minh"}),
        ("2026-03-29T03:30:00.250001", {"zone": "Europe/Berlin"}),
        ("29/Mar/2026:08:30:00.250001 +0700", {"format": "%d/%b/%Y:%H:%M:%S.%f %z"}),
        ("29.03.2026 08:30:00.250001", {"format": "%d.%m.%Y %H:%M:%S.%f", "zone": "Asia/Ho_Chi_Minh"}),
        (str(EXPECTED), {"format": "epoch-us"}),
        (f"{EXPECTED}999", {"format": "epoch-ns"}),
        ("1774747800.250001", {"format": "epoch-s"}),
        ("1774747800250.001", {"format": "epoch-ms"}),
        ("1774747800,2500019", {"format": "epoch-s"}),
        (f"{EXPECTED}999.9", {"format": "epoch-ns"}),
        ("1.774747800250001e9", {"format": "epoch-s"}),
        ("2026-03-29T01:30:00,250001Z", {}),
        ("2026-03-29T01:30:00,2500019+00:00", {}),
        ("2026-03-29 08:30:00,250001", {"zone": "Asia/Ho_Chi_Minh"}),
        ("2026-03-29 08:30:00,250001", {"format": "%Y-%m-%d %H:%M:%S,%f", "zone": "Asia/Ho_Chi_Minh"}),
        ("29/Mar/2026:01:30:00.2500019 Z", {"format": "%d/%b/%Y:%H:%M:%S.%f %z"}),
        ("+0700 29.03.2026 08:30:00.250001", {"format": "%z %d.%m.%Y %H:%M:%S.%f"}),
    ],
)
def test_each_format_gives_the_same_moment(backend, text, time):
    assert read(backend, [text], TimeFormat(**time)) == [EXPECTED]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-29T01:30:00", {}),
        ("2026-03-29", {"zone": "UTC"}),
        ("2026-02-30T01:30:00Z", {}),
        ("2026-03-29T01:30:60Z", {}),
        ("infinity", {"zone": "UTC"}),
        ("epoch", {"zone": "UTC"}),
        ("", {}),
        ("Z", {}),
        ("z", {}),
        ("2026-03-29t01:30:00", {}),
        ("1774747800", {}),
        ("2026-03-29T01:30:00Z", {"format": "epoch-s"}),
        ("1774747800250", {"format": "epoch-s"}),
        ("-5", {"format": "epoch-s"}),
        ("9" * 50, {"format": "epoch-ns"}),
        ("nan", {"format": "epoch-ms"}),
        ("inf", {"format": "epoch-ms"}),
        ("29.03.2026", {"format": "%d.%m.%Y %H:%M", "zone": "UTC"}),
        (None, {}),
    ],
)
def test_what_is_no_moment_is_null(backend, text, time):
    assert read(backend, [text], TimeFormat(**time)) == [None]


@pytest.mark.parametrize(
    ("text", "time", "reason"),
    [
        ("1989-12-31T23:59:59Z", {}, "outside"),
        ("2026-11-27T12:00:00.000001Z", {}, "outside"),
        ("2062-01-01T00:00:00Z", {}, "outside"),
        ("12026-01-01T00:00:00Z", {}, "outside"),
        ("294247-01-10T04:00:54Z", {}, "outside"),
        ("0001-01-01T00:00:00Z", {}, "outside"),
        ("0001-01-01T00:00:00", {"zone": "Europe/Berlin"}, "outside"),
        ("9999-12-31 23:59:59", {"format": "%Y-%m-%d %H:%M:%S", "zone": "Europe/Berlin"}, "outside"),
        ("0", {"format": "epoch-s"}, "outside"),
        ("-5", {"format": "epoch-s"}, "outside"),
        ("1774747800250", {"format": "epoch-s"}, "outside"),
        ("-9223372036854775808", {"format": "epoch-s"}, "outside"),
        ("2026-03-29T02:30:00", {"zone": "Europe/Berlin"}, "skipped"),
        ("29.03.2026 02:30", {"format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"}, "skipped"),
        ("2011-12-30T12:00:00", {"zone": "Pacific/Apia"}, "skipped"),
        ("2026-03-29T01:30:00+99:00", {}, "offset"),
        ("2026-03-29T01:30:00+14:01", {}, "offset"),
        ("2026-03-29T01:30:00-12:30", {"zone": "UTC"}, "offset"),
        ("29/Mar/2026:01:30:00 +1500", {"format": "%d/%b/%Y:%H:%M:%S %z"}, "offset"),
        ("2016-12-31T23:59:60Z", {}, "leap-second"),
        ("2016-12-31T23:59:60.5+00:00", {}, "leap-second"),
        ("31/Dec/2016:23:59:60 +0000", {"format": "%d/%b/%Y:%H:%M:%S %z"}, "leap-second"),
        ("yesterday", {}, None),
    ],
)
def test_what_cannot_be_placed_says_why(backend, text, time, reason):
    assert rows_of(backend, [text], TimeFormat(**time)) == [{"at": None, "again": None, "unplaced": reason}]


def test_the_edges_of_what_is_believed_are_a_day_after_the_question_and_1990(backend):
    assert read(backend, ["2026-11-27T12:00:00Z", "1990-01-01T00:00:00Z"], TimeFormat()) == [
        latest(ASKED),
        EARLIEST,
    ]


@pytest.mark.parametrize(
    ("unit", "zone"), [("s", None), ("ms", None), ("us", None), ("ns", None), ("us", "UTC"), ("ns", "UTC")]
)
def test_native_columns_of_any_size_are_read_or_left_out(backend, unit, zone):
    scale = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}[unit]
    values = [2**63 - 1, 2**62, -(2**63) + 1, 0, 1_774_747_800 * scale]
    kind = pa.timestamp(unit, tz=zone)
    found = read(backend, pa.array(values, pa.int64()).cast(kind), TimeFormat(zone="UTC"), kind)
    assert found == [None, None, None, None, 1_774_747_800 * 10**6]


def test_native_columns_need_no_text(backend):
    aware = pa.timestamp("us", tz="Asia/Ho_Chi_Minh")
    assert read(backend, [MOMENT], TimeFormat(), aware) == [EXPECTED]
    naive = pa.timestamp("us")
    assert read(backend, [MOMENT.replace(tzinfo=None)], TimeFormat(), naive) == [None]
    assert read(backend, [MOMENT.replace(tzinfo=None)], TimeFormat(zone="UTC"), naive) == [EXPECTED]
    assert read(backend, [EXPECTED // 1000], TimeFormat(format="epoch-ms"), pa.int64()) == [
        EXPECTED // 1000 * 1000
    ]


# Strategies for datetimes take naive bounds.
FIRST, LAST = datetime(1990, 1, 1), datetime(2026, 11, 26)  # noqa: DTZ001


@settings(max_examples=times(50))
@given(
    moments=st.lists(st.datetimes(FIRST, LAST, timezones=st.just(UTC)), min_size=1, max_size=20),
    offset=st.integers(-12 * 60, 14 * 60),
)
def test_any_moment_survives_any_offset(backend, moments, offset):
    exact = [(moment - EPOCH) // MICROSECOND for moment in moments]
    sign, (hours, minutes) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
    local = [(moment + timedelta(minutes=offset)).replace(tzinfo=None) for moment in moments]
    texts = [f"{each.isoformat()}{sign}{hours:02}:{minutes:02}" for each in local]
    assert read(backend, texts, TimeFormat()) == exact
    texts = [f"{each:%d/%b/%Y:%H:%M:%S.%f} {sign}{hours:02}{minutes:02}" for each in local]
    assert read(backend, texts, TimeFormat(format="%d/%b/%Y:%H:%M:%S.%f %z")) == exact
    nanoseconds = [json.dumps(each * 1000 + 7) for each in exact]
    assert read(backend, nanoseconds, TimeFormat(format="epoch-ns")) == exact
    seconds = [f"{each // 10**6}.{each % 10**6:06}" for each in exact]
    assert read(backend, seconds, TimeFormat(format="epoch-s")) == exact


def walk(local, zone):
    """(first, second) moment at which a clock of a zone showed a local time, by PEP 495 alone."""
    shown = [local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]
    real = [each for each in shown if each.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local]
    exact = sorted({(each - EPOCH) // MICROSECOND for each in real})
    return (exact[0] if exact else None, exact[1] if len(exact) > 1 else None)


ZONES = [
    "Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe",
    "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu", "Africa/Monrovia", "Antarctica/Troll", "America/Caracas",
]  # fmt: skip


@st.composite
def local_times(draw):
    """A zone, and times on its wall clocks, most of them near to where these were changed."""
    zone = draw(st.sampled_from(ZONES))
    stretches = history(zone, EARLIEST // 10**6, latest(ASKED) // 10**6)
    start = draw(st.sampled_from(stretches)).start
    near = st.builds(
        lambda seconds, micro: (EPOCH + timedelta(seconds=seconds, microseconds=micro)).replace(tzinfo=None),
        st.integers(start - 9000, start + 9000),
        st.integers(0, 999_999),
    )
    inside = st.datetimes(FIRST + timedelta(days=2), LAST - timedelta(days=2))
    some = near.filter(lambda each: FIRST < each < LAST) | inside
    return zone, draw(st.lists(some, min_size=1, max_size=100))


# A zone with many changes takes its time to compile: few examples, each of many moments.
@settings(max_examples=times(15), deadline=None)
@given(case=local_times())
def test_wall_clocks_are_read_as_a_plain_walk_reads_them(backend, case):
    zone, local = case
    expected = [walk(each, zone) for each in local]
    for time, texts in (
        (TimeFormat(zone=zone), [each.isoformat() for each in local]),
        (
            TimeFormat(zone=zone, format="%d.%m.%Y %H:%M:%S.%f"),
            [f"{each:%d.%m.%Y %H:%M:%S.%f}" for each in local],
        ),
    ):
        rows = rows_of(backend, texts, time)
        assert [(row["at"], row["again"]) for row in rows] == expected
        assert [row["unplaced"] == "skipped" for row in rows] == [first is None for first, _ in expected]


@settings(max_examples=times(15), deadline=None)
@given(
    texts=st.lists(st.text(max_size=40) | st.from_regex(r"[0-9T:+.,Zz -]{1,30}"), min_size=1, max_size=100)
)
@pytest.mark.parametrize(
    "time",
    [
        {},
        {"zone": "Europe/Berlin"},
        {"format": "epoch-s"},
        {"format": "epoch-ns"},
        {"format": "%d/%b/%Y:%H:%M:%S %z"},
    ],
)
def test_no_text_breaks_the_reading(backend, time, texts):
    for at in read(backend, texts, TimeFormat(**time)):
        assert at is None or EARLIEST <= at <= latest(ASKED)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("%b %d %H:%M:%S", "without a year"),
        ("%Y %H:%M", "without a day"),
        ("%Y-%m-%d", "without an hour"),
        ("%Y-%m-%d %I:%M", "without an hour .* write %H or %I with %p or %T"),
        ("%Y-%m-%d %H:%M %Z", "several zones"),
        ("%Y-%m-%d %H:%M:%S.%L", "%L is no part of a moment"),
        ("%Y-%m-%d %H:%M%", "% is no part of a moment"),
    ],
)
def test_a_pattern_that_places_no_row_is_refused_when_it_is_declared(pattern, words):
    with pytest.raises(ValueError, match=words):
        TimeFormat(format=pattern, zone="UTC")


@pytest.mark.parametrize("pattern", ["%d.%m.%y %T", "%-d %B %Y %I:%M:%S %p", "%Y/%j %H%%"])
def test_a_pattern_that_places_every_row_is_taken(pattern):
    assert TimeFormat(format=pattern, zone="UTC").format == pattern
