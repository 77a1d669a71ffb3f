"""One pass over the logs: what fits the question, row by row, and the volume of every hour, in a single look.

Compressed logs cost what unpacking costs, so they are unpacked once. A row that fits stays as it is; all others fold
into one count for each file and hour. Grouping by the whole row also makes a request that two files report one request.
"""

from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LOG_COLUMNS, LogSource
from tocsin.scoping.indicators import PERSONAL, marked, without_address
from tocsin.scoping.switches import switch_columns
from tocsin.sources.logs import tidied

HOUR = 3_600_000_000
#: What makes two rows the same request.
REQUEST = (*LOG_COLUMNS, "marks")
#: What is kept of rows outside the window: whose a token is, and that any log knows it.
_POINTERS = ("account", "token", "session")


def passed_over(log: Any, question: Question, source: LogSource) -> Any:
    """One row for each fitting request (`hit`), for each account an indicator names elsewhere in time (`linked`), and
    for each file and hour of the rest. `n` counts rows; `hour` is null where a row's moment could not be read; `blind`
    are rows of the window whose address could not, where addresses are asked for.
    """
    log = marked(log, question)
    log = log.mutate(inside=_inside(log.at, question))
    log = log.mutate(
        hit=(log.marks > 0) & log.inside,
        linked=((log.marks & PERSONAL) > 0) & ~log.inside & log.at.notnull() & log.account.notnull(),
    )
    # Tidying is for the few rows that are kept: over all rows it costs more than reading them.
    kept = {name: _kept(log.hit, tidied(name, log[name])) for name in LOG_COLUMNS if name != "at"}
    kept["at"] = _kept(log.hit, log.at)
    either = log.hit | log.linked
    for name in _POINTERS:
        kept[name] = _kept(either, tidied(name, log[name]))
    kept["marks"] = ibis.ifelse(either, log.marks, 0)
    if question.ips:
        kept["blind"] = ibis.ifelse(log.inside, without_address(log), False)
    kept |= switch_columns(log, source)
    rows = log.select(file=log.file, hour=log.at // HOUR, hit=log.hit, linked=log.linked, **kept)
    counted = rows.group_by(*rows.columns).aggregate(n=rows.count())
    return counted if question.ips else counted.mutate(blind=ibis.literal(False))


def _kept(where: Any, value: Any) -> Any:
    return ibis.ifelse(where, value, ibis.null(value.type()))


def _inside(at: Any, question: Question) -> Any:
    """Whether a moment lies in the half-open window; never, where it is unknown."""
    inside = at.notnull()
    if question.since is not None:
        inside &= at >= _microseconds(question.since)
    if question.until is not None:
        inside &= at < _microseconds(question.until)
    return inside.fill_null(False)


def _microseconds(moment: Any) -> int:
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * 1_000_000 + int(moment.microsecond)
