"""A legal hold: placed and lifted at any time, also on a file that is closed."""

import pytest

from tests.story import Story
from tocsin.domain.errors import Refused


def test_a_hold_on_a_closed_file_keeps_it_from_being_erased_until_it_is_lifted(tale: Story) -> None:
    tale.declare().as_("linh").decline(because="a test key")
    hold = {"authority": "Police", "until": "2027-01-01T00:00+07:00"}
    tale.as_("an").learn({"hold": hold}, source="letter")
    assert tale.incident.facts.known("hold")
    tale.leap(days=400)
    with pytest.raises(Refused, match="is under a legal hold"):
        tale.as_("an").erase(because="retention is over")
    tale.as_("an").learn({"hold": "unknown"}, source="their second letter")
    assert not tale.incident.facts.known("hold")
    with pytest.raises(Refused, match="is declined"):
        tale.as_("an").learn({"hold": hold, "risk": "high"}, source="letter")
    tale.as_("an").erase(because="retention is over")
    assert tale.incident.erased


def test_erasing_takes_too_what_a_killed_process_has_left_in_clear_text(tale: Story) -> None:
    tale.declare().as_("linh").decline(because="a test key")
    tale.leap(days=400)
    file = tale.app.settings.home / "uploads" / "tmpdead" / "0" / "list.csv"
    file.parent.mkdir(parents=True)
    file.write_text("somebody's data")
    tale.as_("an").erase(because="retention is over")
    assert not file.exists()
