"""`sources check`: ten rows of each source as they are understood, without anything of anybody in what is told."""

import gzip
import json
import os
import sqlite3
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from tests.scoping.scenes import COLUMNS, FIELDS, as_ndjson, at, log_source, request, write_log
from tocsin.domain.errors import Refused
from tocsin.domain.lists import DeletionSource, SuppressionSource
from tocsin.domain.sources import CustomerFields, CustomerSource, LogFields, TimeFormat
from tocsin.scoping.checking import check
from tocsin.scoping.understanding import MomentSeen

ROWS = [request(minute, f"cus_{minute}") for minute in range(25)]


def looked(source, tmp_path, allowed=lambda source: None):
    found = check(source, tmp_path / "work", allowed, at(60))
    assert not (tmp_path / "work").exists() or list((tmp_path / "work").iterdir()) == []
    return found


def columns(found):
    return {each.name: (each.called, each.filled, each.looks) for each in found.columns}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("form", ["ndjson", "csv", "tsv", "parquet"])
def test_ten_rows_of_a_log_are_shown_as_they_are_understood(tmp_path, form, zipped):
    if form == "parquet" and zipped:
        pytest.skip("a Parquet file is packed within")
    log = write_log(tmp_path, ROWS, form, zipped=zipped)
    found = looked(log_source(log, form=form, country="VN"), tmp_path)
    assert (found.usable, found.faults, found.remarks, found.unreadable) == (True, [], [], {})
    assert (found.name, found.kind, found.format, found.country) == ("api", "logs", form, "VN")
    assert (found.files.count, found.files.bytes, found.files.last) == (1, log.stat().st_size, log.name)
    assert (found.rows, found.since, found.until) == (10, at(0), at(9))
    assert found.moments == (MomentSeen("2026-11-20T10:00:00+00:00", at(0)),)
    shown = columns(found)
    assert list(shown) == [*COLUMNS]
    assert shown["account"] == ("account", 10, "10 texts of 5 characters")
    assert shown["ip"] == ("ip", 10, "10 IPv4 addresses")
    assert shown["status"] == ("status", 10, "10 whole numbers")


def test_the_newest_file_that_holds_anything_is_read(tmp_path):
    for name in ("a", "b"):
        write_log(tmp_path, ROWS, name=name)
    (tmp_path / "c.ndjson").touch()
    (tmp_path / "d.ndjson").symlink_to("gone")
    found = looked(log_source(tmp_path / "*.ndjson"), tmp_path)
    assert (found.files.count, found.files.first, found.files.last, found.files.looked_into) == (
        3,
        "a.ndjson",
        "c.ndjson",
        "b.ndjson",
    )
    assert found.files.unread == ("d.ndjson is a link to nothing",)
    assert (found.usable, found.remarks) == (True, ["while files cannot be read, nobody is excluded"])


def test_every_column_that_is_not_there_is_named(tmp_path):
    log = write_log(tmp_path, ROWS, "csv")
    fields = FIELDS.model_copy(update={"token": "tokn", "ip": "adress"})
    found = looked(log_source(log, form="csv", fields=fields), tmp_path)
    assert found.faults == [
        "log.csv has no column 'tokn' for `token`; did you mean token?",
        "log.csv has no column 'adress' for `ip`; check `fields`",
    ]
    assert columns(found)["token"] == ("tokn", 0, "")
    assert found.rows == 10
    no_moment = looked(log_source(log, form="csv", fields=FIELDS.model_copy(update={"at": "when"})), tmp_path)
    assert [fault.partition(";")[0] for fault in no_moment.faults] == [
        "log.csv has no column 'when' for `at`"
    ]


def test_a_field_that_is_seldom_used_is_no_fault(tmp_path):
    log = tmp_path / "log.ndjson"
    rare = [{name: value for name, value in row.items() if name != "session"} for row in ROWS]
    log.write_bytes(as_ndjson(rare) + as_ndjson([request(30)]))
    found = looked(log_source(log), tmp_path)
    assert (found.usable, found.remarks) == (True, ["session: none of these rows has one"])


def test_rows_that_cannot_be_understood_are_counted_with_the_reason(tmp_path):
    log = tmp_path / "log.ndjson"
    odd = [
        b"{broken\n",
        as_ndjson([request(1) | {"at": "20/11/2026"}]),
        as_ndjson([request(1) | {"at": None}]),
        as_ndjson([request(1) | {"at": "2062-11-20T10:00:00Z"}]),
    ]
    log.write_bytes(as_ndjson(ROWS[:4]) + b"\n" + b"".join(odd) + as_ndjson(ROWS[:9]))
    found = looked(log_source(log), tmp_path)
    assert found.rows == 10
    assert found.unreadable == {
        "no ndjson": 1,
        "a moment written 99/99/9999": 1,
        "no moment": 1,
        "a moment before 1990 or more than a day after the question": 1,
    }
    table = write_log(tmp_path, ROWS, "csv")
    lines = table.read_bytes().splitlines(keepends=True)
    table.write_bytes(b"".join([*lines[:3], b"too,few\n", *lines[3:]]))
    found = looked(log_source(table, form="csv"), tmp_path)
    assert (found.rows, found.unreadable) == (9, {"no csv": 1})


