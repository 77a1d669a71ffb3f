"""Access logs of any format as one table: `file` and the columns of `LogFields`, typed and null where absent."""

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin import sources
from tocsin.domain.sources import LOG_COLUMNS, LogSource
from tocsin.sources.files import File
from tocsin.sources.times import placed

Reader = Callable[..., Any]


@cache
def readers() -> dict[str, Reader]:
    """Format to reader, from every module of this package that names its `FORMATS`."""
    return by_format("read")


def by_format(function: str) -> dict[str, Any]:
    """Format to a function of its module, from every module of this package that names its `FORMATS`."""
    modules = [
        import_module(f"{sources.__name__}.{module.name}") for module in iter_modules(sources.__path__)
    ]
    return {
        name: getattr(module, function)
        for module in modules
        if hasattr(module, function)
        for name in getattr(module, "FORMATS", ())
    }


def open_log(engine: Any, source: LogSource, files: Sequence[File], until: int) -> Any:
    """The rows of a source: `at`, `again` and `unplaced` as `placed` gives them, all else as the text it is.

    `line` is the number of each row's line, where the files carry it. No row lies after `until` (microseconds).
    """
    raw = readers()[source.format](engine, source.name, files, source.fields.mapped(), source.format)
    raw = placed(raw, source.time, until)
    texts = {
        name: raw[name].cast("string") if name in raw.columns else ibis.null("string") for name in LOG_COLUMNS
    }
    numbers = {"line": raw.line} if "line" in raw.columns else {}
    return raw.select("file", "again", "unplaced", **(texts | {"at": raw.at}), **numbers)


def tidied(name: str, text: Any) -> Any:
    """The value of a column: a whole number for status and bytes, else stripped text; null where there is nothing."""
    if name in ("status", "bytes"):
        return text.try_cast("int64")
    return text.strip().nullif("")
