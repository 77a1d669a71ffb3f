"""Everybody in a table: shown by one request, or exposed without any log."""

import pytest

from tests.scoping.scenes import (
    ASKED,
    CROWD,
    KEY,
    ask,
    at,
    buckets,
    every_hour,
    gaps,
    kind,
    request,
    told,
    write_customers,
    write_log,
)
from tocsin.domain.datamap import DataMap
from tocsin.domain.errors import Refused
from tocsin.domain.scope.question import read_question
from tocsin.domain.sources import Sources
from tocsin.scoping.measure import measure

LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(180)}
EXPORT = {"request": "/v1/admin/export", "subject": "all"}
DUMP = {"request": "/v1/admin/dump", "subject": {"all": "as-asked"}}
TABLES = DataMap(
    kinds=(
        kind("profile", "/v1/account", EXPORT, tables=("accounts",)),
        kind("invoices", EXPORT, DUMP, tables=("invoices",)),
        kind("visits", tables=("web_visits",)),
    )
)


def exported(tmp_path, endpoint="/v1/admin/export", *, tables=("accounts",), others=(), **other):
    rows = [*every_hour(3), request(5, "c1", token="leaked", endpoint=endpoint, **other), *others]
    crm = write_customers(tmp_path, CROWD).model_copy(update={"tables": tables})
    return ask(tmp_path, write_log(tmp_path, rows), LEAK, data_map=TABLES, customers=crm)


def test_an_export_shows_everybody_who_may_be_in_the_table(tmp_path):
    found = exported(tmp_path, tables=("accounts", "invoices"))
    assert buckets(found) == dict.fromkeys((f"c{n}" for n in range(6)), "cannot-exclude")
    assert all(person.kinds == ("profile", "invoices") for person in found.people())
    assert {(person.hits, person.first_seen) for person in found.people()} == {(1, at(5))}


def test_the_map_may_say_that_an_export_is_whole(tmp_path):
    found = exported(tmp_path, "/v1/admin/dump", tables=("invoices",))
    assert set(buckets(found).values()) == {"confirmed"}
    assert found.result.method == "exact"


@pytest.mark.parametrize(("status", "bucket"), [(403, "attempted"), (500, "cannot-exclude")])
def test_an_export_that_failed_is_no_more_than_that(tmp_path, status, bucket):
    found = exported(tmp_path, "/v1/admin/dump", tables=("invoices",), status=status)
    assert set(buckets(found).values()) == {bucket}


def test_who_was_also_shown_alone_is_as_sure_as_that_and_no_request_counts_twice(tmp_path):
    own = request(7, "c2", token="leaked")
    found = told(exported(tmp_path, tables=("accounts", "invoices"), others=[own]))
    assert (found["c2"].bucket, found["c2"].hits) == ("confirmed", 2)
    assert dict(found["c2"].less_sure) == {"invoices": "cannot-exclude"}
    assert (found["c3"].bucket, found["c3"].hits) == ("cannot-exclude", 1)


def test_a_table_that_another_source_lists_holds_the_people_of_that_one(tmp_path):
    folder = tmp_path / "billed"
    folder.mkdir()
    billed = write_customers(folder, [("b1", "b1@example.org", "VN")])
    billed = billed.model_copy(update={"name": "billing", "tables": ("invoices",)})
    crm = write_customers(tmp_path, CROWD[:2]).model_copy(update={"tables": ("accounts",)})
    question = read_question({"exposed": {"tables": ["invoices"]}})
    found = measure(
        question,
        Sources(customers=(crm, billed)),
        TABLES,
        workspace=tmp_path / "work",
        pseudonym_key=KEY,
        asked_at=ASKED,
    )
    assert buckets(found) == {"b1": "cannot-exclude"}
    assert [person.kinds for person in found.people()] == [("invoices",)]


def test_a_table_that_lay_open_makes_everybody_in_it_affected_without_any_log(tmp_path):
    crm = write_customers(tmp_path, CROWD).model_copy(update={"tables": ("accounts",)})
    question = {"exposed": {"tables": ["accounts"], "since": at(0), "until": at(60)}}
    found = ask(tmp_path, [], question, data_map=TABLES, customers=crm)
    assert found.result.buckets["cannot-exclude"] == found.result.people_count == 6
    assert {person.kinds for person in found.people()} == {("profile",)}
    # Who was deleted since is in no table any more; `test_datamap_deletions` has a list of them.
    assert gaps(found) == {"deleted-since-exposure": 1}
    assert (found.result.method, found.result.inputs[0].source) == ("approximate", "crm")
    assert {cell.disclosure for cell in found.result.cells} == {"possible"}


def test_a_table_that_no_source_lists_may_hold_anybody_and_people_whom_nobody_counts(tmp_path):
    question = {"exposed": {"tables": ["web_visits"]}}
    crm = write_customers(tmp_path, CROWD).model_copy(update={"tables": ("accounts",)})
    found = ask(tmp_path, [], question, data_map=TABLES, customers=crm)
    assert found.result.people_count == 6
    assert gaps(found) == {"people-not-counted": 1, "deleted-since-exposure": 1}


def test_a_table_and_indicators_are_one_question(tmp_path):
    rows = [*every_hour(3), request(5, "c1", token="leaked"), request(6, "ghost", token="leaked")]
    crm = write_customers(tmp_path, CROWD).model_copy(update={"tables": ("invoices",)})
    question = LEAK | {"exposed": {"tables": ["invoices"]}}
    found = ask(tmp_path, write_log(tmp_path, rows), question, data_map=TABLES, customers=crm)
    assert buckets(found)["c1"] == "confirmed"
    assert [told(found)[who].kinds for who in ("c1", "c2")] == [("profile", "invoices"), ("invoices",)]
    assert gaps(found) == {"ids-nobody-owns": 1, "deleted-since-exposure": 1}


@pytest.mark.parametrize(
    ("exposed", "words"),
    [
        ({"tables": ["account"]}, "no table 'account'; did you mean accounts"),
        ({"tables": []}, "at least 1"),
        ({"tables": [" "]}, "has no name"),
        ({"tables": ["accounts"], "since": at(5), "until": at(5)}, "ends before it begins"),
        ({"tables": ["accounts"], "color": 1}, "Extra inputs"),
    ],
)
def test_an_exposure_that_means_nothing_is_refused(tmp_path, exposed, words):
    with pytest.raises(Refused, match=words):
        ask(tmp_path, [], {"exposed": exposed}, data_map=TABLES)


def test_one_exposure_has_one_digest():
    one = read_question({"exposed": {"tables": ["b", "a", "b"], "since": "2026-11-20T10:00:00Z"}})
    two = read_question({"exposed": {"tables": ["a", "b"], "since": "2026-11-20T17:00:00+07:00"}})
    assert one.sha256 == two.sha256
    assert read_question({"accounts": ["c1"]}).canonical() == b'{"accounts":["c1"]}'
