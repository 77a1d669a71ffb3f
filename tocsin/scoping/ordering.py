"""Clocks of the logs: looked at where their rows should be in order.

All rows are looked at by slots of time, and pieces of each file row by row: how many these were is stated with each
input.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from tocsin.domain.errors import Refused
from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LogSource
from tocsin.scoping.accounts import Account
from tocsin.scoping.gaps.clocks import Order, disordered, order_of
from tocsin.scoping.gaps.places import SLOTS
from tocsin.scoping.requests import SLOT
from tocsin.scoping.spans import went_back
from tocsin.sources.files import File
from tocsin.sources.logs import by_format, moments_of
from tocsin.sources.sampling import samples

if TYPE_CHECKING:
    from tocsin.scoping.reading import Desk, Reading


def note_clocks(
    engine: Any,
    question: Question,
    source: LogSource,
    accounts: Sequence[Account],
    desk: "Desk",
    reading: "Reading",
) -> None:
    """State by file how its clock was set right and its order looked at; a gap where time went back."""
    files = [file for file in reading.read_from if file.source == source.name]
    looked = orders(desk.crew.engine, source, files, desk)
    found = _both(looked, list(_by_slot(source, accounts)))
    if any(order.steps for order in found):
        names = {str(file.read_from): file.name for file in files}
        rows = reading.passes[source.name]
        known = engine.to_pyarrow(
            rows.filter(rows.slot.notnull()).select("file", hour=rows.slot // SLOTS).distinct()
        ).to_pylist()
        hours: defaultdict[str, list[int]] = defaultdict(list)
        for row in known:
            hours[names[row["file"]]].append(row["hour"])
        reading.gaps += disordered(source.name, found, hours, question.windows(source.name))
    rows_of = {order.file: order.looked_at for order in looked}
    reading.inputs = [
        each.model_copy(update={"clock_offset": source.clock_offset, "ordered": rows_of.get(each.name, 0)})
        if each.source == source.name
        else each
        for each in reading.inputs
    ]


def _by_slot(source: LogSource, accounts: Sequence[Account]) -> Iterator[Order]:
    """The order of all rows of each file, by slots; none where no order is declared."""
    # Events are delivered in any order, and their numbers are no lines.
    if source.in_order_within is None or source.format in by_format("NUMBERS"):
        return
    within = -(-source.in_order_within // timedelta(microseconds=SLOT))
    for account in accounts:
        steps, slots = went_back(account.spans, within)
        yield Order(account.file.name, account.rows, steps, slots * SLOT, by_slot=True)


def _both(looked: Sequence[Order], by_slot: Sequence[Order]) -> tuple[Order, ...]:
    """One order of each file: what pieces of it show to the microsecond, unless all of it shows for sure more."""
    found = {order.file: order for order in looked}
    for order in by_slot:
        near = found.get(order.file)
        # What is known by slots is known to within two of them.
        if near is None or order.largest - 2 * SLOT > near.largest:
            found[order.file] = order
        else:
            found[order.file] = replace(near, reach=order.largest)
    return tuple(order for _, order in sorted(found.items()))


def orders(engine: Any, source: LogSource, files: Sequence[File], desk: "Desk") -> tuple[Order, ...]:
    """The order of rows in each file that could be looked at; none where no order is declared.

    What cannot be read here is left to the pass, which says so.
    """
    if source.in_order_within is None:
        return ()
    looked = {}
    for file, sample in samples(files, desk.folder, header=source.format in ("csv", "tsv")):
        looked[str(sample.read_from)] = file.name, sample
    if not looked:
        return ()
    try:
        table = engine.to_pyarrow(
            moments_of(engine, source, [sample for _, sample in looked.values()], desk.until)
        )
    except (duckdb.Error, Refused):
        return ()
    found: defaultdict[str, list[int | None]] = defaultdict(list)
    # The engine reads a small file with one thread, from beginning to end.
    for path, at in zip(table["file"].to_pylist(), table["at"].to_pylist(), strict=True):
        found[looked[path][0]].append(at)
    within = source.in_order_within // timedelta(microseconds=1)
    return tuple(order_of(name, moments, within) for name, moments in sorted(found.items()))
