"""The proof by which people are excluded: logs that show every hour of the window, and which files those are."""

from collections.abc import Iterator
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.scope.question import Question
from tocsin.domain.scope.result import Proof
from tocsin.scoping.gaps.hours import window_hours
from tocsin.scoping.gaps.places import SLOTS, neighbours, stretches
from tocsin.scoping.reading import Reading


def proofs(engine: Any, question: Question, reading: Reading) -> Iterator[Proof]:
    """One for each source or stream that was asked. It holds only where no request may hide in a gap."""
    digests = {str(file.read_from): file.sha256 for file in reading.read_from}
    for stream, rows in reading.passes.items():
        sources = sorted(
            each.source.name for each in reading.logged if stream == (each.source.stream or each.source.name)
        )
        windows = [hours for name in sources for hours in window_hours(question, name, reading.logged)]
        if not windows:
            continue
        asked = ibis.or_(
            *((rows.slot >= first * SLOTS) & (rows.slot < end * SLOTS) for first, end in windows)
        )
        inside = rows.filter(asked)
        table = engine.to_pyarrow(inside.group_by("file").aggregate(rows=inside.n.sum()))
        counts = dict(zip(table["file"].to_pylist(), table["rows"].to_pylist(), strict=True))
        hours = neighbours(sorted({hour for first, end in windows for hour in range(first, end)}))
        yield Proof(
            stream=stream,
            sources=tuple(sources),
            hours=stretches(hours),
            rows=sum(counts.values()),
            files=tuple(sorted({digests[file] for file in counts})),
        )
