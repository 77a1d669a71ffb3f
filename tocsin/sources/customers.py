"""The people we hold data about, as one table of text: from CSV, Parquet or any database that SQLAlchemy speaks to.

A database is read in one read-only look: only the declared columns leave it. Its "bytes" are the rows as canonical
JSON, in order of their ids, so that the same people give the same SHA-256.
"""

from dataclasses import dataclass
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.sources import CUSTOMER_COLUMNS, CustomerSource
from tocsin.sources.birthdays import birth_date
from tocsin.sources.databases import fetched, first_rows
from tocsin.sources.files import File
from tocsin.sources.flagging import UNREADABLE_BIRTH, flagged
from tocsin.sources.logs import readers
from tocsin.sources.texts import APART, as_text, stripped


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
        raw = readers()[source.format](engine, source.name, [file], fields, source.format)
        return Customers(_completed(raw, source), file, file.sha256, file.size)
    rows, seen = fetched(engine, source)
    return Customers(_completed(rows, source), None, seen.sha256, seen.size)


def few_customers(source: CustomerSource, few: int) -> Any:
    """Some people of a database, for a look at how they are understood."""
    return _completed(ibis.memtable(first_rows(source, few)), source)


def _completed(raw: Any, source: CustomerSource) -> Any:
    """Every column as stripped text, null where empty; group and role as declared where a row is silent.

    `email` is her first address; `emails` are all of them, one to a line, where a source knows several, else null; one
    that is written over several lines is kept as one, which is no address;
    `address` is where post reaches her, in lines;
    `flags` is a number (see `flagging`).
    """
    columns = {}
    for name in CUSTOMER_COLUMNS:
        if name in raw.columns:
            columns[name] = stripped(raw[name].cast("string"))
        else:
            columns[name] = ibis.null("string")
    columns["email"] = _one(columns["email"])
    columns["group"] = columns["group"].fill_null(source.group)
    if source.role is not None:
        columns["role"] = columns["role"].fill_null(source.role)
    if source.fields.emails:
        columns |= _addresses(raw, source)
    if source.fields.address:
        columns["address"] = _postal(raw, source)
    columns |= _birth(raw, source)
    return raw.select(source=ibis.literal(source.name), basis=ibis.literal(source.place_basis), **columns)


def _addresses(raw: Any, source: CustomerSource) -> dict[str, Any]:
    """`email` and `emails` of a source with columns of more addresses."""
    named = [_one(stripped(raw.email.cast("string")))] if "email" in raw.columns else []
    named += [_several(raw[f"emails_{number}"], source) for number, _ in enumerate(source.fields.emails, 1)]
    whole = named[0].fill_null("")
    for text in named[1:]:
        whole = whole + "\n" + text.fill_null("")
    lines = whole.re_replace(r"\s*\n\s*", "\n").strip().nullif("")
    return {"emails": lines, "email": lines.re_extract(r"^[^\n]*", 0)}


def _several(column: Any, source: CustomerSource) -> Any:
    """The addresses of a column that may hold several, one to a line."""
    if column.type().is_array():
        return column.map(lambda each: _one(stripped(each.cast("string")))).join("\n")
    text = column.cast("string")
    if source.url is None:  # in a database this sign parts the members of a list
        text = text.replace(APART, "\r")
    if (apart := source.email_separator) is not None:
        text = text.replace("\r\n", "\n").replace(apart.replace("\r\n", "\n"), APART)
    return _one(text).replace(APART, "\n")


def _one(text: Any) -> Any:
    """A text of one address: what is no line of its own may not become one, lest half of it be written to."""
    return text.replace("\n", "\r")


def _postal(raw: Any, source: CustomerSource) -> Any:
    """The postal address, a line for each column that says something."""
    whole = ibis.literal("")
    for number, _ in enumerate(source.fields.address, 1):
        whole = whole + "\n" + as_text(raw[f"address_{number}"]).fill_null("")
    return whole.re_replace(r"\s*\n\s*", "\n").strip().nullif("")


def _birth(raw: Any, source: CustomerSource) -> dict[str, Any]:
    """`birth_date` and `flags`, of which one tells that a birth date cannot be read."""
    flags = flagged(raw, source)
    if "birth_date" not in raw.columns:
        return {"flags": flags}
    said, day = stripped(raw.birth_date.cast("string")), birth_date(raw.birth_date, source)
    unreadable = said.notnull() & day.isnull()
    return {"birth_date": day, "flags": flags + ibis.ifelse(unreadable, UNREADABLE_BIRTH, 0)}
