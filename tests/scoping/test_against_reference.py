"""The engine's answer against a plain walk over the rows, on random small logs and questions."""

import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tests.scoping.scenes import CROWD, MAP, START, ask, at, gaps, kind, request, write_log
from tocsin.domain.datamap import DataMap
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.question import read_question

OWNERS = [owner for owner, _, _ in CROWD]
TOKENS = ["t0", "t1", "t2", "t10"]
IPS = ["203.0.113.7", "203.0.113.70", "203.0.113.130", "::ffff:203.0.113.9", "2001:db8::1", "198.51.100.1"]
BLOCKS = ["203.0.113.0/25", "203.0.113.7", "2001:db8::/32", "203.0.0.0/15", "::ffff:203.0.113.128/121"]
#: Endpoint to what it shows of whom: `CALLER`, or the people that it names, if it names any.
CALLER, EVERYBODY = ("the caller",), tuple(OWNERS)
SHOWS: dict[str, dict[str, tuple[str, ...]]] = {
    "/v1/account": {"profile": CALLER},
    "/v1/billing/invoices/1": {"billing": CALLER, "invoices": CALLER},
    "/v1/billing": {},
    "/v1/billing/": {"billing": CALLER},
    "/v1/account/": {"profile": CALLER},
    "/v1/customers/c0/orders": {"orders": ("c0",)},
    "/v1/customers/c%31/orders": {"orders": ("c1",)},
    "/v1/customers/ghost/orders": {"orders": ("ghost",)},
    "/v1/customers/c2": {"profile": ("c2", *CALLER)},
    "/v1/search?who=c3,c4&who=+c0": {"orders": ("c3", "c4", "c0"), "profile": CALLER},
    "/v1/search?whom=c3": {"orders": (), "profile": CALLER},
    "/v1/export": {"orders": EVERYBODY},
}
SUBJECTS = DataMap(
    kinds=(
        *MAP.kinds[1:],
        kind(
            "profile",
            *MAP.kinds[0].endpoints,
            {"request": "/v1/customers/{id}", "subject": ["caller", {"path": "id"}]},
            "/v1/search",
        ),
        kind(
            "orders",
            {"request": "/v1/customers/{id}/orders", "subject": {"path": "id"}},
            {"request": "/v1/search", "subject": {"query": "who", "split": ","}},
            {"request": "/v1/export", "subject": "all"},
            # Says nothing of a subject, so that it has no say where another endpoint does.
            "/v1/search*",
        ),
    )
)

rows = st.lists(
    st.builds(
        request,
        st.integers(-70, 190),
        st.sampled_from([*OWNERS, "ghost", None]),
        token=st.sampled_from(TOKENS),
        ip=st.sampled_from(IPS),
        agent=st.sampled_from(["browser", "python"]),
        endpoint=st.sampled_from(sorted(SHOWS)),
        status=st.sampled_from([200, 206, 304, 401, 403, 429, 500, None]),
    ),
    min_size=1,
    max_size=25,
)
questions = st.fixed_dictionaries(
    {},
    optional={
        "tokens": st.lists(st.sampled_from(TOKENS), min_size=1, max_size=2),
        "accounts": st.lists(st.sampled_from([*OWNERS, "ghost"]), min_size=1, max_size=2),
        "ips": st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=2),
        "agents": st.just(["python"]),
    },
).filter(bool)

#: How the reference numbers the buckets.
LEVELS = {
    Bucket.EXCLUDED: 0, Bucket.ATTEMPTED: 1, Bucket.CANNOT_EXCLUDE: 2, Bucket.LIKELY: 3, Bucket.CONFIRMED: 4,
}  # fmt: skip


