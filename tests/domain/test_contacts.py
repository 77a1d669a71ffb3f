"""Who is called, and which authority is asked. Who is on call when stands in test_turns."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from tests.domain.bodies import organisation, rotation
from tocsin.domain.contacts import Authority, Contacts, Person, authority_for
from tocsin.domain.errors import Refused
from tocsin.domain.ladder import Ladder, Level, Target


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
