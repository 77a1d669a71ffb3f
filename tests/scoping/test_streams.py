"""A stream whose members are put different clauses: one request counts once, as a plain walk over requests has it."""

from random import Random

import pytest

from tests.scoping.scenes import ask, at, buckets, every_hour, gaps, log_source, request, told, write_log

WINDOW = {"since": at(0), "until": at(180)}
TOKEN, PATH = {"tokens": ["leaked"]}, {"endpoints": ["GET /v1/account"]}


def of(source, clause):
    return clause | {"sources": [source]}


TREES = [
    {"any": [of("gateway", TOKEN), of("proxy", PATH)]},
    {"all": [of("gateway", TOKEN), of("proxy", PATH)]},
    {"any": [of("gateway", {"accounts": ["c1"]}), {"all": [of("gateway", TOKEN), of("proxy", PATH)]}]},
    {"all": [TOKEN, {"any": [of("proxy", PATH), of("gateway", {"accounts": ["c2"]})]}]},
]


def stream(tmp_path, gateway, proxy):
    return [
        log_source(write_log(tmp_path, rows, name=name), name=name, stream="web")
        for name, rows in (("gateway", gateway), ("proxy", proxy))
    ]


def fits(row, logged_by, tree):
    for word, joined in (("any", any), ("all", all)):
        if word in tree:
            return joined(fits(row, logged_by, part) for part in tree[word])
    if not logged_by & set(tree.get("sources", logged_by)):
        return False
    wanted = {"tokens": row["token"], "accounts": row["account"], "endpoints": f"GET {row['endpoint']}"}
    return all(wanted[kind] in tree[kind] for kind in wanted if kind in tree)


def walk(gateway, proxy, tree):
    """By account how many requests fit, each once, whoever logged it."""
    found = {}
    for row in {row["at"]: row for row in [*gateway, *proxy]}.values():
        logged_by = {name for name, rows in (("gateway", gateway), ("proxy", proxy)) if row in rows}
        if fits(row, logged_by, tree):
            found[row["account"]] = found.get(row["account"], 0) + 1
    return found


@pytest.mark.parametrize("tree", TREES, ids=["any", "all", "any-all", "all-any"])
@pytest.mark.parametrize("seed", range(3))
def test_whoever_logs_a_request_it_counts_once(tmp_path, tree, seed):
    random = Random(seed)
    rows = [
        request(
            minute,
            random.choice(["c1", "c2", "c3"]),
            token=random.choice(["leaked", "other"]),
            endpoint=random.choice(["/v1/account", "/v1/streams"]),
        )
        for minute in range(0, 180, 5)
    ]
    gateway = [row for row in rows if random.random() < 0.8]
    proxy = [row for row in rows if random.random() < 0.8]
    found = ask(tmp_path, stream(tmp_path, gateway, proxy), {"where": tree} | WINDOW)
    assert {who: person.hits for who, person in told(found).items() if person.hits} == walk(
        gateway, proxy, tree
    )


def test_a_source_that_is_not_asked_a_clause_closes_no_hole_for_it(tmp_path):
    rows = every_hour(3)
    rare = {"endpoints": ["GET /v1/billing/rare"]}
    tree = {"any": [of("gateway", TOKEN), of("proxy", rare)]}
    used = [request(-200, "c3", token="leaked")]
    found = ask(tmp_path, stream(tmp_path, [*used, *rows[:2]], rows), {"where": tree} | WINDOW)
    # What was asked of the gateway alone, the proxy cannot deny of the hour that the gateway lacks.
    assert gaps(found) == {"missing-hours": 1}
    assert buckets(found)["c3"] == "cannot-exclude"
    both = {"any": [TOKEN, of("proxy", rare)]}
    found = ask(tmp_path, stream(tmp_path, [*used, *rows[:2]], rows), {"where": both} | WINDOW)
    assert gaps(found) == {}
