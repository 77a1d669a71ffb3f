"""The people whom we know: every customer source, read once into one table beside the logs."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.errors import Refused
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.result import InputFile
from tocsin.domain.sources import CustomerSource
from tocsin.scoping.gaps.files import changed_files, looked_again
from tocsin.scoping.reading import BAD_BYTES, Reading, account_for_rejected
from tocsin.sources.customers import Customers, open_customers
from tocsin.sources.databases import digest_now
from tocsin.sources.delimited import spoilt_files
from tocsin.sources.fetching import fetched
from tocsin.sources.files import File, changed, take_in
from tocsin.sources.finding import Listing, find
from tocsin.sources.rescue import mended


def read_customers(
    engine: Any, declared: tuple[CustomerSource, ...], folder: Path, reading: Reading
) -> Any | None:
    """Everybody whom a source knows, as text columns with `source` and `basis`; None where no source is declared.

    Refused where a source cannot be read whole: half a customer base would make affected people nobody.
    """
    if not declared:
        detail = "no customer source is declared"
        reading.gaps.append(Gap(kind="no-customers", source="customers", count=1, detail=detail))
        return None
    tables = [_kept(engine, source, folder, reading) for source in declared]
    return ibis.union(*tables) if len(tables) > 1 else tables[0]


def changed_tables(declared: Iterable[CustomerSource], inputs: Iterable[InputFile]) -> Iterator[Gap]:
    """Tables and queries that no longer say what they said when they were read: each is asked once more."""
    read = {each.source: each.sha256 for each in inputs}
    for source in declared:
        if source.url is not None and digest_now(source) != read[source.name]:
            detail = "its people were read in one look, and somebody changed them since; ask again when it is quiet"
            yield Gap(kind="customers-changed", source=source.name, count=1, detail=detail)


def _kept(engine: Any, source: CustomerSource, folder: Path, reading: Reading) -> Any:
    listing = _listed(source, folder)
    file = take_in(source.name, listing.files, folder)[0] if listing else None
    try:
        found = _read(engine, source, file)
    except BAD_BYTES:
        found = None
    if found is None or _spoilt(engine, source, file):
        file = _evened(source, file, folder)
        try:
            found = _read(engine, source, file)
        except BAD_BYTES:
            raise _damaged(source) from None
    customers, table = found
    rows = int(engine.to_pyarrow(table.count()).as_py())
    name = source.table or "query"
    if listing is not None and file is not None:
        name = file.name
        reading.gaps += (*changed_files(changed([file])), *looked_again(listing, [file]))
        if source.format != "parquet":
            rows += account_for_rejected(engine, source.name, [file], reading)
    reading.inputs.append(
        InputFile(source=source.name, name=name, sha256=customers.sha256, bytes=customers.size, rows=rows)
    )
    return table


def _read(engine: Any, source: CustomerSource, file: File | None) -> tuple[Customers, Any]:
    customers = open_customers(engine, source, file)
    return customers, engine.create_table(ibis.util.gen_name("customers"), customers.table, temp=True)


def _spoilt(engine: Any, source: CustomerSource, file: File | None) -> bool:
    """Whether one bad line took others with it: then a repair brings people back."""
    if file is None or source.format == "parquet":
        return False
    return str(file.read_from) in spoilt_files(engine)


def _evened(source: CustomerSource, file: File | None, folder: Path) -> File:
    """A copy that the engine may read; Refused where the file is damaged."""
    left = mended(file, folder, source.format) if file is not None else None
    if left is None or left.file is None or left.damaged:
        raise _damaged(source)
    return left.file


def _damaged(source: CustomerSource) -> Refused:
    return Refused(f"source {source.name}: its file is damaged or no {source.format}; get a whole copy")


def _listed(source: CustomerSource, folder: Path) -> Listing | None:
    """The one file of a source with a path; None for a database."""
    if source.path is None:
        return None
    listing = find(source.name, [source.path])
    for each in listing.unread:
        raise Refused(f"source {source.name}: {each.name} {each.why}; correct it, or `path` in sources.yaml")
    if len(listing.files) > 1:
        raise Refused(
            f"source {source.name}: {source.path} names {len(listing.files)} files; declare a source for each"
        )
    return fetched(source.name, listing, folder, lambda words, share: None)
