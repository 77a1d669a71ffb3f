"""Words that stand in the command line, or in a file that it names: `@FILE`, or `@-` for stdin, one to a line."""

from collections.abc import Iterable
from pathlib import Path


def words_given(values: Iterable[str]) -> list[str]:
    """Each value, or the lines of the file in its place. Refused where one says nothing, or more than is taken."""
    from tocsin.scoping.wordfiles import read_lines

    found: list[str] = []
    for value in values:
        if value == "@-":
            found += read_lines(None)
        else:
            found += read_lines(Path(value[1:])) if value.startswith("@") else [value]
    return found
