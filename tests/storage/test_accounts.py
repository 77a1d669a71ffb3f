"""Accounts that are no person's own row: they lead to their owner, or are sealed until somebody finds one."""

from datetime import UTC, datetime

import pytest

from tests.scoping.test_routes import person
from tocsin.domain.errors import Refused
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.people import Stranger, pseudonym
from tocsin.storage import accounts
from tocsin.storage.database import Database
from tocsin.storage.tables import account

KEY = b"k" * 32
WHO = Stranger("cus-canary", Bucket.LIKELY, datetime(2026, 11, 20, 10, tzinfo=UTC), None, 3)


def test_accounts_lead_to_their_owner_and_nobodys_are_sealed_until_they_are_erased(
    database: Database,
) -> None:
    with database.write() as connection:
        for revision in (1, 2):
            rows = accounts.rows_of("INC-1", revision, person(id="a", accounts=("b", "c")), KEY)
            accounts.write(connection, [*rows, accounts.row("INC-1", revision, WHO, KEY)])
        accounts.clear(connection, "INC-1", 1)
    with database.read() as connection:
        assert accounts.person_of(connection, "INC-1", 2, KEY, "c") == pseudonym(KEY, "a")
        for revision, own in ((2, "cus-canary"), (2, "a"), (1, "c")):
            assert accounts.person_of(connection, "INC-1", revision, KEY, own) == pseudonym(KEY, own)
        assert list(accounts.unowned(connection, "INC-1", 2, KEY)) == [WHO]
        assert "canary" not in repr(list(connection.execute(account.select())))
        with pytest.raises(Refused):
            list(accounts.unowned(connection, "INC-1", 2, b"x" * 32))
    with database.write() as connection:
        accounts.forget(connection, "INC-1")
    with database.read() as connection:
        assert not any(row.sealed for row in connection.execute(account.select()))
