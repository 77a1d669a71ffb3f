"""Birth dates as `2001-12-31`, whatever the order of their numbers. What is no day stays unknown."""

from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.sources import CustomerSource

#: Three numbers, and perhaps a time of day behind them.
_NUMBERS = r"^\s*(\d{1,4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,4})(?:[T ][\d:.,+Z -]*)?\s*$"
_PLAIN = dict.fromkeys(("day-first", "month-first"), r"^\d\d[-/. ]\d\d[-/. ]\d{4}$")
_PLAIN["year-first"] = r"^\d{4}[-/. ]\d\d[-/. ]\d\d$"
#: In a text of ten characters: where year, month and day begin, and how long they are.
_PLACES = {
    "year-first": ((0, 4), (5, 2), (8, 2)),
    "day-first": ((6, 4), (3, 2), (0, 2)),
    "month-first": ((6, 4), (0, 2), (3, 2)),
}
_EARLIEST = "1850-01-01"
_ORDER = {"year-first": (1, 2, 3), "day-first": (3, 2, 1), "month-first": (3, 1, 2)}


def birth_date(column: Any, source: CustomerSource) -> Any:
    """Text `YYYY-MM-DD`, or null where a row has no birth date or none that can be read (1 January 1850 or later)."""
    if column.type().is_temporal():
        return column.cast("date").cast("string")
    text = column.cast("string").strip()
    # As nearly all are written, and a fifth of the price of looking for numbers.
    year, month, day = (text.substr(start, length) for start, length in _PLACES[source.birth_dates])
    plain = text.re_search(_PLAIN[source.birth_dates])
    quick = ibis.ifelse(plain, (year + "-" + month + "-" + day).try_cast("date"), ibis.null("date"))
    found = ibis.coalesce(quick, _numbered(text, source.birth_dates).try_cast("date")).cast("string")
    return ibis.ifelse(found >= _EARLIEST, found, ibis.null("string"))


def _numbered(text: Any, order: str) -> Any:
    year, month, day = (text.re_extract(_NUMBERS, place) for place in _ORDER[order])
    written = year + "-" + month.lpad(2, "0") + "-" + day.lpad(2, "0")
    return ibis.ifelse(year.length() == 4, written, ibis.null("string"))
