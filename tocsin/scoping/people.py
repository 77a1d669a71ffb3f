"""From requests to people: one row for each person, with her bucket, her kinds, and what a letter needs."""

from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.datamap import DataMap
from tocsin.domain.places import ALIASES, PLACES, UNKNOWN_PLACE
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.question import Question
from tocsin.domain.sources import CUSTOMER_COLUMNS
from tocsin.scoping.fitting import LEVEL, bits_of
from tocsin.sources.flagging import SHARED_BITS

_TOLD = LEVEL[Bucket.CANNOT_EXCLUDE]
#: Column of the kinds of which we are so sure; of any other kind only that it cannot be excluded.
SURE_OF = {Bucket.CONFIRMED: "confirmed", Bucket.LIKELY: "likely", Bucket.LISTED: "listed"}
#: What is known of a person from requests and lists, before we know who she is.
_FINDING = {
    "id": "string",
    "level": "int8",
    "kinds": "int64",
    **dict.fromkeys(SURE_OF.values(), "int64"),
    "first_seen": "int64",
    "last_seen": "int64",
    "hits": "int64",
    "attempts": "int64",
    "acquired": "boolean",
}
#: Ends of an account; a person's, only when all her accounts ended.
_ENDS = ("closed_at", "deleted_at")
#: What all rows of a person say together, not the first of them.
_TOGETHER = ("emails", "flags", "birth_date", *_ENDS)
_DIFFERS = "people whose rows name different countries (then no place is known), groups or roles"


def people(
    engine: Any, found: tuple[Any, Any, Any | None], customers: Any | None, *, hidden: bool
) -> tuple[Any, list[Gap]]:
    """Everybody that (requests, accounts linked to an indicator, listed people) point at, and what stays open of them.

    With `hidden`, a request may hide in a gap: then those without any cannot be excluded.
    """
    requests, linked, listed = found
    by_request = _by_request(requests)
    parts = [by_request, _without_request(linked, by_request, hidden=hidden)]
    if listed is not None:
        parts.append(listed)
    findings = engine.create_table("findings", _merged(ibis.union(*parts)), temp=True)
    if customers is None:
        nobody = ibis.memtable(
            pa.table(
                {
                    name: pa.array([], pa.int64() if name == "flags" else pa.string())
                    for name in (*CUSTOMER_COLUMNS, "basis")
                }
            )
        )
        return engine.create_table("people", _identified(engine, findings, nobody, "left"), temp=True), []
    known = engine.create_table("people", _identified(engine, findings, customers, "inner"), temp=True)
    told = findings.filter(findings.level >= _TOLD)
    counts = (
        ("ids-nobody-owns", told.anti_join(customers, "id"), "accounts no customer source knows"),
        ("listed-differently", known.filter((known.level >= _TOLD) & known.differs), _DIFFERS),
    )
    return known, [
        Gap(kind=kind, source="customers", count=count, detail=detail)
        for kind, rows, detail in counts
        if (count := int(engine.to_pyarrow(rows.count()).as_py()))
    ]


def linked_accounts(passes: dict[str, Any], question: Question) -> Any:
    """Ids that a token or session was used for at any time, and accounts that were asked about."""
    asked = ibis.memtable(pa.table({"id": pa.array(question.accounts, pa.string())}))
    # Whether an account was blank shows only in the rows that were kept, since only these are tidied.
    used = [
        rows.filter(rows.linked & rows.account.notnull()).select(id=rows.account) for rows in passes.values()
    ]
    return ibis.union(asked, *used) if used else asked


def _by_request(rows: Any) -> Any:
    rows = rows.filter(rows.account.notnull())
    read = rows.level >= _TOLD
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
        hits=read.sum(),
        attempts=(~read).sum(),
        acquired=(read & rows.status.between(200, 299)).fill_null(False).any(),
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
        by_id = wanted.inner_join(customers, wanted.who == customers.id)
        by_mail = wanted.inner_join(customers, wanted.who.lower() == customers.email.lower())
        hits = ibis.union(*(each.select("who", "id", "bits") for each in (by_id, by_mail)))
    person = hits.group_by("id").aggregate(said=hits.bits.bit_or())
    silent = _silent(person, person.said)
    findings = _finding(silent.mutate(level=ibis.literal(LEVEL[Bucket.LISTED]), listed=silent.said))
    return findings, wanted.anti_join(hits, "who")


