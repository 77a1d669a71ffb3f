"""Findings beside who they are: what all rows of a person say together, and what stays open about her."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.moments import from_microseconds
from tocsin.domain.places import ALIASES, PLACES, UNKNOWN_PLACE
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.gaps import Gap, GapKind
from tocsin.domain.sources import CUSTOMER_COLUMNS, CustomerSource
from tocsin.scoping.identity import doubtful, under_owners
from tocsin.scoping.levels import LEVEL
from tocsin.scoping.why import BY, EDGES
from tocsin.sources.engine import made
from tocsin.sources.flagging import BIT, DOUBTFUL, SEVERAL, SHARED_BITS, UNEXPLAINED, UNREADABLE_BIRTH

TOLD = LEVEL[Bucket.CANNOT_EXCLUDE]
#: Column of the kinds of which we are so sure; of any other kind only that it cannot be excluded.
SURE_OF = {Bucket.CONFIRMED: "confirmed", Bucket.LIKELY: "likely", Bucket.LISTED: "listed"}
#: What is known of a person from requests and lists, before we know who she is.
FINDING = {
    "id": "string",
    "level": "int8",
    "kinds": "int64",
    **dict.fromkeys(SURE_OF.values(), "int64"),
    **dict.fromkeys(BY.values(), "int64"),
    **EDGES,
    "ways": "int16",
    #: The exposed tables that she may be in, as bits.
    "lay_open": "int64",
    "hits": "int64",
    "attempts": "int64",
    "acquired": "boolean",
    #: Whether a request that names her was answered.
    "answered": "boolean",
}
#: What the findings of all her accounts say of her beside.
_BESIDE = ("through", "first_seen", "last_seen")
#: Ends of an account; a person's, only when all her accounts ended.
_ENDS = ("closed_at", "deleted_at")
#: What all rows of a person say together, not the first of them.
_TOGETHER = ("emails", "flags", "birth_date", *_ENDS)
_OPEN: dict[GapKind, str] = {
    "listed-differently": "people whose rows name different countries (then no place is known), groups or roles",
    "uncertain-merges": "people who may be one with somebody else (one address, or one name and birth date)",
    "shared-ids": "ids under which the sources keep different people (other birth dates, or other names and addresses)",
    "unreadable-birth-dates": "people whose birth date cannot be read: whether they are of age is unknown",
    "unexplained-flags": "people with a word among their flags that `flags` in sources.yaml does not explain",
}


def identified(
    engine: Any,
    findings: Any,
    customers: Any | None,
    whose: Any | None = None,
    declared: Sequence[CustomerSource] = (),
) -> Any:
    """The table of people in order of ids: all whom a customer source knows; everybody, where none is declared.

    `whose` says which accounts are one person's (see `identity.owners`).
    """
    if customers is not None:
        rows = made(engine, _placed(_rows_of(findings, customers, whose)), "owners")
        known = made(engine, _beside(findings, rows, "inner", declared), "owners")
        told = known.filter(known.level >= TOLD)
        doubts = doubtful(engine, told, rows.semi_join(told, "id"), customers, whose, declared)
        people = _with_doubts(known, doubts)
        return made(engine, people.order_by("id"), "owners")
    columns = (*CUSTOMER_COLUMNS, "basis", "account")
    kinds = {name: pa.int64() if name == "flags" else pa.string() for name in columns}
    nobody = ibis.memtable(pa.table({name: pa.array([], kind) for name, kind in kinds.items()}))
    people = _beside(findings, _placed(nobody), "left").mutate(shared=ibis.null("string"))
    return made(engine, people.order_by("id"), "owners")


def _rows_of(findings: Any, customers: Any, whose: Any | None) -> Any:
    """Every customer row of the people found, with `id` as the person's and `account` as its own."""
    if whose is None:
        return under_owners(customers.semi_join(findings, "id"), None)
    hers = whose.semi_join(findings, whose.owner == findings.id).select(id="account")
    accounts = ibis.union(findings.select("id"), hers).distinct()
    return under_owners(customers.semi_join(accounts, "id"), whose)


