"""The shape of an Ibis expression: all that decides its statement, but for the names that tables got by chance.

Two expressions of one shape have the same statement, with the tables of the one in place of those of the other. Rows of
tables in memory, such as those that hold indicators, are no part of a shape.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import ibis.expr.operations as ops  # type: ignore[import-untyped]
from ibis.common.graph import Graph, Node  # type: ignore[import-untyped]
from ibis.expr.operations.udf import InputType  # type: ignore[import-untyped]

#: So many statements are kept, those that were asked for last.
KEPT = 1000
#: A name as `ibis.util.gen_name` makes it.
_BY_CHANCE = re.compile(r"ibis_\w+_[a-z2-7]{26}")
_IN_STATEMENT = re.compile(f'"({_BY_CHANCE.pattern})"')
#: What reaches outside of what an expression says, as functions of ours would; those of the engine are names.
_OUTSIDE = (ops.SQLQueryResult, ops.SQLStringView, ops.ScalarParameter)
_FUNCTIONS = (ops.ScalarUDF, ops.AggUDF)

_written: dict[Hashable, tuple[str, tuple[str, ...]]] = {}
_writing = Lock()


@dataclass(frozen=True)
class Shape:
    """What an expression says, the names by chance in the order in which they stand in it, and its tables in memory."""

    key: Hashable
    names: tuple[str, ...]
    in_memory: tuple[Any, ...]

    @classmethod
    def of(cls, root: Any) -> "Shape | None":
        """The shape of an operation; None where it reaches outside."""
        nodes, _ = Graph.from_bfs(root).toposort()
        places: dict[Any, int] = {}
        names: dict[Hashable, int] = {}
        parts: list[Hashable] = []
        for node in nodes:
            if isinstance(node, _OUTSIDE) or _is_ours(node):
                return None
            parts.append((type(node), *_said(node, places, names)))
            places[node] = len(places)
        in_memory = tuple(node for node in nodes if isinstance(node, ops.InMemoryTable))
        return cls(tuple(parts), tuple(name for name in names if isinstance(name, str)), in_memory)


def _said(node: Any, places: Mapping[Any, int], names: dict[Hashable, int]) -> tuple[Any, ...]:
    """What a node says beside its kind: its arguments, with other nodes by their places."""
    if isinstance(node, ops.DatabaseTable):
        return _named(node.name, names), node.schema, node.namespace
    if isinstance(node, ops.InMemoryTable):
        return _named(node.name, names), node.schema
    if isinstance(node, ops.Literal):
        # By their types too: what is equal need not be written alike.
        return type(node.value), repr(node.value), node.dtype
    if isinstance(node, ops.SelfReference):
        return places[node.parent], names.setdefault((node.identifier,), len(names))
    return tuple(_placed(each, places) for each in node.__args__)


def _is_ours(node: Any) -> bool:
    return isinstance(node, _FUNCTIONS) and node.__input_type__ is not InputType.BUILTIN


def _named(name: str, names: dict[Hashable, int]) -> Hashable:
    return names.setdefault(name, len(names)) if _BY_CHANCE.fullmatch(name) else name


def _placed(said: Any, places: Mapping[Any, int]) -> Hashable:
    if isinstance(said, Node):
        return Node, places[said]
    if isinstance(said, tuple):
        return tuple(_placed(each, places) for each in said)
    if isinstance(said, Mapping):
        return tuple((name, _placed(each, places)) for name, each in said.items())
    return said  # type: ignore[no-any-return]


def written(shape: Shape, write: Callable[[], str]) -> str:
    """The statement of this shape; `write` writes it where none of the shape was kept."""
    with _writing:
        if found := _written.pop(shape.key, None):
            _written[shape.key] = found
    if found is None:
        statement = write()
        with _writing:
            _written[shape.key] = statement, shape.names
            while len(_written) > KEPT:
                del _written[next(iter(_written))]
        return statement
    statement, names = found
    now = dict(zip(names, shape.names, strict=True))
    return _IN_STATEMENT.sub(lambda name: f'"{now[name[1]]}"', statement)
