"""Why each person is in: the clauses, the ways, and the first and the last row, by file and line."""

import random

import pytest

from tests.scoping.scenes import (
    ASKED,
    CROWD,
    KEY,
    TOMBSTONES,
    as_ndjson,
    ask,
    at,
    every_hour,
    kind,
    log_source,
    request,
    write_customers,
    write_log,
)  # fmt: skip
from tests.scoping.test_identity import customers
from tocsin.domain.datamap import DataMap
from tocsin.domain.lists import DeletionFields, DeletionSource
from tocsin.domain.scope.question import read_question
from tocsin.domain.scope.why import Way, labels
from tocsin.domain.sources import Sources
from tocsin.scoping.measure import measure
from tocsin.sources.engine import Limits
from tocsin.storage import accounts, affected

WINDOW = {"since": at(0), "until": at(180)}
LEAK = WINDOW | {"tokens": ["leaked"]}
SUBJECTS = DataMap(
    kinds=(
        kind("profile", "/v1/account", tables=("accounts",)),
        kind("orders", {"request": "/v1/orders/{id}", "subject": {"path": "id"}}),
        kind("all", {"request": "/v1/export", "subject": "all"}, tables=("accounts",)),
    )
)


def numbered(folder, rows, name="log"):
    """A log whose first line is none: whatever reads it has to say in which lines the others stand."""
    path = folder / f"{name}.ndjson"
    path.write_bytes(b"no row\n" + as_ndjson(rows))
    return path


def why(measurement):
    return {person.id: person.why for person in measurement.people()}


def clauses(measurement):
    return {
        who: {number: bucket.value for number, bucket in each.clauses}
        for who, each in why(measurement).items()
    }


def place(measurement, row):
    """(file, line, minutes) of a row, by the inputs of the result."""
    return measurement.result.inputs[row.file].name, row.line, row.at


def edges(measurement, who):
    found = why(measurement)[who]
    return [place(measurement, row) for row in (found.first, found.last)]


def grounds(measurement):
    return [
        (each.clause or str(each.way), {bucket.value: count for bucket, count in each.buckets.items()})
        for each in measurement.result.grounds
    ]


def test_each_clause_says_whom_it_brought_in_and_how_sure_it_makes_us(tmp_path):
    where = {
        "any": [
            {"name": "stolen", "tokens": ["leaked", "leaked-too"]},
            {"all": [{"ips": ["203.0.113.0/24"]}, {"statuses": ["200-299"]}]},
        ]
    }
    rows = [
        *every_hour(3),
        request(5, "c0", token="leaked"),
        request(6, "c1", ip="203.0.113.7"),
        # The address without the answer is no reason: the group asks for both.
        request(7, "c2", token="leaked", ip="203.0.113.7", status=304),
        request(8, "c3", token="leaked", status=403),
        request(9, "c3", ip="203.0.113.9"),
        request(200, "c4", token="leaked-too"),
    ]
    found = ask(tmp_path, write_log(tmp_path, rows), WINDOW | {"where": where})
    ground = [each.model_dump(mode="json", exclude_defaults=True) for each in found.result.grounds]
    called = {label: number for number, label in labels(ground).items()}
    # In the question's one order a group stands before a name.
    address, status, stolen = 1, 2, 3
    assert called == {
        "clause 1: 1 address or block": address, "clause 2: 1 status": status, "stolen": stolen
    }  # fmt: skip
    assert clauses(found) == {
        "c0": {stolen: "confirmed"},
        "c1": {address: "likely", status: "likely"},
        "c2": {stolen: "confirmed"},
        "c3": {stolen: "attempted", address: "likely", status: "likely"},
        "c4": {stolen: "excluded"},
    }
    expected = {stolen: {"confirmed": 2, "attempted": 1, "excluded": 1}, address: {"likely": 2}}
    assert dict(grounds(found)) == expected | {status: {"likely": 2}}
    assert why(found)["c0"].ways == (Way.OWN,)
    assert why(found)["c4"].ways == (Way.POINTED,)
    assert [row.at for row in (why(found)["c4"].first, why(found)["c4"].last)] == [at(200)] * 2


