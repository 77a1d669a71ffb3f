"""The one line that a person reads when a source lacks a column that was declared."""

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches

from tocsin.domain.answers import nearest
from tocsin.domain.errors import Refused


class MissingColumn(Refused):
    """A column that was declared is not there: `ours` is what we call it."""

    def __init__(self, words: str, ours: str) -> None:
        super().__init__(words)
        self.ours = ours


def refuse_missing(source: str, place: str, fields: Mapping[str, str], known: Iterable[str]) -> None:
    """Refused, naming the nearest column, when the table at `place`, whose schema `known` is, lacks one of `fields`."""
    names = set(known)
    for ours, theirs in fields.items():
        if theirs not in names:
            raise MissingColumn(_words(source, place, ours, theirs) + nearest(theirs, sorted(names)), ours)


def refuse_unnamed(source: str, place: str, fields: Mapping[str, str], read: Collection[str]) -> None:
    """The same where the names were read from rows, such as a header that may not be one.

    A row in its place holds people and tokens. So a name is shown only where most of the declared ones stand beside it.
    """
    names = set(read)
    missing = [(ours, theirs) for ours, theirs in fields.items() if theirs not in names]
    if missing:
        ours, theirs = missing[0]
        close = get_close_matches(theirs, sorted(names), n=1, cutoff=0.5)
        if 2 * len(missing) >= len(fields):
            hint = "; check `fields`, and that the names of the columns stand there"
        else:
            hint = f"; did you mean {close[0]}?" if close else "; check `fields`"
        raise MissingColumn(_words(source, place, ours, theirs) + hint, ours)


def _words(source: str, place: str, ours: str, theirs: str) -> str:
    return f"source {source}: {place} has no column {theirs!r} for `{ours}`"
