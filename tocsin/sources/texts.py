"""Texts of a column, quickly: to strip each would cost more than to read it."""

from typing import Any

import ibis  # type: ignore[import-untyped]

#: Between addresses, while line breaks inside them are taken out.
APART = "\x1e"
#: The first sign that is no white space and no sign of control (ASCII).
_VISIBLE = "!"


def as_text(column: Any) -> Any:
    """A column as text; of a list its members, one to a line."""
    if column.type().is_array():
        return column.map(lambda each: each.cast("string")).join("\n")
    return column.cast("string")


def padded(text: Any) -> Any:
    """Whether stripping may change a text: it begins or ends with white space."""
    return (text < _VISIBLE) | (text.right(1) < _VISIBLE)


def stripped(text: Any) -> Any:
    """A text without white space around it, null where nothing is left."""
    return ibis.ifelse(padded(text), text.strip(), text).nullif("")
