"""A request to hold a notice back, before the laws that ship with Tocsin: in writing it delays as long as it says, by
word of mouth no longer than the law lets it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.domain.law.library import Library
from tocsin.domain.facts import read_facts
from tocsin.domain.law.holds import Held, held

SAID = "2026-11-23T10:00-05:00"
LAST_DAY = datetime(2026, 12, 23, 15, tzinfo=UTC)


def asked(library: Library, law: str, hold: dict[str, Any]) -> Held | None:
    """What the police's request makes of the letters of a law."""
    facts = read_facts({"hold": {"by": "law-enforcement", "authority": "FBI", **hold}})
    return held("any", library.catalog.regimes[law].rule("individuals"), facts)


@pytest.mark.parametrize(
    ("rule", "delayed"), [("individuals", True), ("authority", False), ("processor", False)]
)
def test_in_south_africa_an_investigation_delays_the_notice_to_people_alone(
    library: Library, rule: str, delayed: bool
) -> None:
    """Section 22 POPIA lets a public body or the Regulator delay what people are told, not what the Regulator is."""
    facts = read_facts({"hold": {"by": "law-enforcement", "reference": "CAS 12/11/2026"}})
    found = held("any", library.catalog.regimes["za-popia"].rule(rule), facts)
    assert (found is not None) is delayed


@pytest.mark.parametrize("until", ["2027-06-01T10:00-05:00", None])
def test_by_word_of_mouth_hipaa_waits_thirty_days_and_no_longer(library: Library, until: str | None) -> None:
    found = asked(library, "us-hipaa", {"from": SAID} | ({"until": until} if until else {}))
    assert found is not None
    assert found.until == LAST_DAY


def test_a_shorter_time_that_was_said_is_kept(library: Library) -> None:
    found = asked(library, "us-hipaa", {"from": SAID, "until": "2026-12-01T10:00-05:00"})
    assert found is not None
    assert found.until == datetime(2026, 12, 1, 15, tzinfo=UTC)


def test_in_writing_it_waits_as_long_as_the_paper_says(library: Library) -> None:
    found = asked(
        library, "us-hipaa", {"from": SAID, "until": "2027-06-01T10:00-05:00", "reference": "FBI 7/26"}
    )
    assert found is not None
    assert found.until == datetime(2027, 6, 1, 15, tzinfo=UTC)


def test_of_what_was_said_nobody_knows_when_the_days_cannot_be_counted(library: Library) -> None:
    assert asked(library, "us-hipaa", {}) is None
    assert asked(library, "us-nc", {}) is not None


def test_california_waits_only_for_a_paper(library: Library) -> None:
    assert asked(library, "us-ca", {"from": SAID}) is None
    assert asked(library, "us-ca", {"from": SAID, "reference": "FBI 7/26"}) is not None