def _silent(person: Any, kinds: Any) -> Any:
    """A person about whom no request says anything, with the kinds that it may be about."""
    moments = {name: ibis.null("int64") for name in ("first_seen", "last_seen")}
    nothing = {name: ibis.literal(0) for name in (*SURE_OF.values(), "hits", "attempts")}
    return person.mutate(**moments, **nothing, kinds=kinds, acquired=ibis.literal(False))


def _finding(person: Any) -> Any:
    return person.select(**{name: person[name].cast(kind) for name, kind in _FINDING.items()})


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
    )


def _identified(engine: Any, findings: Any, customers: Any, how: str) -> Any:
    """Findings beside who they are, in order of ids. Of two rows with one id the first counts, by all columns.

    But not for what decides which law applies: of a person whose rows name two countries none is known for sure. In
    two cells she would count as two people, and in one of them the other country's law would be lost.
    """
    mine = engine.create_table("mine", _placed(customers.semi_join(findings, "id")), temp=True)
    order = [mine[name] for name in (*CUSTOMER_COLUMNS, "basis") if name != "id"]
    ranked = mine.mutate(rank=ibis.row_number().over(group_by=mine.id, order_by=order))
    one = ranked.filter(ranked["rank"] == 0).drop("rank", "country", "place", "basis", *_TOGETHER)
    together = _together(ranked)
    person = findings.join(one.rename(customer="id"), findings.id == one.id, how=how)
    person = person.left_join(together.rename(whose="id"), person.id == together.id)
    return person.select(
        *_FINDING,
        *(name for name in CUSTOMER_COLUMNS if name not in ("id", "country")),
        place=person.place.fill_null(UNKNOWN_PLACE),
        basis=ibis.ifelse(person.place.notnull(), person.basis, "unknown"),
        differs=person.differs.fill_null(False),
    ).order_by("id")


def _placed(customers: Any) -> Any:
    """Customers with `place`, null where `country` is silent or names none that we know."""
    codes = {code: code for code in PLACES} | ALIASES
    places = ibis.memtable(pa.table({"code": list(codes), "place": list(codes.values())}))
    customers = customers.mutate(country=customers.country.upper())
    return customers.left_join(places, customers.country == places.code).drop("code")


def _together(ranked: Any) -> Any:
    """By id, what all her rows say together: the one place that all but silent ones agree on, and whether they differ
    in what the law asks; every address and flag; an end only where every account ended; the latest birth date.
    """
    said = ranked.mutate(stated=ibis.coalesce(ranked.place, ranked.country))
    people = said.group_by("id").aggregate(
        place=said.place.min(),
        basis=said.basis.min(where=said.place.notnull()),
        elsewhere=said.stated.min() != said.stated.max(),
        **{name: said[name].min() != said[name].max() for name in ("group", "role")},
        emails=said.emails.group_concat("\n", order_by=said["rank"]),
        any_flags=said.flags.bit_or(),
        all_flags=said.flags.bit_and(),
        birth_date=said.birth_date.max(),
        **{f"last_{name}": said[name].max() for name in _ENDS},
        **{f"open_{name}": said[name].isnull().any() for name in _ENDS},
    )
    ends = {
        name: ibis.ifelse(people[f"open_{name}"], ibis.null("string"), people[f"last_{name}"])
        for name in _ENDS
    }
    return people.select(
        "id",
        "basis",
        "emails",
        "birth_date",
        **ends,
        flags=(people.any_flags & ~SHARED_BITS) | (people.all_flags & SHARED_BITS),
        place=ibis.ifelse(people.elsewhere, ibis.null("string"), people.place),
        differs=ibis.or_(*(people[name].fill_null(False) for name in ("elsewhere", "group", "role"))),
    )
