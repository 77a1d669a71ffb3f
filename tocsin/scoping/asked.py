"""A question as each hand puts it to a block: compiled once for each shape of blocks, and prepared once by each hand.

To plan a question costs the engine as much as to answer it for ten thousand rows, so no block is planned for.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
from ibis.expr import operations  # type: ignore[import-untyped]

from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LogSource
from tocsin.scoping.requests import counted_in_block, judged, kept, pointers, rest, seen
from tocsin.sources.blocks import Shape
from tocsin.sources.clocks import set_right
from tocsin.sources.engine import Crew, shared
from tocsin.sources.logs import Only, open_block, understood
from tocsin.sources.shelf import address

#: What the rows of a block that are not kept are counted by: hour, later hour, why unplaced, whether blind.
Volume = tuple[int | None, int | None, str | None, bool]


@dataclass(frozen=True)
class Counted:
    """The rows of a block: all, those that are left aside by volume, and the numbers of those that may be kept.

    `lost` are the numbers of rows without a moment. `unnumbered` rows have not even a number: the engine has read
    nothing of them.
    """

    rows: int
    volumes: Counter[Volume]
    picks: bool
    picked: Sequence[int]
    lost: Sequence[int]
    unnumbered: int


NOTHING = Counted(0, Counter(), picks=False, picked=(), lost=(), unnumbered=0)


@dataclass(frozen=True)
class _Form:
    """A question in the engine's words: the view of a block, the first look at it, and what is done with what it picks:
    what of it is kept, and how the rest is counted, where any is left.
    """

    name: str
    view: str
    look: str
    keep: str
    rest: str | None


class Asks(Protocol):
    """What a pass does with the rows of a block: look at them, and then keep some."""

    def look(self, hand: int, shape: Shape, text: bytes, /) -> Counted:
        """Count the rows of a block."""

    def keep(
        self,
        hand: int,
        shape: Shape,
        text: bytes,
        file: str,
        before: int = 0,
        numbers: Sequence[int] | None = None,
        /,
    ) -> Counter[Volume]:
        """Keep what is to be kept of rows that were picked, and count the others.

        The rows have `numbers`, or else their places and so many `before`.
        """

    def table(self, volumes: Mapping[tuple[str, Volume], int], /) -> Any | None:
        """What was kept, beside the volumes of the rows that were not, by file; None where nothing was."""


class Asked:
    """A question to one source. What is kept of all its blocks stands in one table of the engine."""

    def __init__(self, crew: Crew, question: Question, source: LogSource, until: int) -> None:
        self.crew, self.question, self.source, self.until = crew, question, source, until
        self._only = pointers(question, source)
        self._table = ibis.util.gen_name("pass")
        self._schema: Any = None
        self._forms: dict[Shape, _Form] = {}
        self._prepared: set[tuple[int, str]] = set()
        self._tabled: set[str] = set()
        self._lock = Lock()

    def look(self, hand: int, shape: Shape, text: bytes) -> Counted:
        """Count the rows of a block."""
        form = self._lay(hand, shape, text)
        return _counted(self.crew.hands[hand].execute(f'EXECUTE "{form.name} look"').fetchall())

    def keep(
        self,
        hand: int,
        shape: Shape,
        text: bytes,
        file: str,
        before: int = 0,
        numbers: Sequence[int] | None = None,
    ) -> Counter[Volume]:
        """Keep what is to be kept of rows that were picked, and count the others.

        The rows have `numbers`, or else their places and so many `before`.
        """
        form, at = self._lay(hand, shape, text), self.crew.hands[hand]
        quoted = file.replace("'", "''")
        listed = "NULL" if numbers is None else list(numbers)
        at.execute(f"EXECUTE \"{form.name} keep\" ('{quoted}', {before}, {listed})")
        if form.rest is None:
            return Counter()
        return _counted(at.execute(f'EXECUTE "{form.name} rest"').fetchall()).volumes

    def table(self, volumes: Mapping[tuple[str, Volume], int]) -> Any | None:
        """What was kept, beside the volumes of the rows that were not, by file; None where nothing was asked."""
        if self._schema is None:
            return None
        named = {
            "file": pa.array([file for file, _ in volumes], pa.string()),
            "hour": pa.array([hour for _, (hour, _, _, _) in volumes], pa.int64()),
            "later": pa.array([later for _, (_, later, _, _) in volumes], pa.int64()),
            "unplaced": pa.array([why for _, (_, _, why, _) in volumes], pa.string()),
            "blind": pa.array([blind for _, (_, _, _, blind) in volumes], pa.bool_()),
            "n": pa.array(volumes.values(), pa.int64()),
        }
        self.crew.engine.insert(self._table, rest(ibis.memtable(pa.table(named)), self._schema))
        return self.crew.engine.table(self._table)

    def _lay(self, hand: int, shape: Shape, text: bytes) -> _Form:
        """Lay a block where the hand looks for it, and see that it knows what is asked."""
        with self._lock:
            form = self._forms.get(shape) or self._formed(shape)
            place = f"{form.name}-{hand}"
            self.crew.shelf.put(place, text)
            if (hand, form.name) not in self._prepared:
                at = self.crew.hands[hand]
                at.execute(form.view.replace(address(form.name), address(place)))
                for name in ("look", "keep", "rest"):
                    if asked := getattr(form, name):
                        at.execute(f'PREPARE "{form.name} {name}" AS {asked}')
                self._prepared.add((hand, form.name))
        return form

    def _formed(self, shape: Shape) -> _Form:
        """The question to blocks of a shape. In one that went through the gate every row is looked at as a whole."""
        engine, name = self.crew.engine, ibis.util.gen_name("block")
        self.crew.shelf.put(name, b"")
        only = None if shape.numbered else self._only
        block = open_block(engine, self.source, address(name), shape)
        rows = judged(self._understood(block, only), self.question, self.source)
        found, left = kept(rows), counted_in_block(rows)
        look = left
        if only is not None:
            log = seen(self._understood(block))
            look = counted_in_block(log.mutate(kept=only(log)))
        for asked in (look, found, left):
            self._share(asked)
        if self._schema is None:
            self._schema = found.schema()
            shared(engine, self._table, self._schema.to_pyarrow().empty_table())
        keep = (
            f'INSERT INTO "{self._table}" SELECT * REPLACE (CAST($1 AS VARCHAR) AS file,'  # noqa: S608 - names of ours
            f" {_numbered('first')}, {_numbered('last')}) FROM ({engine.compile(found)})"
        )
        remaining = None if only is None else engine.compile(left)
        self._forms[shape] = _Form(
            name, _view_at(engine, address(name)), engine.compile(look), keep, remaining
        )
        return self._forms[shape]

    def _understood(self, block: Any, only: Only | None = None) -> Any:
        return set_right(understood(block, self.source, self.until, only=only), self.source)

    def _share(self, asked: Any) -> None:
        """Ibis registers the values of a question with one connection; a table of the engine is seen by all."""
        for op in asked.op().find(operations.InMemoryTable):
            if op.name not in self._tabled:
                self._tabled.add(op.name)
                shared(self.crew.engine, op.name, op.data.to_pyarrow(op.schema))


def _numbered(edge: str) -> str:
    """An edge of the rows that are alike, with the line of the file in place of the one of the block."""
    line = f'coalesce(CAST($3 AS BIGINT[])["{edge}".line], "{edge}".line + CAST($2 AS BIGINT))'
    return f'CASE WHEN "{edge}" IS NOT NULL THEN struct_pack("at" := "{edge}"."at", line := {line}) END AS "{edge}"'


def _counted(rows: Sequence[tuple[Any, ...]]) -> Counted:
    volumes = Counter[Volume]()
    total, unnumbered, picks, picked, lost = 0, 0, False, list[int](), list[int]()
    for hour, later, unplaced, blind, is_kept, n, without_number, lines in rows:
        total, unnumbered = total + n, unnumbered + without_number
        if is_kept:
            picks = True
            picked += lines or ()
        else:
            volumes[hour, later, unplaced, blind] = n
        if hour is None and unplaced is None:
            lost += lines or ()
    return Counted(total, volumes, picks, sorted(picked), sorted(lost), unnumbered)


def _view_at(engine: Any, place: str) -> str:
    """How the engine made its view of an address, to be made so by another connection."""
    rows = engine.con.execute(
        "SELECT sql FROM duckdb_views() WHERE temporary AND contains(sql, ?)", [place]
    ).fetchall()
    return str(rows[0][0])
