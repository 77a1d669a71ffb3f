"""NDJSON logs: one JSON object in each line. A line that is none becomes a row of nulls, and is counted as a gap."""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from tocsin.sources.engine import column_at
from tocsin.sources.files import File, as_utf8, engine_path, text_lines
from tocsin.sources.missing import refuse_unnamed

FORMATS = ("ndjson",)
#: How many lines are looked at to learn the names of the fields; seldom-used fields must occur among them.
_LOOKED_AT = 1000
#: Half of a surrogate pair, escaped; and every escape in turn, whole pairs first and `\\` before what follows it.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL
)


def read(engine: Any, source: str, files: Sequence[File], fields: Mapping[str, str], _: str) -> Any:
    """A table with the columns `fields` names (ours, as text) and `file`, the path that each row was read from."""
    known = _field_names(files)
    if known:
        refuse_unnamed(source, files[0].name, fields, known)
    table = engine.read_json(
        [engine_path(file) for file in files],
        format="newline_delimited",
        columns=_columns(fields.values()),
        ignore_errors=True,
        filename=True,
    )
    return table.select(
        file=table.filename, **{ours: column_at(table, path) for ours, path in fields.items()}
    )


def repaired(blocks: Iterable[bytes], _: str) -> Iterator[bytes]:
    """Lines that the engine can read: UTF-8 throughout, no byte order mark, no half of a surrogate pair.

    The engine gives up a whole line for one of these in any field, even one that a client fills as it likes.
    """
    mark = BOM_UTF8
    for block in blocks:
        text = as_utf8(block.removeprefix(mark))
        yield _ESCAPES.sub(_whole_character, text) if _SURROGATE.search(text) else text
        mark = b""


def _whole_character(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if _SURROGATE.fullmatch(escape[0]) else escape[0]


def _field_names(files: Iterable[File]) -> set[str]:
    names: set[str] = set()
    for file in files:
        for line in islice(text_lines(file.read_from), _LOOKED_AT):
            try:
                names.update(_paths(json.loads(line)))
            except (ValueError, RecursionError):
                continue
    return names


def _paths(value: object, prefix: str = "") -> Iterator[str]:
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        yield prefix + name
        yield from _paths(inner, f"{prefix}{name}.")


def _columns(paths: Iterable[str]) -> dict[str, str]:
    """DuckDB types of the top-level fields: text, or a STRUCT that leads to the nested text."""
    tree: dict[str, Any] = {}
    for path in paths:
        branch = tree
        for name in path.split("."):
            branch = branch.setdefault(name, {})
    return {name: _type(inner) for name, inner in tree.items()}


def _type(branch: dict[str, Any]) -> str:
    if not branch:
        return "VARCHAR"
    inner = ", ".join(
        f'"{name.replace(chr(34), chr(34) * 2)}" {_type(deeper)}' for name, deeper in branch.items()
    )
    return f"STRUCT({inner})"