def test_a_label_shows_no_indicator_and_two_of_one_name_are_told_apart():
    kinds = {"tokens": 1, "ips": 3, "bytes": 2}
    found = labels([{"clause": 1, "kinds": kinds}, {"way": "listed"}])
    assert found == {1: "clause 1: 1 token and 3 addresses or blocks and 2 sizes"}
    twins = [{"clause": number, "name": name, "kinds": kinds} for number, name in enumerate("aba", 1)]
    assert labels(twins) == {1: "a (clause 1)", 2: "b", 3: "a (clause 3)"}


def test_the_first_and_the_last_row_stand_in_their_file_and_line(tmp_path):
    rows = [
        *every_hour(3),
        request(70, "c1", token="leaked"),
        request(9, "c1", token="leaked"),
        # Denied before and after what was read: no row of what was seen.
        request(2, "c1", token="leaked", status=403),
        request(100, "c1", token="leaked", status=403),
        request(50, "c1", token="leaked", endpoint="/v1/nowhere"),
        request(30, "c2", token="leaked", status=401),
        request(20, "c2", token="leaked", status=401),
    ]
    found = ask(tmp_path, numbered(tmp_path, rows), LEAK)
    assert edges(found, "c1") == [("log.ndjson", 6, at(9)), ("log.ndjson", 5, at(70))]
    assert edges(found, "c2") == [("log.ndjson", 11, at(20)), ("log.ndjson", 10, at(30))]
    person = {each.id: each for each in found.people()}["c1"]
    assert (person.first_seen, person.last_seen) == (at(9), at(70))


def test_of_one_request_said_often_the_least_and_the_greatest_place_count(tmp_path):
    twice = [request(5, "c1", token="leaked"), *every_hour(3), request(5, "c1", token="leaked")]
    paths = [
        numbered(tmp_path, part, name)
        for name, part in (("b", twice), ("c", twice), ("a", every_hour(3)), ("d", [*twice, twice[0]]))
    ]
    found = ask(tmp_path, log_source(*paths), LEAK)
    assert [each.files for each in found.result.repeated] == [("c.ndjson",)]
    assert edges(found, "c1") == [("b.ndjson", 2, at(5)), ("d.ndjson", 7, at(5))]


def test_the_reasons_are_the_same_whatever_the_order_and_the_threads(tmp_path):
    rows = [request(n % 170, f"c{n % 6}", token="leaked", status=(200, 403)[n % 3 == 0]) for n in range(300)]
    seen = set()
    for seed, threads in ((1, 1), (2, 2), (3, 4)):
        paths = [numbered(tmp_path, rows[n::3], f"part-{n}") for n in range(3)]
        random.Random(seed).shuffle(paths)
        found = ask(tmp_path, log_source(*paths), LEAK, limits=Limits(threads=threads))
        seen.add((found.result.set_digest, found.result.why_digest, tuple(why(found).items())))
    assert len(seen) == 1
    changed = [rows[0], *rows[:0:-1]]
    other = ask(tmp_path, log_source(numbered(tmp_path, changed, "part-0")), LEAK).result
    whole = ask(tmp_path, log_source(numbered(tmp_path, rows, "part-0")), LEAK).result
    # The same people, but in other lines.
    assert other.set_digest == whole.set_digest
    assert other.why_digest != whole.why_digest


def test_a_person_with_several_accounts_has_the_rows_of_all(tmp_path):
    mine = [{"id": name, "person": "p"} for name in ("c1", "c7", "c9")]
    rows = [
        *every_hour(3),
        request(60, "c9", token="leaked"),
        request(9, "c7", token="leaked"),
        request(3, "c1", token="leaked", status=403),
    ]
    found = ask(
        tmp_path,
        numbered(tmp_path, rows),
        LEAK,
        customers=customers(tmp_path, *mine, {"id": "c2", "person": "q"}),
    )
    assert edges(found, "c1") == [("log.ndjson", 6, at(9)), ("log.ndjson", 5, at(60))]
    assert why(found)["c1"].accounts == ("c1", "c7", "c9")
    (person,) = found.people()
    # What was denied does not stretch the time in which something was seen, whichever account it was.
    assert (person.first_seen, person.last_seen) == (at(9), at(60))


