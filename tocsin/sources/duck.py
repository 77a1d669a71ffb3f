"""DuckDB behind Ibis, quick with many small questions: a measurement asks some fifty, most of them as it did before.

Ibis writes each statement anew, and reads back the columns of every table that it makes. Over few rows that is most of
the time. Here a statement is written once for each shape of an expression.
"""

from collections.abc import Iterator
from typing import Any

import ibis.expr.operations as ops  # type: ignore[import-untyped]
import ibis.expr.types as ir  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]
from ibis.backends.duckdb.converter import DuckDBPyArrowData  # type: ignore[import-untyped]

from tocsin.sources.shapes import Shape, written

_TEMPORARY = ops.Namespace(catalog="temp", database="main")


class Duck(Backend):  # type: ignore[misc]
    """A backend of Ibis. What it does not do more quickly itself it leaves to Ibis' own."""

    def create_table(self, name: str, /, obj: Any = None, *, temp: bool = False, **other: Any) -> Any:
        """A table with these rows, of the types that Ibis knows them to have."""
        if not temp or other or not isinstance(obj, ir.Table) or obj.schema().null_fields:
            return super().create_table(name, obj, temp=temp, **other)
        statement = self._statement(obj)
        types = self.compiler.type_mapper
        columns = ", ".join(f"{_quoted(each)} {types.to_string(kind)}" for each, kind in obj.schema().items())
        self.con.execute(f"CREATE TEMPORARY TABLE {_quoted(name)} ({columns})")
        self.con.execute(f"INSERT INTO {_quoted(name)} {statement}")
        return ops.DatabaseTable(name, schema=obj.schema(), source=self, namespace=_TEMPORARY).to_expr()

    def to_pyarrow(self, expr: Any, /, **other: Any) -> Any:
        """The answer, as Arrow."""
        if other:
            return super().to_pyarrow(expr, **other)
        table = self.con.sql(self._statement(expr)).to_arrow_table()
        return expr.__pyarrow_result__(table, data_mapper=DuckDBPyArrowData)

    def in_parts(self, expr: Any, size: int) -> Iterator[Any]:
        """The same, so many rows at a time."""
        for batch in self.con.sql(self._statement(expr)).to_arrow_reader(size):
            table = pa.Table.from_batches([batch])
            yield expr.__pyarrow_result__(table, data_mapper=DuckDBPyArrowData)

    def compile(self, expr: Any, /, **other: Any) -> str:
        """The statement of an expression."""
        shape = None if other else Shape.of(expr.as_table().op())
        return self._written(shape, expr) if shape else str(super().compile(expr, **other))

    def _statement(self, expr: Any) -> str:
        """The same, of which the engine knows the tables in memory by then."""
        shape = Shape.of(expr.as_table().op())
        if shape is None:
            self._run_pre_execute_hooks(expr)
            return str(super().compile(expr))
        for table in shape.in_memory:
            self._register_in_memory_table(table)
        return self._written(shape, expr)

    def _written(self, shape: Shape, expr: Any) -> str:
        return written(shape, lambda: str(super(Duck, self).compile(expr)))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
