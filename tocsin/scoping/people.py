"""From requests to people: one row for each person, with her bucket, her kinds, and what a letter needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.datamap import DataMap
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.why import Way
from tocsin.domain.sources import CustomerSource
from tocsin.scoping.exposed import shown_to_all
from tocsin.scoping.identity import addresses, owners, under_owners
from tocsin.scoping.levels import LEVEL, LEVELS
from tocsin.scoping.owners import FINDING, SURE_OF, TOLD, identified, open_ends
from tocsin.scoping.subjects import bits_of
from tocsin.scoping.why import BY, EDGES, POINTED, READ, TRIED, WAY, Numbers, edges_of, outermost, seen
from tocsin.sources.engine import made


@dataclass(frozen=True)
class Findings:
    """What there is about whom: requests that have `shown` data, accounts `linked` to an indicator, and `others`."""

    shown: Any
    linked: Any
    others: Sequence[Any]


@dataclass(frozen=True)
class Met:
    """Everybody whom findings point at, as a table; what stays open of them; and the accounts that nobody owns."""

    known: Any
    gaps: Sequence[Gap]
    strangers: Any


def people(
    engine: Any,
    found: Findings,
    customers: Any | None,
    declared: Sequence[CustomerSource],
    *,
    hidden: bool,
) -> Met:
    """Everybody whom findings point at. With `hidden`, a request may hide in a gap: then those without any cannot be
    excluded.
    """
    by_request = _by_request(found.shown)
    parts = ibis.union(by_request, _without_request(found.linked, by_request, hidden=hidden), *found.others)
    by_account = made(engine, parts, "people")
    if customers is None:
        findings = made(engine, _merged(by_account), "people")
        return Met(identified(engine, findings, None), (), findings.limit(0))
    whose = owners(engine, by_account, customers, declared)
    findings = made(engine, _merged(under_owners(by_account, whose)), "people")
    known = identified(engine, findings, customers, whose, declared)
    told = findings.filter(findings.level >= TOLD)
    strangers = made(engine, told.anti_join(known, "id"), "people")
    count = int(engine.to_pyarrow(strangers.count()).as_py())
    detail = "accounts no customer source knows; tocsin affected --unowned lists them"
    gaps = [Gap(kind="ids-nobody-owns", source="customers", count=count, detail=detail)]
    gaps += open_ends(engine, known)
    return Met(known, [gap for gap in gaps if gap.count], strangers)


_LINK = ("id", "names", "ways", *EDGES)
_POINTED = ibis.literal(POINTED, "int64")


def linked_accounts(passes: dict[str, Any], number: Numbers, question: Question, requests: Any) -> Any:
    """Ids that a token or session was used for at any time, accounts that were asked about, and accounts that asked for
    other people's data only; each with the clauses that name it (`names`), in which ways, and the edges of that.
    """
    asked = [_asked(question)] if question.values_of("accounts") else []
    # Whether an account was blank shows only in the rows that were kept, since only these are tidied.
    used = [_used(rows, number) for rows in passes.values()]
    callers = requests.filter((requests.kinds != 0) & (requests.of_caller == 0) & requests.account.notnull())
    callers = callers.mutate(
        id=callers.account, names=callers.why, ways=_way(Way.ASKED_OTHERS), **edges_of(_POINTED, callers)
    ).select(*_LINK)
    rows = ibis.union(callers, *asked, *used)
    return rows.group_by("id").aggregate(
        names=rows.names.bit_or(), ways=rows.ways.bit_or(), **outermost(rows)
    )


def _asked(question: Question) -> Any:
    """The accounts that were asked about, with the clauses that do."""
    bits: dict[str, int] = {}
    for leaf in question.leaves():
        for account in leaf.clause.accounts:
            bits[account] = bits.get(account, 0) | leaf.bit
    ids = sorted(bits)
    table = pa.table(
        {"id": pa.array(ids, pa.string()), "names": pa.array([bits[each] for each in ids], pa.int64())}
    )
    nowhere = {name: ibis.null(kind) for name, kind in EDGES.items()}
    return ibis.memtable(table).mutate(ways=_way(Way.ASKED), **nowhere).select(*_LINK)


def _used(rows: Any, number: Numbers) -> Any:
    """The rows of a pass that name an account by a token, a session or itself, at any time."""
    named = rows.filter(rows.linked & rows.account.notnull())
    rows = number(named.select("file", "account", "names", *EDGES))
    return rows.select(
        "names", id=rows.account, ways=_way(Way.POINTED), **edges_of(_POINTED, rows, rows)
    ).select(*_LINK)


def _way(way: Way) -> Any:
    return ibis.literal(WAY[way], "int16")


def of_tables(requests: Any, held: Any) -> list[Any]:
    """Findings for everybody in a table that a request showed, and in one that lay open."""
    sets = _by_request(shown_to_all(requests, held))
    shown = held.select("id", whole=held.of_rule.cast("string"))
    shown = shown.inner_join(sets, ibis._.whole == sets.id)
    open_ = _silent(held.filter(held.exposed != 0), ibis._.exposed, Way.OPEN)
    cannot = ibis.literal(LEVEL[Bucket.CANNOT_EXCLUDE])
    # An answer with a whole table says of nobody that she was in it.
    shown = shown.mutate(answered=ibis.literal(False))
    return [_finding(shown), _finding(open_.mutate(level=cannot))]


#: What matters of a request to the person whose data it showed.
_OF_REQUEST = ("account", "at", "status", "level", "kinds", "why", "first_row", "last_row", "ways", "weight")


def _by_request(rows: Any) -> Any:
    rows = rows.filter(rows.account.notnull()).select(*_OF_REQUEST)
    read = rows.level >= TOLD
    # Someone who was only attempted was seen when she was attempted.
    edges = edges_of(ibis.ifelse(read, READ, TRIED).cast("int64"), rows)
    person = rows.group_by(id=rows.account).aggregate(
        level=rows.level.max(),
        kinds=ibis.ifelse(read, rows.kinds, 0).bit_or(),
        **{
            column: ibis.ifelse(rows.level == LEVEL[bucket], rows.kinds, 0).bit_or()
            for bucket, column in SURE_OF.items()
        },
        **{
            column: ibis.ifelse(rows.level == LEVEL[bucket], rows.why, 0).bit_or()
            for bucket, column in BY.items()
        },
        **outermost(edges),
        ways=rows.ways.bit_or(),
        hits=ibis.ifelse(read, rows.weight, 0).sum(),
        attempts=ibis.ifelse(read, 0, rows.weight).sum(),
        acquired=(read & rows.status.between(200, 299)).fill_null(False).any(),
        answered=(read & rows.status.between(100, 399)).fill_null(False).any(),
    )
    return _finding(person)


def _without_request(linked: Any, by_request: Any, *, hidden: bool) -> Any:
    """People an indicator points at, without a request in the window."""
    level = LEVEL[Bucket.CANNOT_EXCLUDE if hidden else Bucket.EXCLUDED]
    rest = linked.anti_join(by_request, "id")
    known = {name: ibis._[name] for name in ("ways", *EDGES)} | {BY[LEVELS[level]]: ibis._.names}
    return _finding(_silent(rest, ibis.literal(0), **known).mutate(level=ibis.literal(level)))


def listed_people(
    question: Question, customers: Any | None, declared: Sequence[CustomerSource], data_map: DataMap
) -> tuple[Any, Any]:
    """Findings for those whom a colleague lists, by id or e-mail address, and the entries that name nobody.

    They are in scope because somebody says so; whether their data were read, no list tells.
    """
    table = pa.table(
        {
            "who": pa.array([listed.who for listed in question.people], pa.string()),
            "bits": pa.array([bits_of(listed.kinds, data_map) for listed in question.people], pa.int64()),
        }
    )
    wanted = ibis.memtable(table)
    if customers is None:
        hits = wanted.select(who=wanted.who, id=wanted.who, bits=wanted.bits)
    else:
        mails = addresses(customers, declared)
        by_id = wanted.inner_join(customers, wanted.who == customers.id)
        by_mail = wanted.inner_join(mails, wanted.who.lower() == mails.trait)
        hits = ibis.union(*(each.select("who", "id", "bits") for each in (by_id, by_mail)))
    person = hits.group_by("id").aggregate(said=hits.bits.bit_or())
    silent = _silent(person, person.said, Way.LISTED)
    findings = _finding(silent.mutate(level=ibis.literal(LEVEL[Bucket.LISTED]), listed=silent.said))
    return findings, wanted.anti_join(hits, "who")


def _silent(person: Any, kinds: Any, way: Way | None = None, **known: Any) -> Any:
    """A person about whom no request says anything, with the kinds that it may be about, and what is `known`."""
    nothing = {name: ibis.literal(0) for name in (*SURE_OF.values(), *BY.values(), "hits", "attempts")}
    nothing |= {name: ibis.null(kind) for name, kind in EDGES.items()}
    nothing |= {name: ibis.literal(False) for name in ("acquired", "answered")}
    ways = {"ways": _way(way)} if way else {}
    return person.mutate(**(nothing | ways | known), kinds=kinds)


def _finding(person: Any) -> Any:
    """The columns of a finding; nobody is in an exposed table unless it says so."""
    nowhere = {} if "lay_open" in person.columns else {"lay_open": ibis.literal(0)}
    person = person.mutate(**nowhere)
    return person.select(**{name: person[name].cast(kind) for name, kind in FINDING.items()})


def _merged(findings: Any) -> Any:
    """Findings of one person as one, with when she was seen, and by which of her accounts (`through`), if others."""
    others = {"through": ibis.null("string")}
    if "account" in findings.columns:
        hit = findings.account.group_concat("\n", order_by=findings.account)
        others = {"through": hit.nullif(findings.id.min())}
    groups = findings.group_by("id").aggregate(
        level=findings.level.max(),
        kinds=findings.kinds.bit_or(),
        **{column: findings[column].bit_or() for column in SURE_OF.values()},
        **{name: findings[name].bit_or() for name in (*BY.values(), "ways", "lay_open")},
        **outermost(findings),
        **others,
        hits=findings.hits.sum(),
        attempts=findings.attempts.sum(),
        acquired=findings.acquired.any(),
        answered=findings.answered.any(),
    )
    return groups.mutate(**seen(groups))
