"""Keeping whose the accounts are that a scope came upon, where they are not a person's own row."""

from itertools import chain
from typing import Any

from tocsin.app import App
from tocsin.change import Also
from tocsin.storage import accounts, affected
from tocsin.storage.database import in_batches


def keep_accounts(app: App, key: str, revision: int, measurement: Any, ours: Also) -> None:
    """Write which accounts are a person's others, and which are nobody's, in place of what was left of it."""
    people_key = app.people_key(key)
    others = (accounts.rows_of(key, revision, person, people_key) for person in measurement.people())
    strangers = (accounts.row(key, revision, each, people_key) for each in measurement.unowned())
    with app.database.write() as connection:
        accounts.clear(connection, key, revision)
    for batch in in_batches(chain(chain.from_iterable(others), strangers), affected.BATCH):
        with app.database.write() as connection:
            ours(connection)
            accounts.write(connection, batch)
