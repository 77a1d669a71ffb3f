"""The people we hold data about, as one table of text: from CSV, Parquet or any database that SQLAlchemy speaks to.

A database is read in one read-only look: only the declared columns leave it. Its "bytes" are the rows as canonical
JSON, in order of their ids, so that the same people give the same SHA-256.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
from sqlalchemy import Connection, Select, column, create_engine, inspect, literal_column, select, table, text
from sqlalchemy.exc import SQLAlchemyError

from tocsin.domain.errors import Refused
from tocsin.domain.sources import CUSTOMER_COLUMNS, CustomerSource
from tocsin.domain.timeline import canonical
from tocsin.sources import delimited, parquet
from tocsin.sources.birthdays import birth_date
from tocsin.sources.files import File
from tocsin.sources.flagging import UNREADABLE_BIRTH, as_text, flagged
from tocsin.sources.missing import refuse_missing

_BATCH = 20_000


@dataclass(frozen=True)
class Customers:
    """One customer source, opened: a table with `source` and the columns of `CustomerFields`, and what was read."""

    table: Any
    file: File | None
    sha256: str
    size: int


def open_customers(engine: Any, source: CustomerSource, file: File | None) -> Customers:
    """The people of a source. `file` is the one taken in for a source with a path, None for a database."""
    fields = source.fields.mapped()
    if file is not None:
        reader = parquet.read if source.format == "parquet" else delimited.read
        raw = reader(engine, source.name, [file], fields, source.format)
        return Customers(_completed(raw, source), file, file.sha256, file.size)
    rows, sha256, size = _fetched(source, fields)
    return Customers(_completed(ibis.memtable(rows), source), None, sha256, size)


def _completed(raw: Any, source: CustomerSource) -> Any:
    """Every column as stripped text, null where empty; group and role as declared where a row is silent.

    `email` is her first address; `emails` are all of them, one to a line, where a source knows several, else null;
    `flags` is a number (see `flagging`).
    """
    columns = {}
    for name in CUSTOMER_COLUMNS:
        if name in raw.columns:
            columns[name] = raw[name].cast("string").strip().nullif("")
        else:
            columns[name] = ibis.null("string")
    columns["group"] = columns["group"].fill_null(source.group)
    if source.role is not None:
        columns["role"] = columns["role"].fill_null(source.role)
    if source.fields.emails:
        columns |= _addresses(raw, source)
    columns |= _birth(raw, source)
    return raw.select(source=ibis.literal(source.name), basis=ibis.literal(source.place_basis), **columns)


def _addresses(raw: Any, source: CustomerSource) -> dict[str, Any]:
    """`email` and `emails` of a source with columns of more addresses."""
    named = [raw.email.cast("string")] if "email" in raw.columns else []
    for number, _ in enumerate(source.fields.emails, 1):
        text = as_text(raw[f"emails_{number}"])
        named.append(text.replace(source.email_separator, "\n") if source.email_separator else text)
    whole = named[0].fill_null("")
    for text in named[1:]:
        whole = whole + "\n" + text.fill_null("")
    lines = whole.re_replace(r"\s*\n\s*", "\n").strip().nullif("")
    return {"emails": lines, "email": lines.re_extract(r"^[^\n]*", 0)}


def _birth(raw: Any, source: CustomerSource) -> dict[str, Any]:
    """`birth_date` and `flags`, of which one tells that a birth date cannot be read."""
    flags = flagged(raw, source)
    if "birth_date" not in raw.columns:
        return {"flags": flags}
    said, day = raw.birth_date.cast("string").strip().nullif(""), birth_date(raw.birth_date, source)
    unreadable = said.notnull() & day.isnull()
    return {"birth_date": day, "flags": flags + ibis.ifelse(unreadable, UNREADABLE_BIRTH, 0)}


def _fetched(source: CustomerSource, fields: dict[str, str]) -> tuple[pa.Table, str, int]:
    schema = pa.schema([(name, pa.string()) for name in fields])
    seen, size, batches = hashlib.sha256(), 0, []
    try:
        for rows in _rows(source, fields):
            texts = [[_plain(value) for value in row] for row in rows]
            lines = b"\n".join(canonical(row) for row in texts) + b"\n"
            seen.update(lines)
            size += len(lines)
            columns = [pa.array(values, pa.string()) for values in zip(*texts, strict=True)]
            batches.append(pa.record_batch(columns, schema=schema))
    except SQLAlchemyError as error:
        # The driver's own words may hold a password or a row.
        raise Refused(
            f"source {source.name}: the database cannot be read ({type(error).__name__}); check its url and table"
        ) from None
    return pa.Table.from_batches(batches, schema), seen.hexdigest(), size


def _plain(value: Any) -> str | None:
    """A value as text; of a list its members, one to a line."""
    if isinstance(value, list | tuple):
        return "\n".join(str(each) for each in value)
    return None if value is None else str(value)


def _rows(source: CustomerSource, fields: dict[str, str]) -> Iterator[Any]:
    database = create_engine(_existing(source))
    try:
        with database.connect() as connection:
            if database.dialect.name == "postgresql":
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            streamed = connection.execution_options(yield_per=_BATCH)
            yield from streamed.execute(_statement(connection, source, fields)).partitions()
    finally:
        database.dispose()


def _existing(source: CustomerSource) -> str:
    """The url; Refused for a SQLite file that is not there, since opening it would make an empty one."""
    url = source.url or ""
    path = url.removeprefix("sqlite:///")
    if path != url and not Path(path).is_file():
        raise Refused(
            f"source {source.name}: there is no database file {path}; correct `url` in sources.yaml"
        )
    return url


def _statement(connection: Connection, source: CustomerSource, fields: dict[str, str]) -> Select[Any]:
    if source.query is not None:
        wanted: list[Any] = [
            literal_column(f"people.{_quoted(connection, theirs)}").label(ours)
            for ours, theirs in fields.items()
        ]
        found = select(*wanted).select_from(text(f"({source.query.rstrip().rstrip(';')}) AS people"))
    else:
        schema, _, name = (source.table or "").rpartition(".")
        if not inspect(connection).has_table(name, schema=schema or None):
            raise Refused(
                f"source {source.name}: its database has no table {source.table}; correct sources.yaml"
            )
        known = [str(found["name"]) for found in inspect(connection).get_columns(name, schema=schema or None)]
        refuse_missing(source.name, f"table {source.table}", fields, known)
        people = table(name, *(column(theirs) for theirs in fields.values()), schema=schema or None)
        found = select(*(people.c[theirs].label(ours) for ours, theirs in fields.items()))
    return found.order_by(*(literal_column(str(place)) for place in range(1, len(fields) + 1)))


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)
