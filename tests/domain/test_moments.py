"""Moments as the number in which logs are compared, and back, exact to the microsecond."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.moments import from_microseconds, in_microseconds


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_from_its_microseconds(moment):
    assert from_microseconds(in_microseconds(moment)) == moment


def test_microseconds_are_counted_in_utc_from_1970():
    ahead = timezone(timedelta(hours=7))
    assert in_microseconds(datetime(1970, 1, 1, 7, 0, 1, 5, tzinfo=ahead)) == 1_000_005
    assert in_microseconds(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
