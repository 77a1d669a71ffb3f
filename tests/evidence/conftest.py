"""A real incident, on each kind of database, for those who prove it and those who tamper with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.story import Story
from tocsin.actors import Actor
from tocsin.app import App
from tocsin.storage.tables import metadata


@pytest.fixture
def linh(story: Story) -> Actor:
    """The incident commander at her shell."""
    return story.actor("linh")


@contextmanager
def put_back(app: App, *tables: str) -> Iterator[None]:
    """Whatever is done meanwhile, these tables are then as they were."""
    before = {}
    with app.database.read() as connection:
        for table in (metadata.tables[name] for name in tables):
            before[table] = [dict(row) for row in connection.execute(table.select()).mappings()]
    try:
        yield
    finally:
        with app.database.write() as connection:
            for table, rows in before.items():
                connection.execute(table.delete())
                connection.execute(table.insert(), rows)


@pytest.fixture
def key(story: Story, tmp_path: Path) -> str:
    """An incident with a little of everything: pages, attempts, facts, notes, evidence, published heads."""
    story.declare("Token in a public repository")
    linh = story.as_("linh")
    linh.ack()
    linh.note("the token was revoked at 02:51")
    linh.learn({"kinds": "account-info"}, source="gateway log")
    proof = tmp_path / "gateway.log"
    proof.write_bytes(b"GET /v1/account 200\n" * 40)
    linh.keep_evidence(proof)
    linh.done("C2", note="commander, deputy and scribe are named")
    return story.key
