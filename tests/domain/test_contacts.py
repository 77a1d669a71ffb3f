"""Who is on call, who is called next, and which authority is asked."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.domain.bodies import organisation
from tests.exploring import times
from tocsin.domain.contacts import Authority, Contacts, Person, authority_for
from tocsin.domain.errors import Refused
from tocsin.domain.ladder import Ladder, Level, Target
from tocsin.domain.rota import Override, Rotation, next_hand_over, on_call

PEOPLE = ("ada", "ben", "cem")


def rotation(**changes: Any) -> Rotation:
    """Three people in Berlin who hand over on Mondays at ten."""
    given = {
        "id": "primary",
        "zone": "Europe/Berlin",
        "turn": "weekly",
        "since": date(2026, 3, 2),
        "hand_over": time(10, 0),
        "people": PEOPLE,
    }
    return Rotation.model_validate({**given, **changes})


def contacts(**changes: Any) -> Contacts:
    """A small house: two commanders, one DPO, one rotation."""
    roles = {"ada": ("incident-commander",), "ben": ("incident-commander",), "cem": ("dpo",)}
    people = [
        Person.model_validate({"id": who, "name": who, "email": f"{who}@example.com", "roles": held})
        for who, held in roles.items()
    ]
    house = organisation(dpo="cem", accountable_officer="ben", signatory="ben")
    given = {"organisation": house, "people": people, "rotations": (rotation(),)}
    return Contacts.model_validate({**given, **changes})


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Berlin"))  # type: ignore[arg-type,misc]


def test_a_turn_begins_at_the_very_moment_of_the_hand_over() -> None:
    hand_over = berlin(2026, 3, 9, 10)
    assert on_call(rotation(), hand_over - timedelta(seconds=1)) == "ada"
    assert on_call(rotation(), hand_over) == "ben"


def test_a_week_with_a_change_of_the_clocks_ends_at_ten_by_the_wall_clock() -> None:
    # Clocks go forward on Sunday 29 March 2026: this week has 167 hours.
    assert on_call(rotation(), datetime(2026, 3, 30, 7, 59, tzinfo=UTC)) == "ada"
    assert on_call(rotation(), datetime(2026, 3, 30, 8, 0, tzinfo=UTC)) == "ben"
    # They go back on Sunday 25 October 2026: this week has 169 hours.
    assert on_call(rotation(), datetime(2026, 10, 26, 8, 59, tzinfo=UTC)) == "ada"
    assert on_call(rotation(), datetime(2026, 10, 26, 9, 0, tzinfo=UTC)) == "ben"


def test_a_hand_over_that_falls_into_the_skipped_hour_happens_once() -> None:
    nightly = rotation(turn="daily", hand_over=time(2, 30))
    before = on_call(nightly, datetime(2026, 3, 29, 0, 59, tzinfo=UTC))
    after = on_call(nightly, datetime(2026, 3, 29, 1, 31, tzinfo=UTC))
    assert PEOPLE.index(after) == (PEOPLE.index(before) + 1) % 3


@pytest.mark.parametrize(
    "zone", ["Asia/Ho_Chi_Minh", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]
)
def test_daily_turns_follow_each_other_through_a_year_without_gap_or_repeat(zone: str) -> None:
    daily = rotation(turn="daily", zone=zone, since=date(2025, 12, 31))
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for _ in range(365):
        following = next_hand_over(daily, at)
        assert following > at
        assert following.timetz().replace(tzinfo=None) == time(10, 0)
        before = on_call(daily, following - timedelta(microseconds=1))
        assert PEOPLE.index(on_call(daily, following)) == (PEOPLE.index(before) + 1) % 3
        at = following.astimezone(UTC)


@settings(max_examples=times(60))
@given(
    at=st.integers(1_577_836_800, 2_051_222_400).map(lambda second: datetime.fromtimestamp(second, UTC)),
    zone=st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Asia/Ho_Chi_Minh", "Asia/Kathmandu"]),
    hour=st.integers(0, 23),
)
def test_whoever_is_on_call_stays_so_until_the_next_hand_over(at: datetime, zone: str, hour: int) -> None:
    weekly = rotation(zone=zone, hand_over=time(hour))
    last = next_hand_over(weekly, at).astimezone(UTC) - timedelta(microseconds=1)
    assert last >= at
    assert on_call(weekly, at) == on_call(weekly, last)


def test_the_same_moment_in_another_zone_finds_the_same_person() -> None:
    at = datetime(2026, 3, 9, 8, 59, tzinfo=UTC)
    assert on_call(rotation(), at) == on_call(rotation(), at.astimezone(ZoneInfo("Asia/Tokyo"))) == "ada"


def test_an_override_holds_from_its_start_to_before_its_end() -> None:
    start, end = berlin(2026, 3, 4, 18), berlin(2026, 3, 5, 8)
    held = rotation(overrides=[Override(start=start, end=end, person="cem")])
    asked = (start - timedelta(seconds=1), start, end - timedelta(seconds=1), end)
    assert [on_call(held, at) for at in asked] == ["ada", "cem", "cem", "ada"]


def test_of_two_overrides_the_later_line_wins() -> None:
    start, end = berlin(2026, 3, 4, 18), berlin(2026, 3, 5, 8)
    lines = [Override(start=start, end=end, person=who) for who in ("ben", "cem")]
    assert on_call(rotation(overrides=lines), start) == "cem"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"zone": "Asia/Saigon_City"}, "write one like Asia/Ho_Chi_Minh"),
        ({"people": []}, "at least 1 item"),
        ({"hand_over": "10:00+07:00"}, "wall-clock time"),
        (
            {"overrides": [{"start": "2026-03-05T08:00Z", "end": "2026-03-04T08:00Z", "person": "cem"}]},
            "ends after it starts",
        ),
        (
            {"overrides": [{"start": "2026-03-05T08:00", "end": "2026-03-06T08:00", "person": "cem"}]},
            "timezone",
        ),
    ],
)
def test_a_rotation_that_makes_no_sense_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        rotation(**changes)


def ladder(*waits: int, again: int = 60, **changes: Any) -> Ladder:
    levels = [{"after_minutes": wait, "call": [{"rotation": "primary"}]} for wait in waits]
    given = {
        "id": "urgent",
        "role": "incident-commander",
        "severities": ["sev1"],
        "levels": levels,
        "again_after_minutes": again,
    }
    return Ladder.model_validate({**given, **changes})


def test_a_ladder_climbs() -> None:
    assert [level.after_minutes for level in ladder(0, 5, 20).levels] == [0, 5, 20]


@pytest.mark.parametrize(
    ("waits", "again", "complaint"),
    [
        ((5, 10), 60, "first level calls at once"),
        ((0, 10, 5), 60, "later than the one before"),
        ((0, 10, 10), 60, "later than the one before"),
        ((0, 10), 10, "after the last level"),
    ],
)
def test_a_ladder_that_does_not_climb_is_refused(waits: tuple[int, ...], again: int, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        ladder(*waits, again=again)


@pytest.mark.parametrize("target", [{}, {"person": "ada", "role": "dpo"}])
def test_a_level_names_exactly_one_thing_per_line(target: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="exactly one"):
        Target.model_validate(target)


def test_a_level_calls_everybody_once_in_the_order_of_its_lines() -> None:
    level = Level.model_validate(
        {
            "after_minutes": 0,
            "call": [{"person": "ben"}, {"rotation": "primary"}, {"role": "incident-commander"}],
        }
    )
    assert contacts().called(level, berlin(2026, 3, 3, 12)) == ("ben", "ada")


def test_a_ladder_is_found_by_role_and_severity() -> None:
    house = contacts(ladders=(ladder(0),))
    assert house.ladder("incident-commander", "sev1") == ladder(0)
    assert house.ladder("incident-commander", "sev2") is None
    assert house.ladder("dpo", "sev1") is None


def test_an_unknown_person_is_refused_with_those_who_are_known() -> None:
    with pytest.raises(Refused, match="no person 'eve'; known: ada, ben, cem"):
        contacts().person("eve")


def authority(id_: str, place: str, competence: str = "data-protection") -> Authority:
    return Authority.model_validate(
        {
            "id": id_,
            "place": place,
            "name": {"en": id_},
            "short": id_,
            "competence": [competence],
            "verification": "recalled",
        }
    )


@pytest.mark.parametrize(
    ("place", "found"), [("DE-BY", "de-by"), ("DE-NW", "de"), ("DE", "de"), ("FR", None), ("VN", None)]
)
def test_the_authority_of_a_land_comes_before_the_one_of_the_country(place: str, found: str | None) -> None:
    known = [authority("de", "DE"), authority("de-by", "DE-BY"), authority("vn-cyber", "VN", "cybersecurity")]
    authority_found = authority_for(known, place)
    assert (authority_found.id if authority_found else None) == found


def test_a_state_without_the_office_asked_for_is_not_given_that_of_the_country() -> None:
    known = [authority("us-hhs", "US", "health"), authority("us-ca", "US-CA", "attorney-general")]
    assert authority_for(known, "US-CA", "health") is None
    assert authority_for(known, "US", "health") == known[0]


def test_a_place_that_does_not_exist_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ValidationError, match="'UK' is no place"):
        authority("gb", "UK")
