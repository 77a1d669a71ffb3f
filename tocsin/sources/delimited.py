"""CSV and TSV: a header line, then rows. Nothing is guessed: delimiter and quotes are fixed by RFC 4180."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.errors import Refused
from tocsin.sources.files import File, engine_path, text_lines
from tocsin.sources.missing import refuse_missing

FORMATS = ("csv", "tsv")
_DELIMITERS = {"csv": ",", "tsv": "\t"}


def read(engine: Any, source: str, files: Sequence[File], fields: Mapping[str, str], kind: str) -> Any:
    """A table with the columns `fields` names (ours, as text) and `file`. Files may order their columns differently."""
    by_header: dict[tuple[str, ...], list[File]] = {}
    for file in files:
        header = _header(source, file, _DELIMITERS[kind])
        if header:
            refuse_missing(source, file.name, fields, header)
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
        )
        parts.append(
            table.select(file=table.filename, **{ours: table[name] for ours, name in fields.items()})
        )
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def repaired(blocks: Iterable[bytes], _: str) -> Iterator[bytes]:
    """Lines with one kind of end: on a mixture DuckDB's parser gives up."""
    for block in blocks:
        yield block.replace(b"\r\n", b"\n")


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
