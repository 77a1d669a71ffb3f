"""An incident whose plan fails: what people say is kept, the card says so, and the others go on."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from tests.cli.conftest import Command
from tocsin.actors import Actor
from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import Reclassified
from tocsin.record import record
from tocsin.storage import timeline
from tocsin.storage.tables import duty, entry
from tocsin.views.card import card


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


@pytest.fixture
def unreadable(declared: str, app: App) -> str:
    """An incident with an open title, whose timeline cannot be folded any more."""
    body = Reclassified(field="restricted", value=False, because="words:" + "0" * 64)
    record(app, declared, lambda change: change.add(body) and None, actor="engine")
    with app.database.write() as connection:
        connection.execute(update(entry).where(entry.c.seq == 2).values(kind="Apocalypse"))
        timeline.quarantine(connection, declared, "KeyError")
        due = {
            "incident": declared,
            "key": "x/y",
            "cite": "Art. 1",
            "recipient": "authority",
            "state": "open",
        }
        connection.execute(insert(duty).values(due_at=app.now() + timedelta(hours=2), **due))
    return declared


def test_one_that_cannot_be_read_is_listed_and_its_card_says_which_clocks_run_on(
    tocsin: Command, unreadable: str
) -> None:
    said = tocsin()
    assert (said.status, said.err) == (0, "")
    assert "BROKEN  set apart: KeyError     tocsin verify" in said.out
    assert re.search(r"DUE +1:59 left .* x/y \(Art\. 1\)", said.out)
    listed = tocsin("list")
    assert (listed.status, "SET APART" in listed.out) == (0, True)


def test_whom_it_excludes_sees_no_card_of_one_that_cannot_be_read(tocsin: Command, app: App) -> None:
    key = tocsin("declare", "Exports by one account", "--exclude", "khoa", "--json").json["key"]
    with app.database.write() as connection:
        timeline.quarantine(connection, key, "KeyError")
    with pytest.raises(Refused, match="there is no incident"):
        card(app, Actor("khoa", app.catalog.contacts.person("khoa")), key, app.now())
    assert key not in tocsin("status", by="khoa").out
    assert key in tocsin("status").out


def test_another_incident_goes_on(tocsin: Command, poisoned: str) -> None:
    tocsin("note", "the board is asking")
    found = tocsin("declare", "Another one", "--json")
    assert (found.status, found.json["unreached"]) == (0, [])
