"""CSV and TSV: a header line, then rows. Nothing is guessed: delimiter and quotes are fixed by RFC 4180."""

import csv
import re
from codecs import BOM_UTF8
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.errors import Refused
from tocsin.sources.files import File, as_utf8, engine_path, text_lines
from tocsin.sources.missing import refuse_unnamed

FORMATS = ("csv", "tsv")
_DELIMITERS = {"csv": ",", "tsv": "\t"}
#: Bytes: a quote that is open for longer was forgotten.
_LONGEST = 1 << 20
#: Bytes. Measured with DuckDB 2.0: where it reads one file in several pieces at once, a line of more than its buffer
#: (32 MB) is neither read nor rejected, it is gone. Where it reads from the beginning to the end it says so.
_SURE = 1 << 20


def read(engine: Any, source: str, files: Sequence[File], fields: Mapping[str, str], kind: str) -> Any:
    """A table with the columns `fields` names (ours, as text) and `file`. Files may order their columns differently."""
    by_header: dict[tuple[str, ...], list[File]] = {}
    for file in files:
        header = _header(source, file, _DELIMITERS[kind])
        if header:
            refuse_unnamed(source, file.name, fields, header)
            by_header.setdefault(header, []).append(file)
    if not by_header:
        raise Refused(f"source {source}: all its files are empty; correct `paths` in sources.yaml")
    parts = []
    for header, alike in by_header.items():
        table = engine.read_csv(
            [engine_path(file) for file in alike],
            columns=dict.fromkeys(header, "VARCHAR"),
            auto_detect=False,
            header=True,
            delim=_DELIMITERS[kind],
            quote='"',
            escape='"',
            ignore_errors=True,
            store_rejects=True,
            rejects_limit=0,
            filename=True,
            parallel=all(file.longest is not None and file.longest <= _SURE for file in alike),
        )
        parts.append(
            table.select(file=table.filename, **{ours: table[name] for ours, name in fields.items()})
        )
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def repaired(blocks: Iterable[bytes], kind: str) -> Iterator[bytes]:
    """Lines in UTF-8 with one kind of end, in which a quote that is not closed spoils no line but its own.

    The engine gives up on mixed ends, and takes what follows such a quote, up to the next one, for one value. So a
    line that begins no row is made one that is surely rejected, and the next line is a beginning again.
    """
    delimiter, rows, spoilt, rest = _DELIMITERS[kind], None, b"", b""
    for block in filter(None, blocks):
        text = rest + as_utf8(block.replace(b"\r\n", b"\n"))
        if rows is None:
            first = text.partition(b"\n")[0].removeprefix(BOM_UTF8).decode()
            width = max(1, len(next(csv.reader([first], delimiter=delimiter), [])))
            rows, spoilt = _rows(width, delimiter.encode()), delimiter.join("x" * (width + 1)).encode()
        rest = yield from _sound(text, rows, spoilt, last=False)
    if rows is not None:
        yield from _sound(rest, rows, spoilt, last=True)


def _sound(
    text: bytes, rows: re.Pattern[bytes], spoilt: bytes, *, last: bool
) -> Generator[bytes, None, bytes]:
    """Rows as they are and spoilt lines; what remains may be the beginning of a row that ends in the next block."""
    start = 0
    while start < len(text):
        end = _end(rows, text, start)
        yield text[start:end]
        if end == len(text) or (not last and len(text) - end < _LONGEST):
            return text[end:]
        line = text.find(b"\n", end)
        yield spoilt + b"\n" if line >= 0 else spoilt
        start = line + 1 if line >= 0 else len(text)
    return b""


def _end(rows: re.Pattern[bytes], text: bytes, start: int) -> int:
    found = rows.match(text, start)
    return found.end() if found else start


def _rows(width: int, delimiter: bytes) -> re.Pattern[bytes]:
    """As many rows of so many values as there are, or empty lines; like the engine, blind to delimiters too many."""
    value = rb'(?: *"(?:[^"]++|"")*+" *|(?! *")[^%b\n]*+)' % delimiter
    return re.compile(
        rb"(?:\n|%b(?:%b%b){%d}%b*+(?:\n|\Z))*+" % (value, delimiter, value, width - 1, delimiter)
    )


def _header(source: str, file: File, delimiter: str) -> tuple[str, ...]:
    first = list(islice(text_lines(file.read_from), 1))
    if not first:
        return ()
    header = tuple(name.strip() for name in next(csv.reader(first, delimiter=delimiter), []))
    if len(set(header)) < len(header):
        raise Refused(
            f"source {source}: {file.name} names a column twice in its header; give each its own name"
        )
    return header


def rejected_lines(engine: Any) -> Iterable[tuple[str, int]]:
    """(path, line number) of each row that was no row of its file, over everything read so far."""
    rows = engine.con.execute(
        "SELECT DISTINCT s.file_path, e.line"
        " FROM reject_errors e JOIN reject_scans s USING (scan_id, file_id) ORDER BY ALL"
    )
    return [(str(path), int(line)) for path, line in rows.fetchall()]


def spoilt_files(engine: Any) -> set[str]:
    """Paths of files in which a rejected row took other lines with it or is no UTF-8: `repaired` may help these."""
    rows = engine.con.execute(
        "SELECT DISTINCT s.file_path FROM reject_errors e JOIN reject_scans s USING (scan_id, file_id)"
        " WHERE e.error_type NOT IN ('MISSING COLUMNS', 'TOO MANY COLUMNS')"
        " OR contains(rtrim(e.csv_line, chr(13) || chr(10)), chr(10))"
    )
    return {str(path) for (path,) in rows.fetchall()}
