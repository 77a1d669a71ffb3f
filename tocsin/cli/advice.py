"""The advice on the risk to people as it is shown: the reasons, ENISA's score in parts, each group, what is open."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tocsin.cli.console import clean, columns, labelled

if TYPE_CHECKING:
    from tocsin.domain.risk import Advice
    from tocsin.domain.severity import Severity

_MARGIN = " " * 8


def advice_lines(advice: "Advice") -> Iterator[str]:
    """The advice for people: the level and why, then what it was weighed from, then what could still move it."""
    from tocsin.domain.questions import FACTS

    score = f", ENISA score {advice.score}" if advice.score else ""
    yield labelled("ADVICE", f"{advice.level}{score}; a person decides")
    yield from _below([(reason,) for reason in advice.reasons])
    if advice.severity:
        yield labelled("SCORE", "score = DPC (kind of data) x EI (ease of telling who) + CB (circumstances)")
        yield from _below(advice.severity.inputs)
    if advice.differs:
        yield labelled("GROUPS", "the worst one is the advice; each may be decided on its own")
        yield from _below((cell.level, cell.who, cell.reasons[0]) for cell in advice.cells)
    yield labelled("WEIGHED", "of those for whom it is worst" if advice.differs else "what is known")
    yield from _below(advice.inputs or [("nothing yet",)])
    if advice.unknown:
        yield labelled("UNKNOWN", "what could still move it; nothing unknown lowers it")
        yield from _below((name, FACTS[name].question) for name in advice.unknown)


def advice_document(advice: "Advice") -> dict[str, Any]:
    """The same as JSON."""
    return {
        "level": advice.level,
        "score": advice.score,
        "reasons": list(advice.reasons),
        "inputs": dict(advice.inputs),
        "unknown": list(advice.unknown),
        "enisa": _enisa(advice.severity),
        "cells": [
            {
                "who": cell.who,
                "level": cell.level,
                "reasons": list(cell.reasons),
                "inputs": dict(cell.inputs),
                "enisa": _enisa(cell.severity),
            }
            for cell in advice.cells
        ],
    }


def _enisa(severity: "Severity | None") -> dict[str, Any] | None:
    """ENISA's score with every number that went in; numbers are exact decimal text."""
    if severity is None:
        return None
    from tocsin.domain.severity import in_quarters

    return {
        "score": in_quarters(severity.score),
        "level": severity.level,
        "dpc": severity.context,
        "dpc_because": severity.context_because,
        "ei": in_quarters(severity.identification),
        "ei_because": severity.identification_because,
        "cb": in_quarters(severity.added),
        "cb_because": {why: in_quarters(added) for added, why in severity.circumstances},
    }


def _below(rows: Iterable[tuple[str, ...]]) -> list[str]:
    return columns([(_MARGIN + first, *rest) for first, *rest in (map(clean, row) for row in rows)])
