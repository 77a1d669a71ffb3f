"""Moments of log rows as whole microseconds since 1970 in UTC: one number on every engine, exact and without a zone.

Fractions finer than a microsecond are cut off. Trap, measured: DuckDB casts `2026-01-01T00:00:00+07:00` to TIMESTAMP by
dropping the offset without a word. Text that carries an offset must go through TIMESTAMP WITH TIME ZONE.
"""

import re
from datetime import datetime
from typing import Any, Literal

import ibis  # type: ignore[import-untyped]

from tocsin.domain.timeformats import EPOCHS, TimeFormat
from tocsin.sources import walltime

#: Why a moment that can be read cannot be placed in time. A row whose moment cannot even be read has no such reason.
Unplaced = Literal["outside", "skipped", "offset", "leap-second"]
#: 1990-01-01: no log is older, and a clock that was never set (1970, 1980) is no witness.
EARLIEST = 631_152_000_000_000
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
#: Beyond every moment that a row can have, and far from where whole numbers of an engine end.
_FAR = 10**18
_UTC = "timestamp('UTC')"
#: Offsets that some place has, from -12:00 to +14:00, and what only looks like one.
_OFFSET = r"(\+(0\d|1[0-3])(:?[0-5]\d)?|\+14(:?00)?|-(0\d|1[01])(:?[0-5]\d)?|-12(:?00)?)"  # fmt: skip
_ANY_OFFSET = r"\d\s?[+-]\d\d(:?\d\d)?\s*$"
#: Moments as ISO 8601 writes them, with an offset (`+07:00`, `+0700`, `+07`) and without. Dates alone are no moments.
_WITH_OFFSET = rf"[Tt ]\d\d:\d\d.*({_OFFSET}|[Zz])\s*$"
_WITHOUT = r"^\s*\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d[:.,\d]*\s*$"
_LEAP_SECOND = r"\d:?\d\d:?60([.,]\d+)?\s*([Zz]|[+-]\d\d:?(\d\d)?)?\s*$"
#: Digits of a fraction of one unit that still count.
#: Engines read more than this as a number: `1_000`, or the digits of Arabic.
_DOUBLE = r"^[+-]?[0-9]*[.]?[0-9]+([eE][+-]?[0-9]+)?$"
_DIGITS = {"epoch-s": 6, "epoch-ms": 3}


def _named(name: str, takes: tuple[str, ...], gives: str) -> Any:
    """A function of the engine that Ibis has no word for; another engine gets its own name here."""
    signature = (takes, gives)
    return ibis.udf.scalar.builtin(_blank(len(takes)), name=name, signature=signature)


def _blank(arguments: int) -> Any:
    return (lambda a: None) if arguments == 1 else (lambda a, b: None)


_epoch_us = _named("epoch_us", (_UTC,), "int64")
_local_us = _named("epoch_us", ("timestamp",), "int64")
_parsed_zoned = _named("try_strptime", ("string", "string"), _UTC)
_parsed_naive = _named("try_strptime", ("string", "string"), "timestamp")


def latest(asked_at: datetime) -> int:
    """The last moment that a row may claim which somebody asked about: a clock may be fast by a day."""
    return int(asked_at.timestamp()) * _SECOND + _DAY


