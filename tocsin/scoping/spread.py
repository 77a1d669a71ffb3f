"""A pass whose rows are read by Spark's workers and judged by Spark: by the same readers, and by the same expressions.

A worker takes a file, unpacks and hashes it in one reading, and gives Spark its rows. Which lines are rows is found out
as it is without Spark: a block in which every line is a row with a moment is believed, any other goes through the gate.
So every line is accounted for in the same words, and Spark is asked about rows alone.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from tocsin.domain.errors import Refused
from tocsin.domain.sources import LOG_COLUMNS, LogSource
from tocsin.scoping.accounts import BAD_BYTES, Account, refuse_ours
from tocsin.scoping.asked import Counted, Laid, Volume
from tocsin.scoping.passing import Pass
from tocsin.scoping.requests import SLOT
from tocsin.scoping.spans import spans_of
from tocsin.sources.blocks import Shape
from tocsin.sources.bounds import Bounds
from tocsin.sources.clocks import set_right
from tocsin.sources.engine import Crew, Limits, crew
from tocsin.sources.files import File
from tocsin.sources.gate import formats, through
from tocsin.sources.logs import open_block, open_log, understood
from tocsin.sources.shelf import address

_WHOLE = ("line", "at", "again")
#: A row as a reader understands it; moments are microseconds since 1970.
ROW = pa.schema(
    [
        (name, pa.int64() if name in _WHOLE else pa.string())
        for name in ("file", "line", "again", "unplaced", *LOG_COLUMNS)
    ]
)
_BATCH = 10_000
#: What a worker's DuckDB may take: a block, and what it becomes.
_MEMORY = "256MB"

#: What became of a file, or why its source is refused.
Told = Account | Refused


@dataclass(frozen=True)
class Worker:
    """Reads one file of a source after the other, wherever it is sent: all that it has to know goes with it.

    `folder` holds copies of what is damaged; no row lies after `until`.
    """

    source: LogSource
    files: Sequence[File]
    folder: Path
    bounds: Bounds
    until: int

    def __call__(self, place: int, note: Callable[[Told], None]) -> Iterator[pa.RecordBatch]:
        """The rows of a file, and an account of it when they are told."""
        file, spill = self.files[place], self.folder / f"spill-{self.source.name}-{place}"
        read = self._of_lines if self.source.format in formats() else self._of_table
        try:
            with crew(spill, Limits(_MEMORY, 1, self.bounds)) as found:
                note((yield from read(found, file)))
        except Refused as refused:
            note(refused)

    def _of_lines(self, found: Crew, file: File) -> Generator[pa.RecordBatch, None, Account]:
        rows = _Rows(found, self.source, self.until)
        reading = Pass(found, rows, self.source, self.bounds)
        opened = reading.opened(file)
        for block in opened.blocks:
            reading.read(0, opened, block)
            yield from rows.taken()
        return opened.account()

    def _of_table(self, found: Crew, file: File) -> Generator[pa.RecordBatch, None, Account]:
        """Rows are given only once all of the file could be read; what is damaged, as far as it is sound."""
        account = Account(file, file)
        kept = self._kept(found, file) if file.packing == "none" else None
        if kept is None:
            passed = through(file, self.folder, self.source.format, self.bounds, self.source.fields.mapped())
            kept = self._kept(found, passed.file) if passed.file else None
            fault = passed.fault if passed.file is None or kept is not None else "damaged"
            account = Account(file, passed.file if kept is not None else None, 0, fault, passed.rejects)
        if kept is not None:
            yield from found.engine.con.sql(found.engine.compile(kept)).to_arrow_reader(_BATCH)
        return account

    def _kept(self, found: Crew, file: File) -> Any | None:
        try:
            log = set_right(open_log(found.engine, self.source, [file], self.until), self.source)
            columns = {field.name: log[field.name] for field in ROW}
            return found.engine.create_table(ibis.util.gen_name("rows"), log.select(**columns), temp=True)
        except BAD_BYTES as error:
            refuse_ours(error)
            return None


class _Rows:
    """Every row of a block, in place of the answer to a question (see `asked.Asked`)."""

    def __init__(self, found: Crew, source: LogSource, until: int) -> None:
        self.crew, self.source, self.until = found, source, until
        self._statements: dict[Shape, tuple[str, str]] = {}
        self._rows = ROW.empty_table()
        self._kept: list[pa.Table] = []

    def look(self, _: int, shape: Shape, text: bytes) -> Counted:
        """Read the rows of a block, and count them."""
        place, statement = self._statements.get(shape) or self._stated(shape)
        self.crew.shelf.put(place, text)
        self._rows = rows = self.crew.engine.con.sql(statement).to_arrow_table().cast(ROW)
        lost = pc.and_(pc.is_null(rows["at"]), pc.is_null(rows["unplaced"]))
        lines = rows["line"].filter(lost).drop_null().to_pylist()
        every = range(1, len(rows) + 1)
        in_order = self.source.in_order_within is not None
        spans = spans_of(rows.append_column("slot", pc.divide(rows["at"], SLOT)), "again") if in_order else ()
        return Counted(
            len(rows), Counter(), bool(every), every, sorted(lines), rows["line"].null_count, spans
        )

    def keep(self, _: int, laid: Laid) -> Counter[Volume]:
        """Keep the rows that were looked at last."""
        rows = self._rows.set_column(0, "file", pa.repeat(laid.file, len(self._rows)))
        self._kept.append(rows.set_column(1, "line", pc.add(rows["line"], laid.before)))
        return Counter()

    def table(self, _: Mapping[tuple[str, Volume], int]) -> None:
        """Nothing stays here."""

    def taken(self) -> Iterator[pa.RecordBatch]:
        """What was kept since it was taken last."""
        kept, self._kept = self._kept, []
        for table in kept:
            yield from table.to_batches(_BATCH)

    def _stated(self, shape: Shape) -> tuple[str, str]:
        place = ibis.util.gen_name("block")
        self.crew.shelf.put(place, b"")
        block = open_block(self.crew.engine, self.source, address(place), shape)
        log = set_right(understood(block, self.source, self.until), self.source)
        columns = [log[field.name].cast("int64" if field.name in _WHOLE else "string") for field in ROW]
        self._statements[shape] = place, self.crew.engine.compile(log.select(*columns))
        return self._statements[shape]


def spread(spark: Any, worker: Worker, judged: Callable[[Any], Any]) -> tuple[Any, list[Account]]:
    """What is judged of the rows of all files, as a table of Spark, and an account of each file.

    Refused where a worker refuses a file.
    """
    log, told = spark.spread(worker, len(worker.files), ROW)
    rows = spark.create_table(ibis.util.gen_name("pass"), judged(log), temp=True)
    accounts = [told()[place] for place in range(len(worker.files))]
    for each in accounts:
        if isinstance(each, Refused):
            raise each
    return rows, accounts
