"""A question as each hand puts it to blocks, and what came of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LogSource
from tocsin.scoping.forms import Forms
from tocsin.scoping.requests import counted_in_block, judged, kept, pointers, rest, seen
from tocsin.scoping.spans import Span
from tocsin.sources.blocks import Shape
from tocsin.sources.clocks import set_right
from tocsin.sources.engine import Crew, shared
from tocsin.sources.logs import Only, understood

#: What the rows of a block that are not kept are counted by: slot, later slot, why unplaced, whether blind.
Volume = tuple[int | None, int | None, str | None, bool]


@dataclass(frozen=True)
class Counted:
    """The rows of a block: all, those that are left aside by volume, and the numbers of those that may be kept.

    `lost` are the numbers of rows without a moment. `unnumbered` rows have not even a number: the engine has read
    nothing of them. `spans` are slots with the numbers of their first rows and their last, where an order is declared.
    Numbers are those that the block gives, of the file behind the gate, else counted from its first row.
    """

    rows: int
    volumes: Counter[Volume]
    picks: bool
    picked: Sequence[int]
    lost: Sequence[int]
    unnumbered: int
    spans: Sequence[Span] = ()


@dataclass(frozen=True)
class Laid:
    """Lines of a file, laid before a hand. Their rows have `numbers`, or else their places and so many `before`."""

    shape: Shape
    text: bytes
    file: str
    before: int = 0
    numbers: Sequence[int] | None = None


NOTHING = Counted(0, Counter(), picks=False, picked=(), lost=(), unnumbered=0)


class Asks(Protocol):
    """What a pass does with the rows of a block: look at them, and then keep some."""

    def look(self, hand: int, shape: Shape, text: bytes, /) -> Counted:
        """Count the rows of a block."""

    def keep(self, hand: int, laid: Laid, /) -> Counter[Volume]:
        """Keep what is to be kept of rows that were picked, and count the others."""

    def table(self, volumes: Mapping[tuple[str, Volume], int], /) -> Any | None:
        """What was kept, beside the volumes of the rows that were not, by file; None where nothing was."""


class Asked:
    """A question to one source. What is kept of all its blocks stands in one table of the engine."""

    def __init__(self, crew: Crew, question: Question, source: LogSource, until: int) -> None:
        self.crew, self.question, self.source, self.until = crew, question, source, until
        self._only = pointers(question, source)
        self._table = ibis.util.gen_name("pass")
        self._schema: Any = None
        self._forms = Forms(crew, source, self._statements)

    def look(self, hand: int, shape: Shape, text: bytes) -> Counted:
        """Count the rows of a block."""
        form = self._forms.lay(hand, shape, text)
        return _counted(self.crew.hands[hand].execute(f'EXECUTE "{form.name} look"').fetchall())

    def keep(self, hand: int, laid: Laid) -> Counter[Volume]:
        """Keep what is to be kept of rows that were picked, and count the others."""
        form, at = self._forms.lay(hand, laid.shape, laid.text), self.crew.hands[hand]
        file = laid.file.replace("'", "''")
        numbers = "NULL" if laid.numbers is None else list(laid.numbers)
        at.execute(f"EXECUTE \"{form.name} keep\" ('{file}', {laid.before}, {numbers})")
        if "rest" not in form.asked:
            return Counter()
        return _counted(at.execute(f'EXECUTE "{form.name} rest"').fetchall()).volumes

    def table(self, volumes: Mapping[tuple[str, Volume], int]) -> Any | None:
        """What was kept, beside the volumes of the rows that were not, by file; None where nothing was asked."""
        if self._schema is None:
            return None
        named = {
            "file": pa.array([file for file, _ in volumes], pa.string()),
            "slot": pa.array([slot for _, (slot, _, _, _) in volumes], pa.int64()),
            "later": pa.array([later for _, (_, later, _, _) in volumes], pa.int64()),
            "unplaced": pa.array([why for _, (_, _, why, _) in volumes], pa.string()),
            "blind": pa.array([blind for _, (_, _, _, blind) in volumes], pa.bool_()),
            "n": pa.array(volumes.values(), pa.int64()),
        }
        self.crew.engine.insert(self._table, rest(ibis.memtable(pa.table(named)), self._schema))
        return self.crew.engine.table(self._table)

    def _statements(self, block: Any, shape: Shape) -> dict[str, str]:
        """The first look at blocks of a shape, what is kept of what it picks, and how the rest of that is counted.

        In one that went through the gate every row is looked at as a whole: then nothing is left.
        """
        only = None if shape.numbered else self._only
        rows = judged(self._understood(block, only), self.question, self.source)
        in_order = self.source.in_order_within is not None
        found, left = kept(rows), counted_in_block(rows, in_order=in_order)
        if self._schema is None:
            self._schema = found.schema()
            shared(self.crew.engine, self._table, self._schema.to_pyarrow().empty_table())
        written = self._forms.statement
        keep = (
            f'INSERT INTO "{self._table}" SELECT * REPLACE (CAST($1 AS VARCHAR) AS file,'  # noqa: S608 - names of ours
            f" {_numbered('first')}, {_numbered('last')}) FROM ({written(found)})"
        )
        if only is None:
            return {"look": written(left), "keep": keep}
        log = seen(self._understood(block))
        look = counted_in_block(log.mutate(kept=only.holds(log)), in_order=in_order)
        return {"look": written(look), "keep": keep, "rest": written(left)}

    def _understood(self, block: Any, only: Only | None = None) -> Any:
        return set_right(understood(block, self.source, self.until, only=only), self.source)


def _numbered(edge: str) -> str:
    """An edge of the rows that are alike, with the line of the file in place of the one of the block."""
    line = f'coalesce(CAST($3 AS BIGINT[])["{edge}".line], "{edge}".line + CAST($2 AS BIGINT))'
    return f'CASE WHEN "{edge}" IS NOT NULL THEN struct_pack("at" := "{edge}"."at", line := {line}) END AS "{edge}"'


def _counted(rows: Sequence[tuple[Any, ...]]) -> Counted:
    volumes = Counter[Volume]()
    total, unnumbered, picks, picked, lost = 0, 0, False, list[int](), list[int]()
    spans = list[Span]()
    for slot, later, unplaced, blind, is_kept, n, without_number, lines, *edges in rows:
        total, unnumbered = total + n, unnumbered + without_number
        if is_kept:
            picks = True
            picked += lines or ()
        else:
            volumes[slot, later, unplaced, blind] = n
        if slot is None and unplaced is None:
            lost += lines or ()
        # Of a row whose clock showed its moment twice, nobody knows the place.
        if edges and None not in edges and slot is not None and later is None:
            spans.append((slot, edges[0], edges[1]))
    return Counted(total, volumes, picks, sorted(picked), sorted(lost), unnumbered, spans)
