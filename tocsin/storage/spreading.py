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
    """Statements over columns (name to SQL type) whose values come row by row: text, whole numbers, truth, None.

    `same` are the columns of values that all rows of one run share. Each of `write` makes a statement out of both,
    which are its attributes; it is written once for each database. No statement may look at what another changes:
    PostgreSQL gets them as one, and its parts do not see each other's work.
    """

    def __init__(
        self, columns: Mapping[str, Any], same: Mapping[str, Any], *write: Callable[[Any], Any]
    ) -> None:
        self._columns, self._same, self._write = columns, same, write
        self._spread: Any = None
        self._ready: list[tuple[str, list[tuple[str, Any]]]] = []

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]], **same: Any) -> None:
        """Run them for these rows, each of which names every column; `same` names whatever they share."""
        if connection.dialect.name == "sqlite":
            self._ready = self._ready or [self._made_ready(connection, write) for write in self._write]
            for statement, names in self._ready:
                values = [(name, same.get(name, fixed)) for name, fixed in names]
                connection.exec_driver_sql(
                    statement, [tuple([row.get(name, shared) for name, shared in values]) for row in rows]
                )
            return
        self._spread = self._spread if self._spread is not None else self._taken_apart()
        connection.execute(self._spread, {"rows": json.dumps([*rows], ensure_ascii=False), **same})

    def _shared(self) -> dict[str, Any]:
        return {name: bindparam(name, type_=kind) for name, kind in self._same.items()}

    def _made_ready(
        self, connection: Connection, write: Callable[[Any], Any]
    ) -> tuple[str, list[tuple[str, Any]]]:
        """A statement as text, and by position the column's name and what stands there where it is none."""
        values = {name: bindparam(name, type_=kind) for name, kind in self._columns.items()}
        made = write(SimpleNamespace(**values, **self._shared())).compile(dialect=connection.dialect)
        return str(made), [(name, made.params[name]) for name in made.positiontup]

    def _taken_apart(self) -> Any:
        """All of them as one statement, for which the rows are taken apart once."""
        columns = [column(name, kind) for name, kind in self._columns.items()]
        rows = func.json_to_recordset(cast(bindparam("rows", type_=String), JSON))
        each = select(rows.table_valued(*columns, name="row").render_derived(with_types=True)).cte("each")
        values = SimpleNamespace(**{name: each.c[name] for name in self._columns}, **self._shared())
        *others, last = (write(values) for write in self._write)
        return last.add_cte(*(other.cte(f"also{number}") for number, other in enumerate(others)))


def among(connection: Connection, text: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a text of each row is one of the list that is bound to `name`: one parameter, however long it is.

    Either database looks each of them up by an index; with a parameter for each, most of the time went into parameters.
    """
    if connection.dialect.name == "sqlite":
        return text.in_(select(func.json_each(bindparam(name, type_=JSON)).table_valued("value").c.value))
    return text == any_(bindparam(name, type_=ARRAY(String)))
