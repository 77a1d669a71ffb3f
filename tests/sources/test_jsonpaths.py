"""Paths into nested data, and rows in which they lead to something, to something else, or to nothing."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.scoping.scenes import ask, at, buckets, gaps, log_source, request
from tocsin.domain.errors import Refused
from tocsin.domain.sources import LogFields
from tocsin.sources.jsonpaths import keys_of, names_of, pointer

FIELDS = LogFields(
    at="at", account="who[0].id", token='auth."x.token"', ip="client.ip", status="status", endpoint="path"
)


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("at", ("at",)),
        ("client.ip", ("client", "ip")),
        ('headers."x.real.ip"', ("headers", "x.real.ip")),
        ("items[0].id", ("items", 0, "id")),
        ("a[2][10]", ("a", 2, 10)),
        (r'"say \"so\"\\"', ('say "so"\\',)),
        ("two words.and-more", ("two words", "and-more")),
    ],
)
def test_a_path_is_names_and_places(path, keys):
    assert keys_of(path) == keys


@pytest.mark.parametrize(
    "path", ["", ".", "a..b", "a.", "[0]", "a[", "a[x]", "a[-1]", '"open', "a]b", 'a"b"']
)
def test_what_is_no_path_is_refused_with_the_way_to_write_one(path):
    with pytest.raises(Refused, match=r"is no path; write names with dots"):
        keys_of(path)


def test_names_and_pointers():
    assert names_of('a[0]."b.c"') == "a.b.c"
    assert pointer(("a/b", 0, "~c")) == "/a~1b/0/~0c"


def nested(row):
    return {
        "at": row["at"],
        "who": [{"id": row["account"]}, {"id": "somebody-else"}],
        "auth": {"x.token": row["token"], "x": {"token": "another"}},
        "client": {"ip": row["ip"]},
        "status": row["status"],
        "path": row["endpoint"],
    }


LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(60)}
ROWS = [request(1, "c0"), request(5, "c1", token="leaked"), request(6, "c2", token="leaked")]


def test_nested_json_is_read_where_its_paths_lead(tmp_path):
    odd = [
        nested(ROWS[0]) | {"auth": "of another shape"},
        nested(ROWS[0]) | {"who": {"id": "no list"}, "client": 7},
        {"at": ROWS[0]["at"]},
    ]
    path = tmp_path / "log.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in [*map(nested, ROWS), *odd]))
    found = ask(tmp_path, log_source(path, fields=FIELDS), LEAK)
    assert buckets(found) == {"c1": "confirmed", "c2": "confirmed"}
    assert gaps(found) == {}


def test_nested_parquet_is_read_where_its_paths_lead(tmp_path):
    path = tmp_path / "log.parquet"
    pq.write_table(pa.Table.from_pylist(list(map(nested, ROWS))), path)
    found = ask(tmp_path, log_source(path, form="parquet", fields=FIELDS), LEAK)
    assert buckets(found) == {"c1": "confirmed", "c2": "confirmed"}


@pytest.mark.parametrize("form", ["ndjson", "parquet"])
def test_a_path_that_leads_nowhere_is_refused_by_name(tmp_path, form):
    path = tmp_path / f"log.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(list(map(nested, ROWS))), path)
    else:
        path.write_text("".join(json.dumps(nested(row)) + "\n" for row in ROWS))
    fields = FIELDS.model_copy(update={"ip": "client[0].address"})
    with pytest.raises(Refused, match=r"has no column 'client.address' for `ip`"):
        ask(tmp_path, log_source(path, form=form, fields=fields), LEAK)
