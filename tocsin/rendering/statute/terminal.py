"""A page for the terminal: labels in a column, sentences wrapped beside them."""

import textwrap
from collections.abc import Iterator

from tocsin.rendering.statute.page import Page, Part
from tocsin.rendering.statute.sentences import Item

_LABELS = 12
_NARROWEST = 30


def terminal(page: Page, width: int) -> Iterator[str]:
    """The page line by line, no line longer than `width` where words allow it."""
    yield from _wrapped(f"{page.code}  {page.name}", width, "  ")
    yield from _terms(page.head, width)
    for part in page.rules:
        yield ""
        yield f"{part.heading}  {part.aside}"
        yield from _terms(part, width)
    for part in page.tail:
        yield ""
        yield part.heading
        yield from _terms(part, width)


def _terms(part: Part, width: int) -> Iterator[str]:
    named = [len(label) for label, _ in part.terms if label]
    column = max(_LABELS, *named) + 4 if named else 2
    for label, items in part.terms:
        begin = f"  {label}".ljust(column)
        for item in items:
            for line in _item(item, max(width - column, _NARROWEST)):
                yield f"{begin}{line}"
                begin = " " * column


def _item(item: Item, width: int) -> Iterator[str]:
    yield from _wrapped(item.text + (item.then if item.below else ""), width, "")
    for each in item.below:
        lead = "- "
        for line in _item(each, max(width - 2, _NARROWEST)):
            yield f"{lead}{line}"
            lead = "  "


def _wrapped(text: str, width: int, after: str) -> list[str]:
    return textwrap.wrap(
        text, width, subsequent_indent=after, break_long_words=False, break_on_hyphens=False
    ) or [""]
