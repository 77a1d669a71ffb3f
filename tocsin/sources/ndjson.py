"""NDJSON logs: one JSON object in each line. A line that is none becomes a row of nulls, and is counted as a gap.

Where an object says a name twice, its first value counts, as the engine has it (RFC 8259, 4, leaves it open).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.sources.blocks import Shape
from tocsin.sources.bounds import Bounds
from tocsin.sources.engine import in_order
from tocsin.sources.files import File, engine_path
from tocsin.sources.jsonpaths import keys_of, names_of, pointer
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


_extracted = ibis.udf.scalar.builtin(
    lambda value, paths: None,
    name="json_extract_string",
    signature=(("json", "array<string>"), "array<string>"),
)


def read(engine: Any, source: str, files: Sequence[File], fields: Mapping[str, str], _: str) -> Any:
    """A table with the columns `fields` names (ours, as text) and `file`, the path that each row was read from.

    `line` is the number of the row's line where all files are numbered; null where the line is no JSON.
    """
    refuse_unknown(source, files, fields, _)
    return objects(engine, files, fields)


def refuse_unknown(source: str, files: Sequence[File], fields: Mapping[str, str], _: str) -> None:
    """Refused where a declared field is in no object of any file; files without any line lack none."""
    names = {ours: names_of(path) for ours, path in fields.items()}
    known = _field_names(files, set(names.values()))
    if known or any(map(_holds_a_line, files)):
        refuse_unnamed(source, files[0].name, names, known)


def _holds_a_line(file: File) -> bool:
    return any(line.strip() for line in beginning(file.read_from, file.packing, _LOOKED_AT, Bounds()))


def objects(engine: Any, files: Sequence[File], fields: Mapping[str, str]) -> Any:
    """The same, whether or not any object has these fields."""
    alike: dict[tuple[str, bool], list[File]] = {}
    for file in files:
        alike.setdefault((file.packing, file.numbered), []).append(file)
    parts = []
    for (packing, numbered), these in alike.items():
        longest = max(_LONGEST, *(file.survey.longest for file in these))
        paths = [engine_path(file) for file in these]
        table = _read(engine, paths, fields, longest, numbered=numbered, compression=packing, filename=True)
        numbers = {"line": table[_NUMBER]} if numbered else {}
        parts.append(_found(table, fields, file=table.filename, **numbers))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def in_block(engine: Any, address: str, shape: Shape, fields: Mapping[str, str]) -> Any:
    """The columns of the objects in a block, and `line`."""
    longest = max(_LONGEST, 2 * shape.longest)
    table = _read(engine, [address], fields, longest, numbered=shape.numbered, compression="uncompressed")
    return _found(table, fields, line=table[_NUMBER] if shape.numbered else in_order())


def _read(
    engine: Any,
    paths: Sequence[str],
    fields: Mapping[str, str],
    longest: int,
    *,
    numbered: bool,
    **other: Any,
) -> Any:
    columns = _columns(fields.values())
    return engine.read_json(
        paths,
        format="newline_delimited",
        # Left to itself, the engine takes a first line that is no object for a list of values.
        records="true",
        columns={_NUMBER: "BIGINT", **columns} if numbered else columns,
        maximum_object_size=longest,
        ignore_errors=True,
        hive_partitioning=False,
        **other,
    )


def _found(table: Any, fields: Mapping[str, str], **beside: Any) -> Any:
    """What the paths lead to. All that lies in one field of an object is looked for at once."""
    deep: dict[str, dict[str, str]] = {}
    plain: dict[str, Any] = {}
    for ours, path in fields.items():
        first, *deeper = keys_of(path)
        if table[first].type().is_json():
            deep.setdefault(str(first), {})[ours] = pointer(tuple(deeper)) if deeper else "$"
        else:
            plain[ours] = table[first]
    table = table.mutate(
        **{f"in {first}": _extracted(table[first], list(paths.values())) for first, paths in deep.items()}
    )
    found = {
        ours: table[f"in {first}"][place] for first, paths in deep.items() for place, ours in enumerate(paths)
    }
    return table.select(**beside, **(plain | found))


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
                if not is_json(text):
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


def is_json(text: bytes) -> bool:
    """Whether a text is JSON, however long its numbers are."""
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
    """The names in a value, those in lists as if these were not there."""
    if isinstance(value, list):
        for inner in value[:_LOOKED_AT]:
            yield from _paths(inner, prefix)
    if isinstance(value, dict):
        for name, inner in value.items():
            yield prefix + name
            yield from _paths(inner, f"{prefix}{name}.")


def _columns(paths: Iterable[str]) -> dict[str, str]:
    """DuckDB types of the top-level fields: text, or JSON where a path leads on. A nested value of another shape than
    the path expects is nothing, and costs its row nothing else.
    """
    types: dict[str, str] = {}
    for first, *deeper in map(keys_of, paths):
        types[str(first)] = "JSON" if deeper or types.get(str(first)) == "JSON" else "VARCHAR"
    return types
