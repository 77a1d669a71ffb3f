"""How SQLite finds what is asked for."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from tocsin.storage.database import Database


def is_query(statement: str) -> bool:
    """Whether it only reads."""
    return statement.startswith("SELECT")


def explained(
    database: Database, ask: Callable[[], object], which: Callable[[str], bool] = is_query
) -> list[str]:
    """The steps of those statements that a question came to: which index is searched, which table walked through."""
    asked: list[tuple[str, Any]] = []

    def hear(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        asked.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        ask()
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)
    with database.read() as connection:
        return [
            row.detail
            for statement, values in asked
            if which(statement)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
