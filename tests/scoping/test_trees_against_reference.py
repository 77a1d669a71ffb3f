"""Trees of clauses of every kind against a plain walk over the rows that thinks in yes, perhaps and no."""

import tempfile
from collections import defaultdict
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tests.scoping.scenes import CROWD, EVERY_COLUMN, ask, at, gaps, log_source, request, write_log
from tests.scoping.test_against_reference import slots_of
from tocsin.domain.sources import LogFields

OWNERS = [owner for owner, _, _ in CROWD]
NO, PERHAPS, YES = 0, 1, 2
IPS = ["203.0.113.7", "203.0.113.70", "::ffff:203.0.113.130", "2001:db8::1", "198.51.100.1"]
BLOCKS = ["203.0.113.0/25", "203.0.113.7", "2001:db8::/32", "::ffff:203.0.113.128/121"]
#: Endpoint as a log writes it to the path that a server sees, and pattern to the paths that it means.
PATHS = {
    "/v1/account": "/v1/account",
    "/v1/%61ccount?to=/v1/keys": "/v1/account",
    "//v1/keys/./7": "/v1/keys/7",
    "/v1/keys/7": "/v1/keys/7",
    "/v1/account/../keys": "/v1/keys",
    None: None,
}
MEANT = {
    "GET /v1/account": {"/v1/account"},
    "/v1/k*": {"/v1/keys", "/v1/keys/7"},
    "POST /v1/keys/{id}": {"/v1/keys/7"},
}
CODES = {"2xx": range(200, 300), "304": [304], "400-403": range(400, 404)}
SIZES = {">= 1kB": range(1000, 10**6), "< 10": range(10)}

rows = st.lists(
    st.builds(
        request,
        st.integers(-70, 190),
        st.sampled_from([*OWNERS, None]),
        token=st.sampled_from(["t0", "t1", "t2", None]),
        session=st.sampled_from(["s0", "s1"]),
        ip=st.sampled_from(IPS),
        agent=st.sampled_from(["browser", "python/3", None]),
        endpoint=st.sampled_from(list(PATHS)),
        method=st.sampled_from(["GET", "post", None]),
        status=st.sampled_from([200, 206, 304, 401, 500, None]),
        bytes=st.sampled_from([0, 9, 10, 1000, None]),
        country=st.sampled_from(["VN", "nl", "XX", None]),
    ),
    min_size=1,
    max_size=25,
)


def some(*values: Any) -> Any:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


kinds = {
    "tokens": some("t0", "t1"),
    "sessions": some("s0", "s1"),
    "accounts": some("c0", "c1"),
    "ips": some(*BLOCKS),
    "agents": some("browser", "py*"),
    "endpoints": some(*MEANT),
    "statuses": some(*CODES),
    "bytes": some(*SIZES),
    "countries": some("VN", "NL"),
}
edges = {"since": st.sampled_from([at(30), at(60)]), "until": st.sampled_from([at(90), at(120)])}
aside = {
    "own": st.fixed_dictionaries({"ips": some(*BLOCKS)}, optional={"agents": some("browser", "py*")}),
    "impersonation": st.booleans(),
}


def tidy(clause: dict[str, Any]) -> dict[str, Any]:
    """A clause that may be asked: `own` only of tokens and sessions, and `impersonation` only of `own`."""
    owned = "own" in clause and {"tokens", "sessions"} & set(clause)
    return {name: value for name, value in clause.items() if owned or name not in aside}


clauses = st.fixed_dictionaries({}, optional=kinds | edges | aside).filter(set(kinds).intersection).map(tidy)
trees = st.recursive(
    clauses,
    lambda below: st.builds(
        lambda form, parts: {form: parts}, st.sampled_from(["any", "all"]), st.lists(below, min_size=1, max_size=3)
    ),
    max_leaves=5,
)  # fmt: skip


