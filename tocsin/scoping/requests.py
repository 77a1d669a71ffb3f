"""One pass over the logs: what fits the question, row by row, and the volume of every hour, in a single look.

Compressed logs cost what unpacking costs, so they are unpacked once. A row that fits stays as it is; all others fold
into one count for each file and hour. Grouping by the whole row also makes a request that two files report one request.
"""

from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LOG_COLUMNS, LogSource
from tocsin.scoping.indicators import marked
from tocsin.scoping.levels import satisfied
from tocsin.scoping.switches import switch_columns
from tocsin.scoping.why import kept_edges
from tocsin.sources.logs import tidied

HOUR = 3_600_000_000
#: What makes two rows the same request, and the clauses that fit them.
REQUEST = (*LOG_COLUMNS, "again", "marks")
#: What is kept of rows that do not fit: whose a token is, and that any log knows it.
_POINTERS = ("account", "token", "session")


def passed_over(log: Any, question: Question, source: LogSource) -> Any:
    """One row for each fitting request (`hit`), for each account that an indicator names, then or at another time
    (`linked`), and for each file and hour of the rest. `n` counts rows; `hour` is null where a row's moment could not
    be read, and `later` is the other hour of a row whose clock showed its own twice; `blind` are rows that might fit,
    had their address been readable; `unplaced` says why nobody knows when a row was. Of requests and accounts, `first`
    and `last` are the moment and the line of the first and the last row, and `names` are the bits of the clauses that
    name the account by a token, a session or itself.
    """
    log = marked(log, question, source)
    log = log.mutate(
        hit=_may_hit(question, source, log.marks),
        linked=(log.names != 0) & log.account.notnull(),
        # Only of a row that fits does it matter on which side of an edge it lies.
        unplaced=ibis.ifelse(log.astride, "twice", log.unplaced),
    )
    # Tidying is for the few rows that are kept: over all rows it costs more than reading them.
    kept = {name: _kept(log.hit, tidied(name, log[name])) for name in LOG_COLUMNS if name != "at"}
    kept |= {name: _kept(log.hit, log[name]) for name in ("at", "again")}
    either = log.hit | log.linked
    for name in _POINTERS:
        kept[name] = _kept(either, tidied(name, log[name]))
    kept["marks"] = ibis.ifelse(log.hit, log.marks, 0)
    kept["names"] = ibis.ifelse(log.linked, log.names, 0)
    if "blind" in log.columns:
        kept["blind"] = log.blind
    kept |= switch_columns(log, source)
    kept |= {"file": log.file, "hour": log.at // HOUR, "later": log.again // HOUR}
    kept |= {name: log[name] for name in ("hit", "linked", "unplaced")}
    line = log.line if "line" in log.columns else ibis.null("int64")
    rows = log.select(**kept, moment=log.at, line=line)
    counted = rows.group_by(*kept).aggregate(n=rows.count(), **kept_edges(rows, rows.hit | rows.linked))
    return counted if "blind" in kept else counted.mutate(blind=ibis.literal(False))


def _may_hit(question: Question, source: LogSource, marks: Any) -> Any:
    """Whether a row fits. In a stream, another source may log the same request, and clauses be put to that one alone:
    then a row fits as far as this source can say, until the rows of one request are together.
    """
    if source.stream is None:
        return satisfied(question.tree(), marks)
    here = question.leaves_for(source.name)
    elsewhere = sum(leaf.bit for leaf in question.leaves() if leaf not in here)
    return (marks != 0) & satisfied(question.tree(), marks | elsewhere)


def _kept(where: Any, value: Any) -> Any:
    return ibis.ifelse(where, value, ibis.null(value.type()))
