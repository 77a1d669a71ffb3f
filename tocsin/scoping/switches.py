"""Requests that say that logging was stopped or went on: seen in the one pass, and gathered from it.

A denied request (4xx) switched nothing. One of unknown method or outcome may have done so, and counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.logkeeping import Switch
from tocsin.domain.sources import LogSource
from tocsin.sources.logs import tidied

_OFF, _ON = "off", "on"
_METHOD = re.compile(r"([A-Z]+) (.*)", re.DOTALL)


@dataclass(frozen=True, order=True)
class Switched:
    """That at a moment (microseconds since 1970) the logging of a source was stopped, or went on.

    Of two in one moment, as logs of whole seconds have them, the stop is taken for the later one.
    """

    at: int
    off: bool
    of: str


def switch_columns(log: Any, source: LogSource) -> dict[str, Any]:
    """What the pass keeps of rows that switch logging: `switch` and `switched_at`; nothing where none is declared."""
    if source.logging_off is None and source.logging_on is None:
        return {}
    line = (log.method.strip().upper() + " ").fill_null("") + log.endpoint.strip()
    done = ~tidied("status", log.status).between(400, 499).fill_null(False)
    switch = ibis.cases(
        *(
            (done & line.re_search(_pattern(declared)).fill_null(False), word)
            for declared, word in ((source.logging_off, _OFF), (source.logging_on, _ON))
            if declared
        ),
        else_=ibis.null("string"),
    )
    return {"switch": switch, "switched_at": ibis.ifelse(switch.notnull(), log.at, ibis.null("int64"))}


def _pattern(switch: Switch) -> str:
    """In words that Python, RE2 and Java read alike. What follows `?` or `#` is not compared."""
    return f"^(?:{'|'.join(map(_line, switch.endpoints))})(?:[?#].*)?$"


def _line(endpoint: str) -> str:
    found = _METHOD.fullmatch(endpoint)
    method, path = (re.escape(found[1]), found[2]) if found else ("[^ ]+", endpoint)
    # A log that does not say the method may have seen this one.
    return f"(?:{method} )?" + ".*".join(map(re.escape, path.split("*")))


def switched(engine: Any, source: LogSource, rows: Any) -> tuple[Switched, ...]:
    """The switching of logging that a source's pass saw, in order.

    Of many switches within one hour the outermost count: then all between them is taken for not logged.
    """
    if "switch" not in rows.columns:
        return ()
    seen = rows.filter(rows.switched_at.notnull())
    table = seen.group_by("hour", "switch").aggregate(
        first=seen.switched_at.min(), last=seen.switched_at.max()
    )
    return tuple(
        sorted(
            Switched(at, row["switch"] == _OFF, name)
            for row in engine.to_pyarrow(table).to_pylist()
            for at in ({row["first"], row["last"]} if row["switch"] == _OFF else {row["last"]})
            for name in _switched_sources(source, row["switch"])
        )
    )


def _switched_sources(source: LogSource, word: str) -> Iterator[str]:
    declared = source.logging_off if word == _OFF else source.logging_on
    yield from (declared and declared.of) or (source.name,)
