"""A request to hold a notice back, before the laws that ship with Tocsin."""

import pytest

from tests.domain.library import Library
from tocsin.domain.facts import read_facts
from tocsin.domain.holds import held


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
