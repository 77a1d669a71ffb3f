"""The one line that a person reads when a source lacks a column that was declared."""

from collections.abc import Iterable, Mapping

from tocsin.domain.answers import nearest
from tocsin.domain.errors import Refused


def refuse_missing(source: str, place: str, fields: Mapping[str, str], known: Iterable[str]) -> None:
    """Refused, naming the nearest column, when the file or table at `place` lacks one of `fields`."""
    names = set(known)
    for ours, theirs in fields.items():
        if theirs not in names:
            raise Refused(
                f"source {source}: {place} has no column {theirs!r} for `{ours}`{nearest(theirs, sorted(names))}"
            )
