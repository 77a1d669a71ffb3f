"""Columns that a source lacks: an indicator that it cannot be asked about."""

from collections.abc import Iterator

from tocsin.domain.scope.clauses import KINDS
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LogSource
from tocsin.scoping.conditions import COLUMNS
from tocsin.scoping.indicators import lacking


def missing_columns(source: LogSource, question: Question) -> Iterator[Gap]:
    """An indicator that the source cannot be asked about."""
    kinds = {kind for leaf in question.leaves_for(source.name) for kind in lacking(leaf, source)}
    for kind in sorted(kinds, key=KINDS.index):
        detail = f"no column for {COLUMNS[kind]}: its rows cannot be compared with {kind}"
        yield Gap(kind="missing-column", source=source.name, count=1, detail=detail)
