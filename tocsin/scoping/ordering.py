"""Clocks of the logs: looked at where their rows should be in order.

The look is at pieces of each file, not at all of it: how many rows were looked at is stated with each input.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from tocsin.domain.errors import Refused
from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LogSource
from tocsin.scoping.gaps.clocks import Order, disordered, order_of
from tocsin.scoping.gaps.places import SLOTS
from tocsin.sources.files import File
from tocsin.sources.logs import moments_of
from tocsin.sources.sampling import samples

if TYPE_CHECKING:
    from tocsin.scoping.reading import Desk, Reading


def note_clocks(engine: Any, question: Question, source: LogSource, desk: "Desk", reading: "Reading") -> None:
    """State by file how its clock was set right and its order looked at; a gap where time went back."""
    files = [file for file in reading.read_from if file.source == source.name]
    found = orders(desk.crew.engine, source, files, desk)
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
    looked = {order.file: order.looked_at for order in found}
    reading.inputs = [
        each.model_copy(update={"clock_offset": source.clock_offset, "ordered": looked.get(each.name, 0)})
        if each.source == source.name
        else each
        for each in reading.inputs
    ]


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
