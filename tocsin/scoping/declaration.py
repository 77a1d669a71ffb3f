"""What a person hands to scoping as files: `sources.yaml`, and the forensic team's list."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import Document, read_document
from tocsin.domain.errors import BadFile, Refused
from tocsin.domain.paths import is_url
from tocsin.domain.scope.question import Listed
from tocsin.domain.scope.values import BLANKS
from tocsin.domain.sources import Sources
from tocsin.scoping.wordfiles import lines_of, spoken


def read_sources(path: Path) -> Sources:
    """The declared sources; BadFile names the first bad line. Relative paths start at the file's own folder."""
    document = read_document(path)
    folder = path.resolve().parent
    found = Document(path, anchored(document.value, folder), document.lines)
    sources = validated(Sources, found)
    # The engine comes with the readers: whoever only lists people needs neither.
    from tocsin.sources.logs import Misdeclared, completed

    try:
        return completed(sources)
    except Misdeclared as error:
        place = error.loc if error.loc in found.lines else error.loc[:2]
        raise found.bad(place, f"{error.loc[-1]}: {error.words}") from None


def anchored(value: Any, folder: Path) -> Any:
    """The declaration with absolute paths. What has another shape than expected is left for validation to refuse."""
    return _placed(value, lambda named: named if is_url(named) else str(folder / named))


def portable(sources: Sources, folder: Path) -> dict[str, Any]:
    """The declaration as plain values, with paths below `folder` as they would stand in a file there.

    So the same declaration is the same bytes wherever its folder lies; `anchored` undoes it.
    """
    start = f"{folder.resolve()}/"
    plain = sources.model_dump(mode="json", exclude_defaults=True)
    placed: dict[str, Any] = _placed(plain, lambda named: named.removeprefix(start))
    return placed


def _placed(value: Any, place: Callable[[str], str]) -> Any:
    """A declaration whose paths were put through `place`."""
    if not isinstance(value, dict):
        return value
    placed = dict(value)
    for part, key in (
        ("logs", "paths"),
        ("customers", "path"),
        ("deletions", "paths"),
        ("suppressions", "paths"),
    ):
        if isinstance(entries := value.get(part), list):
            placed[part] = [_with_paths(entry, key, place) for entry in entries]
    return placed


def _with_paths(entry: Any, key: str, place: Callable[[str], str]) -> Any:
    if not isinstance(entry, dict) or key not in entry:
        return entry
    named = entry[key]
    if isinstance(named, list):
        return entry | {key: [place(each) if isinstance(each, str) else each for each in named]}
    return entry | {key: place(named)} if isinstance(named, str) else entry


def read_list(path: Path) -> tuple[Listed, ...]:
    """The forensic team's list: an id or e-mail address to a line, or a CSV with `who` and perhaps `kinds` (`a b`)."""
    lines = list(lines_of(path))
    _, first = next(_rows(path, lines[:1]), (1, []))
    header = [name.strip(BLANKS).lower() for name in first]
    if twice := next((name for name in ("who", "kinds") if header.count(name) > 1), None):
        raise BadFile(path, 1, f"has two columns `{twice}`; keep one")
    if len(first) == 1 and re.fullmatch(r"(who|kinds)\s*[;\t|].*|.*[;\t|]\s*(who|kinds)", header[0]):
        raise BadFile(path, 1, "has columns that no comma divides; save it with commas: who,kinds")
    if "who" not in header:
        if len(header) > 1 and not header[0].startswith("#"):
            raise BadFile(
                path, 1, "has commas but no column `who`; put the header who,kinds above the people"
            )
        return tuple(Listed(who=who) for who in spoken(path, lines))
    found = []
    for number, row in islice(_rows(path, lines), 1, None):
        cells = dict(zip(header, (cell.strip(BLANKS) for cell in row), strict=False))
        if not any(cells.values()):
            continue
        if any(row[len(header) :]):
            raise BadFile(
                path, number, "has more cells than the header; write its kinds into one: profile billing"
            )
        if not cells.get("who"):
            raise BadFile(path, number, "names nobody; put an id or an e-mail address under `who`")
        found.append(Listed(who=cells["who"], kinds=tuple(cells.get("kinds", "").split())))
    if not found:
        raise Refused(f"{path}: lists nobody; write one person to a line")
    return tuple(found)


def _rows(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV, each with the line on which it begins; BadFile names the first that is none."""
    # Strict: else a quote that never closes makes one cell of everybody below it.
    reader, begins = csv.reader((f"{line}\n" for line in lines), strict=True), 1
    try:
        for row in reader:
            yield begins, row
            begins = reader.line_num + 1
    except csv.Error:
        what = "the quotes of a cell do not close, or close before it ends; correct them, or leave them out"
        raise BadFile(path, begins, what) from None
