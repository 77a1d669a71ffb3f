"""Moments of log rows as whole microseconds since 1970 in UTC: one number on every engine, exact and without a zone.

Trap, measured: DuckDB casts `2026-01-01T00:00:00+07:00` to TIMESTAMP by dropping the offset without a word. Text that
carries an offset must go through TIMESTAMP WITH TIME ZONE, and text without one through its declared zone.
"""

from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.sources import EPOCHS, TimeFormat

_UTC = "timestamp('UTC')"
#: 2200-01-01: a number beyond it counts in another unit.
_LATEST = 7_258_118_400_000_000
#: Moments as ISO 8601 writes them, with an offset (`+07:00`, `+0700`, `+07`) and without. Dates alone are no moments.
_WITH_OFFSET = r"[T ]\d\d:\d\d.*([+-]\d\d(:?\d\d)?|Z)\s*$"
_WITHOUT = r"^\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d[:.,\d]*\s*$"


def _named(name: str, takes: tuple[str, ...], gives: str) -> Any:
    """A function of the engine that Ibis has no word for; another engine gets its own name here."""
    signature = (takes, gives)
    return ibis.udf.scalar.builtin(_blank(len(takes)), name=name, signature=signature)


def _blank(arguments: int) -> Any:
    return (lambda a: None) if arguments == 1 else (lambda a, b: None)


_epoch_us = _named("epoch_us", (_UTC,), "int64")
_in_zone = _named("timezone", ("string", "timestamp"), _UTC)
_parsed_zoned = _named("try_strptime", ("string", "string"), _UTC)
_parsed_naive = _named("try_strptime", ("string", "string"), "timestamp")


def microseconds(column: Any, time: TimeFormat) -> Any:
    """The column as int64 microseconds since 1970 UTC; null where a row's moment cannot be read or placed."""
    if column.type().is_timestamp():
        return _from_native(column, time)
    if time.format in EPOCHS:
        return _from_number(column, time.format)
    text = column.cast("string")
    if time.format == "iso":
        # RFC 3339, 5.6, allows `t` and `z`, the engine does not: what it could not read is tried in upper case.
        return ibis.coalesce(_from_iso(text, time), _from_iso(text.upper(), time))
    if "%z" in time.format:
        return _epoch_us(_parsed_zoned(text.strip(), time.format))
    return _epoch_us(_in_zone(time.zone, _parsed_naive(text.strip(), time.format)))


def _from_native(column: Any, time: TimeFormat) -> Any:
    if column.type().timezone is not None:
        return _epoch_us(column.cast(_UTC))
    if time.zone is None:
        return ibis.null("int64")
    return _epoch_us(_in_zone(time.zone, column.cast("timestamp")))


def _from_number(column: Any, unit: str) -> Any:
    """Whole numbers stay whole; a fraction (`1767225600.25`) is read as a double, good to the microsecond."""
    whole = column.try_cast("int64")
    fraction = column.try_cast("float64")
    factor = EPOCHS[unit]
    limit = _LATEST // factor if factor else _LATEST * 1000
    return ibis.cases(
        (whole.cast("string") == column.cast("string").strip(), _scaled(whole, limit, factor)),
        (fraction.between(0, limit), (fraction * (factor or 0.001)).round().cast("int64")),
    )


def _scaled(whole: Any, limit: int, factor: int) -> Any:
    kept = ibis.ifelse(whole.between(0, limit), whole, ibis.null("int64"))
    if factor:
        return kept * factor
    # Ibis divides as doubles, which nanoseconds are too long for: seconds and the rest apart are exact.
    return _quotient(kept, 10**9) * 1_000_000 + _quotient(kept % 10**9, 1000)


def _quotient(whole: Any, divisor: int) -> Any:
    return ((whole - whole % divisor) / divisor).round().cast("int64")


def _from_iso(text: Any, time: TimeFormat) -> Any:
    aware = _epoch_us(text.try_cast(_UTC))
    # Most logs end every moment with Z: that is the cheapest thing to see.
    branches = [(text.endswith("Z"), aware), (text.re_search(_WITH_OFFSET), aware)]
    if time.zone is not None:
        branches.append(
            (text.re_search(_WITHOUT), _epoch_us(_in_zone(time.zone, text.try_cast("timestamp"))))
        )
    return ibis.cases(*branches)
