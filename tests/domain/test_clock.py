"""How periods are counted, against the vectors worked out by hand for each law."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tocsin.domain.clock import Within, due, target


@pytest.mark.parametrize(
    ("within", "zone", "start", "end"),
    [
        # Vietnam, 72 hours: a public holiday, then Tết.
        ({"hours": 72}, "Asia/Ho_Chi_Minh", "2026-11-23T14:00+07:00", "2026-11-26T14:00+07:00"),
        ({"hours": 72}, "Asia/Ho_Chi_Minh", "2026-02-16T23:30+07:00", "2026-02-19T23:30+07:00"),
        ({"hours": 24}, "Asia/Ho_Chi_Minh", "2026-11-23T09:15+07:00", "2026-11-24T09:15+07:00"),
        ({"hours": 72}, "Asia/Ho_Chi_Minh", "2026-11-23T09:15+07:00", "2026-11-26T09:15+07:00"),
        # GDPR, 72 hours: over Christmas, and over the change to summer time.
        ({"hours": 72}, "Europe/Brussels", "2026-12-24T15:20+01:00", "2026-12-27T15:20+01:00"),
        ({"hours": 72}, "Europe/Brussels", "2027-03-26T10:00+01:00", "2027-03-29T11:00+02:00"),
        # Days leave out the day of the event and end with the last second, in the authority's zone.
        ({"calendar_days": 3}, "Asia/Singapore", "2026-11-23T09:00+08:00", "2026-11-26T23:59:59+08:00"),
        ({"calendar_days": 3}, "Asia/Singapore", "2026-11-22T23:00+00:00", "2026-11-26T23:59:59+08:00"),
        ({"calendar_days": 30}, "America/Los_Angeles", "2026-11-23T09:00-08:00", "2026-12-23T23:59:59-08:00"),
        ({"calendar_days": 15}, "America/Los_Angeles", "2026-12-10T09:00-08:00", "2026-12-25T23:59:59-08:00"),
        ({"calendar_days": 60}, "America/Chicago", "2026-11-23T09:00-06:00", "2027-01-22T23:59:59-06:00"),
        ({"calendar_days": 7}, "Asia/Kuala_Lumpur", "2026-11-25T09:00+08:00", "2026-12-02T23:59:59+08:00"),
        # A month ends on the same day of the next, or on that month's last day.
        ({"months": 1}, "Europe/Brussels", "2027-01-31T10:00+01:00", "2027-02-28T23:59:59+01:00"),
        ({"months": 1}, "Europe/Brussels", "2026-12-15T10:00+01:00", "2027-01-15T23:59:59+01:00"),
        ({"months": 3}, "Europe/Brussels", "2026-11-30T10:00+01:00", "2027-02-28T23:59:59+01:00"),
    ],
)  # fmt: skip
def test_a_period_ends_when_its_law_says(within: dict[str, int], zone: str, start: str, end: str) -> None:
    assert due(datetime.fromisoformat(start), Within(**within), zone) == datetime.fromisoformat(end)


def test_as_soon_as_possible_has_no_due_moment_but_a_target_of_our_own() -> None:
    start = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
    within = Within(asap=True, target_hours=24)
    assert due(start, within) is None
    assert target(start, within) == start + timedelta(hours=24)
    assert target(start, Within(hours=72)) is None


@pytest.mark.parametrize(
    ("within", "words"),
    [
        ({"hours": 72}, "72 hours"),
        ({"hours": 1}, "1 hour"),
        ({"calendar_days": 15}, "15 calendar days"),
        ({"months": 1}, "1 month"),
        ({"asap": True, "target_hours": 24}, "as soon as possible (own target 24 hours)"),
    ],
)
def test_a_period_reads_as_words(within: dict[str, int], words: str) -> None:
    assert str(Within(**within)) == words


@pytest.mark.parametrize(
    "wrong", [{}, {"hours": 72, "months": 1}, {"asap": True}, {"hours": 72, "target_hours": 24}, {"days": 3}]
)
def test_a_period_is_exactly_one_thing(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Within(**wrong)


@given(
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)),  # noqa: DTZ001
    st.sampled_from(["Europe/Berlin", "Asia/Ho_Chi_Minh", "America/New_York"]),
    st.sampled_from([Within(hours=1), Within(hours=72), Within(calendar_days=1), Within(months=1)]),
)
def test_every_period_ends_after_its_start(naive: datetime, zone: str, within: Within) -> None:
    start = naive.replace(tzinfo=UTC)
    end = due(start, within, zone)
    assert end is not None
    assert end > start
    assert within.hours is None or end - start == timedelta(hours=within.hours)
