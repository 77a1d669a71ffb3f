"""Whose data a request showed: not always hers who asked."""

import json

import pytest

from tests.scoping.scenes import (
    FIELDS,
    ask,
    at,
    buckets,
    every_hour,
    gaps,
    kind,
    log_source,
    request,
    told,
    write_customers,
    write_log,
)
from tocsin.domain.datamap import DataMap

LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(180)}
BILLING = DataMap(
    kinds=(
        kind("profile", "/v1/account"),
        kind("billing", {"request": "GET /v1/customers/{id}/billing", "subject": {"path": "id"}}),
        kind("orders", {"request": "/v1/orders", "subject": [{"query": "customer"}, {"query": "ids[]"}]}),
        kind("mail", {"request": "/v1/mail", "subject": {"column": "subject", "split": ","}}),
        kind("both", {"request": "/v1/shared/{with}", "subject": ["caller", {"path": "with"}]}),
    )
)


def asked(tmp_path, endpoint, account="c1", **other):
    """What somebody's leaked token showed at this endpoint."""
    rows = [*every_hour(3), request(5, account, token="leaked", endpoint=endpoint, **other)]
    return ask(tmp_path, write_log(tmp_path, rows), LEAK, data_map=BILLING)


@pytest.mark.parametrize(
    "endpoint",
    ["/v1/customers/c5/billing", "/v1/customers/c5/billing?as=c1", "/v1/customers/%635/billing/",
     "//v1/./customers/x/../c5/billing", "https://api.streamonapi.example/v1/customers/c5/billing#c1"],
)  # fmt: skip
def test_a_request_for_somebody_elses_data_makes_her_affected_and_not_who_asked(tmp_path, endpoint):
    found = asked(tmp_path, endpoint)
    assert buckets(found) == {"c1": "excluded", "c5": "confirmed"}
    assert told(found)["c5"].kinds == ("billing",)
    assert found.result.method == "exact"


@pytest.mark.parametrize(
    ("status", "bucket"), [(403, "attempted"), (500, "cannot-exclude"), (206, "confirmed")]
)
def test_she_is_as_sure_as_the_request_is(tmp_path, status, bucket):
    assert buckets(asked(tmp_path, "/v1/customers/c5/billing", status=status))["c5"] == bucket


def test_who_asked_counts_where_the_map_says_so(tmp_path):
    found = told(asked(tmp_path, "/v1/shared/c2"))
    assert {who: (person.kinds, person.hits) for who, person in found.items()} == {
        "c1": (("both",), 1),
        "c2": (("both",), 1),
    }


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ("customer=c2", {"c2"}),
        ("customer=c2&customer=c3", {"c2", "c3"}),
        ("ids[]=c2&ids%5B%5D=%63%33&x=c4", {"c2", "c3"}),
        ("x=&&customer=+c2%20&customer=", {"c2"}),
        ("customer=c2#customer=c3", {"c2"}),
    ],
)
def test_a_query_string_names_the_people(tmp_path, query, people):
    found = asked(tmp_path, f"/v1/orders?{query}")
    assert set(told(found)) == people
    assert gaps(found) == {}


def test_a_request_that_names_nobody_known_is_counted(tmp_path):
    found = asked(tmp_path, "/v1/customers/c99/billing")
    assert not told(found)
    assert gaps(found) == {"ids-nobody-owns": 1}


@pytest.mark.parametrize(
    "endpoint", ["/v1/orders", "/v1/orders?customer=", "/v1/orders?CUSTOMER=c2", "/v1/mail"]
)
def test_whom_a_request_does_not_name_may_be_anybody_so_nobody_is_excluded(tmp_path, endpoint):
    found = asked(tmp_path, endpoint)
    assert gaps(found) == {"subject-unknown": 1}
    assert buckets(found) == {"c1": "cannot-exclude"}
    denied = asked(tmp_path, endpoint, status=403)
    assert (gaps(denied), buckets(denied)) == ({}, {"c1": "excluded"})


def test_a_column_of_the_log_names_the_people(tmp_path):
    rows = [*every_hour(3), request(5, "c1", token="leaked", endpoint="/v1/mail", subject="c2, c3,,c2")]
    rows = [{"subject": None} | row for row in rows]
    log = tmp_path / "log.ndjson"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = log_source(log, fields=FIELDS.model_copy(update={"subject": "subject"}))
    assert set(told(ask(tmp_path, source, LEAK, data_map=BILLING))) == {"c2", "c3"}


@pytest.mark.parametrize(
    "path",
    [
        "c5%",
        "%zz",
        "%ff",
        "c5'; DROP TABLE people; --",
        "\\1",
        "{id}",
        "%00",
        "(",
        "\u202e",
        "c5\nc4",
        "*",
        "a" * 70_000,
    ],
)
def test_what_an_attacker_writes_into_a_path_is_data(tmp_path, path):
    found = asked(tmp_path, f"/v1/customers/{path}/billing")
    assert not told(found)
    assert gaps(found) == {"ids-nobody-owns": 1}


@pytest.mark.parametrize("path", ["?", "..", "%2e%2e", "x/y", ""])
def test_a_path_that_leads_elsewhere_is_one_that_the_map_does_not_know(tmp_path, path):
    found = asked(tmp_path, f"/v1/customers/{path}/billing")
    assert told(found)["c1"].kinds == ()
    assert gaps(found) == {"unmapped-endpoint": 1}


def test_an_id_with_a_slash_is_one_part_where_it_was_written_so(tmp_path):
    source = write_customers(tmp_path, [("c/5", "a@example.org", "VN")])
    rows = [*every_hour(3), request(5, "c1", token="leaked", endpoint="/v1/customers/c%2f5/billing")]
    found = ask(tmp_path, write_log(tmp_path, rows), LEAK, data_map=BILLING, customers=source)
    assert set(told(found)) == {"c/5"}


def test_the_cells_are_those_of_the_subject(tmp_path):
    (cell,) = asked(tmp_path, "/v1/customers/c4/billing", account="c1").result.cells
    assert (cell.place, cell.kinds, cell.count) == ("FR", ("billing",), 1)