def test_who_is_known_by_the_account_that_was_hit_has_no_other(tmp_path):
    found = ask(tmp_path, write_log(tmp_path, [*every_hour(3), request(5, "c1", token="leaked")]), LEAK)
    assert why(found)["c1"].accounts == ()


def test_whom_a_request_names_or_shows_is_in_by_its_row(tmp_path):
    rows = [
        *every_hour(3),
        request(5, "c5", token="leaked", endpoint="/v1/orders/c1"),
        request(6, "c5", token="leaked", endpoint="/v1/orders/c1"),
        request(7, "c5", token="leaked", endpoint="/v1/export"),
    ]
    crm = write_customers(tmp_path, CROWD).model_copy(update={"tables": ("accounts",)})
    found = ask(tmp_path, numbered(tmp_path, rows), LEAK, data_map=SUBJECTS, customers=crm)
    assert why(found)["c1"].ways == (Way.NAMED, Way.WHOLE)
    assert edges(found, "c1") == [("log.ndjson", 5, at(5)), ("log.ndjson", 7, at(7))]
    assert clauses(found)["c1"] == {1: "confirmed"}
    assert why(found)["c2"].ways == (Way.WHOLE,)
    assert edges(found, "c2") == [("log.ndjson", 7, at(7))] * 2
    assert clauses(found)["c2"] == {1: "cannot-exclude"}
    # Who asked for data of others only, and what points at her.
    only = ask(tmp_path, write_log(tmp_path, rows[:5]), LEAK, data_map=SUBJECTS, customers=crm)
    assert why(only)["c5"].ways == (Way.POINTED, Way.ASKED_OTHERS)
    assert clauses(only)["c5"] == {1: "excluded"}
    assert [row[2] for row in edges(only, "c5")] == [at(5), at(6)]


def test_lists_and_tables_are_reasons_without_rows(tmp_path):
    asked = {
        "people": [{"who": "c1"}, {"who": "c2@example.org", "kinds": ["profile"]}],
        "exposed": {"tables": ["accounts"]},
    }
    crm = write_customers(tmp_path, CROWD).model_copy(update={"tables": ("accounts",)})
    found = measure(
        read_question(asked), Sources(customers=(crm,)), SUBJECTS,
        workspace=tmp_path / "work", pseudonym_key=KEY, asked_at=ASKED,
    )  # fmt: skip
    assert why(found)["c1"].ways == (Way.OPEN, Way.LISTED)
    assert why(found)["c3"].ways == (Way.OPEN,)
    assert {each.tables for each in why(found).values()} == {("accounts",)}
    assert {(each.first, each.last, each.clauses) for each in why(found).values()} == {(None, None, ())}
    assert grounds(found) == [
        ("in-an-exposed-table", {"listed": 2, "cannot-exclude": 4}),
        ("listed", {"listed": 2}),
    ]


def test_an_account_that_was_asked_about_is_a_reason_of_its_own(tmp_path):
    asked = WINDOW | {"accounts": ["c1", "c2"]}
    rows = [*every_hour(3), request(5, "c1"), request(300, "c2"), request(400, "c2"), request(290, "c2")]
    found = ask(tmp_path, numbered(tmp_path, rows), asked)
    assert why(found)["c1"].ways == (Way.OWN,)
    assert why(found)["c2"].ways == (Way.POINTED, Way.ASKED)
    # The row that points at her first in time, whichever hour or line it stands in.
    assert edges(found, "c2") == [("log.ndjson", 8, at(290)), ("log.ndjson", 7, at(400))]


