"""Parquet logs and tables. A file without its footer holds nothing that can be read."""

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.sources.files import File, engine_path
from tocsin.sources.missing import refuse_missing

FORMATS = ("parquet",)


def read(engine: Any, source: str, files: Sequence[File], fields: Mapping[str, str], _: str) -> Any:
    """A table with the columns `fields` names (ours, in their own types) and `file`."""
    table = engine.read_parquet([engine_path(file) for file in files], filename=True, union_by_name=True)
    refuse_missing(source, files[0].name, fields, _paths(table.schema().items()))
    return table.select(file=table.filename, **{ours: _at(table, path) for ours, path in fields.items()})


def _paths(fields: Any, prefix: str = "") -> list[str]:
    found = []
    for name, kind in fields:
        found.append(prefix + name)
        if kind.is_struct():
            found += _paths(kind.fields.items(), f"{prefix}{name}.")
    return found


def _at(table: Any, path: str) -> Any:
    if path in table.columns:
        return table[path]
    first, *deeper = path.split(".")
    column = table[first]
    for name in deeper:
        column = column[name]
    return column