@dataclass
class Person:
    """What the reference knows of somebody."""

    level: int = 0
    read: list[datetime] = field(default_factory=list)
    tried: list[datetime] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    #: By rank (read, tried, pointing at her) the rows that do so, each as (moment, number), and the clauses of them.
    rows: dict[int, list[tuple[datetime, int]]] = field(default_factory=lambda: defaultdict(list))
    clauses: dict[str, int] = field(default_factory=dict)
    #: Whether a request was hers or named her, and did not only show everybody.
    named: bool = False

    def note(self, rank: int, moment: datetime, numbers: list[int], fits: set[str], level: int) -> None:
        self.rows[rank] += ((moment, number) for number in numbers if fits)
        for each in fits:
            self.clauses[each] = max(self.clauses.get(each, 0), level)

    @property
    def why(self) -> tuple[Any, Any]:
        """The first and the last of the rows that say most."""
        rows = self.rows[min((rank for rank in self.rows if self.rows[rank]), default=0)]
        return min(rows, default=None), max(rows, default=None)


# The logs are small as they are, and each example runs the engine: shrinking would take minutes.
@settings(max_examples=times(40), phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    rows=rows,
    question=questions,
    window=st.tuples(st.integers(-60, 60), st.integers(61, 200)),
    form=st.sampled_from(["ndjson", "csv", "parquet"]),
)
def test_the_engine_finds_what_a_plain_walk_finds(rows, question, window, form):
    since, until = (at(minute) for minute in window)
    with tempfile.TemporaryDirectory() as name:
        log = write_log(Path(name), rows, form)
        found = ask(Path(name), log, question | {"since": since, "until": until}, data_map=SUBJECTS)
    people, holes = walk(rows, question, since, until)
    expected = {
        who: (
            ("excluded", "attempted", "cannot-exclude", "likely", "confirmed")[person.level],
            person.kinds,
            min(person.read or person.tried, default=None),
            max(person.read or person.tried, default=None),
            (len(person.read), len(person.tried)),
            person.why,
            person.clauses,
        )
        for who, person in people.items()
    }
    asked = [each.given()[0] for each in (leaf.clause for leaf in read_question(question).leaves())]
    head = 1 if form == "csv" else 0
    answer = {
        each.id: (
            each.bucket.value,
            set(each.kinds),
            each.first_seen,
            each.last_seen,
            (each.hits, each.attempts),
            tuple(edge and (edge.at, (edge.line or 0) - head) for edge in (each.why.first, each.why.last)),
            {asked[number - 1]: LEVELS[bucket] for number, bucket in each.why.clauses},
        )
        for each in found.people()
    }
    assert answer == expected
    assert gaps(found) == holes
    assert found.result.people_count == sum(person.level >= 2 for person in people.values())


def walk(
    rows: list[dict[str, Any]], question: dict[str, list[str]], since: datetime, until: datetime
) -> tuple[dict[str, Person], dict[str, int]]:
    """Buckets, kinds, edges and counts for each owner, and the gaps; one row at a time."""
    hours = {datetime.fromisoformat(row["at"]).replace(minute=0, second=0) for row in rows}
    missing = sum(hour not in hours for hour in hours_of(since, until))
    silent = not missing and not slots_of(since, until).intersection(
        int(datetime.fromisoformat(row["at"]).timestamp()) // 300 for row in rows
    )
    everybody: defaultdict[str, Person] = defaultdict(Person)
    linked: set[str] = set(question.get("accounts", []))
    open_ends: defaultdict[str, int] = defaultdict(int)
    pointing: Pointing = defaultdict(list)
    for row, numbers in numbered(rows):
        fits = fitting(row, question)
        moment = datetime.fromisoformat(row["at"])
        pointing[row["account"]].append((moment, numbers, fits & {"tokens", "accounts"}))
        if not since <= moment < until:
            if fits & {"tokens", "accounts"} and row["account"]:
                linked.add(row["account"])
        elif fits:
            if row["account"]:
                linked.add(row["account"])
            count(row, fits, level_of(row, fits, question), everybody, open_ends, moment, numbers)
            if not asks_for_herself(row):
                pointing[row["account"]].append((moment, numbers, fits))
    hidden = missing or silent or open_ends["subject-unknown"] or open_ends["requests-without-account"]
    for who in linked:
        pointed_at(
            everybody[who], 2 if hidden else 0, pointing[who], asked=who in question.get("accounts", [])
        )
    if ghosts := sum(everybody[who].level >= 2 for who in set(everybody) - set(OWNERS)):
        open_ends["ids-nobody-owns"] = ghosts
    if missing:
        open_ends["missing-hours"] = missing
    if silent:
        open_ends["silent-stretches"] = 1
    found = {who: person for who, person in everybody.items() if who in OWNERS}
    return found, {gap: count for gap, count in open_ends.items() if count}


