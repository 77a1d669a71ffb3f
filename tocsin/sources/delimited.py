"""CSV and TSV: a header line, then rows. Nothing is guessed: delimiter and quotes are fixed by RFC 4180."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.errors import Refused
from tocsin.sources.blocks import Block, Blocks, Shape
from tocsin.sources.bounds import Bounds
from tocsin.sources.engine import in_order
from tocsin.sources.files import File, engine_path
from tocsin.sources.lines import Lines, Rejects, beginning
from tocsin.sources.missing import refuse_unnamed
from tocsin.sources.records import Records
from tocsin.sources.survey import SURE
from tocsin.sources.unpacking import Content

FORMATS = ("csv", "tsv")
TABLES = HEADED = True
_DELIMITERS = {"csv": ",", "tsv": "\t"}
#: The column in which the gate writes the number of each line.
_NUMBER = "tocsin line"
#: Rejected rows that the engine remembers: where there are more, the count of lines is wrong, and the gate counts.
_REMEMBERED = 10_000
#: Bytes. The engine wants a buffer to hold several of the longest lines.
_BUFFER = 32 << 20


def read(engine: Any, source: str, files: Sequence[File], fields: Mapping[str, str], kind: str) -> Any:
    """A table with the columns `fields` names (ours, as text) and `file`; `line` too where all files are numbered.

    Files may order their columns differently.
    """
    alike: dict[tuple[Any, ...], list[File]] = {}
    for file, header in _headers(source, files, fields, kind).items():
        alike.setdefault((header, file.packing, file.numbered), []).append(file)
    if not alike:
        raise Refused(f"source {source}: all its files are empty; correct `paths` in sources.yaml")
    parts = []
    for (header, packing, numbered), these in alike.items():
        table = engine.read_csv(
            [engine_path(file) for file in these],
            columns=dict.fromkeys((_NUMBER, *header) if numbered else header, "VARCHAR"),
            auto_detect=False,
            header=True,
            delim=_DELIMITERS[kind],
            quote='"',
            escape='"',
            compression=packing,
            ignore_errors=True,
            store_rejects=True,
            rejects_limit=_REMEMBERED,
            filename=True,
            hive_partitioning=False,
            parallel=not numbered and all(file.survey.longest <= SURE for file in these),
            max_line_size=_longest(these),
            buffer_size=max(_BUFFER, 2 * _longest(these)),
        )
        numbers = {"line": table[_NUMBER].try_cast("int64")} if numbered else {}
        columns = {ours: table[name] for ours, name in fields.items()}
        parts.append(table.select(file=table.filename, **columns, **numbers))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def refuse_unknown(source: str, files: Sequence[File], fields: Mapping[str, str], kind: str) -> None:
    """Refused where a header lacks a declared column; a file without any line lacks none."""
    _headers(source, files, fields, kind)


def _headers(
    source: str, files: Sequence[File], fields: Mapping[str, str], kind: str
) -> dict[File, tuple[str, ...]]:
    """The columns of each file that holds a line."""
    found = {}
    for file in files:
        if header := _header(source, file, _DELIMITERS[kind]):
            refuse_unnamed(source, file.name, fields, header)
            found[file] = header
    return found


def in_block(engine: Any, address: str, shape: Shape, fields: Mapping[str, str]) -> Any:
    """The columns of the rows in a block, and `line`."""
    delimiter = _DELIMITERS[shape.format]
    header = columns_of(shape.header.decode(), delimiter)
    table = engine.read_csv(
        [address],
        columns=dict.fromkeys((_NUMBER, *header) if shape.numbered else header, "VARCHAR"),
        auto_detect=False,
        header=shape.numbered,
        delim=delimiter,
        quote='"',
        escape='"',
        compression="none",
        ignore_errors=True,
        # One thread reads a block from its beginning to its end.
        parallel=False,
        max_line_size=max(2 * SURE, 2 * shape.longest),
        buffer_size=max(_BUFFER, 4 * shape.longest),
    )
    line = table[_NUMBER].try_cast("int64") if shape.numbered else in_order()
    return table.select(line=line, **{ours: table[name] for ours, name in fields.items()})


def blocks(content: Content, bounds: Bounds, kind: str) -> Iterator[Block]:
    """The blocks of a file below its header, which is its first line that is not empty.

    Each row must end: half a value is one, too. A header without its end stands above itself, as a reject.
    """
    header = b""
    for block in Blocks(content, bounds, delimiter=_DELIMITERS[kind].encode(), must_end=True):
        if not header:
            header, _, text = block.text.lstrip(b"\n").partition(b"\n")
            header = header or b"".join(block.rejects.texts.values())
            before = block.text.count(b"\n", 0, len(block.text) - len(text))
            block = replace(block, first=block.first + before, text=text)
        if header and (block.text or block.rejects.total()):
            yield replace(block, header=header)


def _longest(files: Iterable[File]) -> int:
    """Bytes of the longest row that the gate let through, or of the longest that every setting takes."""
    return max(2 * SURE, *(file.survey.longest for file in files if file.numbered), 0)


def numbered(lines: Lines, kind: str, rejects: Rejects) -> Iterator[tuple[bytes, int]]:
    """Rows with the numbers of their lines in front, and how many each text holds; what is no row is a reject."""
    records = None
    delimiter = _DELIMITERS[kind]
    for batch in lines:
        start = 0
        if records is None:
            start = next((place for place, line in enumerate(batch.lines) if line), len(batch.lines)) + 1
            if start > len(batch.lines):
                continue
            header = batch.lines[start - 1]
            width = max(1, len(next(csv.reader([header.decode()], delimiter=delimiter), [])))
            records = Records(header, width, delimiter.encode(), lines.longest, rejects)
            yield _NUMBER.encode() + delimiter.encode() + header + b"\n", 0
        yield records.rows(batch.first + start, batch.lines[start:])
    if records is not None:
        yield records.rest()


def _header(source: str, file: File, delimiter: str) -> tuple[str, ...]:
    first = next((line for line in beginning(file.read_from, file.packing, 1000, Bounds()) if line), None)
    if first is None:
        return ()
    header = columns_of(first, delimiter)
    header = header[1:] if file.numbered else header
    if len(set(header)) < len(header):
        raise Refused(
            f"source {source}: {file.name} names a column twice in its header; give each its own name"
        )
    return header


def columns_of(line: str, delimiter: str) -> tuple[str, ...]:
    """The names of columns in a header."""
    return tuple(name.strip() for name in next(csv.reader([line], delimiter=delimiter), []))


def rejected_lines(engine: Any) -> Iterable[tuple[str, int, str]]:
    """(path, line number, the engine's word for why) of what was no row of its file, over everything read so far."""
    rows = engine.con.execute(
        "SELECT s.file_path, e.line, any_value(e.error_type)"
        " FROM reject_errors e JOIN reject_scans s USING (scan_id, file_id) GROUP BY ALL ORDER BY ALL"
    )
    return [(str(path), int(line), str(error)) for path, line, error in rows.fetchall()]


def spoilt_files(engine: Any) -> set[str]:
    """Paths of files in which a rejected row took other lines with it or is no UTF-8: the gate may help these."""
    rows = engine.con.execute(
        "SELECT DISTINCT s.file_path FROM reject_errors e JOIN reject_scans s USING (scan_id, file_id)"
        " WHERE e.error_type NOT IN ('MISSING COLUMNS', 'TOO MANY COLUMNS')"
        " OR contains(rtrim(e.csv_line, chr(13) || chr(10)), chr(10))"
    )
    return {str(path) for (path,) in rows.fetchall()}