def test_who_is_excluded_by_the_record_of_a_deletion_was_brought_in_by_what_excludes(tmp_path):
    path = tmp_path / "deletions.csv"
    path.write_text(f"id,at\nc1,{at(-60 * 24 * 90).isoformat()}\n")
    erasures = DeletionSource(
        name="erasures", paths=(str(path),), fields=DeletionFields(id="id", at="at"), time={"format": "iso"}
    )
    rows = [*every_hour(3), request(5, "c1", token="leaked", status=None), request(6, "c2", token="leaked")]
    found = measure(
        read_question(LEAK),
        Sources(
            logs=(log_source(numbered(tmp_path, rows)),),
            customers=(write_customers(tmp_path, TOMBSTONES),),
            deletions=(erasures,),
        ),
        DataMap(kinds=(kind("profile", "/v1/account"),)),
        workspace=tmp_path / "work", pseudonym_key=KEY, asked_at=ASKED,
    )  # fmt: skip
    (gone,) = (person for person in found.people() if person.id == "c1")
    assert (gone.bucket, gone.deletion.record) == ("excluded", "c1")
    assert gone.why.clauses == ((1, gone.bucket),)
    assert edges(found, "c1") == [("log.ndjson", 5, at(5))] * 2
    assert grounds(found) == [(1, {"confirmed": 1, "excluded": 1})]


def test_a_request_set_aside_as_the_owners_points_at_her(tmp_path):
    where = {"name": "hers", "sessions": ["stolen"], "own": {"ips": ["192.0.2.0/24"]}}
    rows = [
        *every_hour(3),
        request(5, "c1", session="stolen"),
        request(6, "c2", session="stolen", ip="8.8.8.8"),
    ]
    found = ask(tmp_path, numbered(tmp_path, rows), WINDOW | {"where": where})
    assert why(found)["c1"].ways == (Way.POINTED,)
    assert edges(found, "c1") == [("log.ndjson", 5, at(5))] * 2
    assert clauses(found) == {"c1": {1: "cannot-exclude"}, "c2": {1: "confirmed"}}


def test_a_row_without_a_moment_is_a_reason_and_stretches_no_time(tmp_path):
    rows = [*every_hour(3), request(5, "c1", token="leaked") | {"at": "2026-11-20T10:30:60Z"}]
    found = ask(tmp_path, numbered(tmp_path, rows), LEAK)
    assert edges(found, "c1") == [("log.ndjson", 5, None)] * 2
    (person,) = found.people()
    assert (person.first_seen, person.last_seen, person.bucket) == (None, None, "cannot-exclude")


def test_accounts_that_nobody_owns_have_reasons_too_and_come_back_from_the_store(tmp_path):
    rows = [*every_hour(3), request(5, "ghost", token="leaked"), request(50, "ghost", token="leaked")]
    found = ask(tmp_path, numbered(tmp_path, rows), LEAK)
    (ghost,) = found.unowned()
    assert [place(found, row)[1:] for row in (ghost.why.first, ghost.why.last)] == [(5, at(5)), (6, at(50))]
    assert (ghost.why.ways, [number for number, _ in ghost.why.clauses]) == ((Way.OWN,), [1])
    sealed = accounts.row("IR-1", 1, ghost, KEY)
    assert accounts.opened(_Row(sealed), KEY) == ghost


@pytest.mark.parametrize("bare", [True, False])
def test_reasons_come_back_from_the_store(tmp_path, bare):
    rows = [*every_hour(3), request(5, "c1", token="leaked")]
    asked = {"people": [{"who": "c1"}]} if bare else LEAK
    (person,) = ask(tmp_path, write_log(tmp_path, rows), asked).people()
    assert affected.opened(_Row(affected.row("IR-1", 1, person, KEY)), KEY) == person


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(("form", "head"), [("ndjson", 0), ("csv", 1), ("tsv", 1), ("parquet", 0)])
def test_every_format_numbers_its_rows(tmp_path, form, head, zipped):
    rows = [
        *every_hour(3),
        request(9, "c1", token="leaked"),
        request(5, "c1", token="leaked"),
        request(200, "c2", token="leaked"),
        request(70, "c1", token="leaked"),
    ]
    found = ask(tmp_path, write_log(tmp_path, rows, form, zipped=zipped), LEAK)
    assert found.result.gaps == ()
    (log,) = (each for each in found.result.inputs if each.source == "api")
    assert log.numbers == ("row" if form == "parquet" else None)
    name = f"log.{form}{'.gz' if zipped else ''}"
    assert edges(found, "c1") == [(name, 5 + head, at(5)), (name, 7 + head, at(70))]
    assert edges(found, "c2") == [(name, 6 + head, at(200))] * 2


class _Row:
    """A row as the database gives it."""

    def __init__(self, values):
        self.__dict__ |= values
