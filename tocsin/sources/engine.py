"""The engine that reads and counts: DuckDB behind Ibis, in memory, spilling to a folder that the caller gives.

Nothing is fetched from anywhere: extensions are neither installed nor loaded on their own, and settings are locked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]


@dataclass(frozen=True)
class Limits:
    """How much of the machine the engine may use. Past `memory` it spills; `threads` None means one per core."""

    memory: str = "1GB"
    threads: int | None = None


@contextmanager
def engine(spill: Path, limits: Limits) -> Iterator[Any]:
    """An Ibis backend for the length of the block; what it spilled is gone afterwards."""
    options: dict[str, Any] = {
        "memory_limit": limits.memory,
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        # Which row of a file comes first never matters here, and keeping order costs memory.
        "preserve_insertion_order": False,
    }
    if limits.threads is not None:
        options["threads"] = limits.threads
    backend = ibis.duckdb.connect(":memory:", **options)
    backend.raw_sql("SET lock_configuration = true")
    try:
        yield backend
    finally:
        backend.disconnect()


def column_at(table: Any, path: str) -> Any:
    """The column at a path: a name, or names with dots that lead into a struct."""
    if path in table.columns:
        return table[path]
    first, *deeper = path.split(".")
    column = table[first]
    for name in deeper:
        column = column[name]
    return column
