"""Birth dates as `2001-12-31`, whatever the order of their numbers. What is no day stays unknown."""

from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.sources import CustomerSource

#: Three numbers, and perhaps a time of day behind them.
_NUMBERS = r"^\s*(\d{1,4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,4})(?:[T ][\d:.,+Z -]*)?\s*$"
_ORDER = {"year-first": (1, 2, 3), "day-first": (3, 2, 1), "month-first": (3, 1, 2)}


def birth_date(column: Any, source: CustomerSource) -> Any:
    """Text `YYYY-MM-DD`, or null where a row has no birth date or none that can be read (1 January 1850 or later)."""
    if column.type().is_temporal():
        return column.cast("date").cast("string")
    text = column.cast("string")
    year, month, day = (text.re_extract(_NUMBERS, place) for place in _ORDER[source.birth_dates])
    written = year + "-" + month.lpad(2, "0") + "-" + day.lpad(2, "0")
    found = written.try_cast("date").cast("string")
    whole = (year.length() == 4) & (found >= "1850-01-01")
    return ibis.ifelse(whole.fill_null(False), found, ibis.null("string"))
