"""Parquet logs and tables. A file without its footer holds nothing that can be read."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow.parquet import read_schema  # type: ignore[import-untyped]

from tocsin.sources.engine import column_at
from tocsin.sources.files import File, engine_path
from tocsin.sources.missing import refuse_missing

FORMATS = ("parquet",)


def read(engine: Any, source: str, files: Sequence[File], fields: Mapping[str, str], _: str) -> Any:
    """A table with the columns `fields` names (ours, in their own types) and `file`."""
    table = engine.read_parquet([engine_path(file) for file in files], filename=True, union_by_name=True)
    known = _paths(table.schema().items())
    refuse_missing(source, files[0].name, fields, known)
    for file in files:
        # The engine fills a column that only other files have with nulls: then nothing of this file would ever fit.
        own = {path.lower() for path in _own_paths(read_schema(file.read_from))}
        refuse_missing(source, file.name, fields, [path for path in known if path.lower() in own])
    return table.select(
        file=table.filename, **{ours: column_at(table, path) for ours, path in fields.items()}
    )


def _paths(fields: Any, prefix: str = "") -> list[str]:
    found = []
    for name, kind in fields:
        found.append(prefix + name)
        if kind.is_struct():
            found += _paths(kind.fields.items(), f"{prefix}{name}.")
    return found


def _own_paths(fields: Any, prefix: str = "") -> list[str]:
    found = []
    for field in fields:
        found.append(prefix + field.name)
        if pa.types.is_struct(field.type):
            found += _own_paths(field.type, f"{prefix}{field.name}.")
    return found
