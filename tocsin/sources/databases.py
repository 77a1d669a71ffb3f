"""Lists out of a database that SQLAlchemy speaks to: only the declared columns, in one look that writes nothing.

PostgreSQL gives one snapshot (read only, repeatable read), a SQLite file is opened read-only, and MySQL and MariaDB are
asked for a read-only snapshot (nobody has tried that here). Elsewhere one statement reads everything, and what it sees
of writers meanwhile is for that database to say. Rows go to the engine some thousand at a time.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
from sqlalchemy import Connection, Select, column, create_engine, inspect, literal_column, select, table, text
from sqlalchemy.exc import SQLAlchemyError

from tocsin.domain.canonical import canonical
from tocsin.domain.errors import Refused
from tocsin.domain.lists import ListSource
from tocsin.sources.missing import refuse_missing
from tocsin.sources.texts import APART

_BATCH = 20_000
_SQLITE = "sqlite:///"
Texts = list[list[str | None]]


class Print:
    """The digest of rows as canonical JSON, one a line, in order of all their columns; and how many bytes these are."""

    def __init__(self) -> None:
        self._seen, self.size = hashlib.sha256(), 0

    def add(self, rows: Texts) -> None:
        """Take in more rows."""
        lines = b"".join(canonical(row) + b"\n" for row in rows)
        self._seen.update(lines)
        self.size += len(lines)

    @property
    def sha256(self) -> str:
        """SHA-256 of everything that was taken in, in hex."""
        return self._seen.hexdigest()


def fetched(engine: Any, source: ListSource) -> tuple[Any, Print]:
    """The declared columns of a table or query as a table of the engine, under our names, and their digest."""
    fields = source.fields.mapped()
    schema = pa.schema([(name, pa.string()) for name in fields])
    name, seen = ibis.util.gen_name("database"), Print()
    kept = engine.create_table(name, schema=ibis.schema(dict.fromkeys(fields, "string")), temp=True)
    for rows in _texts(source, fields):
        seen.add(rows)
        columns = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
        engine.con.register(f"{name}_rows", pa.table(columns, schema=schema))
        engine.insert(name, engine.table(f"{name}_rows"))
        engine.con.unregister(f"{name}_rows")
    return kept, seen


def digest_now(source: ListSource) -> str:
    """The digest of what the table or query says now."""
    seen = Print()
    for rows in _texts(source, source.fields.mapped()):
        seen.add(rows)
    return seen.sha256


def first_rows(source: ListSource, few: int) -> pa.Table:
    """Some rows, whichever come first: for a look at a table it is neither sorted nor counted."""
    fields = source.fields.mapped()
    rows = [row for batch in _texts(source, fields, few) for row in batch]
    columns: Any = zip(*rows, strict=True) if rows else [()] * len(fields)
    return pa.table({name: pa.array(texts, pa.string()) for name, texts in zip(fields, columns, strict=True)})


def _texts(source: ListSource, fields: dict[str, str], few: int | None = None) -> Iterator[Texts]:
    """The rows as text, a batch at a time, or a few of them. Refused in one line where they cannot be read."""
    apart = [APART if name.startswith("emails_") else "\n" for name in fields]
    try:
        with _looking(source) as connection:
            streamed = connection.execution_options(yield_per=_BATCH)
            statement = _statement(connection, source, fields)
            if few is not None:
                statement = statement.order_by(None).limit(few)
            for rows in streamed.execute(statement).partitions():
                yield [[_plain(value, each) for value, each in zip(row, apart, strict=True)] for row in rows]
    except SQLAlchemyError as error:
        # The driver's own words may hold a password or a row.
        raise Refused(
            f"source {source.name}: the database cannot be read ({type(error).__name__}); check its url and table"
        ) from None


@contextmanager
def _looking(source: ListSource) -> Iterator[Connection]:
    """A connection on which one read-only transaction begins, as far as the database knows such a thing."""
    database = create_engine(_read_only(source))
    try:
        with database.connect() as connection:
            if database.dialect.name == "postgresql":
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            elif database.dialect.name in ("mysql", "mariadb"):
                connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            yield connection
    finally:
        database.dispose()


def _read_only(source: ListSource) -> str:
    """The url, read-only for a SQLite file. Refused where that is not there: opening it would make an empty one."""
    url = source.url or ""
    if not url.startswith(_SQLITE) or url.startswith(f"{_SQLITE}file:"):
        return url
    path = Path(url.removeprefix(_SQLITE))
    if not path.is_file():
        raise Refused(
            f"source {source.name}: there is no database file {path}; correct `url` in sources.yaml"
        )
    return f"{_SQLITE}file:{quote(str(path))}?mode=ro&uri=true"


def _plain(value: Any, apart: str) -> str | None:
    """A value as text; of a list its members, with this between them. An address has no such sign inside."""
    if value is None:
        return None
    texts = [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
    return apart.join(each.replace(APART, "\r") if apart == APART else each for each in texts)


def _statement(connection: Connection, source: ListSource, fields: dict[str, str]) -> Select[Any]:
    if source.query is not None:
        wanted: list[Any] = [
            literal_column(f"people.{_quoted(connection, theirs)}").label(ours)
            for ours, theirs in fields.items()
        ]
        found = select(*wanted).select_from(text(f"({_as_written(source.query)}\n) AS people"))
    else:
        found = _of_table(connection, source, fields)
    return found.order_by(*(literal_column(str(place)) for place in range(1, len(fields) + 1)))


def _as_written(query: str) -> str:
    """The query with each colon marked as its own: `:word` in it is text, and no place for a value of ours."""
    return query.rstrip().rstrip(";").replace(":", "\\:")


def _of_table(connection: Connection, source: ListSource, fields: dict[str, str]) -> Select[Any]:
    schema, _, name = (source.table or "").rpartition(".")
    if not inspect(connection).has_table(name, schema=schema or None):
        raise Refused(f"source {source.name}: its database has no table {source.table}; correct sources.yaml")
    known = [str(found["name"]) for found in inspect(connection).get_columns(name, schema=schema or None)]
    refuse_missing(source.name, f"table {source.table}", fields, known)
    names: Sequence[str] = list(dict.fromkeys(fields.values()))
    people = table(name, *(column(theirs) for theirs in names), schema=schema or None)
    return select(*(people.c[theirs].label(ours) for ours, theirs in fields.items()))


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)
