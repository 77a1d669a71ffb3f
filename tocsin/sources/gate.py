"""The gate: doubtful files go through it line by line, and come out as lines that the engine surely reads.

Engine first: it is quick, and most files are sound. A file of which a look, or the count of lines afterwards, says that
lines may be lost is copied into the workspace, for its owner alone, without its packing: every line that may be a row
with its number, every other counted here, with its number and its reason. No line is lost in silence: what went in is
a row, a reject, empty, or a further line of a row.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import BinaryIO

from tocsin.sources import parquet
from tocsin.sources.bounds import Bounds
from tocsin.sources.files import File
from tocsin.sources.lines import Lines, Rejects
from tocsin.sources.logs import by_format
from tocsin.sources.unpacking import Content, Fault

#: Bytes that a number may add to a line.
_NUMBER = 64
#: Takes lines and the format, and gives what to write in their place; lines that are no row go to the rejects.
Numbered = Callable[[Lines, str, Rejects], Iterator[tuple[bytes, int]]]


@dataclass(frozen=True)
class Passed:
    """What to read in place of a file: None where nothing of it is left. `rows` is how many the engine must find."""

    file: File | None
    fault: Fault | None
    rejects: Rejects
    rows: int


@cache
def formats() -> dict[str, Numbered]:
    """Formats of lines, each with what numbers its lines."""
    return by_format("numbered")


def needs_gate(file: File, kind: str) -> bool:
    """Whether the engine cannot be trusted with a file, by the first look at it."""
    return file.survey.doubtful if kind in formats() else file.packing != "none"


def through(file: File, folder: Path, kind: str, bounds: Bounds, fields: Mapping[str, str]) -> Passed:
    """A copy of a file in `folder`, up to its damage. What was added since it was hashed is not looked at."""
    if kind not in formats():
        return _salvaged(file, folder, bounds, fields)
    content, rejects, rows = Content(file.path, file.packing, bounds, file.size), Rejects(), 0
    target = folder / f"{file.source}-{file.sha256[:16]}.txt"
    with _private(target) as out:
        for text, count in formats()[kind](Lines(content, bounds, rejects), kind, rejects):
            out.write(text)
            rows += count
    survey = replace(file.survey, longest=bounds.line + _NUMBER)
    copy = replace(file, read_from=target, packing="none", survey=survey, numbered=True)
    return Passed(copy if rows else None, content.fault, rejects, rows)


def _salvaged(file: File, folder: Path, bounds: Bounds, fields: Mapping[str, str]) -> Passed:
    """A table, which must be read from its end: unpacked whole or not at all, and its sound row groups."""
    rejects, name = Rejects(), f"{file.source}-{file.sha256[:16]}"
    if file.packing != "none":
        content = Content(file.path, file.packing, bounds, file.size)
        with _private(folder / f"{name}.whole") as out:
            for block in content:
                out.write(block)
        if content.fault:
            return Passed(None, content.fault, rejects, 0)
        file = replace(file, read_from=folder / f"{name}.whole", packing="none")
    target = folder / f"{name}.sound"
    _private(target).close()
    copy, rows, lost = parquet.salvaged(file, target, fields)
    if lost > 0:
        rejects.counts["in a damaged row group"] = lost
    return Passed(copy if rows or not lost else None, "damaged" if lost else None, rejects, rows)


def _private(target: Path) -> BinaryIO:
    """A new file for its owner alone."""
    target.touch(mode=0o600)
    return target.open("wb")
