"""The people whom we know: every customer source, read once into one table beside the logs."""

from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.errors import Refused
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.result import InputFile
from tocsin.domain.sources import CustomerSource
from tocsin.scoping.accounts import (
    BAD_BYTES,
    Account,
    behind_the_gate,
    doubtful,
    refuse_ours,
    trusted,
)
from tocsin.scoping.custody import looked_at_now
from tocsin.scoping.gaps.rows import unreadable
from tocsin.scoping.reading import Desk, Reading
from tocsin.sources.customers import Customers, open_customers
from tocsin.sources.fetching import fetched
from tocsin.sources.files import File, take_in
from tocsin.sources.finding import Listing, find
from tocsin.sources.gate import formats, needs_gate, through


def read_customers(
    engine: Any, declared: tuple[CustomerSource, ...], desk: Desk, reading: Reading
) -> Any | None:
    """Everybody whom a source knows, as text columns with `source` and `basis`; None where no source is declared.

    Refused where a source cannot be read whole: half a customer base would make affected people nobody.
    """
    if not declared:
        detail = "no customer source is declared"
        reading.gaps.append(Gap(kind="no-customers", source="customers", count=1, detail=detail))
        return None
    tables = [table for source in declared for table in _kept(engine, source, desk, reading)]
    return ibis.union(*tables) if len(tables) > 1 else tables[0]


def _kept(engine: Any, source: CustomerSource, desk: Desk, reading: Reading) -> list[Any]:
    """The people of a source, a table for each of its files; a person may stand in several."""
    listing = _listed(source, desk.folder)
    if listing is None:
        customers, table = _read(engine, source, None)
        _note(reading, source, source.place, customers, _count(engine, table))
        return [table]
    files = take_in(source.name, listing.files, desk.bounds, of_lines=source.format in formats())
    tables = []
    for file in files:
        customers, table, account = _from_file(engine, source, file, desk)
        reading.gaps += unreadable(source.name, [account])
        _note(reading, source, file.name, customers, account.rows + account.rejects.total())
        tables.append(table)
    reading.gaps += looked_at_now(reading, files, listing)
    return tables


def _note(reading: Reading, source: CustomerSource, name: str, customers: Customers, rows: int) -> None:
    reading.inputs.append(
        InputFile(source=source.name, name=name, sha256=customers.sha256, bytes=customers.size, rows=rows)
    )


def _from_file(engine: Any, source: CustomerSource, file: File, desk: Desk) -> tuple[Customers, Any, Account]:
    """The people in a file: read by the engine, or, where it may have lost some, again through the gate."""
    if not needs_gate(file, source.format):
        try:
            customers, table = _read(engine, source, file)
        except BAD_BYTES as error:
            refuse_ours(error)
        else:
            counts = {str(file.read_from): (_count(engine, table), 0)}
            if not doubtful(engine, source.format, [file], counts):
                return customers, table, trusted(engine, source.format, [file], counts)[0]
    passed = through(file, desk.folder, source.format, desk.bounds, source.fields.mapped())
    if passed.file is None or passed.fault:
        raise _damaged(source)
    try:
        customers, table = _read(engine, source, passed.file)
    except BAD_BYTES as error:
        refuse_ours(error)
        raise _damaged(source) from None
    counts = {str(passed.file.read_from): (_count(engine, table), 0)}
    return customers, table, behind_the_gate(file, passed, counts, {})


def _count(engine: Any, table: Any) -> int:
    return int(engine.to_pyarrow(table.count()).as_py())


def _read(engine: Any, source: CustomerSource, file: File | None) -> tuple[Customers, Any]:
    customers = open_customers(engine, source, file)
    return customers, _made(engine, customers.table)


def _made(engine: Any, rows: Any) -> Any:
    """Rows as a table of the engine. A column that says the same of everybody, as one that no source declares, stays
    out of it: what is said of it costs nothing then.
    """
    values = rows.op().values
    own = [name for name, value in values.items() if value.relations]
    table = engine.create_table(ibis.util.gen_name("customers"), rows.select(*own), temp=True)
    return table.select(
        **{name: table[name] if name in own else value.to_expr() for name, value in values.items()}
    )


def _damaged(source: CustomerSource) -> Refused:
    return Refused(f"source {source.name}: its file is damaged or no {source.format}; get a whole copy")


def _listed(source: CustomerSource, folder: Path) -> Listing | None:
    """The files of a source with a path; None for a database."""
    if source.path is None:
        return None
    listing = find(source.name, [source.path])
    for each in listing.unread:
        raise Refused(f"source {source.name}: {each.name} {each.why}; correct it, or `path` in sources.yaml")
    return fetched(source.name, listing, folder, lambda words, share: None)
