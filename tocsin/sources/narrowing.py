"""Few rows of Parquet, found by some columns before the others are unpacked.

The engine unpacks every column of a row before it asks whether the row is wanted; but where it knows the numbers of
the rows beforehand, it skips what lies between them. What was looked for is not unpacked a second time: a token is
often half of a log.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tocsin.sources.engine import made
from tocsin.sources.files import lying

#: Which row of which file one is; the engine counts from 0.
ROW = ("filename", "file_row_number")
#: Where more than one row in so many is wanted, little is left to skip, and all are read at once.
_FEW = 100


def narrowed(engine: Any, rows: Any, wanted: Any, own: Sequence[str], paths: Sequence[Path]) -> Any:
    """The rows of these files that are `wanted`, as their `own` columns tell. All rows, where these are many, or where
    a file is no longer what it was: half of a row would then be another one's.

    Both tables have `ROW`. The `own` columns are given as `wanted` has them, perhaps of other types.
    """
    own = [name for name in own if name in rows.columns]
    before = _lying(paths)
    found = made(engine, wanted.select(*ROW, *own), "found")
    # A number is that of a row in each file, so that the more files there are, the more rows are unpacked for it.
    asked = int(engine.to_pyarrow(found.count()).as_py()) * len(paths)
    if asked * _FEW > int(engine.to_pyarrow(rows.count()).as_py()):
        return rows
    few = rows.filter(rows.file_row_number.isin(found.file_row_number)).drop(*own)
    few = made(engine, few.join(found, ROW), "few")
    return few if _lying(paths) == before else rows


def _lying(paths: Sequence[Path]) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    with suppress(OSError):  # one that is gone lies nowhere
        found += map(lying, paths)
    return found
