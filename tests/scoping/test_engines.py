"""Every engine gives the same people, the same figures and the same digests, over the same files."""

import csv
import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest

from tests.scoping import spark
from tests.scoping.scenes import (
    ASKED,
    EVERY_COLUMN,
    KEY,
    START,
    as_delimited,
    as_ndjson,
    at,
    every_hour,
    kind,
    log_source,
    request,
    write_customers,
    write_log,
)
from tests.scoping.test_addresses import spellings
from tests.scoping.truth import world
from tocsin.domain.datamap import DataMap, Retention
from tocsin.domain.lists import DeletionFields, DeletionSource
from tocsin.domain.scope.people import AffectedPerson, Stranger
from tocsin.domain.scope.question import read_question
from tocsin.domain.scope.result import ScopeResult
from tocsin.domain.sources import CustomerFields, CustomerSource, LogFields, LogSource, Sources
from tocsin.domain.timeformats import TimeFormat
from tocsin.scoping.addresses import is_readable
from tocsin.scoping.endpoints import is_woven, may_be
from tocsin.scoping.measure import measure
from tocsin.scoping.server_paths import with_paths
from tocsin.sources.engine import Limits, alone
from tocsin.sources.logs import tidied
from tocsin.sources.times import latest, placed
from tocsin.sources.urls import unescaped

ENGINES = ["duckdb", pytest.param("spark", marks=spark.needs_java)]
THIEF, OFFICE = "203.0.113.7", "198.51.100.9"
WORDS = {"en": "for a while"}


@dataclass
class Answer:
    """All that a measurement says."""

    result: ScopeResult
    people: dict[str, AffectedPerson]
    unowned: list[Stranger]

    @property
    def buckets(self) -> dict[str, str]:
        return {who: person.bucket.value for who, person in self.people.items()}

    def kinds(self, who: str) -> set[str]:
        return set(self.people[who].kinds)


@pytest.fixture(scope="module")
def spark_engines(tmp_path_factory):
    yield from spark.running(tmp_path_factory.mktemp("spark"))


@pytest.fixture(scope="module")
def told_before():
    """By the name of a scene, what the engine before said of it."""
    return {}


@pytest.fixture
def answer(request, tmp_path, told_before):
    """Asks an engine about a scene. Whatever it says is what the one before said."""

    def asks(engine: str, scene: Callable[[Path], dict[str, Any]]) -> Answer:
        opens = alone if engine == "duckdb" else request.getfixturevalue("spark_engines")
        given = {"workspace": tmp_path / "work", "pseudonym_key": KEY, "asked_at": ASKED} | scene(tmp_path)
        found = measure(
            given.pop("question"), given.pop("sources"), given.pop("data_map"), engines=opens, **given
        )
        said = Answer(found.result, {person.id: person for person in found.people()}, list(found.unowned()))
        assert told_before.setdefault(scene.__name__, said) == said
        return said

    return asks


def kept(**rule: Any) -> Retention:
    return Retention(**{"words": WORDS, "backup_days": 30, "basis": WORDS} | rule)


MAP = DataMap(
    kinds=(
        kind(
            "profile",
            "/v1/account",
            {"request": "/v1/customers/{id}", "subject": ["caller", {"path": "id"}]},
            tables=("accounts",),
            retention=kept(days=90, anchor="closed"),
        ),
        kind(
            "billing",
            "GET /v1/billing/*",
            {"request": "/v1/search", "subject": {"query": "who", "split": ","}},
        ),
        kind("orders", {"request": "/v1/orders/*", "subject": {"column": "subject"}}),
        kind(
            "payments", "/v1/payments", tables=("payments",), retention=kept(days=30, survives_deletion=True)
        ),
        kind("exports", {"request": "/v1/export", "subject": "all"}, tables=("payments",)),
        kind("viewers", "/v1/streams*", role="processor", group="end-users-of-customers"),
    )
)


