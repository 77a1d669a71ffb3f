"""Few rows of Parquet, found by some columns before the others are unpacked.

The engine unpacks every column of a row before it asks whether the row is wanted; but where it knows the numbers of
the rows beforehand, it skips what lies between them.
"""

from typing import Any

from tocsin.sources.engine import made

#: Where more than one row in so many is wanted, little is left to skip, and all are read at once.
_FEW = 100


def narrowed(engine: Any, rows: Any, wanted: Any, files: int) -> Any:
    """The rows of so many `files` but for most that are not `wanted`: these have `line`, which counts from 1, and
    `file_row_number`, which counts from 0, is a column of `rows`.
    """
    found = made(engine, wanted.select(number=wanted.line - 1).distinct(), "found")
    # A number is that of a row in each file, so that the more files there are, the more rows are unpacked for it.
    asked = int(engine.to_pyarrow(found.count()).as_py()) * files
    if asked * _FEW > int(engine.to_pyarrow(rows.count()).as_py()):
        return rows
    return rows.filter(rows.file_row_number.isin(found.number))
