"""NDJSON logs: one JSON object in each line. A line that is none becomes a row of nulls, and is counted as a gap.

Where an object says a name twice, its first value counts, as the engine has it (RFC 8259, 4, leaves it open).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.sources.bounds import Bounds
from tocsin.sources.engine import column_at
from tocsin.sources.files import File, engine_path
from tocsin.sources.lines import Lines, Rejects, beginning
from tocsin.sources.missing import refuse_unnamed
from tocsin.sources.unpacking import Content

FORMATS = ("ndjson",)
#: The field in which the gate writes the number of each line. It comes first: another of its name does not count.
_NUMBER = "tocsin line"
#: How many lines of each file are looked at to learn the names of the fields.
_LOOKED_AT = 1000
#: Bytes of the longest object that the engine reads by itself.
_LONGEST = 16 << 20
#: Bytes that begin no object and are no part of one: the engine passes over lines of nothing else.
_BLANK = b" \t\r\v\f"
#: Half of a surrogate pair, escaped; and every escape in turn, whole pairs first and `\\` before what follows it.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL
)


def read(engine: Any, source: str, files: Sequence[File], fields: Mapping[str, str], _: str) -> Any:
    """A table with the columns `fields` names (ours, as text) and `file`, the path that each row was read from.

    `line` is the number of the row's line where all files are numbered; null where the line is no JSON.
    """
    refuse_unnamed(source, files[0].name, fields, _field_names(files, set(fields.values())))
    return objects(engine, files, fields)


def objects(engine: Any, files: Sequence[File], fields: Mapping[str, str]) -> Any:
    """The same, whether or not any object has these fields."""
    alike: dict[tuple[str, bool], list[File]] = {}
    for file in files:
        alike.setdefault((file.packing, file.numbered), []).append(file)
    parts = []
    for (packing, numbered), these in alike.items():
        columns = _columns(fields.values())
        table = engine.read_json(
            [engine_path(file) for file in these],
            format="newline_delimited",
            # Left to itself, the engine takes a first line that is no object for a list of values.
            records="true",
            columns={_NUMBER: "BIGINT", **columns} if numbered else columns,
            maximum_object_size=max(_LONGEST, *(file.survey.longest for file in these)),
            compression=packing,
            ignore_errors=True,
            filename=True,
        )
        numbers = {"line": table[_NUMBER]} if numbered else {}
        found = {ours: column_at(table, path) for ours, path in fields.items()}
        parts.append(table.select(file=table.filename, **found, **numbers))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def numbered(lines: Lines, _: str, rejects: Rejects) -> Iterator[tuple[bytes, int]]:
    """Objects with the numbers of their lines in front, and how many each text holds.

    No half of a surrogate pair is left in them: the engine gives up a whole line for one in any field, even one that a
    client fills as it likes. What is no object is a reject; so is what is no JSON, and the engine has the last word.
    """
    for batch in lines:
        found = []
        for number, line in enumerate(batch.lines, batch.first):
            text = line.strip(_BLANK)
            if text.startswith(b"{"):
                text = whole(text)
                found.append(with_number(number, text))
                if not _is_json(text):
                    rejects.suspect(number)
            elif text:
                rejects.add("no JSON object", number)
        yield b"".join(found), len(found)


def whole(text: bytes) -> bytes:
    """JSON without halves of surrogate pairs."""
    return _ESCAPES.sub(_whole_character, text) if _SURROGATE.search(text) else text


def with_number(number: int, text: bytes) -> bytes:
    """An object as a line, with its number in front."""
    rest = text[1:].lstrip(_BLANK)
    return b'{"%b":%d%b%b\n' % (_NUMBER.encode(), number, b"" if rest.startswith(b"}") else b",", rest)


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text, parse_int=str)  # whatever a number is, it is one
    except (ValueError, RecursionError):
        return False
    return True


def _whole_character(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if _SURROGATE.fullmatch(escape[0]) else escape[0]


def _field_names(files: Sequence[File], wanted: set[str]) -> set[str]:
    """Names of fields in the first lines, until all that are wanted were seen; and those that occur later."""
    names: set[str] = set()
    for file in files:
        for line in beginning(file.read_from, file.packing, _LOOKED_AT, Bounds()):
            try:
                names.update(_paths(json.loads(line, parse_int=str)))
            except (ValueError, RecursionError):
                continue
            if wanted <= names:
                return names
    return names | _occurring(files, wanted - names)


def _occurring(files: Iterable[File], wanted: set[str]) -> set[str]:
    """Which of the wanted fields are spelt anywhere at all: a seldom-used one may first occur in the last line."""
    left = {path: {b'"%b"' % name.encode() for name in path.split(".")} for path in wanted}
    longest = max((len(name) for names in left.values() for name in names), default=0)
    for file in files:
        before = b""
        for block in Content(file.read_from, file.packing, Bounds()):
            text = before + block
            left = {path: {name for name in names if name not in text} for path, names in left.items()}
            if not any(left.values()):
                return wanted
            before = text[-longest:]
    return {path for path, names in left.items() if not names}


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
