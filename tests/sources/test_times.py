"""Moments of log rows: exact to the microsecond, in every declared format; never guessed."""

import json
from datetime import UTC, datetime, timedelta

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tocsin.domain.sources import TimeFormat
from tocsin.sources.engine import Limits, engine
from tocsin.sources.times import microseconds

MOMENT = datetime(2026, 3, 29, 1, 30, 0, 250_001, UTC)
EXPECTED = (MOMENT - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    with engine(tmp_path_factory.mktemp("spill"), Limits(threads=1)) as backend:
        yield backend


def read(backend, values, time, kind=None):
    table = ibis.memtable(pa.table({"x": pa.array(values, kind or pa.string())}))
    return backend.to_pyarrow(table.select(at=microseconds(table.x, time)))["at"].to_pylist()


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
FIRST, LAST = datetime(1970, 1, 2), datetime(2199, 1, 1)  # noqa: DTZ001


@settings(max_examples=times(50))
@given(
    moments=st.lists(st.datetimes(FIRST, LAST, timezones=st.just(UTC)), min_size=1, max_size=20),
    offset=st.integers(-14 * 60, 14 * 60),
)
def test_any_moment_survives_any_offset(backend, moments, offset):
    exact = [(moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for moment in moments]
    sign, (hours, minutes) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
    texts = [
        f"{(moment + timedelta(minutes=offset)).replace(tzinfo=None).isoformat()}{sign}{hours:02}:{minutes:02}"
        for moment in moments
    ]
    assert read(backend, texts, TimeFormat()) == exact
    assert (
        read(backend, [json.dumps(each * 1000 + 7) for each in exact], TimeFormat(format="epoch-ns")) == exact
    )
