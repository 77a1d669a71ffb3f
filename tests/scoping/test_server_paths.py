"""The engine's path of a request against a plain one."""

import posixpath
import re
from urllib.parse import unquote

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tocsin.scoping.server_paths import with_paths

PARTS = [
    "/",
    "/a",
    "/.",
    "/..",
    "..",
    ".",
    "//",
    "b",
    "...",
    "..c",
    "%2e",
    "%62",
    "%2F",
    "%252F",
    "%C3%A9",
    "%",
]
PARTS += ["%zz", "%00", "+", " ", "\n", "?q", "#f", "é", "'"]


@pytest.fixture(scope="module")
def engine():
    return ibis.duckdb.connect()


def paths(engine, endpoints):
    lines = ibis.memtable(pa.table({"endpoint": pa.array(endpoints, pa.string())}))
    found = {}
    for row in engine.to_pyarrow(with_paths(lines)).to_pylist():
        found.setdefault(row["endpoint"], set()).add(row["path"])
    return found


def plain(endpoint):
    """What a server makes of it, in Python's own words."""
    raw = re.sub(r"(?s)[?#].*", "", endpoint)
    raw = re.sub(r"(?i)^[a-z][a-z0-9+.-]*://[^/]*", "", raw)
    views = {raw, re.sub("(?i)%2f", "%252F", raw)}
    found = set()
    for view in map(unquote, views):
        path = posixpath.normpath("/" + view.lstrip("/"))
        found |= {path, f"{path}/"} if re.search(r"(^|/)\.{0,2}\Z", view) and path != "/" else {path}
    return found


@settings(max_examples=times(50))
@given(
    st.lists(st.lists(st.sampled_from(PARTS), max_size=10).map("".join), min_size=1, max_size=30, unique=True)
)
def test_the_engine_sees_what_a_server_sees(engine, endpoints):
    assert paths(engine, endpoints) == {endpoint: plain(endpoint) for endpoint in endpoints}


@pytest.mark.parametrize("end", ["/", "/.", "/x/..", "/x/../", "/%2e", "/x/%2E%2e", "/x/./.."])
def test_what_ends_in_dots_has_a_slash_at_its_end(engine, end):
    # RFC 3986, 5.2.4, B to D.
    assert paths(engine, [f"/v1/export{end}"]) == {f"/v1/export{end}": {"/v1/export", "/v1/export/"}}


def test_bytes_that_are_no_text_leave_the_rest_of_a_path_readable(engine):
    assert paths(engine, ["/v1/%62/%ff%fe"]) == {"/v1/%62/%ff%fe": {"/v1/b/%ff%fe"}}


def test_no_endpoint_is_the_root(engine):
    assert paths(engine, [None]) == {None: {"/"}}


def test_what_climbs_deeper_than_anybody_writes_fits_no_path_of_ours(engine):
    deep = "/v1" + "/a" * 40 + "/.." * 40
    assert all(path.startswith("/v1/a/a") for path in paths(engine, [deep])[deep])
