"""From requests to people: one row for each person, with her bucket, her kinds, and what a letter needs."""

from collections.abc import Sequence
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.datamap import DataMap
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.question import Question
from tocsin.domain.sources import CustomerSource
from tocsin.scoping.exposed import shown_to_all
from tocsin.scoping.identity import addresses, owners, under_owners
from tocsin.scoping.levels import LEVEL
from tocsin.scoping.owners import FINDING, SURE_OF, TOLD, identified, open_ends
from tocsin.scoping.subjects import bits_of


def people(
    engine: Any,
    found: tuple[Any, Any, Sequence[Any]],
    customers: Any | None,
    declared: Sequence[CustomerSource],
    *,
    hidden: bool,
) -> tuple[Any, list[Gap], Any]:
    """Everybody that (requests, accounts linked to an indicator, other findings) point at, what stays open of them, and
    the accounts that nobody owns.

    With `hidden`, a request may hide in a gap: then those without any cannot be excluded.
    """
    requests, linked, others = found
    by_request = _by_request(requests)
    parts = ibis.union(by_request, _without_request(linked, by_request, hidden=hidden), *others)
    by_account = engine.create_table("by_account", parts, temp=True)
    if customers is None:
        findings = engine.create_table("findings", _merged(by_account), temp=True)
        return identified(engine, findings, None), [], findings.limit(0)
    whose = owners(engine, by_account, customers, declared)
    findings = engine.create_table("findings", _merged(under_owners(by_account, whose)), temp=True)
    known = identified(engine, findings, customers, whose)
    told = findings.filter(findings.level >= TOLD)
    strangers = engine.create_table("strangers", told.anti_join(customers, "id"), temp=True)
    count = int(engine.to_pyarrow(strangers.count()).as_py())
    detail = "accounts no customer source knows; tocsin affected --unowned lists them"
    gaps = [Gap(kind="ids-nobody-owns", source="customers", count=count, detail=detail)]
    gaps += open_ends(engine, known)
    return known, [gap for gap in gaps if gap.count], strangers


def linked_accounts(passes: dict[str, Any], question: Question, requests: Any) -> Any:
    """Ids that a token or session was used for at any time, accounts that were asked about, and accounts that asked for
    other people's data only.
    """
    asked = ibis.memtable(pa.table({"id": pa.array(sorted(question.values_of("accounts")), pa.string())}))
    # Whether an account was blank shows only in the rows that were kept, since only these are tidied.
    used = [
        rows.filter(rows.linked & rows.account.notnull()).select(id=rows.account) for rows in passes.values()
    ]
    callers = requests.filter((requests.kinds != 0) & (requests.of_caller == 0) & requests.account.notnull())
    callers = callers.select(id=callers.account)
    return ibis.union(asked, callers, *used)


def of_tables(requests: Any, held: Any) -> list[Any]:
    """Findings for everybody in a table that a request showed, and in one that lay open."""
    sets = _by_request(shown_to_all(requests, held))
    shown = held.mutate(whole=held.of_rule.cast("string")).inner_join(sets, ibis._.whole == sets.id)
    open_ = _silent(held.filter(held.exposed != 0), ibis._.exposed)
    cannot = ibis.literal(LEVEL[Bucket.CANNOT_EXCLUDE])
    # An answer with a whole table says of nobody that she was in it.
    shown = shown.mutate(answered=ibis.literal(False))
    return [_finding(shown), _finding(open_.mutate(level=cannot))]


def _by_request(rows: Any) -> Any:
    rows = rows.filter(rows.account.notnull())
    read = rows.level >= TOLD
    # Someone who was only attempted was seen when she was attempted.
    person = rows.group_by(id=rows.account).aggregate(
        level=rows.level.max(),
        kinds=ibis.ifelse(read, rows.kinds, 0).bit_or(),
        **{
            column: ibis.ifelse(rows.level == LEVEL[bucket], rows.kinds, 0).bit_or()
            for bucket, column in SURE_OF.items()
        },
        first_read=rows.at.min(where=read),
        last_read=rows.at.max(where=read),
        first_tried=rows.at.min(),
        last_tried=rows.at.max(),
        hits=ibis.ifelse(read, rows.weight, 0).sum(),
        attempts=ibis.ifelse(read, 0, rows.weight).sum(),
        acquired=(read & rows.status.between(200, 299)).fill_null(False).any(),
        answered=(read & rows.status.between(100, 399)).fill_null(False).any(),
    )
    person = person.mutate(
        first_seen=ibis.coalesce(person.first_read, person.first_tried),
        last_seen=ibis.coalesce(person.last_read, person.last_tried),
    )
    return _finding(person)


def _without_request(linked: Any, by_request: Any, *, hidden: bool) -> Any:
    """People an indicator points at, without a request in the window."""
    level = LEVEL[Bucket.CANNOT_EXCLUDE if hidden else Bucket.EXCLUDED]
    rest = linked.select("id").distinct().anti_join(by_request, "id")
    return _finding(_silent(rest, ibis.literal(0)).mutate(level=ibis.literal(level)))


def listed_people(question: Question, customers: Any | None, data_map: DataMap) -> tuple[Any, Any]:
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
        mails = addresses(customers)
        by_id = wanted.inner_join(customers, wanted.who == customers.id)
        by_mail = wanted.inner_join(mails, wanted.who.lower() == mails.trait)
        hits = ibis.union(*(each.select("who", "id", "bits") for each in (by_id, by_mail)))
    person = hits.group_by("id").aggregate(said=hits.bits.bit_or())
    silent = _silent(person, person.said)
    findings = _finding(silent.mutate(level=ibis.literal(LEVEL[Bucket.LISTED]), listed=silent.said))
    return findings, wanted.anti_join(hits, "who")


def _silent(person: Any, kinds: Any) -> Any:
    """A person about whom no request says anything, with the kinds that it may be about."""
    moments = {name: ibis.null("int64") for name in ("first_seen", "last_seen")}
    nothing = {name: ibis.literal(0) for name in (*SURE_OF.values(), "hits", "attempts")}
    return person.mutate(
        **moments, **nothing, kinds=kinds, acquired=ibis.literal(False), answered=ibis.literal(False)
    )


def _finding(person: Any) -> Any:
    return person.select(**{name: person[name].cast(kind) for name, kind in FINDING.items()})


def _merged(findings: Any) -> Any:
    return findings.group_by("id").aggregate(
        level=findings.level.max(),
        kinds=findings.kinds.bit_or(),
        **{column: findings[column].bit_or() for column in SURE_OF.values()},
        first_seen=findings.first_seen.min(),
        last_seen=findings.last_seen.max(),
        hits=findings.hits.sum(),
        attempts=findings.attempts.sum(),
        acquired=findings.acquired.any(),
        answered=findings.answered.any(),
    )