def test_a_cell_with_line_ends_is_one_row(tmp_path):
    rows = [request(minute, agent='two\n"lines"') for minute in range(25)]
    found = looked(log_source(write_log(tmp_path, rows, "csv"), form="csv"), tmp_path)
    assert (found.rows, found.unreadable) == (10, {})


def test_moments_stand_beside_how_they_are_written(tmp_path):
    log = tmp_path / "log.ndjson"
    rows = [request(1) | {"at": f"2026-11-20 17:0{minute}:00"} for minute in range(3)]
    log.write_bytes(as_ndjson(rows))
    found = looked(log_source(log, time=TimeFormat(zone="Asia/Ho_Chi_Minh")), tmp_path)
    assert found.moments == (MomentSeen("2026-11-20 17:00:00", at(0)),)
    assert (found.time, found.since) == ("iso, Asia/Ho_Chi_Minh", at(0))
    undeclared = looked(log_source(log), tmp_path)
    assert undeclared.moments == (MomentSeen("9999-99-99 99:99:99", None),)
    assert not undeclared.usable
    assert "no row has a moment that can be read" in undeclared.faults[0]
    log.write_bytes(as_ndjson([request(1) | {"at": 1795171200}]))
    epoch = looked(log_source(log, time=TimeFormat(format="epoch-s")), tmp_path)
    # A number may be anybody's telephone.
    assert epoch.moments == (MomentSeen("9999999999", datetime(2026, 11, 20, 10, 40, tzinfo=UTC)),)


def test_a_column_that_holds_another_thing_is_remarked_on(tmp_path):
    fields = FIELDS.model_copy(update={"ip": "agent", "status": "method"})
    found = looked(log_source(write_log(tmp_path, ROWS), fields=fields), tmp_path)
    assert found.remarks == [
        "ip: 10 of 10 look like no network address",
        "status: 10 of 10 look like no whole number",
    ]


