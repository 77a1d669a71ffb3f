"""One statement for many rows of plain values, as each database does it fastest.

PostgreSQL gets them as one value that it takes apart itself: one round trip, one statement. SQLite is in our process,
and runs a statement that is ready for one row after another.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, String, any_, bindparam, cast, column, func, select
from sqlalchemy.types import JSON


class ForEach:
    """A statement over columns (name to SQL type) whose values come row by row: text, whole numbers, None.

    `write` makes it out of those columns, which are its attributes; it is written once for each database.
    """

    def __init__(self, columns: Mapping[str, Any], write: Callable[[Any], Any]) -> None:
        self._columns, self._write = columns, write
        self._spread: Any = None
        self._ready: tuple[str, list[tuple[str, Any]]] | None = None

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for these rows; each names every column, and may name more."""
        if connection.dialect.name == "sqlite":
            statement, names = self._ready = self._ready or self._made_ready(connection)
            connection.exec_driver_sql(
                statement, [tuple([row.get(name, fixed) for name, fixed in names]) for row in rows]
            )
            return
        self._spread = self._spread if self._spread is not None else self._write(self._taken_apart())
        connection.execute(self._spread, {"rows": json.dumps([*rows], ensure_ascii=False)})

    def _made_ready(self, connection: Connection) -> tuple[str, list[tuple[str, Any]]]:
        """The statement as text, and by position the column's name and what stands there where it is none."""
        values = SimpleNamespace(
            **{name: bindparam(name, type_=kind) for name, kind in self._columns.items()}
        )
        made = self._write(values).compile(dialect=connection.dialect)
        return str(made), [(name, made.params[name]) for name in made.positiontup]

    def _taken_apart(self) -> Any:
        columns = [column(name, kind) for name, kind in self._columns.items()]
        rows = func.json_to_recordset(cast(bindparam("rows", type_=String), JSON))
        return rows.table_valued(*columns, name="each").render_derived(with_types=True).c


def among(connection: Connection, text: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a text of each row is one of the list that is bound to `name`: one parameter, however long it is.

    Either database looks each of them up by an index; with a parameter for each, most of the time went into parameters.
    """
    if connection.dialect.name == "sqlite":
        return text.in_(select(func.json_each(bindparam(name, type_=JSON)).table_valued("value").c.value))
    return text == any_(bindparam(name, type_=ARRAY(String)))
