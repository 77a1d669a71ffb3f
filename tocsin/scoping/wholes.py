"""A question as it is put to a log that the engine reads as a whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LOG_COLUMNS, LogSource
from tocsin.scoping.requests import by_volume, counted, judged, kept, others, pointers, rest, seen
from tocsin.sources.clocks import set_right
from tocsin.sources.logs import Only

#: The log, of which `only` says which rows are wanted.
Log = Callable[[Only | None], Any]
_TICK = 0.5  # seconds


def passed_over(engine: Any, question: Question, source: LogSource, log: Log, volumes: Any = None) -> Any:
    """What is kept of a log, and the volumes of what is not, as a table. `volumes` are those of the whole log, where
    somebody has counted them.
    """
    only = pointers(question, source)
    if only is None:
        rows = judged(set_right(log(None), source), question, source)
        return _kept(engine, rows, counted(rows))
    some = engine.create_table(ibis.util.gen_name("some"), set_right(log(only), source), temp=True)
    every = by_volume(seen(set_right(log(None), source))) if volumes is None else volumes
    rows = judged(some, question, source)
    return _kept(engine, rows, others(every, seen(some)), counted(rows))


def nothing(engine: Any, question: Question, source: LogSource) -> Any:
    """The same of no row at all."""
    rows = judged(_empty_log(), question, source)
    return _kept(engine, rows, counted(rows))


def _kept(engine: Any, rows: Any, *volumes: Any) -> Any:
    """One table of the rows that are kept, and of volumes."""
    # A pass that failed leaves its table behind, so each has a name of its own.
    name = ibis.util.gen_name("pass")
    table = engine.create_table(name, kept(rows), temp=True)
    for each in volumes:
        counts = engine.create_table(ibis.util.gen_name("volumes"), each, temp=True)
        engine.con.execute(f'INSERT INTO "{name}" {engine.compile(rest(counts, table.schema()))}')
    return table


def _empty_log() -> Any:
    whole = {"at", "again", "status", "bytes", "line"}
    columns = {
        name: pa.array([], pa.int64() if name in whole else pa.string())
        for name in ("file", "again", "unplaced", "line", *LOG_COLUMNS)
    }
    return ibis.memtable(pa.table(columns))


def share_of(engine: Any) -> Callable[[], float]:
    """How much of its question an engine has done."""
    return lambda: float(engine.con.query_progress()) / 100


@contextmanager
def watched(share: Callable[[], float], words: str, progress: Callable[[str, float], None]) -> Iterator[None]:
    """Tell `progress` how far the engine is, now and then, while the block runs."""
    done = Event()

    def tell() -> None:
        while not done.wait(_TICK):
            progress(words, max(0.0, share()))

    teller = Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
    progress(words, 1.0)
