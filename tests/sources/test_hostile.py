"""Hostile and broken lines: a sound request before and one behind are both found, and what is lost is said."""

import gzip

import pytest

from tests.scoping.scenes import (
    as_delimited,
    as_ndjson,
    ask,
    at,
    buckets,
    every_hour,
    gaps,
    log_source,
    request,
    write_customers,
)
from tocsin.domain.errors import Refused

LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(180)}
BEFORE = [*every_hour(3), request(5, "c1", token="leaked")]
BEHIND = [request(6, "c2", token="leaked")]


def csv_line(row) -> bytes:
    return as_delimited([row], ",").split(b"\n", 1)[1]


@pytest.mark.parametrize("zipped", [False, True])
def test_a_csv_line_longer_than_any_buffer_is_lost_aloud(tmp_path, zipped):
    long = csv_line(request(7, "c3", token="leaked", agent="x" * (34 << 20)))
    content = as_delimited(BEFORE, ",") + long + csv_line(*BEHIND)
    path = tmp_path / ("log.csv.gz" if zipped else "log.csv")
    path.write_bytes(gzip.compress(content, 1) if zipped else content)
    found = ask(tmp_path, path, LEAK)
    assert buckets(found) == {"c1": "confirmed", "c2": "confirmed"}
    assert gaps(found) == {"unreadable-lines": 1}
    assert found.result.method == "approximate"


@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson"])
def test_a_refused_header_shows_nothing_that_stands_in_a_row(tmp_path, form):
    row = [request(5, "secret-person", token="token-secret", ip="203.0.113.99", method="ip", session="at")]
    content = as_delimited(row, "," if form == "csv" else "\t").split(b"\n", 1)[1]
    if form == "ndjson":
        content = b'{"secret-person": {"token": 1}, "at-203.0.113.99": 2}\n'
    (tmp_path / f"log.{form}").write_bytes(content)
    with pytest.raises(Refused, match=rf"^source api: log.{form} has no column") as refusal:
        ask(tmp_path, log_source(tmp_path / f"log.{form}", form=form), LEAK)
    assert "secret" not in str(refusal.value)
    assert "203" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_customer_file_without_a_header_shows_nobody(tmp_path):
    source = write_customers(tmp_path, ())
    (tmp_path / "customers.csv").write_text("c1,secret@example.org,VN\nc2,b@example.org,DE\n")
    (tmp_path / "log.ndjson").write_bytes(as_ndjson(BEFORE))
    with pytest.raises(Refused, match=r"customers.csv has no column 'id' for `id`") as refusal:
        ask(tmp_path, tmp_path / "log.ndjson", LEAK, customers=source)
    assert "secret" not in str(refusal.value)
