"""Rows of files as they are kept: one sheet of Parquet for each file, written by several hands, block by block."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow.parquet import ParquetWriter  # type: ignore[import-untyped]

from tocsin.domain.sources import LogSource
from tocsin.scoping.accounts import BAD_BYTES, judge, refuse_ours
from tocsin.scoping.asked import NOTHING, Counted
from tocsin.scoping.forms import Forms
from tocsin.scoping.hands import Hands
from tocsin.scoping.requests import SLOT
from tocsin.scoping.spans import Span, spans_of, widen
from tocsin.scoping.supply import Opened
from tocsin.sources.blocks import Block, Shape
from tocsin.sources.bounds import Bounds
from tocsin.sources.caches import Card, Desk
from tocsin.sources.clocks import set_right
from tocsin.sources.engine import Crew
from tocsin.sources.files import File
from tocsin.sources.lines import Rejects
from tocsin.sources.logs import told_columns, understood
from tocsin.sources.times import unsettled

#: Slot, later slot, and why unplaced; and the columns in which these stand, the first two for no more than to count by.
Volume = tuple[int | None, int | None, str | None]
_COUNTED = ["slot", "later"]
#: Columns of which nearly every row has a value of its own: to look each up in a list costs more than it saves.
_MANY = ("token", "session")


class Sheets:
    """The sheets of some files of a source, by their paths. No row is later than `until` (microseconds)."""

    def __init__(
        self, crew: Crew, desk: Desk, source: LogSource, until: int, bounds: Bounds, names: Mapping[str, str]
    ) -> None:
        self.crew, self.source, self.until = crew, source, until
        self._hands = Hands(crew, source, bounds)
        self._forms = Forms(crew, source, self._statements)
        self._books = Lock()
        self._sheets = {path: _Sheet(desk.rows(name)) for path, name in names.items()}

    def written(self, files: Sequence[File], told: Callable[[int, int], None]) -> list[tuple[Opened, Card]]:
        """Write the rows of the files, and give the card of each."""
        return [(opened, self._card(opened)) for opened in self._hands.through(files, self, told)]

    def size(self) -> int:
        """Bytes that were written."""
        return sum(sheet.sink.tell() for sheet in self._sheets.values())

    def close(self) -> None:
        """Give up what was not written to its end."""
        for sheet in self._sheets.values():
            with suppress(OSError, pa.ArrowException):
                sheet.close()

    def read(self, hand: int, opened: Opened, block: Block) -> None:
        """Write the rows of a block; through the gate, where the engine alone does not find them all."""
        rejects, lost = Rejects(), list[int]()
        odd = block.numbered or block.rejects.total()
        rows = None if odd else self._rows(hand, block, block.text, numbered=False)
        if rows is None or rows.num_rows != block.lines or _without_moment(rows).num_rows:
            text, lines = self._hands.numbered(block)
            rows, rejects = self._rows(hand, block, text, numbered=True), block.rejects
            if rows is None:
                judge(block, NOTHING, lines)
            else:
                lost = sorted(_without_moment(rows)["line"].drop_null().to_pylist())
                found = Counted(rows.num_rows, Counter(), False, (), lost, rows["line"].null_count)
                judge(block, found, lines)
        spans: Sequence[Span] = ()
        if rows is not None:
            spans = spans_of(rows, "later")
            self._sheets[str(opened.file.read_from)].add(rows)
        with self._books:
            opened.rows += rows.num_rows - len(lost) - rows["line"].null_count if rows is not None else 0
            opened.rejects.gather(rejects)
            widen(opened.spans, spans)

    def end(self, hand: int) -> None:
        """Nothing is left to do: each block is written as it comes."""

    def _rows(self, hand: int, block: Block, text: bytes, *, numbered: bool) -> Any | None:
        """The rows of a block; None where the engine cannot read its bytes."""
        form = self._forms.lay(hand, self._hands.shape(block, numbered=numbered), text)
        before = 0 if numbered else block.first - 1
        try:
            return self.crew.hands[hand].sql(f'EXECUTE "{form.name} rows" ({before})').to_arrow_table()
        except BAD_BYTES as error:
            refuse_ours(error)
            return None

    def _statements(self, block: Any, _: Shape) -> dict[str, str]:
        """The rows of blocks of a shape; of those whose moment may be told otherwise some day, its text too."""
        rows = understood(block, self.source, self.until, written=True)
        text = ibis.ifelse(unsettled(rows, self.until), rows.written, ibis.null("string"))
        right = set_right(rows.mutate(written=text, placed=rows.at, twice=rows.again), self.source)
        moment = {
            "at": right.placed,
            "again": right.twice,
            "slot": right.at // SLOT,
            "later": right.again // SLOT,
        }
        rows = right.select("line", "unplaced", "written", *told_columns(self.source), **moment)
        asked = self._forms.statement(rows)
        return {"rows": f"SELECT * REPLACE (line + CAST($1 AS BIGINT) AS line) FROM ({asked})"}  # noqa: S608 - ours

    def _card(self, opened: Opened) -> Card:
        account, sheet = opened.account(), self._sheets[str(opened.file.read_from)]
        sheet.close()
        return Card(
            rows=account.rows,
            rejects=account.rejects.told(),
            fault=account.fault,
            until=self.until,
            unsettled=sheet.unsettled,
            volumes=list(sheet.volumes.items()),
            stored=sheet.writer is not None,
            spans=[(slot, first, last) for slot, (first, last) in account.spans.items()],
        )


class _Sheet:
    """The rows of one file. Hands take turns."""

    def __init__(self, sink: Any) -> None:
        self.sink, self.unsettled = sink, False
        self.volumes: Counter[Volume] = Counter()
        self.writer: Any = None
        self._lock = Lock()

    def add(self, rows: Any) -> None:
        """Write some rows."""
        volumes, rows = _volumes(rows), rows.drop_columns(_COUNTED)
        with self._lock:
            if self.writer is None:
                few = [name for name in rows.column_names if name not in _MANY]
                self.writer = ParquetWriter(self.sink, rows.schema, compression="lz4", use_dictionary=few)
            self.writer.write_table(rows)
            self.unsettled = self.unsettled or rows["written"].null_count < rows.num_rows
            self.volumes += volumes

    def close(self) -> None:
        """No more rows come."""
        if self.writer is not None:
            self.writer.close()
        self.sink.close()


def _without_moment(rows: Any) -> Any:
    """The rows of which nobody can read when they were."""
    return rows.filter(pc.and_(pc.is_null(rows["at"]), pc.is_null(rows["unplaced"])))


def _volumes(rows: Any) -> Counter[Volume]:
    """How many rows there are of each volume."""
    by = [*_COUNTED, "unplaced"]
    counted = rows.select(by).group_by(by).aggregate([([], "count_all")])
    columns = (counted[name].to_pylist() for name in (*by, "count_all"))
    return Counter({(slot, later, why): n for slot, later, why, n in zip(*columns, strict=True)})
