"""One pass over the logs: what fits the question, row by row, and the volume of all times, in a single look.

A row that fits stays as it is; all others fold into one count for each file and slot of time. Where only rows that
bear one of the tokens, sessions or accounts that were asked about can fit, of all others only the moment is read.
"""

from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LOG_COLUMNS, LogSource
from tocsin.scoping.conditions import COLUMNS, is_denied
from tocsin.scoping.indicators import bearing, marked, pointing
from tocsin.scoping.levels import satisfied
from tocsin.scoping.switches import switch_columns
from tocsin.scoping.why import kept_edges
from tocsin.sources.logs import Only, tidied

#: Microseconds in which rows are counted together: little enough to see a silence, and much enough to be few.
SLOT = 300_000_000
#: What makes two rows the same request; the clauses that fit them, and whether their source denied it.
REQUEST = (*LOG_COLUMNS, "again", "marks", "denied")
#: What is kept of rows that do not fit: whose a token is, and that any log knows it.
_POINTERS = ("account", "token", "session")
#: What the rows that are not kept are counted by.
_VOLUME = ("file", "slot", "later", "unplaced", "blind")


def judged(log: Any, question: Question, source: LogSource) -> Any:
    """The log, and of each row: whether it is a fitting request (`hit`); whether an indicator names its account, then
    or at another time (`linked`); its `slot`, null where its moment could not be read, and `later`, the other one of a
    row whose clock showed its own twice; `unplaced`, why nobody knows when it was; `blind`, whether it might fit, had
    its address been readable; whether it was `denied`; and whether it is `kept`.
    """
    log = marked(log, question, source)
    log = log.mutate(
        hit=_may_hit(question, source, log.marks),
        linked=(log.names != 0) & log.account.notnull(),
        slot=log.at // SLOT,
        later=log.again // SLOT,
        # Only of a row that fits does it matter on which side of an edge it lies.
        unplaced=ibis.ifelse(log.astride, "twice", log.unplaced),
        blind=log.blind if "blind" in log.columns else ibis.literal(False),
        line=log.line if "line" in log.columns else ibis.null("int64"),
        denied=is_denied(log, source),
        **switch_columns(log, source),
    )
    kept = log.hit | log.linked
    return log.mutate(kept=(kept | log.switch.notnull()) if "switch" in log.columns else kept)


def pointers(question: Question, source: LogSource) -> Only | None:
    """Which rows alone may be kept, by their texts; None where any row may."""
    asked = pointing(question, source)
    if not asked:
        return None
    return Only(tuple(COLUMNS[kind] for kind in asked), lambda log: bearing(log, asked))


def seen(log: Any) -> Any:
    """The log with what `judged` says of rows that are not kept."""
    line = log.line if "line" in log.columns else ibis.null("int64")
    return log.mutate(slot=log.at // SLOT, later=log.again // SLOT, blind=ibis.literal(False), line=line)


def counted(log: Any) -> Any:
    """How many rows there are in each file and slot (`n`), those that are kept apart from the others."""
    return log.group_by(*_VOLUME, "kept").aggregate(n=log.count())


def by_volume(log: Any) -> Any:
    """How many rows of a log there are in each file and slot."""
    return log.group_by(*_VOLUME).aggregate(n=log.count())


def others(every: Any, some: Any) -> Any:
    """The volumes of the rows that are in `every` log, which is counted by volume, and not in `some`."""
    both = ibis.union(every.select(*_VOLUME, "n"), by_volume(some).mutate(n=-ibis._.n))
    left = both.group_by(*_VOLUME).aggregate(n=both.n.sum())
    return left.filter(left.n != 0)


def counted_in_block(log: Any, *, in_order: bool) -> Any:
    """The same of one block, without the name of its file. `unnumbered` are rows that the engine has read nothing of;
    `lines` are the numbers of the rows that are kept, and of those without a moment; `first` and `last` the first and
    the last of all, where they should stand `in_order`.
    """
    told = log.kept | (log.slot.isnull() & log.unplaced.isnull())
    edges = {"first": log.line.min(), "last": log.line.max()} if in_order else {}
    return log.group_by(*_VOLUME[1:], "kept").aggregate(
        n=log.count(),
        unnumbered=log.line.isnull().sum(),
        lines=log.line.collect(where=told & log.line.notnull()),
        **edges,
    )


def kept(log: Any) -> Any:
    """The rows that are kept, each once: `n` says how often it stands there, `first` and `last` the moment and the line
    of its first and its last; `names` are the bits of the clauses that name its account.
    """
    return folded(log.filter(log.kept))


def folded(rows: Any) -> Any:
    """The same in one look at all rows: those that are not kept become their counts, as `rest` has them."""
    either = rows.hit | rows.linked
    columns = {name: _where(rows.hit, tidied(name, rows[name])) for name in LOG_COLUMNS if name != "at"}
    columns |= {name: _where(rows.hit, rows[name]) for name in ("at", "again")}
    columns |= {name: _where(either, tidied(name, rows[name])) for name in _POINTERS}
    columns |= {
        "marks": ibis.ifelse(rows.hit, rows.marks, 0),
        "denied": rows.hit & rows.denied,
        "names": ibis.ifelse(rows.linked, rows.names, 0),
    }
    alike = (*_VOLUME, "hit", "linked", *(name for name in ("switch", "switched_at") if name in rows.columns))
    rows = rows.select(*alike, **columns, moment=rows.at, line=rows.line)
    edges = kept_edges(rows, rows.hit | rows.linked)
    return rows.group_by(*alike, *columns).aggregate(n=rows.count(), **edges)


def rest(volumes: Any, schema: Any) -> Any:
    """The counts of the rows that are not kept, in the columns of those that are."""
    others = volumes.filter(~volumes.kept) if "kept" in volumes.columns else volumes
    given = {name: others[name] for name in (*_VOLUME, "n")}
    given |= dict.fromkeys(("hit", "linked", "denied"), ibis.literal(False))
    given |= dict.fromkeys(("marks", "names"), ibis.literal(0))
    return others.select(
        **{name: given.get(name, ibis.null(kind)).cast(kind) for name, kind in schema.items()}
    )


def _may_hit(question: Question, source: LogSource, marks: Any) -> Any:
    """Whether a row fits. In a stream, another source may log the same request, and clauses be put to that one alone:
    then a row fits as far as this source can say, until the rows of one request are together.
    """
    if source.stream is None:
        return satisfied(question.tree(), marks)
    here = question.leaves_for(source.name)
    elsewhere = sum(leaf.bit for leaf in question.leaves() if leaf not in here)
    return (marks != 0) & satisfied(question.tree(), marks | elsewhere)


def _where(condition: Any, value: Any) -> Any:
    return ibis.ifelse(condition, value, ibis.null(value.type()))