def placed(table: Any, time: TimeFormat, until: int) -> Any:
    """The table with `at` as int64 microseconds UTC in place of the text, null where it cannot be read or placed.

    Beside it `again`, the other moment at which a wall clock showed the same, and `unplaced`, an `Unplaced` or null.
    Moments lie between `EARLIEST` and `until`.
    """
    column = table.at
    absolute, local = _read(column, time)
    if local is None or time.zone is None:
        read = table.mutate(read=absolute, local=_nothing(), again=_nothing())
    else:
        stretches = walltime.history(time.zone, EARLIEST // _SECOND, until // _SECOND)
        read = table.mutate(absolute=absolute, local=_near(local, until))
        read = read.mutate(
            read=ibis.coalesce(read.absolute, walltime.utc(read.local, stretches)),
            again=walltime.utc_again(read.local, stretches),
        ).drop("absolute")
    sound = read["read"].between(EARLIEST, until)
    at = ibis.ifelse(sound, read["read"], ibis.null("int64"))
    # One row in a great many has no moment: only of these does anybody ask why.
    unplaced = ibis.ifelse(sound.fill_null(False), ibis.null("string"), _reason(read, column.type(), time))
    return read.mutate(at=at, unplaced=unplaced).drop("read", "local")


def unsettled(rows: Any, until: int) -> Any:
    """Of rows that were placed: whether they may be placed otherwise once `until` is later."""
    latest = ibis.greatest(rows.at, rows.again.fill_null(EARLIEST))
    return rows.unplaced.isin(("outside", "skipped")) | (latest > until - _DAY).fill_null(False)


def _near(local: Any, until: int) -> Any:
    """The wall-clock time; one that lies outside in any zone is brought near, so that no engine's numbers run over."""
    first, last = EARLIEST - 2 * _DAY, until + 2 * _DAY
    return ibis.cases((local < first, first), (local > last, last), else_=local)


def _reason(read: Any, kind: Any, time: TimeFormat) -> Any:
    """Why a row has no moment, where more is known than that its text is none."""
    known = [(read["read"].notnull(), "outside"), (read.local.notnull(), "skipped")]
    if kind.is_string() and time.format not in EPOCHS:
        text = read.at
        insane = text.re_search(_ANY_OFFSET) & ~text.re_search(rf"{_OFFSET}\s*$")
        known += [(insane, "offset"), (text.re_search(_LEAP_SECOND), "leap-second")]
    return ibis.cases(*known)


def _read(column: Any, time: TimeFormat) -> tuple[Any, Any]:
    """(moment, wall-clock time) as microseconds; at most one of them is known of a row. None where no row has one."""
    if column.type().is_timestamp():
        aware = column.type().timezone is not None
        if aware:
            return _epoch_us(column.cast(_UTC)), None
        return _nothing(), None if time.zone is None else _local_us(column.try_cast("timestamp"))
    if time.format in EPOCHS:
        return _from_number(column, time.format), None
    text = column.cast("string")
    if time.format == "iso":
        absolute, local = _from_iso(text, time)
        later, locally = _from_plain(text, time)
        return ibis.coalesce(absolute, later), None if local is None else ibis.coalesce(local, locally)
    return _by_pattern(text, time)


def _nothing() -> Any:
    return ibis.null("int64")


def _from_iso(text: Any, time: TimeFormat) -> tuple[Any, Any]:
    aware = _epoch_us(text.try_cast(_UTC))
    # Most logs end every moment with Z: that is the cheapest thing to see.
    absolute = ibis.cases((text.endswith("Z"), aware), (text.re_search(_WITH_OFFSET), aware))
    if time.zone is None:
        return absolute, None
    return absolute, ibis.cases((text.re_search(_WITHOUT), _local_us(text.try_cast("timestamp"))))


def _from_plain(text: Any, time: TimeFormat) -> tuple[Any, Any]:
    """The same of what could not be read so: RFC 3339, 5.6, allows `t` and `z`, and ISO 8601 a comma.

    The plainer writing stands in each expression once: what it meets twice, the engine works out for every row.
    """
    plain = text.upper().re_replace(r"(:\d\d),(\d)", r"\1.\2")
    absolute = ibis.cases((text.re_search(_WITH_OFFSET), _epoch_us(plain.try_cast(_UTC))))
    if time.zone is None:
        return absolute, None
    return absolute, ibis.cases((text.re_search(_WITHOUT), _local_us(plain.try_cast("timestamp"))))


def _by_pattern(text: Any, time: TimeFormat) -> tuple[Any, Any]:
    """By a strptime pattern. Fractions of more than six digits are cut, and `Z` is the offset that it stands for."""
    plain = text.re_replace(r"([.,]\d{6})\d+", r"\1").re_replace(r"[Zz]\s*$", "+0000")
    if "%z" not in time.format:
        local = [_local_us(_parsed_naive(each, time.format)) for each in (text, plain)]
        return _nothing(), ibis.coalesce(*local)
    moment = ibis.coalesce(*(_epoch_us(_parsed_zoned(each, time.format)) for each in (text, plain)))
    return ibis.ifelse(plain.re_search(_sane(time.format)), moment, _nothing()), None


def _sane(pattern: str) -> str:
    """The pattern as a regular expression that cares for nothing but the offset."""
    if pattern.endswith("%z"):
        return rf"{_OFFSET}\s*$"
    literals = re.split(r"%-?(.)", pattern)
    parts = [_OFFSET if sign == "z" else ".+" for sign in literals[1::2]]
    spelt = [re.sub(r"(\\?\s)+", r"\\s+", re.escape(literal)) for literal in literals[::2]]
    return "".join(text + part for text, part in zip(spelt, [*parts, ""], strict=True))


def _from_number(column: Any, unit: str) -> Any:
    """A number since 1970, exact with whole digits and decimals; one with an exponent as good as a double is."""
    factor = EPOCHS[unit]
    whole, text = column.try_cast("int64"), column.cast("string").strip()
    decimal = r"^(\d{1,19})[.,](\d+)$"
    of_decimal = _scaled(text.re_extract(decimal, 1).try_cast("int64"), factor)
    fraction = (
        (text.re_extract(decimal, 2) + "000000").left(_DIGITS.get(unit, 0)).try_cast("int64").fill_null(0)
    )
    double = text.try_cast("float64") * (factor or 0.001)
    return ibis.cases(
        (whole.cast("string") == text, _scaled(whole, factor)),
        (text.re_search(decimal), of_decimal + fraction),
        (text.re_search(_DOUBLE) & double.between(-_FAR, _FAR), double.round().cast("int64")),
    )


def _scaled(whole: Any, factor: int) -> Any:
    """The number in microseconds. One too great to be multiplied stands as a moment that surely lies outside."""
    if factor:
        return ibis.ifelse(whole.between(-_FAR // factor, _FAR // factor), whole * factor, _FAR)
    # Ibis divides as doubles, which nanoseconds are too long for: seconds and the rest apart are exact.
    return _quotient(whole, 10**9) * _SECOND + _quotient(whole % 10**9, 1000)


def _quotient(whole: Any, divisor: int) -> Any:
    return ((whole - whole % divisor) / divisor).round().cast("int64")