def slots_of(since: datetime, until: datetime) -> set[int]:
    """The slots of five minutes that a window touches, since 1970."""
    return set(range(int(since.timestamp()) // 300, -(-int(until.timestamp()) // 300)))


#: By account the rows that point at it, each as moment, numbers and the kinds that do.
Pointing = defaultdict[str, list[tuple[datetime, list[int], set[str]]]]


def numbered(rows: list[dict[str, Any]]) -> list[tuple[dict[str, Any], list[int]]]:
    """Each request once, with the numbers of its rows."""
    distinct: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for number, row in enumerate(rows, 1):
        distinct[tuple(row.items())].append(number)
    return [(dict(row), numbers) for row, numbers in distinct.items()]


def pointed_at(
    person: Person, level: int, rows: list[tuple[datetime, list[int], set[str]]], *, asked: bool
) -> None:
    """What is known of somebody of whom no request is, and whom none names."""
    if person.named:
        return
    person.level = max(person.level, level)
    for moment, numbers, fits in rows:
        person.note(2, moment, numbers, fits, level)
    if asked:
        person.note(2, START, [], {"accounts"}, level)


def hours_of(since: datetime, until: datetime) -> list[datetime]:
    first = since.replace(minute=0, second=0)
    return [first + timedelta(hours=n) for n in range(1000) if first + timedelta(hours=n) < until]


def fitting(row: dict[str, Any], question: dict[str, list[str]]) -> set[str]:
    address = ip_address(row["ip"])
    address = getattr(address, "ipv4_mapped", None) or address
    networks = [ip_network(text) for text in question.get("ips", []) if not text.startswith("::ffff:")]
    if any(text.startswith("::ffff:") for text in question.get("ips", [])):
        networks.append(ip_network("203.0.113.128/25"))
    fits = {
        kind
        for kind, column in (("tokens", "token"), ("accounts", "account"), ("agents", "agent"))
        if row[column] in question.get(kind, [])
    }
    return fits | ({"ips"} if any(address in each for each in networks) else set())


def level_of(row: dict[str, Any], fits: set[str], question: dict[str, list[str]]) -> int:
    if row["status"] in (401, 403, 429):
        return 1
    if row["status"] not in (200, 206, 304):
        return 2
    if fits == set(question) and fits & {"tokens", "accounts"}:
        return 4
    return 3 if fits & {"tokens", "accounts", "ips"} else 2


def asks_for_herself(row: dict[str, Any]) -> bool:
    shown = SHOWS[row["endpoint"]]
    return not shown or any(person in people for people in shown.values() for person in CALLER)


def count(
    row: dict[str, Any],
    fits: set[str],
    level: int,
    everybody: defaultdict[str, Person],
    open_ends: defaultdict[str, int],
    moment: datetime,
    numbers: list[int],
) -> None:
    shown = SHOWS[row["endpoint"]]
    whose: defaultdict[str, set[str]] = defaultdict(set)
    for name, people in shown.items() or [("", CALLER)]:
        for who in people:
            whose[row["account"] if (who,) == CALLER else who].add(name)
    if level >= 2:
        open_ends["requests-without-account"] += None in whose
        open_ends["subject-unknown"] += () in shown.values()
        open_ends["unmapped-endpoint"] += not shown
        open_ends["unknown-outcome"] += row["status"] is None
    for who, kinds in whose.items():
        if who is None:
            continue
        person = everybody[who]
        # Of a whole table nobody knows whether she was in what was read of it.
        least = min(level, 2) if EVERYBODY in shown.values() else level
        person.level = max(person.level, least)
        person.named |= EVERYBODY not in shown.values()
        person.note(0 if level >= 2 else 1, moment, numbers, fits, least)
        if level >= 2:
            person.read.append(moment)
            person.kinds |= kinds - {""}
        else:
            person.tried.append(moment)


def test_the_scene_starts_on_the_hour():
    # The reference counts hours from it.
    assert START.replace(minute=0, second=0, microsecond=0) == START
