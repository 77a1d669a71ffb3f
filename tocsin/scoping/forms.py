"""Statements over blocks: written once for each shape of blocks, and prepared once by each hand.

To plan a question costs the engine as much as to answer it for ten thousand rows, so no block is planned for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import ibis  # type: ignore[import-untyped]
from ibis.expr import operations  # type: ignore[import-untyped]

from tocsin.domain.sources import LogSource
from tocsin.sources.blocks import Shape
from tocsin.sources.engine import Crew, shared
from tocsin.sources.logs import open_block
from tocsin.sources.shelf import address


@dataclass(frozen=True)
class Form:
    """What is asked about blocks of one shape: the view of a block, and statements over it by their names."""

    name: str
    view: str
    asked: Mapping[str, str]


class Forms:
    """The forms of one source. `write` gives the statements over the rows of a block of some shape."""

    def __init__(
        self, crew: Crew, source: LogSource, write: Callable[[Any, Shape], Mapping[str, str]]
    ) -> None:
        self.crew, self.source, self._write = crew, source, write
        self._forms: dict[Shape, Form] = {}
        self._prepared: set[tuple[int, str]] = set()
        self._tabled: set[str] = set()
        self._lock = Lock()

    def lay(self, hand: int, shape: Shape, text: bytes) -> Form:
        """Lay a block where the hand looks for it, and see that it knows what is asked."""
        with self._lock:
            form = self._forms.get(shape) or self._formed(shape)
            place = f"{form.name}-{hand}"
            self.crew.shelf.put(place, text)
            if (hand, form.name) not in self._prepared:
                at = self.crew.hands[hand]
                at.execute(form.view.replace(address(form.name), address(place)))
                for name, asked in form.asked.items():
                    at.execute(f'PREPARE "{form.name} {name}" AS {asked}')
                self._prepared.add((hand, form.name))
        return form

    def statement(self, asked: Any) -> str:
        """The statement of an expression, whose values in memory each hand can see by then."""
        # Ibis registers the values of a question with one connection; a table of the engine is seen by all.
        for op in asked.op().find(operations.InMemoryTable):
            if op.name not in self._tabled:
                self._tabled.add(op.name)
                shared(self.crew.engine, op.name, op.data.to_pyarrow(op.schema))
        return str(self.crew.engine.compile(asked))

    def _formed(self, shape: Shape) -> Form:
        engine, name = self.crew.engine, ibis.util.gen_name("block")
        self.crew.shelf.put(name, b"")
        block = open_block(engine, self.source, address(name), shape)
        self._forms[shape] = Form(name, _view_at(engine, address(name)), self._write(block, shape))
        return self._forms[shape]


def _view_at(engine: Any, place: str) -> str:
    """How the engine made its view of an address, to be made so by another connection."""
    rows = engine.con.execute(
        "SELECT sql FROM duckdb_views() WHERE temporary AND contains(sql, ?)", [place]
    ).fetchall()
    return str(rows[0][0])
