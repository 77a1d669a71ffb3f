"""Customers from CSV, Parquet and a database: the same people, whatever holds them."""

import csv
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tocsin.domain.errors import Refused
from tocsin.domain.sources import CustomerFields, CustomerSource
from tocsin.sources.customers import open_customers
from tocsin.sources.engine import Limits, engine
from tocsin.sources.files import find, take_in

FIELDS = CustomerFields(id="nr", email="mail", country="land", group="segment")
PEOPLE = [
    ("1", "a@example.org", "VN", ""),
    ("2", " ", "de", "children"),
    ("3", None, None, None),
    ("4", "{{7*7}}", "XX", ""),
]
EXPECTED = [
    {"id": "1", "email": "a@example.org", "country": "VN", "group": "customers", "role": None, "name": None},
    {"id": "2", "email": None, "country": "de", "group": "children", "role": None, "name": None},
    {"id": "3", "email": None, "country": None, "group": "customers", "role": None, "name": None},
    {"id": "4", "email": "{{7*7}}", "country": "XX", "group": "customers", "role": None, "name": None},
]


def made(folder, kind):
    path = folder / f"people.{kind}"
    if kind == "csv":
        with path.open("w", newline="") as out:
            csv.writer(out).writerows([("nr", "mail", "land", "segment"), *PEOPLE])
        return CustomerSource(name="crm", path=str(path), fields=FIELDS)
    if kind == "parquet":
        columns = [pa.array(values) for values in zip(*PEOPLE, strict=True)]
        # Ids that a database counts with are numbers: in the logs they are text.
        columns[0] = pa.array([1, 2, 3, 4])
        pq.write_table(pa.table(columns, names=["nr", "mail", "land", "segment"]), path)
        return CustomerSource(name="crm", path=str(path), format="parquet", fields=FIELDS)
    with sqlite3.connect(path) as db:
        db.execute(
            "create table people (nr integer primary key, mail text, land text, segment text, secret text)"
        )
        db.executemany("insert into people (nr, mail, land, segment) values (?, ?, ?, ?)", PEOPLE)
    return CustomerSource(name="crm", url=f"sqlite:///{path}", table="people", fields=FIELDS)


def opened(folder, source):
    with engine(folder / "spill", Limits(threads=1)) as backend:
        file = take_in("crm", find("crm", [source.path]), folder)[0] if source.path else None
        customers = open_customers(backend, source, file)
        rows = backend.to_pyarrow(customers.table.order_by("id")).to_pylist()
        return [{name: row[name] for name in EXPECTED[0]} for row in rows], customers


@pytest.mark.parametrize("kind", ["csv", "parquet", "db"])
def test_the_same_people_come_out_of_every_store(tmp_path, kind):
    rows, customers = opened(tmp_path, made(tmp_path, kind))
    assert rows == EXPECTED
    assert len(customers.sha256) == 64
    assert customers.size > 0


def test_a_query_gives_what_it_selects(tmp_path):
    source = made(tmp_path, "db")
    query = source.model_copy(update={"table": None, "query": "select * from people where nr < 3;"})
    assert opened(tmp_path, query)[0] == EXPECTED[:2]


def test_the_digest_of_a_database_follows_its_people(tmp_path):
    source = made(tmp_path, "db")
    first, again = opened(tmp_path, source)[1].sha256, opened(tmp_path, source)[1].sha256
    assert first == again
    with sqlite3.connect(tmp_path / "people.db") as db:
        db.execute("update people set secret = 'x'")
    assert opened(tmp_path, source)[1].sha256 == first
    with sqlite3.connect(tmp_path / "people.db") as db:
        db.execute("update people set land = 'FR' where nr = 1")
    assert opened(tmp_path, source)[1].sha256 != first


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"table": "peple"}, "has no table peple"),
        (
            {"fields": CustomerFields(id="nr", email="mial")},
            r"table people has no column 'mial' for `email`; did you mean mail\?",
        ),
        ({"url": "sqlite:////nowhere/people.db"}, "there is no database file /nowhere/people.db"),
        ({"url": "postgresql+psycopg://u:hunter2@127.0.0.1:1/db"}, "the database cannot be read"),
        ({"table": None, "query": "select nothing from people"}, "the database cannot be read"),
    ],
)
def test_a_database_that_does_not_fit_is_refused_without_its_password(tmp_path, change, words):
    source = made(tmp_path, "db").model_copy(update=change)
    with pytest.raises(Refused, match=words) as refusal:
        opened(tmp_path, source)
    assert "hunter2" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_nothing_is_written_to_the_database(tmp_path):
    source = made(tmp_path, "db")
    before = (tmp_path / "people.db").read_bytes()
    opened(tmp_path, source)
    assert (tmp_path / "people.db").read_bytes() == before
