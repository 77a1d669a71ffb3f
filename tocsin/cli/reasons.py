"""Why people are in the scope, in lines: clauses and ways with their people; one person's first and last row."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tocsin.cli.console import Shell, clean, columns, labelled

if TYPE_CHECKING:
    from tocsin.engine.reasons import Place, Reasons

_WAYS = {
    "own-requests": "requests of her account fit",
    "named-by-requests": "requests that name her fit",
    "shown-with-a-table": "a request that fits showed everybody in a table that may hold her",
    "in-an-exposed-table": "she may be in what lay open",
    "listed": "somebody listed her",
    "pointed-at": "what was asked about stands beside her account",
    "asked-about": "her account was asked about",
    "asked-for-others": "her account asked, for data of others only",
}


def ground_lines(grounds: Any) -> list[str]:
    """Each clause and way with how many people it brought in, bucket by bucket."""
    rows = [
        (
            clean(each["label"] or _WAYS[each["way"]]),
            ", ".join(f"{bucket} {count:,}" for bucket, count in each["buckets"].items()) or "nobody",
        )
        for each in grounds
    ]
    return columns(rows, head=("Why", "people")) if rows else []


def why_lines(shell: Shell, reasons: "Reasons") -> Iterator[str]:
    """By what somebody is in, in which ways, and the first and the last row that says so."""
    clauses = [f"{clean(label)} ({bucket})" for label, bucket in reasons.clauses]
    ways = [_WAYS[way] for way in reasons.ways]
    if reasons.tables:
        ways.append(f"tables {', '.join(map(clean, reasons.tables))}")
    if reasons.accounts:
        ways.append(f"by account {', '.join(map(clean, reasons.accounts))}")
    head, *rest = [*clauses, "; ".join(ways)]
    yield labelled("WHY", head)
    yield from (f"        {each}" for each in rest if each)
    for word, row in (("FIRST", reasons.first), ("LAST", reasons.last)):
        if row is not None:
            yield labelled(word, f"{_moment(shell, row)}, {place_words(row)} in {clean(row.source)}")
            yield f"        sha256 {row.sha256}"


def place_words(row: "Place | None") -> str:
    """`day-1.ndjson line 5`; the line is left out where the reader does not number it."""
    if row is None:
        return "-"
    return clean(row.file) + (f" {row.numbers} {row.line}" if row.line else "")


def _moment(shell: Shell, row: "Place") -> str:
    return shell.at(row.at) if row.at else "at an unknown moment"