# The logs are small as they are, and each example runs the engine: shrinking would take minutes.
@settings(max_examples=times(40), phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(rows=rows, tree=trees)
def test_the_engine_finds_by_a_tree_what_a_plain_walk_finds(rows, tree):
    fields = LogFields(**{name: name for name in EVERY_COLUMN if name != "subject"})
    with tempfile.TemporaryDirectory() as name:
        log = log_source(write_log(Path(name), rows), fields=fields)
        found = ask(Path(name), log, {"since": at(0), "until": at(180), "where": tree})
    answer = {each.id: (each.bucket.value, each.hits, each.attempts) for each in found.people()}
    people, holes = walk(rows, tree)
    assert answer == people
    assert {kind: gaps(found).get(kind, 0) for kind in holes} == holes


def walk(rows: list[dict[str, Any]], tree: dict[str, Any]) -> tuple[dict[str, Any], dict[str, int]]:
    """Bucket, hits and attempts of each owner, and three gaps; one row at a time."""
    levels: defaultdict[str, list[int]] = defaultdict(list)
    leaves = list(leaves_of(tree))
    linked = {who for leaf in leaves for who in leaf.get("accounts", [])}
    hours = {datetime.fromisoformat(row["at"]).replace(minute=0, second=0) for row in rows}
    missing = len(asked_hours(leaves) - hours)
    unended = owned = nobodys = 0
    for row in map(dict, {tuple(row.items()) for row in rows}):
        if row["account"] and any(names(row, leaf) for leaf in leaves):
            linked.add(row["account"])
        if not fits(row, tree, counted=False):
            continue
        level = level_of(row, tree)
        if not fits(row, tree):
            owned += level >= 2
            continue
        unended += row["status"] is None
        if row["account"]:
            levels[row["account"]].append(level)
        else:
            nobodys += level >= 2
    hidden = missing or nobodys or is_silent(leaves, rows, hours)
    words = ("excluded", "attempted", "cannot-exclude", "likely", "confirmed")
    silent = {who: [] for who in linked - set(levels)}
    people = {
        who: (
            words[max(found, default=2 if hidden else 0)],
            sum(each >= 2 for each in found),
            sum(each == 1 for each in found),
        )
        for who, found in (levels | silent).items()
    }
    return people, {"missing-hours": missing, "unknown-outcome": unended, "own-requests-set-aside": owned}


def is_silent(leaves: list[dict[str, Any]], rows: list[dict[str, Any]], hours: set[datetime]) -> bool:
    """Whether in some window, though all its hours have rows, none stands in it."""
    windows: list[list[datetime]] = []
    for since, until in sorted({(leaf.get("since", at(0)), leaf.get("until", at(180))) for leaf in leaves}):
        if windows and since <= windows[-1][1]:
            windows[-1][1] = max(windows[-1][1], until)
        else:
            windows.append([since, until])
    slots = {int(datetime.fromisoformat(row["at"]).timestamp()) // 300 for row in rows}
    shown = {int(hour.timestamp()) // 3600 for hour in hours}
    return any(
        not asked & slots and {slot // 12 for slot in asked} <= shown
        for asked in (slots_of(since, until) for since, until in windows)
    )


def leaves_of(tree: dict[str, Any]) -> Any:
    if parts := tree.get("any") or tree.get("all"):
        for part in parts:
            yield from leaves_of(part)
    else:
        yield tree


def asked_hours(leaves: list[dict[str, Any]]) -> set[datetime]:
    found = set()
    for leaf in leaves:
        hour, until = leaf.get("since", at(0)).replace(minute=0), leaf.get("until", at(180))
        while hour < until:
            found.add(hour)
            hour += timedelta(hours=1)
    return found


def fits(row: dict[str, Any], tree: dict[str, Any], *, counted: bool = True) -> int:
    """How sure a row fits; with `counted`, unless it is the owner's own and does not count."""
    if parts := tree.get("any"):
        return max(fits(row, part, counted=counted) for part in parts)
    if parts := tree.get("all"):
        return min(fits(row, part, counted=counted) for part in parts)
    moment = datetime.fromisoformat(row["at"])
    if not tree.get("since", at(0)) <= moment < tree.get("until", at(180)):
        return NO
    if counted and "own" in tree and not tree.get("impersonation") and is_own(row, tree["own"]):
        return NO
    return min(one(row, kind, tree[kind]) for kind in kinds if kind in tree)


def one(row: dict[str, Any], kind: str, asked: list[str]) -> int:
    if kind == "endpoints":
        return max(endpoint(row, pattern, len(asked) > 1 and asked) for pattern in asked)
    if kind == "ips":
        return YES if in_blocks(row["ip"], asked) else NO
    column = {"tokens": "token", "sessions": "session", "accounts": "account", "agents": "agent"}.get(kind)
    if column:
        text = row[column]
        return YES if text in asked or ((text or "").startswith("py") and "py*" in asked) else NO
    value = row[{"statuses": "status", "bytes": "bytes", "countries": "country"}[kind]]
    if value in (None, "XX"):
        return PERHAPS
    if kind == "countries":
        return YES if value.upper() in asked else NO
    return YES if any(value in (CODES | SIZES)[each] for each in asked) else NO


def endpoint(row: dict[str, Any], pattern: str, beside: Any) -> int:
    method, _, _ = pattern.rpartition(" ")
    path = PATHS[row["endpoint"]]
    if path is None:
        return PERHAPS
    if path not in MEANT[pattern] or (method and row["method"] and row["method"].upper() != method):
        return NO
    # Where one of its patterns names a method, a clause is in doubt of every row that names none.
    return YES if row["method"] or not any(" " in each for each in [pattern, *(beside or [])]) else PERHAPS


def in_blocks(text: str, blocks: list[str]) -> bool:
    address = ip_address(text)
    address = getattr(address, "ipv4_mapped", None) or address
    networks = [ip_network("203.0.113.128/25" if each.startswith("::ffff:") else each) for each in blocks]
    return any(address in each for each in networks)


def is_own(row: dict[str, Any], own: dict[str, list[str]]) -> bool:
    agents = own.get("agents")
    return in_blocks(row["ip"], own["ips"]) and (agents is None or one(row, "agents", agents) == YES)


def names(row: dict[str, Any], leaf: dict[str, Any]) -> bool:
    """Whether a row bears a token, session or account that a clause asks about, whenever that was."""
    return any(one(row, kind, leaf.get(kind, [])) for kind in ("tokens", "sessions", "accounts"))


def level_of(row: dict[str, Any], tree: dict[str, Any]) -> int:
    if row["status"] == 401:
        return 1
    return 2 if row["status"] in (500, None) else max(2, strength(row, tree))


def strength(row: dict[str, Any], tree: dict[str, Any]) -> int:
    if parts := tree.get("any"):
        return max(strength(row, part) for part in parts)
    if parts := tree.get("all"):
        found = [strength(row, part) for part in parts]
        return max(found) if all(found) else 0
    if fits(row, tree) != YES:
        return 0
    return 4 if {"tokens", "sessions", "accounts"} & set(tree) else 3 if "ips" in tree else 2
