"""Requests that say that logging was stopped or went on: seen in the one pass, and gathered from it.

A denied request switched nothing. One of unknown method or outcome may have done so, and counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import ibis  # type: ignore[import-untyped]

from tocsin.domain.logkeeping import Switch
from tocsin.domain.sources import LogSource
from tocsin.scoping.conditions import is_denied
from tocsin.scoping.endpoints import is_one_of, is_woven, may_be
from tocsin.scoping.server_paths import paths_of

#: Words of `switch` in a pass, and the key of the source that declares what they stand for.
Word = Literal["off", "thinned", "on"]
WORDS: tuple[Word, ...] = get_args(Word)
#: In this order within one moment.
_BY_RANK: tuple[Word, ...] = ("on", "off", "thinned")
_METHOD = re.compile(r"([A-Z]+) (.*)", re.DOTALL)


@dataclass(frozen=True, order=True)
class Switched:
    """That at a moment (microseconds since 1970) the logging of a source was stopped or thinned out, or went on.

    Of several in one moment, as logs of whole seconds have them, what stops or thins is taken for the later one.
    """

    at: int
    rank: int
    of: str

    @property
    def word(self) -> Word:
        return _BY_RANK[self.rank]


def switch_columns(log: Any, source: LogSource) -> dict[str, Any]:
    """What the pass keeps of rows that switch logging: `switch` and `switched_at`; nothing where none is declared."""
    if not source.switches:
        return {}
    done = ~is_denied(log, source)
    switch = ibis.cases(
        *((done & _says(log, declared), word) for word in WORDS if (declared := _declared(source, word))),
        else_=ibis.null("string"),
    )
    return {"switch": switch, "switched_at": ibis.ifelse(switch.notnull(), log.at, ibis.null("int64"))}


def _says(log: Any, switch: Switch) -> Any:
    """Whether a row is such a request: as its line is written, or by the path that a server sees."""
    line = (log.method.strip().upper() + " ").fill_null("") + log.endpoint.strip()
    fits = line.re_search(_pattern(switch)).fill_null(False)
    paths = [each for each in switch.endpoints if each.rpartition(" ")[2].startswith(("/", "*"))]
    if not paths:
        return fits
    # To resolve every path would cost more than to read it: so only what may be one of these, and is woven.
    near = may_be(log.method, log.endpoint, paths) & is_woven(log.endpoint)
    served = ibis.or_(*(is_one_of(log.method, path, paths) for path in paths_of(log.endpoint)))
    return ibis.ifelse(near.fill_null(False) & ~fits, served.fill_null(False), fits)


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

    Of many switches within five minutes the outermost count: then all between them is taken for not logged.
    """
    if "switch" not in rows.columns:
        return ()
    seen = rows.filter(rows.switched_at.notnull())
    table = seen.group_by("slot", "switch").aggregate(
        first=seen.switched_at.min(), last=seen.switched_at.max()
    )
    return tuple(
        sorted(
            Switched(at, _BY_RANK.index(row["switch"]), name)
            for row in engine.to_pyarrow(table).to_pylist()
            for at in ({row["last"]} if row["switch"] == "on" else {row["first"], row["last"]})
            for name in _switched_sources(source, row["switch"])
        )
    )


def _declared(source: LogSource, word: Word) -> Switch | None:
    declared: Switch | None = getattr(source, f"logging_{word}")
    return declared


def _switched_sources(source: LogSource, word: Word) -> Iterator[str]:
    declared = _declared(source, word)
    yield from (declared and declared.of) or (source.name,)