def blocks() -> list[tuple[str, Any]]:
    """(agent, block): every prefix length of v4 and v6, so that no agent has two blocks that touch."""
    found: list[tuple[str, Any]] = [("v4-0", IPv4Network("0.0.0.0/0")), ("v6-0", IPv6Network("::/0"))]
    for make, bits, groups in ((IPv4Network, 32, 8), (IPv6Network, 128, 20)):
        for length in range(1, bits + 1):
            # Short ones stand alone; of the others each has a first octet of its own.
            octet, group = (0xA5, length) if length <= 8 else (16 + length, 9 + length % groups)
            address = octet << bits - 8 | int("5a" * (bits // 8 - 1), 16)
            block = make((address >> bits - length << bits - length, length))
            found.append((f"v{block.version}-{group}", block))
    return found


def near(block: Any) -> tuple[list[Any], list[Any]]:
    """The first and the last address of a block, and those just beside it."""
    make = IPv4Address if block.version == 4 else IPv6Address
    first, last = int(block.network_address), int(block.broadcast_address)
    beside = [make(each) for each in (first - 1, last + 1) if 0 <= each < 1 << block.max_prefixlen]
    return [make(first), make(last)], beside


def from_blocks() -> list[tuple[str, str, str]]:
    """(account, agent, address): from inside of each block (`in-...`), in several spellings, and from beside it."""
    rows = []
    for agent, block in blocks():
        inside, beside = near(block)
        name = f"{agent}-{block.prefixlen}"
        for place, address in enumerate(inside):
            written = spellings(address)
            ways = {0, (block.prefixlen + place) % len(written), len(written) - 1}
            rows += [(f"in-{name}-{place}-{way}", agent, written[way]) for way in ways]
        rows += [
            (f"out-{name}-{place}", agent, spellings(address)[block.prefixlen % 8])
            for place, address in enumerate(beside)
        ]
        # An address of the other kind lies in no block, though its bits may; but a v4-mapped one in all of v6.
        other = "::ffff:0:0:1" if block.version == 4 else "::ffff:192.0.2.1"
        rows.append((f"{'in' if str(block) == '::/0' else 'out'}-{name}-other", agent, other))
    return rows


def cidrs(folder: Path) -> dict[str, Any]:
    """One request from each of these addresses, and a clause for each agent."""
    asked: dict[str, list[str]] = {}
    for agent, block in blocks():
        asked.setdefault(agent, []).append(str(block))
    clauses = [{"agents": [agent], "ips": ips} for agent, ips in sorted(asked.items())]
    requests = [request(1, who, ip=ip, agent=agent) for who, agent, ip in from_blocks()]
    return {
        "question": read_question({"where": {"any": clauses}}),
        "sources": Sources(logs=(log_source(write_log(folder, requests)),)),
        "data_map": MAP,
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_a_block_of_every_length_holds_its_own_addresses_and_no_other(answer, engine):
    lengths = {(block.version, block.prefixlen) for _, block in blocks()}
    assert lengths == {(4, length) for length in range(33)} | {(6, length) for length in range(129)}
    found = answer(engine, cidrs)
    assert set(found.people) == {who for who, _, _ in from_blocks() if who.startswith("in-")}
    assert set(found.buckets.values()) == {"likely"}


def tree(folder: Path) -> dict[str, Any]:
    """Windows, denied and failed requests, groups in groups, the owner's own access, and people whom requests name."""
    rows = [
        request(5, "c1", token="leaked", ip=THIEF),
        request(6, "c2", token="leaked", endpoint="/v1/billing/a"),
        request(7, "c3", ip=THIEF, status=403),
        request(8, "c4", token="leaked", ip=THIEF, status=500),
        request(9, "c5", session="stolen", ip=OFFICE),
        request(10, "c6", session="stolen"),
        request(11, "c7", ip=THIEF, endpoint="/v1/customers/c8%2F1"),
        request(12, "c7", ip=THIEF, endpoint="/v1//x/../customers/c%38?a=b"),
        request(13, "c7", ip=THIEF, endpoint="/v1/search?who=c9,+c10&who=%63%31%31"),
        request(14, "c7", ip=THIEF, endpoint="/v1/search?who=%ff%e2%82%ac&whom=c1"),
        request(15, "c7", ip=THIEF, endpoint="/v1/orders/1", subject="c12"),
        request(16, "c7", ip=THIEF, endpoint="/v1/orders/2"),
        request(17, "c13", ip=THIEF, status=None, bytes=None, country="XX"),
        request(-5, "c14", token="leaked", ip=THIEF),
        request(65, "c15", ip=THIEF, agent="Mozilla/5 (\u212aevin)"),
        request(66, "c16", agent="python-requests/2"),
        request(67, None, ip=THIEF),
        request(68, "ghost", ip=THIEF),
        request(5, "c1", token="leaked", ip=THIEF),
    ]
    log = write_log(folder, [*every_hour(3), *rows])
    where = {
        "any": [
            {"tokens": ["leaked"], "until": at(60)},
            {"sessions": ["stolen"], "own": {"ips": ["198.51.100.0/24"]}},
            {"all": [{"ips": [f"{THIEF}/31", "2001:db8::/32"]}, {"statuses": ["100-599"]}]},
            {
                "agents": ["*PYTHON*", "python-*"],
                "endpoints": ["GET /v1/account*"],
                "bytes": ">= 1",
                "countries": ["VN"],
            },
        ]
    }
    crowd = [(f"c{number}", f"c{number}@example.org", "VN") for number in range(15)]
    fields = LogFields(**{name: name for name in EVERY_COLUMN})
    return {
        "question": read_question({"since": at(0), "until": at(180), "where": where}),
        "sources": Sources(
            logs=(log_source(log, fields=fields),), customers=(write_customers(folder, crowd),)
        ),
        "data_map": MAP,
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_trees_windows_and_people_whom_a_request_names(answer, engine):
    found = answer(engine, tree)
    told = {who: bucket for who, bucket in found.buckets.items() if bucket in ("confirmed", "likely")}
    assert told == {
        "c1": "confirmed", "c2": "confirmed", "c6": "confirmed", "c7": "likely",
        **dict.fromkeys(("c8", "c9", "c10", "c11", "c12"), "likely"),
    }  # fmt: skip
    assert found.buckets["c3"] == "attempted"
    assert {found.buckets[who] for who in ("c4", "c5", "c13", "c14")} == {"cannot-exclude"}
    assert (found.kinds("c2"), found.kinds("c9"), found.kinds("c12")) == (
        {"billing"},
        {"billing"},
        {"orders"},
    )
    assert [each.id for each in found.unowned] == ["%ff%e2%82%ac", "c15", "c16", "c8/1", "ghost"]
    assert found.people["c1"].hits == 1
    gaps = {gap.kind: gap.count for gap in found.result.gaps}
    assert gaps == {
        "ids-nobody-owns": 5, "own-requests-set-aside": 1, "requests-without-account": 1, "subject-unknown": 1,
        "unknown-outcome": 1,
    }  # fmt: skip


def customers(folder: Path) -> dict[str, Any]:
    """Accounts of one person, shared mailboxes, flags, guardians, deletions, periods, an exposed table and a list."""
    known = [
        {"id": "a1", "person": "P1", "email": "ann@x.org", "country": "DE", "closed_at": "2026-01-01"},
        {
            "id": "a2",
            "person": "P1",
            "email": "ANN2@x.org",
            "country": "VN",
            "closed_at": "2026-02-01T00:00:00+07:00",
        },
        {
            "id": "a3",
            "person": "P3",
            "email": "team@x.org",
            "emails": "c@x.org|team@x.org",
            "country": "us-ca",
        },
        {
            "id": "a4",
            "person": "P4",
            "email": "team@x.org",
            "birth_date": "2015-02-03",
            "guardian": "a3",
            "country": "",
        },
        {
            "id": "a5",
            "person": "P5",
            "name": "Nguyễn Văn İ",
            "birth_date": "1990-01-01",
            "flags": "suspect,what",
        },
        {
            "id": "a6",
            "person": "P6",
            "name": "nguyễn văn i",
            "birth_date": "1990-01-01",
            "country": "Neverland",
        },
        {
            "id": "a7",
            "person": "P7",
            "email": "g@x.org",
            "country": "FR",
            "created_at": "2020-01-01 00:00:00Z",
            "deleted_at": "2026-10-20",
        },
        {"id": "a8", "person": "P8", "email": "h@x.org", "country": "FR", "status": "closed"},
    ]
    names = ("id", "person", "email", "emails", "name", "country", "birth_date", "guardian", "flags", "status",
             "created_at", "closed_at", "deleted_at")  # fmt: skip
    with (folder / "crm.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, names, restval="")
        writer.writeheader()
        writer.writerows(known)
    fields = {name: name for name in names} | {"emails": ("emails",), "flags": ("flags",)}
    crm = CustomerSource(
        name="crm",
        path=str(folder / "crm.csv"),
        fields=CustomerFields(**fields),
        email_separator="|",
        tables=("accounts", "payments"),
    )
    deleted = [("a7", 31), ("gone", 400), ("a8", 400), ("a2", 400)]
    lines = [f"{who},{(START - timedelta(days=days)).isoformat()},DEL-{who}" for who, days in deleted]
    (folder / "deletions.csv").write_text("\n".join(["id,at,record", *lines]) + "\n")
    deletions = DeletionSource(
        name="erasures",
        paths=(str(folder / "deletions.csv"),),
        fields=DeletionFields(id="id", at="at", record="record"),
    )
    rows = [
        request(1, "a2", ip=THIEF),
        request(2, "a3", ip=THIEF, endpoint="/v1/export"),
        request(3, "a8", ip=THIEF, endpoint="/v1/account"),
        request(4, "a5", ip=THIEF, endpoint="/v1/streams/7"),
    ]
    asked = {
        "ips": [THIEF],
        "since": at(0),
        "until": at(60),
        "exposed": {"tables": ["accounts"], "since": at(0), "until": at(60)},
        "people": [{"who": "H@x.org"}, {"who": "a4", "kinds": ["billing"]}, {"who": "nobody"}],
    }
    return {
        "question": read_question(asked),
        "sources": Sources(
            logs=(log_source(write_log(folder, rows, "csv"), form="csv"),),
            customers=(crm,),
            deletions=(deletions,),
        ),
        "data_map": MAP,
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_persons_deletions_periods_and_exposed_tables(answer, engine):
    found = answer(engine, customers)
    assert (found.buckets["a7"], found.buckets["gone"]) == ("excluded", "excluded")
    assert found.people["a7"].deletion is not None
    assert found.people["a1"].accounts == ("a2",)
    assert found.people["a1"].place == "unknown"
    assert found.people["a3"].shared == ("team@x.org",)
    assert found.people["a4"].guardian == "a3"
    assert found.people["a5"].flags == ("suspect",)
    assert found.people["a8"].bucket.value == "likely"
    assert {each.kind: each.overdue for each in found.result.retained}["profile"] > 0
    assert found.result.controllers > 0
    kinds = {gap.kind for gap in found.result.gaps}
    assert {"deletion-contradicted", "unknown-listed", "unexplained-flags", "listed-differently"} <= kinds


def known_answers(folder: Path) -> dict[str, Any]:
    """A hidden truth with decoys, logging switched off for a while."""
    made = world(11, dark=True, tools=True)
    crowd = [(person, f"{person}@example.org", "VN") for person in made.people]
    log = log_source(write_log(folder, made.rows, "parquet"), form="parquet")
    return {
        "question": read_question(made.question(tools=True)),
        "sources": Sources(logs=(log,), customers=(write_customers(folder, crowd),)),
        "data_map": MAP,
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_known_answers(answer, engine):
    found = answer(engine, known_answers)
    assert {who for who, person in found.people.items() if person.told} == world(
        11, dark=True, tools=True
    ).told


def formats(folder: Path) -> dict[str, Any]:
    """A log in every format, most of them damaged, and one of them twice."""
    whole = as_ndjson([*every_hour(2), request(1, "n1", ip=THIEF), request(2, "n2", ip=THIEF)])
    (folder / "a.ndjson").write_bytes(whole + b"no JSON\n[1, 2]\n\n" + b'{"at": "soon", "account": "n3"}\n')
    shutil.copy(folder / "a.ndjson", folder / "copy.ndjson")
    packed = gzip.compress(as_ndjson(request(3, f"g{place}", ip=THIEF) for place in range(5000)), mtime=0)
    (folder / "b.ndjson.gz").write_bytes(packed[: len(packed) // 2])
    packed = gzip.compress(as_ndjson([request(8, "k1", ip=THIEF)]), mtime=0)
    (folder / "c.ndjson.gz").write_bytes(packed[:-8] + b"altered.")
    lines = as_delimited([request(4, "d1", ip=THIEF), request(5, "d2", ip=THIEF, agent='two\n"lines"')], ",")
    (folder / "a.csv").write_bytes(lines + b"too,few\n" + b'"open,' + b",".join([b"x"] * 9) + b"\n")
    tabs = as_delimited([request(6, "t1", ip=THIEF), request(7, "t2", ip=THIEF)], "\t")[:-1]
    (folder / "a.tsv.zst").write_bytes(pa.Codec("zstd").compress(tabs, asbytes=True))
    web = f'{THIEF} - w1 [20/Nov/2026:10:07:00 +0000] "GET /v1/account?x=\\"\\xc3\\xa9 HTTP/1.1" 200 7 "-" "a\\"b"\n'
    (folder / "access.log").write_text(web + "garbage\n" + web.replace("w1", "w2").replace(" 200 ", " 403 "))
    event = {
        "eventTime": "2026-11-20T10:08:00Z", "eventSource": "s3.amazonaws.com", "eventName": "GetObject",
        "sourceIPAddress": THIEF, "userIdentity": {"type": "IAMUser", "userName": "e1", "accessKeyId": "AKIA"},
    }  # fmt: skip
    (folder / "trail.json").write_text(
        json.dumps({"Records": [event, event | {"errorCode": "AccessDenied"}]}) + "]x"
    )
    write_log(folder, [request(9, "p1", ip=THIEF), request(10, "p2", ip=THIEF)], "parquet", "a")
    (folder / "b.parquet").write_bytes((folder / "a.parquet").read_bytes()[:-20])
    combined = LogSource(name="combined", format="combined", paths=(str(folder / "access.log"),))
    trail = LogSource(name="trail", format="cloudtrail", paths=(str(folder / "trail.json"),))
    return {
        "question": read_question({"ips": [THIEF], "since": at(0), "until": at(120)}),
        "sources": Sources(
            logs=(
                log_source(*sorted(folder.glob("*.ndjson*")), name="ndjson"),
                log_source(folder / "a.csv", form="csv", name="csv"),
                log_source(folder / "a.tsv.zst", form="tsv", name="tsv"),
                log_source(*sorted(folder.glob("*.parquet")), form="parquet", name="parquet"),
                combined,
                trail,
            )
        ),
        "data_map": MAP,
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_every_line_of_every_format_is_accounted_for(answer, engine):
    found = answer(engine, formats)
    assert {who for who, bucket in found.buckets.items() if bucket == "likely"} >= {
        "n1", "n2", "g0", "d1", "d2", "t1", "w1", "e1", "p1", "p2",
    }  # fmt: skip
    assert found.buckets["w2"] == "attempted"
    gaps = {(gap.source, gap.kind): gap for gap in found.result.gaps}
    assert gaps["ndjson", "unreadable-lines"].count == 3
    assert "a.csv: 2 (line " in gaps["csv", "unreadable-lines"].detail
    assert "t2" not in found.buckets
    assert found.buckets["k1"] == "cannot-exclude"
    assert gaps["tsv", "unreadable-lines"].detail == "a.tsv.zst: 1 (line 3: has no end: it may have been cut)"
    assert {("combined", "unreadable-lines"), ("trail", "unreadable-lines")} <= set(gaps)
    assert {("ndjson", "damaged-file"), ("parquet", "damaged-file")} <= set(gaps)
    assert {each.name for each in found.result.inputs if each.source == "ndjson"} == {
        "a.ndjson",
        "b.ndjson.gz",
        "c.ndjson.gz",
    }


#: Texts over which engines might differ: ends of lines, letters beyond ASCII, escapes that are none, odd numbers.
TEXTS = (
    "a", "A\n", " a\t", "a\vb", "a\u2028b", "\u0130I\u03a3", "\u212aevin", "stra\xdfe", "GET", "x?y=%62",
    "%c3%a9%", "%ff+a", "%ed%a0%80", "a.b.c", "$1", "12", " 12 ", "12.5", "-12.5", "2e2", "9223372036854775808",
    "20_0", "\u0662\u0660\u0660", "0x1F", "", "\U0001f600z",
    "2026-11-20T10:00:00Z", "2026-11-20 10:00:00.1234567+07:00", "2026-11-20t10:00:00,5z", "2026-02-30T00:00:00Z",
    "2026-11-20", "2026-11-20T10:60:00Z", "2026-11-20T10:00:60Z", "1969-12-31T23:59:59Z", "2026-11-20T10:00",
)  # fmt: skip


@spark.needs_java
def test_lists_of_addresses_are_readable_to_every_engine_however_long(spark_engines, tmp_path):
    known = [
        spelling
        for text in (
            "192.0.2.19",
            "255.25.2.200",
            "2001:db8::1",
            "::ffff:1.2.3.4",
            "1:2:3:4:5:6:7:8",
            "1::",
            "fe80::a:1.2.3.4",
        )
        for spelling in spellings(ip_address(text))
    ]
    texts = [
        *known,
        ",".join(known),
        ", ".join(known * 100),
        ",".join(known * 5000),
        *(f"{each}," for each in known),
    ]
    texts += [
        f"{','.join(known * 5000)},no address",
        *(f"{each}.5" for each in known),
        *(f"x,{each}" for each in known),
    ]
    rows = ibis.memtable(pa.table({"ip": texts, "place": pa.array(range(len(texts)), pa.int64())}))
    asked = rows.select("place", readable=is_readable(rows.ip)).order_by("place")
    with spark_engines(tmp_path, Limits()) as engines:
        ours, theirs = (
            engine.to_pyarrow(asked).to_pylist() for engine in (engines.crew.engine, engines.counts)
        )
    assert ours == theirs
    assert [each["readable"] for each in ours[: len(known) + 3]] == [True] * (len(known) + 3)
    assert not any(each["readable"] for each in ours[len(known) + 3 : len(known) * 2 + 4])


@spark.needs_java
def test_thousands_of_slashes_keep_no_engine_busy(spark_engines, tmp_path):
    texts = [f"/v1{slash * 300_000}account" for slash in ("/", "%2f", "/./")]
    rows = ibis.memtable(pa.table({"method": ["GET"] * 3, "endpoint": texts}))
    asked = rows.select(
        may=may_be(rows.method, rows.endpoint, ["/v1/account", "/v1/*/b"]), woven=is_woven(rows.endpoint)
    )
    paths = with_paths(rows).select("path").distinct().order_by("path")
    with spark_engines(tmp_path, Limits()) as engines:
        for engine in (engines.crew.engine, engines.counts):
            assert engine.to_pyarrow(asked).to_pylist() == [{"may": True, "woven": True}] * 3
            found = engine.to_pyarrow(paths)["path"].to_pylist()
            assert "/v1/account" in found
            assert len(found) == 2


@spark.needs_java
def test_the_words_of_ibis_mean_the_same_to_every_engine(spark_engines, tmp_path):
    rows = ibis.memtable(
        pa.table({"text": pa.array(TEXTS), "place": pa.array(range(len(TEXTS)), pa.int64())})
    )
    text = rows.text
    words = rows.mutate(
        lower=text.lower(), strip=text.strip(), length=text.length(), right=text.right(1), left=text.left(2),
        number=tidied("status", text), plain=unescaped(text), parts=text.split(".").join("|"),
        end=text.re_search("a$"), dot=text.re_search("a.b"), blank=text.re_search(r"a\sb"),
        case=text.re_search("(?i)^K"),
        group=text.re_extract(r"(\d)\.", 1), put=text.re_replace(r"(\w)\.", r"\1$"), listed=text.isin(["a", "12"]),
    )  # fmt: skip
    moments = placed(rows.rename(at="text"), TimeFormat(zone="UTC"), latest(ASKED))
    groups = rows.mutate(key=rows.place % 3).group_by("key").aggregate(
        together=text.group_concat("\n", where=rows.place % 2 == 0, order_by=rows.place),
        last=text.argmax(rows.place), bits=rows.place.bit_or(), all_bits=rows.place.bit_and(), any=(text == "a").any(),
    )  # fmt: skip
    with spark_engines(tmp_path, Limits()) as engines:
        for asked, key in ((words, "place"), (moments, "place"), (groups, "key")):
            ours, theirs = (
                engine.to_pyarrow(asked.order_by(key)).to_pylist()
                for engine in (engines.crew.engine, engines.counts)
            )
            assert ours == theirs
