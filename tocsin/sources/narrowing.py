"""Few rows of Parquet, found by some columns before the others are unpacked.

The engine unpacks every column of a row before it asks whether the row is wanted; but where it knows the numbers of
the rows beforehand, it skips what lies between them. What was looked for is not unpacked a second time: a token is
often half of a log.
"""

from collections.abc import Sequence
from typing import Any

from tocsin.sources.engine import made

#: Which row of which file one is; the engine counts from 0.
ROW = ("filename", "file_row_number")
#: Where more than one row in so many is wanted, little is left to skip, and all are read at once.
_FEW = 100


def narrowed(engine: Any, rows: Any, wanted: Any, own: Sequence[str], files: int) -> Any:
    """The rows of so many `files` that are `wanted`, as their `own` columns tell; all rows, where these are many.

    Both tables have `ROW`. The columns are given as `wanted` has them, perhaps of other types.
    """
    own = [name for name in own if name in rows.columns]
    found = made(engine, wanted.select(*ROW, *own), "found")
    # A number is that of a row in each file, so that the more files there are, the more rows are unpacked for it.
    asked = int(engine.to_pyarrow(found.count()).as_py()) * files
    if asked * _FEW > int(engine.to_pyarrow(rows.count()).as_py()):
        return rows
    few = rows.filter(rows.file_row_number.isin(found.file_row_number)).drop(*own)
    return few.join(found, ROW)
