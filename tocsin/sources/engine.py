"""The engine that reads and counts: DuckDB behind Ibis, in memory, spilling to a folder that the caller gives.

Nothing is fetched from anywhere: extensions are neither installed nor loaded on their own, and settings are locked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.sources.bounds import Bounds
from tocsin.sources.duck import Duck

#: Megabytes: what Python, Ibis and Arrow take beside the engine, and what the engine needs to move at all.
_PYTHON_MB, _LEAST_MB = 250, 128


@dataclass(frozen=True)
class Limits:
    """How much of the machine the engine may use, and a file. Past `memory` it spills; `threads` None: one per core."""

    memory: str = "750MB"
    threads: int | None = None
    bounds: Bounds = Bounds()  # noqa: RUF009 - frozen

    @classmethod
    def within(cls, megabytes: int, threads: int | None, bounds: Bounds) -> "Limits":
        """Limits that keep the whole measurement, Python and its libraries included, to so many megabytes."""
        return cls(f"{max(_LEAST_MB, megabytes - _PYTHON_MB)}MB", threads, bounds)


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
    backend = Duck().connect(":memory:", **options)
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
