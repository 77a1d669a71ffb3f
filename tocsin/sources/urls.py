"""Escapes of URLs (`%62` for `b`) read by the engine, for whole columns.

Trap, measured: DuckDB's `url_decode` breaks the whole query off where the bytes are no UTF-8 (`%ff`). `try` keeps such
a text back, and then its escapes above `%7f` stay as they are written: the rest of it is still read.
"""

from typing import Any

import ibis  # type: ignore[import-untyped]


def _named(name: str) -> Any:
    """A function of the engine that Ibis has no word for; on Spark 4 both together are `try_url_decode`."""
    return ibis.udf.scalar.builtin(lambda text: None, name=name, signature=(("string",), "string"))


_decoded, _attempted = _named("url_decode"), _named("try")


def unescaped(text: Any) -> Any:
    """The text with its escapes read once, as a server does; what is no escape (`%zz`) stays. `+` stays too."""
    readable = text.re_replace("%([89A-Fa-f][0-9A-Fa-f])", r"%25\1")
    return ibis.ifelse(
        text.contains("%"), ibis.coalesce(_attempted(_decoded(text)), _decoded(readable)), text
    )
