"""The engine that reads and counts: DuckDB behind Ibis, in memory, spilling to a folder that the caller gives.

Nothing is fetched from anywhere: extensions are neither installed nor loaded on their own, and settings are locked.
"""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.sources.bounds import Bounds
from tocsin.sources.duck import Duck
from tocsin.sources.jsonpaths import keys_of
from tocsin.sources.shelf import Shelf

#: Megabytes: what Python, Ibis and Arrow take beside the engine, what the engine needs to move at all, and what a hand
#: takes of both: blocks of one file that it reads, and the buffer from which the engine reads one.
_PYTHON_MB, _LEAST_MB, _HAND_MB = 150, 128, 64


@dataclass(frozen=True)
class Limits:
    """How much of the machine the engine may use, and a file. Past `memory` it spills; `threads` None: one per core.

    As many `hands` read blocks at once; None: one for each thread.
    """

    memory: str = "750MB"
    threads: int | None = None
    bounds: Bounds = Bounds()  # noqa: RUF009 - frozen
    hands: int | None = None

    @classmethod
    def within(cls, megabytes: int, threads: int | None, bounds: Bounds) -> "Limits":
        """Limits that keep the whole measurement, Python and its libraries included, to so many megabytes.

        On a machine of many cores it is memory that bounds the hands: half of what is left goes to them at most.
        """
        left = megabytes - _PYTHON_MB - _LEAST_MB
        hands = max(1, min(threads or os.cpu_count() or 1, left // 2 // _HAND_MB))
        memory = max(_LEAST_MB, megabytes - _PYTHON_MB - hands * _HAND_MB)
        return cls(f"{memory}MB", threads, bounds, hands)


@dataclass(frozen=True)
class Crew:
    """The engine, and more connections to it, one for each hand: what one of them makes, each of them sees.

    They read what lies on the `shelf`.
    """

    engine: Any
    hands: tuple[Any, ...]
    shelf: Shelf


@contextmanager
def engine(spill: Path, limits: Limits) -> Iterator[Any]:
    """An Ibis backend for the length of the block; what it spilled is gone afterwards."""
    with crew(spill, limits) as found:
        yield found.engine


@contextmanager
def crew(spill: Path, limits: Limits) -> Iterator[Crew]:
    """The same, for whoever puts several questions at once."""
    options: dict[str, Any] = {
        "memory_limit": limits.memory,
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        # Which row of a file comes first never matters here, and keeping order costs memory.
        "preserve_insertion_order": False,
        # A place of the shelf is laid anew with each block.
        "enable_external_file_cache": False,
    }
    if limits.threads is not None:
        options["threads"] = limits.threads
    backend = Duck().connect(":memory:", **options)
    shelf = Shelf()
    backend.con.register_filesystem(shelf)
    hands = tuple(_hand(backend) for _ in range(limits.hands or limits.threads or os.cpu_count() or 1))
    backend.raw_sql("SET lock_configuration = true")
    try:
        with _heap_at_rest():
            yield Crew(backend, hands, shelf)
    finally:
        for hand in hands:
            hand.close()
        backend.disconnect()


@contextmanager
def _heap_at_rest() -> Iterator[None]:
    """Keep the collector of garbage from what stands in memory. Ibis makes so many small objects for each statement
    that all libraries would be looked through again and again, and these are no garbage.
    """
    if gc.get_freeze_count():  # somebody does so already, and for longer
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _hand(backend: Any) -> Any:
    """One more connection, with the settings that Ibis gives its own."""
    hand = backend.con.cursor()
    hand.execute("SET TimeZone = 'UTC'")
    hand.execute("SET python_enable_replacements = false")
    return hand


def shared(engine: Any, name: str, rows: Any) -> None:
    """Make a table out of Arrow's, in which each connection of a crew reads and writes; Ibis's own belong to one."""
    engine.con.register(f"{name} rows", rows)
    engine.con.execute(f'CREATE TABLE "{name}" AS FROM "{name} rows"')
    engine.con.unregister(f"{name} rows")


def made(engine: Any, rows: Any, what: str) -> Any:
    """The rows of an expression, worked out once, as a table under a name of its own."""
    return engine.create_table(ibis.util.gen_name(what), rows, temp=True)


def in_order() -> Any:
    """The place of a row in the order in which the engine reads one block: 1, 2, ..."""
    return ibis.row_number().over(ibis.window()) + 1


@dataclass(frozen=True)
class Engines:
    """What a measurement runs on: a `crew` reads the files of this machine, `counts` answers. DuckDB alone is both."""

    crew: Crew
    counts: Any
    #: Gives a table of the one as a table of the other; nothing, where there is none.
    over: Callable[[Any | None], Any] = lambda table: table

    @property
    def apart(self) -> bool:
        """Whether what counts is another engine than the one that reads here."""
        return self.counts is not self.crew.engine


@contextmanager
def alone(folder: Path, limits: Limits) -> Iterator[Engines]:
    """DuckDB for everything, spilling into a private folder."""
    with crew(folder / "spill", limits) as found:
        yield Engines(found, found.engine)


def column_at(table: Any, path: str) -> Any:
    """The column at a path: a name as it stands there, or one that leads on into structs and lists."""
    if path in table.columns:
        return table[path]
    first, *deeper = keys_of(path)
    column = table[first]
    for key in deeper:
        column = column[key]
    return column
