"""An incident whose plan fails: what people say is kept, the card says so, and the others go on."""

import pytest

from tests.cli.conftest import Command
from tocsin.app import App
from tocsin.domain.kinds import Reclassified
from tocsin.record import record


@pytest.fixture
def poisoned(declared: str, app: App) -> str:
    """An incident of a type that no catalog knows."""
    body = Reclassified(field="type", value="gone", because="words:" + "0" * 64)
    record(app, declared, lambda change: change.add(body) and None, actor="engine")
    return declared


def test_what_a_person_says_is_kept_and_the_failure_is_named(tocsin: Command, poisoned: str) -> None:
    said = tocsin("note", "the board is asking")
    assert said.status == 0
    assert f"recorded, but {poisoned} is set apart" in said.err
    assert tocsin("timeline", "--json").json[-1]["kind"] == "Noted"


def test_the_card_says_that_it_is_set_apart_and_what_to_do(tocsin: Command, poisoned: str) -> None:
    tocsin("note", "the board is asking")
    said = tocsin("card")
    assert said.status == 0
    assert "BROKEN  set apart: " in said.out
    assert "tocsin verify" in said.out


def test_another_incident_goes_on(tocsin: Command, poisoned: str) -> None:
    tocsin("note", "the board is asking")
    found = tocsin("declare", "Another one", "--json")
    assert (found.status, found.json["unreached"]) == (0, [])
