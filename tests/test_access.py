"""Who may see what: asked in each request, and so by an index, whatever was ever written."""

from functools import partial

import pytest

from tests.explained import explained
from tocsin.views.access import silenced, visible


@pytest.fixture
def plans(tale):
    """How the database finds what is asked for: a function that runs a question, and gives the steps of its queries."""
    return partial(explained, tale.app.database)


def test_what_is_silenced_is_found_by_an_index_of_that_alone(tale, plans):
    tale.declare().as_("linh").silence("slack", because="somebody reads there")
    assert silenced(tale.app, "slack") == {tale.key}
    assert plans(lambda: silenced(tale.app, "slack")) == ["SCAN entry USING INDEX ix_entry_silencing"]
    tale.as_("linh").lift("slack", because="they are out")
    assert silenced(tale.app, "slack") == set()


def test_who_asks_for_open_incidents_walks_along_no_closed_one(tale, plans):
    tale.declare()
    linh = tale.actor("linh")
    assert [row["key"] for row in visible(tale.app, linh, only_open=True)] == [tale.key]
    steps = plans(lambda: visible(tale.app, linh, only_open=True))
    assert [step for step in steps if "SCAN" in step and "ix_incident_open" not in step] == []
