"""Looking at one incident again and again, as a sender does between any two letters."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import bindparam, func, select

from tocsin.storage.database import Database, patiently
from tocsin.storage.tables import entry


@contextmanager
def watched(database: Database, key: str) -> Iterator[Callable[[], int]]:
    """The last sequence number of an incident, whenever it is asked for: one indexed lookup, made ready once."""
    with database.looking() as connection:
        query = select(func.max(entry.c.seq)).where(entry.c.incident == bindparam("key"))
        made = query.compile(dialect=connection.dialect)
        statement, values = str(made), (key,) if made.positional else {"key": key}
        faults: Any = connection.dialect.loaded_dbapi.Error

        def head(again: bool) -> int:
            if again:
                connection.rollback()  # of nothing: so the library takes a new connection for one that is gone
            try:
                # Beside the library, which takes many times as long; what is wrong, it says in its own way.
                driver: Any = connection.connection.driver_connection
                found = driver.execute(statement, values).fetchone()
            except faults:
                return connection.exec_driver_sql(statement, values).scalar() or 0
            return found[0] or 0

        yield lambda: patiently(database, head)
