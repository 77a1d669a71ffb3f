"""Parquet logs and tables. A file without its footer holds nothing that can be read.

In one with a damaged page, whatever stands before the damage in its row group, and every other row group, is sound.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow.parquet import ParquetFile, ParquetWriter, read_schema  # type: ignore[import-untyped]

from tocsin.sources.engine import column_at
from tocsin.sources.files import File, engine_path
from tocsin.sources.jsonpaths import keys_of, names_of
from tocsin.sources.missing import refuse_missing
from tocsin.sources.narrowing import ROW, narrowed

FORMATS = ("parquet",)
NUMBERS = "row"
TABLES = HEADED = True
#: Rows that are written at once: little enough for memory, and much enough to be packed well.
_ROWS = 1 << 16
_BAD = (pa.ArrowException, OSError)


def read(engine: Any, source: str, files: Sequence[File], fields: Mapping[str, str], _: str) -> Any:
    """A table with the columns `fields` names (ours, in their own types) and `file`."""
    return _ours(_opened(engine, source, files, fields), fields)


def read_few(
    engine: Any,
    source: str,
    files: Sequence[File],
    fields: Mapping[str, str],
    _: str,
    wanted: Callable[[Any], Any],
    own: Sequence[str],
) -> Any:
    """Of such a table the rows that `wanted` gives, as their `own` columns tell; all rows, where these are many."""
    table = _opened(engine, source, files, fields)
    rows = _ours(table, fields, *ROW)
    return narrowed(engine, rows, wanted(rows), own, [file.read_from for file in files]).drop(*ROW)


def _opened(engine: Any, source: str, files: Sequence[File], fields: Mapping[str, str]) -> Any:
    table = engine.read_parquet(
        [engine_path(file) for file in files],
        filename=True,
        file_row_number=True,
        union_by_name=True,
        # A folder called `token=x` is a name like any other.
        hive_partitioning=False,
    )
    known = _paths(table.schema().items())
    named = {ours: path if path in known else names_of(path) for ours, path in fields.items()}
    refuse_missing(source, files[0].name, named, known)
    refuse_unknown(source, files, fields, "parquet")
    return table


def _ours(table: Any, fields: Mapping[str, str], *beside: str) -> Any:
    return table.select(
        *beside,
        file=table.filename,
        line=table.file_row_number + 1,
        **{ours: column_at(table, path) for ours, path in fields.items()},
    )


def refuse_unknown(source: str, files: Sequence[File], fields: Mapping[str, str], _: str) -> None:
    """Refused where a file lacks a declared column, which the engine would fill with nulls: nothing of it would fit."""
    for file in files:
        try:
            own = _own_paths(read_schema(file.read_from))
        except _BAD:
            continue  # damaged, which reading it will say
        lower = {path.lower() for path in own}
        named = {ours: path if path.lower() in lower else names_of(path) for ours, path in fields.items()}
        known = [*own, *(path for path in named.values() if path.lower() in lower)]
        refuse_missing(source, file.name, named, known)


def salvaged(file: File, target: Path, fields: Mapping[str, str]) -> tuple[File | None, int, int]:
    """What to read in place of a file, the rows in it, and the rows that are lost: -1 where nobody can know.

    A file of which every page can be read stays as it is; of a damaged one, `target` is written. Columns that are not
    declared are not looked at.
    """
    try:
        opened = ParquetFile(file.read_from, page_checksum_verification=True)
    except _BAD:
        return None, 0, -1
    with opened:
        columns = _needed(opened.schema_arrow.names, fields)
        schema = pa.schema([opened.schema_arrow.field(name) for name in columns])
        with ParquetWriter(target, schema) as out:
            kept = sum(_copied(opened, group, columns, out) for group in range(opened.num_row_groups))
        lost = opened.metadata.num_rows - kept
    if lost:
        return replace(file, read_from=target), kept, lost
    target.unlink()
    return file, kept, 0


def _copied(opened: Any, group: int, columns: Sequence[str], out: Any) -> int:
    """Copy a row group up to its damage; how many rows that were."""
    rows = 0
    try:
        for batch in opened.iter_batches(_ROWS, row_groups=[group], columns=columns):
            batch.validate(full=True)
            out.write_batch(batch)
            rows += len(batch)
    except _BAD:
        return rows
    return rows


def _needed(names: Sequence[str], fields: Mapping[str, str]) -> list[str]:
    """Top-level columns that the declaration leads to; all of them where one of those has another name here."""
    tops = {path.lower() if path in names else str(keys_of(path)[0]).lower() for path in fields.values()}
    found = [name for name in names if name.lower() in tops]
    return found if len(found) == len(tops) else list(names)


def _paths(fields: Any, prefix: str = "") -> list[str]:
    found = []
    for name, kind in fields:
        found.append(prefix + name)
        while kind.is_array():
            kind = kind.value_type
        if kind.is_struct():
            found += _paths(kind.fields.items(), f"{prefix}{name}.")
    return found


def _own_paths(fields: Any, prefix: str = "") -> list[str]:
    found = []
    for field in fields:
        found.append(prefix + field.name)
        kind = field.type
        while pa.types.is_list(kind) or pa.types.is_large_list(kind):
            kind = kind.value_type
        if pa.types.is_struct(kind):
            found += _own_paths(kind, f"{prefix}{field.name}.")
    return found
