"""A legal hold: placed and lifted at any time, also on a file that is closed."""

from dataclasses import replace

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


def closed(tale: Story, complaints: int) -> Story:
    """Letters left, five days later everything was settled and the file closed; complaints may come for so long."""
    settings = tale.app.settings
    kept = settings.model_copy(
        update={"retention": settings.retention.model_copy(update={"complaints": complaints})}
    )
    tale.app = replace(tale.app, settings=kept)
    tale.with_customers(3).released()
    for duty in tale.incident.duties.values():
        if duty.mark == "open":
            tale.as_("chi").release_duty(duty.opened.key, because="a test")
    for step in tale.app.catalog_of(tale.incident).type(tale.incident.type).steps:
        if step.gate:
            tale.as_("linh").skip(step.id, because="a test")
    tale.as_("an").close(because="nobody waits for what may come back")
    return tale


def test_while_letters_may_come_back_nothing_is_erased(tale: Story) -> None:
    closed(tale, 0)
    with pytest.raises(Refused, match="letters of customers may still come back until"):
        tale.as_("an").erase(because="at once")
    tale.leap(days=4)
    with pytest.raises(Refused, match="may still come back"):
        tale.as_("an").erase(because="at once")
    tale.leap(days=1, seconds=1).as_("an").erase(because="no letter comes back any more")
    assert tale.incident.erased
    assert {bytes(row.sealed) for row in tale.rows} == {b""}
    # What proves each letter stays, under pseudonyms.
    assert all(row.person and row.letter and row.message_id for row in tale.rows)


def test_while_somebody_may_complain_nothing_is_erased(tale: Story) -> None:
    closed(tale, 30)
    tale.leap(days=29)
    with pytest.raises(Refused, match=r"is kept until .*: complaints may still come \(retention.complaints"):
        tale.as_("an").erase(because="at once")
    assert not tale.incident.erased
    tale.leap(days=1, seconds=1).as_("an").erase(because="the windows are over")
    assert tale.incident.erased


def test_a_hold_stands_over_windows_that_are_over(tale: Story) -> None:
    closed(tale, 0).leap(days=10)
    hold = {"authority": "Police", "by": "law-enforcement"}
    tale.as_("an").learn({"hold": hold}, source="letter")
    with pytest.raises(Refused, match=r"is under a legal hold; tocsin learn .* hold=unknown lifts it"):
        tale.as_("an").erase(because="the windows are over")
