"""The pages of the law: one regime at the terminal, and all of them as Markdown in a folder."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from tocsin.cli.console import clean
from tocsin.domain.errors import Refused

if TYPE_CHECKING:
    from tocsin.domain.catalog import Catalog
    from tocsin.domain.law.rules import Regime

#: Columns of a page where nobody says how wide the terminal is, and at most.
_WIDTH, _WIDEST = 100, 120


def at_the_terminal(regime: "Regime") -> Iterator[str]:
    """The page of a regime, as wide as the terminal."""
    from tocsin.rendering.statute.page import page_of
    from tocsin.rendering.statute.terminal import terminal

    return map(clean, terminal(page_of(regime), width()))


def width() -> int:
    """Columns that a page may take."""
    return min(get_terminal_size((_WIDTH, 24)).columns, _WIDEST)


def write_pages(catalog: "Catalog", folder: Path) -> str:
    """Write a page for each regime and the index, take away pages of regimes that are gone; what was done, in words.

    Refused where the folder cannot be written. Files that were not written here are left alone.
    """
    from tocsin.rendering.statute.markdown import pages

    written = pages(catalog.regimes.values())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        changed = [name for name, text in written.items() if _put(folder / name, text)]
        gone = _take_away(folder, written)
    except OSError as error:
        raise Refused(f"{folder}: cannot be written ({error.strerror}); name another folder") from None
    return f"{folder}: {len(written)} pages, {len(changed)} written anew, {gone} taken away"


def _put(path: Path, text: str) -> bool:
    if path.is_file() and path.read_bytes() == text.encode():
        return False
    path.write_bytes(text.encode())
    return True


def _take_away(folder: Path, written: Mapping[str, str]) -> int:
    from tocsin.rendering.statute.markdown import WRITTEN

    begins = f"{WRITTEN}\n".encode()
    gone = [
        path
        for path in folder.glob("*.md")
        if path.name not in written and path.is_file() and path.read_bytes().startswith(begins)
    ]
    for path in gone:
        path.unlink()
    return len(gone)
