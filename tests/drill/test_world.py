"""The drill's world: the same bytes from the same seed, and a truth that scoping finds by itself."""

import csv
import gzip
import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.datamap import DataMap
from tocsin.domain.scope.buckets import Bucket
from tocsin.drill.names import HOSTILE
from tocsin.drill.traffic import READ
from tocsin.drill.world import COUNTRIES, build_world
from tocsin.scoping.measure import measure

MOMENTS = {
    "start": datetime(2026, 11, 20, tzinfo=UTC),
    "end": datetime(2026, 11, 24, tzinfo=UTC),
    "since": datetime(2026, 11, 22, 3, 10, tzinfo=UTC),
    "until": datetime(2026, 11, 23, 19, 40, tzinfo=UTC),
}
SMALL = MOMENTS | {"customers": 600, "log_lines": 20_000, "leaked": 100}


@pytest.fixture(scope="module")
def data_map():
    shipped = Path(__file__).parents[2] / "incident_templates" / "data_map.yaml"
    return validated(DataMap, read_document(shipped))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return build_world(tmp_path_factory.mktemp("world"), 7, **SMALL)


def rows(world):
    for path in world.logs:
        with gzip.open(path, "rt") as lines:
            yield from map(json.loads, lines)


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path, world):
    again, other = build_world(tmp_path / "again", 7, **SMALL), build_world(tmp_path / "other", 8, **SMALL)
    assert digests(tmp_path / "again") == digests(world.customers.parent)
    assert set(digests(tmp_path / "other").values()).isdisjoint(digests(tmp_path / "again").values())
    assert (again.true_kinds, again.attempted, again.countries) == (
        world.true_kinds,
        world.attempted,
        world.countries,
    )
    assert other.true_kinds != world.true_kinds


def test_the_log_has_its_lines_in_order_without_a_silent_hour(world):
    moments = [row["time"] for row in rows(world)]
    assert len(moments) == world.lines == 20_000
    assert moments == sorted(moments)
    assert len({moment[:13] for moment in moments}) == 96
    assert len(world.logs) == 4


def test_customers_live_in_six_countries_on_reserved_domains_with_hostile_names(world):
    with world.customers.open(newline="") as file:
        people = list(csv.DictReader(file))
    assert len({each["id"] for each in people}) == len({each["email"] for each in people}) == 600
    assert {each["country"] for each in people} == {country for country, _, _ in COUNTRIES}
    assert {each["email"].rpartition("@")[2] for each in people} == {
        "example.com",
        "example.net",
        "example.org",
    }
    assert len(set(HOSTILE) & {each["name"] for each in people}) == 6


def test_the_truth_is_what_a_plain_walk_over_the_log_finds(world):
    leaked = set(world.tokens.read_text().split())
    networks = [ip_network(text) for text in world.ips]
    read: dict[str, set[str]] = {}
    denied: set[str] = set()
    for row in rows(world):
        moment = datetime.fromisoformat(row["time"])
        address = ip_address(row["client"]["ip"])
        address = getattr(address, "ipv4_mapped", None) or address
        thief = any(address in network for network in networks)
        if not world.since <= moment < world.until or not (thief or row["token"] in leaked):
            continue
        assert thief, "an owner's own call with a leaked token cannot be told from the thief's"
        if row["status"] < 400:
            path = row["request"]["path"].partition("?")[0]
            shape = next(each for each in READ if path.startswith(each.removesuffix("{}")))
            read.setdefault(row["account"], set()).update(READ[shape])
        else:
            denied.add(row["account"])
    assert read == world.true_kinds
    assert denied - set(read) == world.attempted


def test_the_world_holds_its_decoys(world):
    leaked = set(world.tokens.read_text().split())
    stems = {token[:-4] for token in leaked}
    seen = Counter()
    for row in rows(world):
        inside = world.since <= datetime.fromisoformat(row["time"]) < world.until
        seen["legitimate use before the leak"] += not inside and row["token"] in leaked
        seen["token that differs in its tail"] += (
            inside and row["token"] not in leaked and row["token"][:-4] in stems
        )
        seen["neighbour of the block"] += inside and row["client"]["ip"] in ("203.0.113.63", "203.0.113.80")
        seen["leaked token denied"] += inside and row["token"] in leaked and row["status"] >= 400
        seen["other token denied"] += (
            row["client"]["agent"].startswith("python-requests") and row["token"] not in leaked
        )
    assert all(count > 0 for count in seen.values()), seen
    assert len(seen) == 5


def test_what_the_thief_read_is_what_the_shipped_data_map_says(data_map):
    for path, kinds in READ.items():
        assert set(data_map.shown_by("GET", path.format("000001"))) == set(kinds)


@pytest.mark.parametrize("with_addresses", [True, False])
@pytest.mark.parametrize("seed", [7, 8])
def test_scoping_finds_the_true_set_with_its_kinds(tmp_path, data_map, seed, with_addresses):
    world = build_world(tmp_path / "world", seed, **SMALL)
    question = world.question() if with_addresses else world.question().model_copy(update={"ips": ()})
    found = measure(
        question,
        world.sources,
        data_map,
        workspace=tmp_path / "work",
        pseudonym_key=b"k" * 32,
        asked_at=SMALL["end"],
    )
    told = {person.id: frozenset(person.kinds) for person in found.people() if person.told}
    assert told == world.true_kinds
    assert found.result.gaps == ()
    assert found.result.method == "exact"
    assert found.result.people_count == 92
    attempted = {person.id for person in found.people() if person.bucket is Bucket.ATTEMPTED}
    assert attempted == (world.attempted if with_addresses else attempted & world.attempted)
    assert len(attempted) == (45 if with_addresses else 5)
    assert found.result.buckets[Bucket.EXCLUDED] == 3
    places = Counter(world.countries[person] for person in world.true_kinds)
    assert found.result.by_place == dict(places)
