"""Turns: one person or a gap at every moment, whatever the clocks do; overrides, absences, layers around the sun."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.domain.bodies import PEOPLE, rotation
from tests.exploring import times
from tocsin.domain.rota import Absence, Rotation
from tocsin.domain.turns import (
    LOOK,
    OnCall,
    call_at,
    edges,
    next_hand_over,
    on_call,
    stretch_at,
    stretches,
)
from tocsin.domain.wallclock import WEEKDAYS, reached, shown

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Berlin"))  # type: ignore[arg-type,misc]


def away(person: str, start: datetime, end: datetime, note: str | None = None) -> Absence:
    return Absence(person=person, start=start, end=end, note=note)


def override(person: str, start: datetime, end: datetime) -> dict[str, Any]:
    return {"person": person, "start": start, "end": end}


def layer(zone: str, hours: str | None, *people: str, **more: Any) -> dict[str, Any]:
    turns = {"turn": "weekly", "since": "2026-03-02", "hand_over": "10:00"}
    return {"zone": zone, "people": people, "hours": hours, **turns, **more}


def layered(*layers: dict[str, Any], **more: Any) -> Rotation:
    return Rotation.model_validate({"id": "sun", "layers": layers, **more})


# --- turns


def test_a_turn_begins_at_the_very_moment_of_the_hand_over() -> None:
    hand_over = berlin(2026, 3, 9, 10)
    assert on_call(rotation(), hand_over - timedelta(seconds=1)) == "ada"
    assert on_call(rotation(), hand_over) == "ben"


def test_a_week_with_a_change_of_the_clocks_ends_at_ten_by_the_wall_clock() -> None:
    # Clocks go forward on Sunday 29 March 2026: this week has 167 hours.
    assert on_call(rotation(), utc(2026, 3, 30, 7, 59)) == "ada"
    assert on_call(rotation(), utc(2026, 3, 30, 8, 0)) == "ben"
    # They go back on Sunday 25 October 2026: this week has 169 hours.
    assert on_call(rotation(), utc(2026, 10, 26, 8, 59)) == "ada"
    assert on_call(rotation(), utc(2026, 10, 26, 9, 0)) == "ben"


def test_a_hand_over_that_falls_into_the_skipped_hour_happens_as_the_clocks_jump() -> None:
    nightly = rotation(turn="daily", hand_over="02:30")
    jump = utc(2026, 3, 29, 1)
    assert next_hand_over(nightly, jump - HOUR) == jump
    assert next_hand_over(nightly, jump) == utc(2026, 3, 30, 0, 30)


def test_a_hand_over_at_a_time_that_comes_twice_happens_the_first_time_only() -> None:
    nightly = rotation(turn="daily", hand_over="02:30")
    first = utc(2026, 10, 25, 0, 30)
    assert next_hand_over(nightly, first - HOUR) == first
    assert next_hand_over(nightly, first) == utc(2026, 10, 26, 1, 30)


def test_turns_of_twelve_hours_end_by_the_wall_clock_and_one_night_has_thirteen() -> None:
    shifts = rotation(turn="12 h", since="2026-10-24", hand_over="08:00", zone="Europe/London")
    found = [(each.call.person, each.end - each.start) for each in stretches(
        shifts, utc(2026, 10, 24, 7), utc(2026, 10, 25, 20)
    )]  # fmt: skip
    assert found == [("ada", 12 * HOUR), ("ben", 13 * HOUR), ("cem", 12 * HOUR)]


@pytest.mark.parametrize(
    ("turn", "length"),
    [
        ("daily", DAY),
        ("weekly", 7 * DAY),
        ("12 h", 12 * HOUR),
        ("1 h", HOUR),
        ("3 days", 3 * DAY),
        ("2 weeks", 14 * DAY),
        ("1 day", DAY),
    ],
)
def test_a_turn_has_the_length_that_is_written(turn: str, length: timedelta) -> None:
    there = rotation(turn=turn, zone="Asia/Ho_Chi_Minh")
    begun = utc(2026, 3, 2, 3)
    assert next_hand_over(there, begun) == begun + length
    assert [on_call(there, begun + number * length) for number in (-1, 0, 1, 2, 3)] == [
        "cem",
        "ada",
        "ben",
        "cem",
        "ada",
    ]


@pytest.mark.parametrize(
    "zone", ["Asia/Ho_Chi_Minh", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]
)
def test_daily_turns_follow_each_other_through_a_year_without_gap_or_repeat(zone: str) -> None:
    daily = rotation(turn="daily", zone=zone, since="2025-12-31")
    at = utc(2026, 1, 1, 12)
    for _ in range(365):
        following = next_hand_over(daily, at)
        assert following is not None
        assert following > at
        assert shown(following, zone).time() == time(10, 0)
        before = on_call(daily, following - timedelta(microseconds=1))
        assert PEOPLE.index(on_call(daily, following) or "") == (PEOPLE.index(before or "") + 1) % 3
        at = following


def test_the_same_moment_in_another_zone_finds_the_same_person() -> None:
    at = utc(2026, 3, 9, 8, 59)
    assert on_call(rotation(), at) == on_call(rotation(), at.astimezone(ZoneInfo("Asia/Tokyo"))) == "ada"


def test_where_one_person_has_every_turn_nothing_is_handed_over() -> None:
    assert next_hand_over(rotation(people=["ada"]), utc(2026, 3, 9)) is None
    alone = stretch_at(rotation(people=["ada"]), utc(2026, 3, 9))
    assert (alone.start, alone.end) == (utc(2026, 3, 9) - LOOK, utc(2026, 3, 9) + LOOK)


def test_a_stretch_is_found_whole_from_a_moment_inside_it() -> None:
    found = stretch_at(rotation(turn="3 weeks"), utc(2026, 3, 30))
    assert (found.call.person, found.start, found.end) == (
        "ben",
        berlin(2026, 3, 23, 10),
        berlin(2026, 4, 13, 10),
    )
    assert stretch_at(rotation(), berlin(2026, 3, 9, 10)).start == berlin(2026, 3, 9, 10)


# --- the wall clock


@pytest.mark.parametrize(
    ("zone", "around"),
    [
        ("Europe/London", utc(2026, 3, 29, 1)),
        ("Europe/London", utc(2026, 10, 25, 1)),
        ("America/New_York", utc(2026, 3, 8, 7)),
        ("America/New_York", utc(2026, 11, 1, 6)),
        ("Asia/Ho_Chi_Minh", utc(2026, 10, 25, 1)),
        ("Australia/Lord_Howe", utc(2026, 4, 4, 15)),
        ("America/Havana", utc(2026, 11, 1, 5)),
        ("Pacific/Apia", utc(2011, 12, 30, 10)),
    ],
)
def test_a_time_is_reached_when_the_wall_clock_first_shows_it_or_a_later_one(
    zone: str, around: datetime
) -> None:
    """Held against a person who watches the clock from two days before to two days after, minute by minute."""
    latest, watched = shown(around, zone) - 3 * DAY, []
    for minute in range(-2880, 2880):
        at = around + timedelta(minutes=minute)
        latest = max(latest, shown(at, zone))
        watched.append((latest, at))
    wanted = watched[0][0] + timedelta(minutes=10)
    for reading, at in watched:
        while wanted <= reading:
            assert reached(wanted, zone) == at
            wanted += timedelta(minutes=10)


# --- overrides


def test_an_override_holds_from_its_start_to_before_its_end() -> None:
    start, end = berlin(2026, 3, 4, 18), berlin(2026, 3, 5, 8)
    held = rotation(overrides=[override("cem", start, end)])
    asked = (start - timedelta(seconds=1), start, end - timedelta(seconds=1), end)
    assert [on_call(held, at) for at in asked] == ["ada", "cem", "cem", "ada"]
    assert call_at(held, start) == OnCall("cem", "override", "ada")


def test_of_two_overrides_the_later_line_wins() -> None:
    start, end = berlin(2026, 3, 4, 18), berlin(2026, 3, 5, 8)
    lines = [override(who, start, end) for who in ("ben", "cem")]
    assert on_call(rotation(overrides=lines), start) == "cem"


def test_an_override_fills_a_gap_between_layers_and_stands_before_them_all() -> None:
    london = layer("Europe/London", "09:00-17:00", "ada")
    held = layered(london, overrides=[override("ben", utc(2026, 3, 4, 16), utc(2026, 3, 4, 20))])
    assert [on_call(held, utc(2026, 3, 4, hour)) for hour in (8, 15, 16, 19, 20)] == [
        None,
        "ada",
        "ben",
        "ben",
        None,
    ]
    assert call_at(held, utc(2026, 3, 4, 19)) == OnCall("ben", "override")


def test_an_override_counts_even_for_somebody_who_is_said_to_be_away() -> None:
    start, end = berlin(2026, 3, 4, 18), berlin(2026, 3, 5, 8)
    held = rotation(overrides=[override("cem", start, end)])
    assert on_call(held, start, [away("cem", start, end)]) == "cem"


# --- absences


def test_the_turn_of_somebody_absent_goes_to_the_next_in_the_order() -> None:
    start, end = berlin(2026, 3, 4), berlin(2026, 3, 12)
    absences = [away("ada", start, end)]
    asked = (start - HOUR, start, berlin(2026, 3, 9, 10), end)
    assert [call_at(rotation(), at, absences) for at in asked] == [
        OnCall("ada", "turn"),
        OnCall("ben", "stand-in", "ada"),
        OnCall("ben", "turn"),
        OnCall("ben", "turn"),
    ]


def test_the_last_in_the_order_is_followed_by_the_first() -> None:
    at = berlin(2026, 3, 17)
    assert on_call(rotation(), at) == "cem"
    assert on_call(rotation(), at, [away("cem", at, at + DAY)]) == "ada"
    assert on_call(rotation(), at, [away(who, at, at + DAY) for who in ("cem", "ada")]) == "ben"


def test_all_absent_is_a_gap_that_ends_when_the_first_is_back() -> None:
    start = berlin(2026, 3, 4)
    absences = [away(who, start, start + days * DAY) for days, who in enumerate(PEOPLE, start=1)]
    assert call_at(rotation(), start, absences) == OnCall(None, "gap", "ada")
    assert next_hand_over(rotation(), start, absences) == start + DAY
    assert on_call(rotation(), start + DAY, absences) == "ada"


def test_an_absence_of_somebody_who_takes_no_turns_changes_nothing() -> None:
    at = utc(2026, 3, 4)
    assert edges(rotation(), at, at + DAY, [away("dora", at + HOUR, at + 2 * HOUR)]) == []


# --- layers


def test_of_two_layers_that_hold_the_later_one_counts_and_leaves_open_what_it_does_not_cover() -> None:
    rest = layer("Europe/Berlin", None, "ada")
    nights = layer("Europe/Berlin", "22:00-06:00", "ben")
    both = layered(rest, nights)
    asked = [berlin(2026, 3, 4, hour) for hour in (5, 6, 21, 22, 23)]
    assert [on_call(both, at) for at in asked] == ["ben", "ada", "ada", "ben", "ben"]


def test_a_layer_whose_people_are_all_absent_is_covered_by_those_above_it() -> None:
    both = layered(layer("Europe/Berlin", None, "ada"), layer("Europe/Berlin", "22:00-06:00", "ben"))
    start = berlin(2026, 3, 4, 22)
    absences = [away("ben", start, start + 2 * HOUR)]
    assert call_at(both, start, absences) == OnCall("ada", "stand-in", "ben")
    assert on_call(both, start + 2 * HOUR, absences) == "ben"


def test_hours_across_midnight_belong_to_the_weekday_on_which_they_begin() -> None:
    fridays = layered(layer("Europe/Berlin", "22:00-06:00", "ada", weekdays=["fri"]))
    # 6 March 2026 is a Friday.
    asked = [berlin(2026, 3, 6, 3), berlin(2026, 3, 6, 23), berlin(2026, 3, 7, 5), berlin(2026, 3, 7, 23)]
    assert [on_call(fridays, at) for at in asked] == [None, "ada", "ada", None]


def test_weekdays_alone_hold_from_midnight_to_midnight() -> None:
    weekend = layered(layer("Europe/Berlin", None, "ada", weekdays=["sat", "sun"]))
    found = stretch_at(weekend, berlin(2026, 3, 7, 12))
    assert (found.start, found.end) == (berlin(2026, 3, 7), berlin(2026, 3, 9))


def test_a_turn_changes_hands_in_the_middle_of_the_hours_too() -> None:
    late = layered(layer("Europe/Berlin", "06:00-18:00", "ada", "ben", turn="daily", hand_over="12:00"))
    found = [(each.call.person, shown(each.start, "Europe/Berlin").hour) for each in stretches(
        late, berlin(2026, 3, 4, 6), berlin(2026, 3, 5, 7)
    )]  # fmt: skip
    assert found == [("ben", 6), ("ada", 12), (None, 18), ("ada", 6)]


def sun(since: str) -> Rotation:
    """Three offices. In London's summer there is no hole; in its winter one opens before London's morning."""
    more = {"since": since}
    return layered(
        layer("Asia/Ho_Chi_Minh", "07:00-15:00", "linh", "minh", hand_over="07:00", **more),
        layer("Europe/London", "09:00-17:00", "ada", "ben", turn="daily", hand_over="09:00", **more),
        layer("America/New_York", "12:00-20:00", "cem", **more),
    )


#: Day to the people of its 24 hours of UTC, by their first letter; a dot is nobody.
AUTUMN = {
    "2026-10-22": "LLLLLLLLBBBBBBBBCCCCCCCC",
    "2026-10-23": "LLLLLLLLAAAAAAAACCCCCCCC",
    "2026-10-24": "LLLLLLLLBBBBBBBBCCCCCCCC",
    # London goes back at 01:00: its day begins an hour later by UTC, and New York's layer stands before its end.
    "2026-10-25": "LLLLLLLL.AAAAAAACCCCCCCC",
    "2026-10-26": "MMMMMMMM.BBBBBBBCCCCCCCC",
    "2026-10-27": "MMMMMMMM.AAAAAAACCCCCCCC",
    "2026-10-28": "MMMMMMMM.BBBBBBBCCCCCCCC",
    "2026-10-31": "MMMMMMMM.AAAAAAACCCCCCCC",
    # New York goes back at 06:00: its evening now reaches into the morning of Saigon, and its layer is the later one.
    "2026-11-01": "MMMMMMMM.BBBBBBBBCCCCCCC",
    "2026-11-02": "CLLLLLLL.AAAAAAAACCCCCCC",
}  # fmt: skip
SPRING = {
    "2026-03-07": "CLLLLLLL.BBBBBBBBCCCCCCC",
    # New York goes forward at 07:00.
    "2026-03-08": "CLLLLLLL.AAAAAAACCCCCCCC",
    "2026-03-09": "MMMMMMMM.BBBBBBBCCCCCCCC",
    "2026-03-10": "MMMMMMMM.AAAAAAACCCCCCCC",
    "2026-03-27": "MMMMMMMM.BBBBBBBCCCCCCCC",
    "2026-03-28": "MMMMMMMM.AAAAAAACCCCCCCC",
    # London goes forward at 01:00.
    "2026-03-29": "MMMMMMMMBBBBBBBBCCCCCCCC",
    "2026-03-30": "LLLLLLLLAAAAAAAACCCCCCCC",
}  # fmt: skip


@pytest.mark.parametrize(
    ("since", "day", "people"),
    [("2026-10-19", *each) for each in AUTUMN.items()] + [("2026-03-02", *each) for each in SPRING.items()],
)
def test_offices_that_follow_the_sun_are_called_hour_by_hour_across_changes_of_the_clocks(
    since: str, day: str, people: str
) -> None:
    midnight = datetime.fromisoformat(f"{day}T00:00Z")
    called = [on_call(sun(since), midnight + number * HOUR) for number in range(24)]
    assert "".join(who[0].upper() if who else "." for who in called) == people
    # An hour has one answer from its beginning to its end.
    late = [
        on_call(sun(since), midnight + (number + 1) * HOUR - timedelta(seconds=1)) for number in range(24)
    ]
    assert late == called


def test_what_may_change_is_counted_and_nothing_in_between_is_looked_at() -> None:
    assert len(edges(rotation(turn="12 h"), utc(2026, 6, 1), utc(2026, 6, 29))) == 56
    assert edges(rotation(people=["ada"]), utc(2026, 6, 1), utc(2026, 6, 29)) == []
    hours = layered(layer("Asia/Ho_Chi_Minh", "08:00-20:00", "ada"))
    assert len(edges(hours, utc(2026, 6, 1), utc(2026, 6, 29))) == 56


# --- properties

ZONES = (
    "Europe/London",
    "America/New_York",
    "Asia/Ho_Chi_Minh",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Kathmandu",
)
MOMENTS = st.integers(1_767_225_600, 1_798_761_600).map(lambda second: datetime.fromtimestamp(second, UTC))
CLOCKS = st.times().map(lambda found: f"{found:%H:%M}")


@st.composite
def layers(draw: st.DrawFn) -> dict[str, Any]:
    start, end = draw(CLOCKS), draw(CLOCKS)
    days = st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True)
    return layer(
        draw(st.sampled_from(ZONES)),
        draw(st.sampled_from([None, f"{start}-{end}"])) if start != end else None,
        *draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4)),
        turn=draw(st.sampled_from(["daily", "weekly", "12 h", "5 h", "3 days", "2 weeks"])),
        hand_over=draw(CLOCKS),
        weekdays=draw(st.none() | days),
    )


@st.composite
def periods(draw: st.DrawFn) -> dict[str, Any]:
    start, hours = draw(MOMENTS), draw(st.integers(1, 900))
    return override(draw(st.sampled_from(PEOPLE)), start, start + hours * HOUR)


@st.composite
def rotas(draw: st.DrawFn) -> tuple[Rotation, Sequence[Absence], datetime]:
    """A rotation, who is away, and a moment at which something is likely to change."""
    overrides = draw(st.lists(periods(), max_size=3))
    absences = [Absence.model_validate(each) for each in draw(st.lists(periods(), max_size=4))]
    found = layered(*draw(st.lists(layers(), min_size=1, max_size=3)), overrides=overrides)
    near = [each["start"] for each in overrides] + [each.end for each in absences]
    # The last Sundays at which clocks change.
    near += [utc(2026, 3, 28, 20), utc(2026, 10, 24, 20), utc(2026, 11, 1, 2), utc(2026, 3, 8, 2)]
    return found, absences, draw(MOMENTS | st.sampled_from(near))


@settings(max_examples=times(60))
@given(rota=rotas(), data=st.data())
def test_stretches_partition_the_time_and_each_has_one_answer_throughout(
    rota: tuple[Rotation, Sequence[Absence], datetime], data: st.DataObject
) -> None:
    found, absences, start = rota
    parts = list(stretches(found, start, start + 9 * DAY, absences))
    assert (parts[0].start, parts[-1].end) == (start, start + 9 * DAY)
    assert all(one.end == other.start and one.call != other.call for one, other in pairwise(parts))
    for part in parts:
        second = data.draw(st.integers(0, int((part.end - part.start).total_seconds() * 1e6) - 1))
        assert call_at(found, part.start + timedelta(microseconds=second), absences) == part.call
        assert (part.call.person is None) == (part.call.why == "gap")


@settings(max_examples=times(60))
@given(rota=rotas())
def test_the_next_hand_over_is_the_first_change_of_the_person(
    rota: tuple[Rotation, Sequence[Absence], datetime],
) -> None:
    found, absences, at = rota
    following, now = next_hand_over(found, at, absences), on_call(found, at, absences)
    until = following or at + LOOK
    for minutes in range(0, 60 * 24 * 4, 17):
        watched = at + timedelta(minutes=minutes)
        if watched >= until:
            break
        assert on_call(found, watched, absences) == now
    if following is not None:
        assert following > at
        assert on_call(found, following - timedelta(microseconds=1), absences) == now
        assert on_call(found, following, absences) != now


@settings(max_examples=times(60))
@given(rota=rotas())
def test_a_stretch_begins_and_ends_where_the_answer_changes(
    rota: tuple[Rotation, Sequence[Absence], datetime],
) -> None:
    found, absences, at = rota
    whole = stretch_at(found, at, absences)
    assert whole.start <= at < whole.end
    assert whole.call == call_at(found, at, absences) == call_at(found, whole.start, absences)
    for edge in (whole.start, whole.end):
        sides = [call_at(found, moment, absences) for moment in (edge - timedelta(microseconds=1), edge)]
        assert sides[0] != sides[1] or abs(edge - at) == LOOK


@settings(max_examples=times(60))
@given(rota=rotas())
def test_a_rotation_is_kept_and_read_again_as_it_was(
    rota: tuple[Rotation, Sequence[Absence], datetime],
) -> None:
    found, absences, _ = rota
    assert Rotation.model_validate(found.model_dump(mode="json")) == found
    assert [Absence.model_validate(each.model_dump(mode="json")) for each in absences] == list(absences)


# --- what makes no sense


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"zone": "Asia/Saigon_City"}, "write one like Asia/Ho_Chi_Minh"),
        ({"people": []}, "at least 1 item"),
        ({"hand_over": "10:00+07:00"}, "no wall-clock time"),
        ({"hand_over": "10:00Z"}, "the zone stands beside it"),
        ({"hand_over": "24:00"}, "there is no 24:00; hours run from 00 to 23; midnight is 00:00"),
        ({"hand_over": 10}, "10 is no wall-clock time; write one like 10:00"),
        ({"hours": "09:00-24:00"}, "midnight is 00:00"),
        ({"hours": "09:00-09:00"}, "leave them out for the whole day"),
        ({"hours": "nine to five"}, "write them like 09:00-17:00"),
        ({"weekdays": []}, "at least 1 item"),
        ({"weekdays": ["monday"]}, "Input should be 'mon'"),
        ({"turn": "0 h"}, "is no turn"),
        ({"turn": "PT1S"}, "whole hours"),
        ({"turn": "P0D"}, "whole hours"),
        ({"turn": "90 weeks"}, "at most 366 days"),
        ({"turn": 12}, "12 is no turn; write daily, weekly, or a length like 12 h, 3 days or 2 weeks"),
        ({"since": "0001-01-01"}, "in the year 1; correct the year"),
        ({"layers": []}, "cannot stand beside layers"),
        (
            {"overrides": [{"start": "2026-03-05T08:00Z", "end": "2026-03-04T08:00Z", "person": "cem"}]},
            "an override ends after it starts",
        ),
        (
            {"overrides": [{"start": "2026-03-05T08:00", "end": "2026-03-06T08:00", "person": "cem"}]},
            "has no zone; add one",
        ),
        (
            {"overrides": [{"start": 1772697600, "end": "2026-03-06T08:00Z", "person": "cem"}]},
            "is not a moment",
        ),
    ],
)
def test_a_rotation_that_makes_no_sense_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        rotation(**changes)


def test_an_absence_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValidationError, match="an absence ends after it starts"):
        away("ada", utc(2026, 3, 5), utc(2026, 3, 4))
