"""How periods are counted, against the vectors worked out by hand for each law."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tocsin.domain.law.clock import Roll, Within, due, end_of_year, target


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
        # Working days: 20 November is a holiday in Brazil, Thanksgiving one in the United States.
        ({"business_days": 3, "holidays": "BR"}, "America/Sao_Paulo", "2026-11-19T10:00-03:00",
         "2026-11-25T23:59:59-03:00"),
        ({"business_days": 4, "holidays": "US"}, "America/New_York", "2026-11-25T10:00-05:00",
         "2026-12-02T23:59:59-05:00"),
        ({"business_days": 5, "holidays": "US"}, "America/New_York", "2026-11-25T10:00-05:00",
         "2026-12-03T23:59:59-05:00"),
        ({"business_days": 7, "holidays": "US"}, "America/New_York", "2026-11-23T10:00-05:00",
         "2026-12-03T23:59:59-05:00"),
        # A year's end between, and a law that counts the day of the event.
        ({"business_days": 2, "holidays": "BR"}, "America/Sao_Paulo", "2026-12-31T10:00-03:00",
         "2027-01-05T23:59:59-03:00"),
        ({"calendar_days": 3, "event_day_counts": True}, "Asia/Tokyo", "2026-11-23T10:00+09:00",
         "2026-11-25T23:59:59+09:00"),
        ({"business_days": 2, "holidays": "US", "event_day_counts": True}, "America/New_York",
         "2026-11-25T10:00-05:00", "2026-11-27T23:59:59-05:00"),
    ],
)  # fmt: skip
def test_a_period_ends_when_its_law_says(within: dict[str, Any], zone: str, start: str, end: str) -> None:
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
        ({"business_days": 4, "holidays": "US"}, "4 working days of US"),
        ({"business_days": 1, "holidays": "BR"}, "1 working day of BR"),
        ({"asap": True, "target_hours": 24}, "as soon as possible (own target 24 hours)"),
    ],
)
def test_a_period_reads_as_words(within: dict[str, Any], words: str) -> None:
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


def test_a_company_may_know_of_more_days_off_than_the_calendar() -> None:
    start = datetime.fromisoformat("2026-11-25T10:00-05:00")
    within = Within(business_days=4, holidays="US")
    off = {"US": frozenset({date(2026, 11, 27)}), "BR": frozenset({date(2026, 11, 30)})}
    assert due(start, within, "America/New_York", off=off) == datetime.fromisoformat(
        "2026-12-03T23:59:59-05:00"
    )


@pytest.mark.parametrize(
    ("to", "end"),
    [
        ("next-working-day", "2027-03-01T23:59:59+01:00"),
        ("noon-of-next-working-day", "2027-03-01T12:00:00+01:00"),
    ],
)
def test_a_limit_on_a_sunday_moves_only_where_its_law_says_so(to: Any, end: str) -> None:
    start, month = datetime.fromisoformat("2027-01-31T10:00+01:00"), Within(months=1)
    assert due(start, month, "Europe/Brussels") == datetime.fromisoformat("2027-02-28T23:59:59+01:00")
    rolled = due(start, month, "Europe/Brussels", roll=Roll(to=to, holidays="BE"))
    assert rolled == datetime.fromisoformat(end)


def test_a_limit_on_a_working_day_stays_where_it_is() -> None:
    start, roll = (
        datetime.fromisoformat("2026-11-24T10:00+01:00"),
        Roll(to="noon-of-next-working-day", holidays="BE"),
    )
    assert due(start, Within(hours=72), "Europe/Brussels", roll=roll) == start + timedelta(hours=72)


def test_a_law_may_mean_the_days_off_of_the_companys_own_member_state() -> None:
    own = Roll(to="noon-of-next-working-day", holidays="eu_main_establishment")
    assert own.in_("AT") == Roll(to=own.to, holidays="AT")
    assert own.in_(None) is None, "where it has none, nothing moves"
    named = Roll(to="noon-of-next-working-day", holidays="BE")
    assert named.in_("AT") is named
    with pytest.raises(ValidationError, match="no calendar of working days is known for 'own'"):
        Roll(to="noon-of-next-working-day", holidays="own")


def test_the_year_is_the_old_one_as_long_as_it_still_runs_anywhere() -> None:
    honolulu = datetime.fromisoformat("2026-12-31T23:30-10:00")
    assert end_of_year(honolulu, "America/New_York") == datetime.fromisoformat("2026-12-31T23:59:59-05:00")
    assert end_of_year(datetime.fromisoformat("2027-01-01T12:00+00:00"), "America/New_York").year == 2028


def test_some_limits_are_counted_from_the_end_of_the_year() -> None:
    found = datetime.fromisoformat("2026-02-03T10:00-05:00")
    end = end_of_year(found, "America/New_York")
    assert end == datetime.fromisoformat("2026-12-31T23:59:59-05:00")
    assert due(end, Within(calendar_days=60), "America/New_York") == datetime.fromisoformat(
        "2027-03-01T23:59:59-05:00"
    )


@pytest.mark.parametrize(
    ("within", "words"),
    [
        ({"business_days": 3}, "business_days need the country"),
        ({"hours": 3, "holidays": "BR"}, "business_days need the country"),
        ({"business_days": 3, "holidays": "BX"}, "no calendar of working days is known for 'BX'"),
        ({"hours": 3, "event_day_counts": True}, "event_day_counts speaks of"),
        ({"hours": True}, "valid integer"),
        ({"hours": "72"}, "valid integer"),
        ({"calendar_days": 1.5}, "valid integer"),
        ({"months": -1}, "greater than 0"),
        ({"calendar_days": 99_999_999_999}, "less than or equal to 3650"),
        ({"hours": 99_999_999_999}, "less than or equal to 87600"),
        ({"asap": 1, "target_hours": 24}, "valid boolean"),
        ({"hours": 3, "business_days": 3, "holidays": "BR"}, "exactly one of"),
    ],
)
def test_a_period_that_cannot_be_counted_is_refused(within: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Within(**within)