def test_the_status_of_a_customer_is_a_word_and_no_remark(tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("id,mail,state\n" + "u1,u1@example.org,active\n" * 10)
    fields = CustomerFields(id="id", email="mail", status="state")
    found = looked(CustomerSource(name="crm", path=str(people), country="VN", fields=fields), tmp_path)
    assert (found.remarks, columns(found)["status"][:2]) == ([], ("state", 10))
    odd = CustomerSource(
        name="crm", path=str(people), country="VN", fields=CustomerFields(id="id", email="state")
    )
    assert looked(odd, tmp_path).remarks == ["email: 10 of 10 look like no e-mail address"]


SECRETS = ("s3cr3t-token-4711", "mai.nguyen@example.org", "203.0.113.77", "84901234567", "Nguyễn Thị Mai")


@pytest.mark.parametrize("form", ["ndjson", "csv"])
@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_of_anybody_is_told_whatever_column_it_stands_in(tmp_path, form, secret):
    log = write_log(tmp_path, [dict.fromkeys(COLUMNS, secret), *ROWS], form)
    everywhere = looked(log_source(log, form=form), tmp_path)
    people = tmp_path / "people.csv"
    people.write_text(f"id,email,country\n{secret},{secret},{secret}\n")
    crm = CustomerSource(
        name="crm", path=str(people), fields=CustomerFields(id="id", email="email", country="country")
    )
    headless = tmp_path / "headless.csv"
    headless.write_text(f"{secret},x,y\n")
    bare = log_source(headless, form="csv", fields=LogFields(at="at", account="account"))
    for found in (everywhere, looked(crm, tmp_path), looked(bare, tmp_path)):
        assert secret not in repr(found)


def test_customers_of_a_file_and_of_a_database(tmp_path):
    people = [(str(number), f"u{number}@example.org", "VN") for number in range(30)]
    path, database = tmp_path / "people.csv", tmp_path / "people.db"
    path.write_text("id,mail,land\n" + "".join(",".join(row) + "\n" for row in people))
    with sqlite3.connect(database) as connection:
        connection.execute("create table people (id text, mail text, land text)")
        connection.executemany("insert into people values (?, ?, ?)", people)
    connection.close()
    fields = CustomerFields(id="id", email="mail", country="land", emails=("other", "mail"))
    file = CustomerSource(name="crm", path=str(path), country="VN", fields=fields)
    table = CustomerSource(
        name="crm", url=f"sqlite:///{database}", table="people", country="VN", fields=fields
    )
    for source, form in ((file, "csv"), (table, "database")):
        found = looked(source, tmp_path)
        assert (found.kind, found.format, found.rows) == ("customers", form, 10)
        assert [fault.partition(";")[0].rpartition(" has ")[2] for fault in found.faults] == [
            "no column 'other' for `emails_1`"
        ]
        shown = columns(found)
        assert shown["email"] == ("mail", 10, "10 e-mail addresses")
        assert shown["country"] == ("land", 10, "10 codes of two letters")
    wrong = table.model_copy(update={"table": "peple"})
    assert looked(wrong, tmp_path).faults == ["its database has no table peple; correct sources.yaml"]
    foreign = CustomerSource(name="crm", url="nosuchsql://me:hunter2@host/x", table="people", fields=fields)
    found = looked(foreign, tmp_path)
    assert not found.usable
    assert "hunter2" not in repr(found)
    assert "password" in found.remarks[0]


@pytest.mark.parametrize(
    ("content", "form", "words"),
    [
        (b"", "ndjson", "log.x holds no line"),
        (b"x" * (5 << 20), "ndjson", "log.x holds no whole line in its first 4 MB"),
        (b"at,account\n", "csv", "none of its first rows can be read as csv"),
        (b"PAR1 no footer", "parquet", "log.x is no Parquet file, or is damaged"),
        (gzip.compress(b"\n" * (64 << 20)), "ndjson", "log.x holds no whole line in its first 4 MB"),
    ],
    ids=["empty", "endless", "header-alone", "no-footer", "bomb"],
)
def test_a_file_that_gives_nothing_is_a_fault(tmp_path, content, form, words):
    path = tmp_path / "log.x"
    path.write_bytes(content)
    source = log_source(path, form=form, fields=LogFields(at="at", account="account"))
    found = looked(source, tmp_path)
    assert words in found.faults[0]


def test_lists_of_deletions_and_of_suppressions_are_shown_too(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("who,at,kind\nmai@example.org,2026-11-20T10:00:00Z,hard\njonas@example.org,soon,hard\n")
    given = {"name": "register", "paths": [str(path)], "country": "VN"}
    erased = DeletionSource.model_validate(given | {"fields": {"id": "who", "at": "at"}})
    returned = SuppressionSource.model_validate(given | {"fields": {"email": "who", "kind": "kind"}})
    found = looked(erased, tmp_path)
    assert (found.kind, found.usable, found.rows, found.since) == ("deletions", True, 2, at(0))
    assert found.unreadable == {"a moment written aaaa": 1}
    found = looked(returned, tmp_path)
    assert (found.kind, found.usable, found.rows, found.time) == ("suppressions", True, 2, None)
    assert columns(found)["email"] == ("who", 2, "2 e-mail addresses")
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("CREATE TABLE erased (who TEXT, at TEXT)")
        connection.execute("INSERT INTO erased VALUES ('c1', '2026-11-20T10:00:00Z')")
    away = {"paths": [], "url": f"sqlite:///{tmp_path}/x.db", "table": "erased"}
    erased = DeletionSource.model_validate(given | away | {"fields": {"id": "who", "at": "at"}})
    found = looked(erased, tmp_path)
    assert (found.format, found.usable, found.rows, found.since) == ("database", True, 1, at(0))


def test_what_may_not_be_read_is_not(tmp_path):
    def nobody(source):
        raise Refused(f"source {source.name} is kept in US, outside VN, on no basis")

    found = looked(log_source(write_log(tmp_path, ROWS)), tmp_path, nobody)
    assert (found.faults, found.rows, found.files) == (["is kept in US, outside VN, on no basis"], 0, None)


def test_a_log_of_a_hundred_gigabytes_is_not_read_through(tmp_path):
    path = tmp_path / "log.ndjson"
    path.write_bytes(as_ndjson(ROWS))
    os.truncate(path, 100 << 30)
    found = looked(log_source(path), tmp_path)
    assert (found.rows, found.files.bytes, found.usable) == (10, 100 << 30, True)


def test_dates_in_paths_are_counted_where_they_are_declared(tmp_path):
    for name in ("2026-11-20", "current"):
        (tmp_path / name).mkdir()
        write_log(tmp_path / name, ROWS)
    found = looked(log_source(tmp_path / "*/*", by_date="{year}-{month}-{day}"), tmp_path)
    assert found.remarks == ["by_date: 1 of 2 files bear no such date, and are always read"]


def test_logs_of_a_store_are_looked_into_where_they_lie(bucket, tmp_path):
    write_log(tmp_path, ROWS, "parquet")
    bucket.put("a.ndjson.gz", gzip.compress(as_ndjson(ROWS)))
    bucket.put("b.parquet", (tmp_path / "log.parquet").read_bytes())
    for name, form in (("a.ndjson.gz", "ndjson"), ("b.parquet", "parquet")):
        found = looked(log_source(f"s3://evidence/{name}", form=form), tmp_path)
        assert (found.usable, found.rows, found.files.last) == (True, 10, name)


def test_a_wide_table_is_told_by_its_declared_columns_alone(tmp_path):
    log = tmp_path / "log.parquet"
    write_log(tmp_path, ROWS, "parquet")
    table = pq.read_table(log)
    pq.write_table(table.append_column("secret", [["mai@example.org"] * table.num_rows]), log)
    found = looked(log_source(log, form="parquet"), tmp_path)
    assert list(columns(found)) == [*COLUMNS]
    assert json.dumps(str(found)).count("secret") == 0