def _with_doubts(people: Any, doubts: Any) -> Any:
    """People with `shared`, and with the flags of shared mailboxes and of doubt about who is one."""
    both = people.left_join(doubts.rename(whose="id"), people.id == doubts.id)
    flags = both.flags | ibis.ifelse(both.shared.notnull(), BIT["shared-mailbox"], 0)
    flags = flags | ibis.ifelse(both.uncertain.fill_null(False), DOUBTFUL, 0)
    return both.mutate(flags=flags).drop("whose", "uncertain")


def open_ends(engine: Any, known: Any) -> list[Gap]:
    """What stays open about the people who are told, in one look."""
    told = known.filter(known.level >= TOLD)
    bits: dict[GapKind, int] = {
        "uncertain-merges": DOUBTFUL,
        "shared-ids": SEVERAL,
        "unreadable-birth-dates": UNREADABLE_BIRTH,
        "unexplained-flags": UNEXPLAINED,
    }
    counts = told.aggregate(
        **{"listed-differently": told.differs.sum()},
        **{kind: ((told.flags & bit) > 0).sum() for kind, bit in bits.items()},
    )
    row = engine.to_pyarrow(counts).to_pylist()[0]
    return [
        Gap(kind=kind, source="customers", count=row[kind] or 0, detail=detail)
        for kind, detail in _OPEN.items()
    ]


def _beside(findings: Any, rows: Any, how: str, declared: Sequence[CustomerSource] = ()) -> Any:
    """Findings beside who they are, in order of ids. Of two `rows` with one id the first counts, by all columns.

    But not for what decides which law applies: of a person whose rows name two countries none is known for sure. In
    two cells she would count as two people, and in one of them the other country's law would be lost.
    """
    order = [rows[name] for name in (*CUSTOMER_COLUMNS, "basis") if name != "id"]
    ranked = rows.mutate(rank=ibis.row_number().over(group_by=rows.id, order_by=order))
    one = ranked.filter(ranked["rank"] == 0).drop("rank", "account", "country", "place", "basis", *_TOGETHER)
    together = _together(ranked)
    if any(source.fields.birth_date or (source.fields.name and source.fields.email) for source in declared):
        together = _with_several(together, rows)
    person = findings.join(one.rename(customer="id"), findings.id == one.id, how=how)
    person = person.left_join(together.rename(whose="id"), person.id == together.id)
    return person.select(
        *FINDING,
        *_BESIDE,
        "accounts",
        *(name for name in CUSTOMER_COLUMNS if name not in ("id", "country", "person")),
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
        accounts=said.account.group_concat("\n", order_by=said.account),
        emails=ibis.coalesce(said.emails, said.email).group_concat("\n", order_by=said["rank"]),
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
        "accounts",
        "emails",
        "birth_date",
        **ends,
        flags=(people.any_flags & ~SHARED_BITS) | (people.all_flags & SHARED_BITS),
        place=ibis.ifelse(people.elsewhere, ibis.null("string"), people.place),
        differs=ibis.or_(*(people[name].fill_null(False) for name in ("elsewhere", "group", "role"))),
    )


def _with_several(people: Any, rows: Any) -> Any:
    """People with a flag where rows of one account speak of different people: they name two birth dates, or other names
    and other addresses. Keys and verified addresses join accounts of one person, which may be written otherwise.
    """
    by_account = rows.group_by("id", "account").aggregate(
        births=rows.birth_date.nunique(),
        names=rows.name.lower().nunique(),
        mails=rows.email.lower().nunique(),
    )
    several = (by_account.births > 1) | ((by_account.names > 1) & (by_account.mails > 1))
    found = by_account.filter(several).select(several="id").distinct()
    both = people.left_join(found, people.id == found.several)
    return both.mutate(flags=both.flags | ibis.ifelse(both.several.notnull(), SEVERAL, 0)).drop("several")


def moment(microseconds: int | None) -> datetime | None:
    """Microseconds since 1970 in UTC as a moment."""
    return None if microseconds is None else from_microseconds(microseconds)
