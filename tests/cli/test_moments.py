"""Moments at the shell: what people write, and what they read."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.cli.moments import left, span, spoken, understood
from tocsin.domain.errors import Refused

HCMC, KOLKATA = ZoneInfo("Asia/Ho_Chi_Minh"), ZoneInfo("Asia/Kolkata")
OFFSETS = [timezone(timedelta(minutes=minutes)) for minutes in (-570, -60, 0, 330, 420, 765)]
#: Tuesday 02:40 in Ho Chi Minh City.
NOW = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)

#: Hypothesis wants its bounds without a zone, and gives the moments one.
FIRST, LAST = NOW.replace(tzinfo=None, year=2000), NOW.replace(tzinfo=None, year=2090)


@pytest.mark.parametrize(
    ("moment", "zone", "says"),
    [
        (NOW, HCMC, "Tue 02:40 +07 (19:40Z)"),
        (NOW, KOLKATA, "Tue 01:10 +05:30 (19:40Z)"),
        (NOW, ZoneInfo("UTC"), "Mon 19:40Z"),
        (NOW + timedelta(days=3), HCMC, "Fri 02:40 +07 (19:40Z)"),
        (NOW + timedelta(days=8), HCMC, "Wed 2 Dec 02:40 +07 (19:40Z)"),
        (NOW - timedelta(days=300), HCMC, "Wed 28 Jan 02:40 +07 (19:40Z)"),
        (NOW + timedelta(days=60), HCMC, "Sat 23 Jan 2027 02:40 +07 (19:40Z)"),
        (NOW, ZoneInfo("America/St_Johns"), "Mon 16:10 -03:30 (19:40Z)"),
    ],
)
def test_a_moment_is_said_in_the_companys_zone_with_utc_beside_it(
    moment: datetime, zone: ZoneInfo, says: str
) -> None:
    assert spoken(moment, zone, NOW) == says


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("02:31", NOW - timedelta(minutes=9)),
        ("02:41", NOW + timedelta(minutes=1) - timedelta(days=1)),
        ("-20m", NOW - timedelta(minutes=20)),
        ("-1h30m", NOW - timedelta(minutes=90)),
        ("-2d", NOW - timedelta(days=2)),
        ("yesterday 23:10", datetime(2026, 11, 23, 16, 10, tzinfo=UTC)),
        ("today 01:00", datetime(2026, 11, 23, 18, 0, tzinfo=UTC)),
        ("now", NOW),
        ("2026-11-23 23:10", datetime(2026, 11, 23, 16, 10, tzinfo=UTC)),
    ],
)
def test_a_terminal_takes_short_forms_and_echoes_them(text: str, meant: datetime) -> None:
    assert understood(text, HCMC, NOW, terminal=True) == (meant, True)
    with pytest.raises(Refused):
        understood(text, HCMC, NOW, terminal=False)


def test_a_clock_time_of_what_is_to_come_is_the_next_one() -> None:
    assert understood("02:31", HCMC, NOW, terminal=True, past=False)[0] == NOW + timedelta(days=1, minutes=-9)


@pytest.mark.parametrize(
    "text", ["", "-", "25:00", "12:60", "yesterday", "-20", "2026-13-01", "+20m", "-9999999d", "٠٢:٣١"]
)
def test_what_is_no_moment_is_refused_on_a_terminal_too(text: str) -> None:
    with pytest.raises(Refused, match="is not a moment"):
        understood(text, HCMC, NOW, terminal=True)


@pytest.mark.parametrize("text", ["0026-11-24T02:40+07:00", "0001-01-01 00:00", "9999-12-31T23:59-12:00"])
def test_a_year_that_nobody_means_is_refused_before_the_calendar_ends(text: str) -> None:
    for terminal in (True, False):
        with pytest.raises(Refused, match=f"is in the year {int(text[:4])}; correct the year"):
            understood(text, HCMC, NOW, terminal=terminal)


@given(st.datetimes(FIRST, LAST, timezones=st.sampled_from(OFFSETS)))
def test_iso_with_a_zone_means_itself_wherever_it_is_written(moment: datetime) -> None:
    assert understood(moment.isoformat(), HCMC, NOW, terminal=False) == (moment, False)


@pytest.mark.parametrize(
    ("length", "says"),
    [
        (timedelta(hours=71, minutes=12), "71:12 left"),
        (-timedelta(minutes=20), "0:20 late"),
        (timedelta(days=30), "30 days left"),
    ],
)
def test_what_is_left_is_said_in_hours_or_in_days(length: timedelta, says: str) -> None:
    assert left(NOW + length, NOW) == says
    assert span(length) in says


def test_what_nobody_can_tell_is_a_question_mark() -> None:
    assert left(None, NOW) == "?"
