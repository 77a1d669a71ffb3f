"""Customers from CSV, Parquet and a database: the same people, whatever holds them."""

import csv
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from tests.scoping.scenes import ask, write_log
from tests.scoping.scenes import request as row
from tocsin.domain.errors import Refused
from tocsin.domain.sources import CustomerFields, CustomerSource
from tocsin.sources import databases
from tocsin.sources.bounds import Bounds
from tocsin.sources.customers import open_customers
from tocsin.sources.engine import Limits, engine
from tocsin.sources.files import take_in
from tocsin.sources.finding import find
from tocsin.sources.flagging import UNEXPLAINED, UNREADABLE_BIRTH, flags_of

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


def _taken_in(source):
    found = find("crm", [source.path]).files
    return take_in("crm", found, Bounds(), of_lines=source.format != "parquet")[0]


def opened(folder, source):
    with engine(folder / "spill", Limits(threads=1)) as backend:
        file = _taken_in(source) if source.path else None
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


def columns_of(folder, source, *names):
    with engine(folder / "spill", Limits(threads=1)) as backend:
        file = _taken_in(source) if source.path else None
        table = open_customers(backend, source, file).table.order_by("id")
        return [tuple(row[name] for name in names) for row in backend.to_pyarrow(table).to_pylist()]


def as_csv(folder, header, *rows, fields, **declared):
    path = folder / "more.csv"
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([header, *rows])
    return CustomerSource(name="crm", path=str(path), fields=CustomerFields(id="id", **fields), **declared)


def test_a_person_may_have_several_addresses_in_columns_in_a_text_or_in_a_list(tmp_path):
    rows = [("1", " a@x.org ", "b@x.org; c@x.org;", "d@x.org"), ("2", "", " ;e@x.org", ""), ("3", "", "", "")]
    fields = {"email": "mail", "emails": ("more", "billing")}
    source = as_csv(tmp_path, ("id", "mail", "more", "billing"), *rows, fields=fields, email_separator=";")
    expected = [
        ("a@x.org", "a@x.org\nb@x.org\nc@x.org\nd@x.org"),
        ("e@x.org", "e@x.org"),
        (None, None),
    ]
    assert columns_of(tmp_path, source, "email", "emails") == expected
    path = tmp_path / "people.parquet"
    lists = [["a@x.org", "b@x.org", None], [], None]
    pq.write_table(pa.table({"id": ["1", "2", "3"], "mails": pa.array(lists, pa.list_(pa.string()))}), path)
    source = CustomerSource(
        name="crm", path=str(path), format="parquet", fields=CustomerFields(id="id", emails="mails")
    )
    assert columns_of(tmp_path, source, "email", "emails") == [
        ("a@x.org", "a@x.org\nb@x.org"),
        (None, None),
        (None, None),
    ]


def test_an_address_over_several_lines_stays_one_and_nobody_takes_its_first_line_for_it(tmp_path):
    rows = [
        ("1", "a@x.org\r\nBcc: y@x.org", " b@x.org\n;c@x.org\nd@x.org;\r\ne@x.org "),
        ("2", "f@x.org\r\n", ""),
    ]
    source = as_csv(tmp_path, ("id", "mail", "more"), *rows, fields={"email": "mail"})
    assert columns_of(tmp_path, source, "email", "emails") == [
        ("a@x.org\r\rBcc: y@x.org", None),
        ("f@x.org", None),
    ]
    both = {"email": "mail", "emails": "more"}
    source = as_csv(tmp_path, ("id", "mail", "more"), *rows, fields=both, email_separator=";")
    first = "a@x.org\r\rBcc: y@x.org"
    expected = [(first, f"{first}\nb@x.org\nc@x.org\rd@x.org\ne@x.org"), ("f@x.org", "f@x.org")]
    assert columns_of(tmp_path, source, "email", "emails") == expected
    source = as_csv(tmp_path, ("id", "mail", "more"), *rows, fields={"emails": "more"})
    (one, _), _ = columns_of(tmp_path, source, "email", "emails")
    assert one == "b@x.org\r;c@x.org\rd@x.org;\r\re@x.org"
    # Who declares that addresses stand in lines has them in lines.
    lines = [("1", "", "a@x.org\r\nb@x.org\nc@x.org")]
    source = as_csv(tmp_path, ("id", "mail", "more"), *lines, fields={"emails": "more"}, email_separator="\n")
    assert columns_of(tmp_path, source, "emails") == [("a@x.org\nb@x.org\nc@x.org",)]
    path = tmp_path / "people.parquet"
    lists = pa.array([["a@x.org\nBcc: y@x.org", "b@x.org"]], pa.list_(pa.string()))
    pq.write_table(pa.table({"id": ["1"], "mails": lists}), path)
    source = CustomerSource(
        name="crm", path=str(path), format="parquet", fields=CustomerFields(id="id", emails="mails")
    )
    assert columns_of(tmp_path, source, "emails") == [("a@x.org\rBcc: y@x.org\nb@x.org",)]


@pytest.mark.parametrize(
    ("said", "status", "flags"),
    [
        ("Staff, vip", "active", {"employee"}),
        ("RIP|bounced", "gone", {"deceased", "bounced", "deleted"}),
        ("", "Suspended", {"suspect"}),
        ("vip", "", set()),
        ("unheard of", "", "unexplained"),
        ("staffing", "", "unexplained"),
        ("minor, unheard of", "active", "unexplained"),
    ],
)  # fmt: skip
def test_a_company_calls_flags_as_it_likes(tmp_path, said, status, flags):
    source = as_csv(
        tmp_path,
        ("id", "labels", "state"),
        ("1", said, status),
        fields={"flags": "labels", "status": "state"},
        flags={
            "staff": "employee",
            "RIP": "deceased",
            "gone": "deleted",
            "suspended": "suspect",
            "vip": None,
        },
    )
    ((bits,),) = columns_of(tmp_path, source, "flags")
    if flags == "unexplained":
        assert bits & UNEXPLAINED
    else:
        assert (set(flags_of(bits)), bits & UNEXPLAINED) == (flags, 0)


def test_a_column_of_yes_and_no_is_a_flag_by_its_own_name_and_a_source_may_flag_everybody(tmp_path):
    source = as_csv(
        tmp_path,
        ("id", "is_staff", "deceased"),
        ("1", "yes", "0"),
        ("2", "No", "TRUE"),
        ("3", "", ""),
        fields={"flags": ("is_staff", "deceased")},
        flags={"is_staff": "employee"},
        flags_of_all=("named-only",),
    )
    found = [flags_of(bits) for (bits,) in columns_of(tmp_path, source, "flags")]
    assert found == [("employee", "named-only"), ("deceased", "named-only"), ("named-only",)]


@pytest.mark.parametrize(
    ("order", "said", "day"),
    [
        ("year-first", "2001-12-31", "2001-12-31"),
        ("year-first", "2001-12-31T00:00:00Z", "2001-12-31"),
        ("year-first", "31/12/2001", None),
        ("day-first", "31/12/2001", "2001-12-31"),
        ("day-first", "1.2.2001", "2001-02-01"),
        ("month-first", "1/2/2001", "2001-01-02"),
        ("day-first", "31/02/2001", None),
        ("year-first", "0001-01-01", None),
        ("year-first", "someday", None),
        ("day-first", "31/12/01", None),
    ],
)
def test_a_birth_date_that_is_none_stays_unknown_and_is_marked(tmp_path, order, said, day):
    source = as_csv(
        tmp_path, ("id", "born"), ("1", said), ("2", " "), fields={"birth_date": "born"}, birth_dates=order
    )
    (found, bits), silent = columns_of(tmp_path, source, "birth_date", "flags")
    assert found == day
    assert bool(bits & UNREADABLE_BIRTH) == (day is None)
    assert silent == (None, 0)


@pytest.fixture
def postgres_source(postgres):
    """People in a table of a PostgreSQL of our own."""
    name = postgres.create()
    url = postgres.url(name).replace("postgresql://", "postgresql+psycopg://", 1)
    database = create_engine(url)
    with database.begin() as writer:
        writer.exec_driver_sql(
            "create table people (nr bigint, mail text, land text, segment text, more text[])"
        )
        writer.execute(
            text(
                "insert into people values (:nr, :mail, :land, :segment, array['x@example.org','y@example.org'])"
            ),
            [dict(zip(("nr", "mail", "land", "segment"), row, strict=True)) for row in PEOPLE],
        )
    yield CustomerSource(name="crm", url=url, table="people", fields=FIELDS), database
    database.dispose()
    postgres.drop(name)


def test_postgresql_gives_the_same_people_and_its_arrays(tmp_path, postgres_source):
    source, _ = postgres_source
    rows, customers = opened(tmp_path, source)
    assert rows == EXPECTED
    assert len(customers.sha256) == 64
    wide = source.model_copy(update={"fields": FIELDS.model_copy(update={"emails": ("more",)})})
    first = columns_of(tmp_path, wide, "email", "emails")[0]
    assert first == ("a@example.org", "a@example.org\nx@example.org\ny@example.org")


def test_a_look_at_postgresql_sees_one_state_whoever_writes_and_cannot_write_itself(postgres_source):
    source, database = postgres_source
    count = "select count(*) from people"
    with databases._looking(source) as looking:
        before = looking.exec_driver_sql(count).scalar()
        with database.begin() as writer:
            writer.exec_driver_sql("delete from people where nr < 3")
        assert looking.exec_driver_sql(count).scalar() == before == 4
        with pytest.raises(SQLAlchemyError, match="read-only"):
            looking.exec_driver_sql("delete from people")
    with database.connect() as later:
        assert later.exec_driver_sql(count).scalar() == 2


def test_a_sqlite_file_is_opened_read_only(tmp_path):
    source = made(tmp_path, "db")
    with databases._looking(source) as looking, pytest.raises(SQLAlchemyError, match="readonly"):
        looking.exec_driver_sql("delete from people")


@pytest.mark.parametrize(
    "query",
    [
        "select * from people where mail <> 'b :y' or mail is null",
        "select * from people where land is null or land <> '100 % :nr :mail' -- and a remark",
        "select nr, mail, land, segment from people where ':nr' = ':nr';",
    ],
)
def test_a_colon_in_a_query_is_text(tmp_path, query):
    source = made(tmp_path, "db").model_copy(update={"table": None, "query": query})
    assert opened(tmp_path, source)[0] == EXPECTED


def test_casts_and_percent_signs_reach_postgresql_as_they_are_written(tmp_path, postgres_source):
    query = (
        "select nr::text as nr, mail, land, segment from people where mail is null or mail not like '%:zz%'"
    )
    source = postgres_source[0].model_copy(update={"table": None, "query": query})
    assert opened(tmp_path, source)[0] == EXPECTED


def test_a_database_is_read_a_batch_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(databases, "_BATCH", 3)
    source = made(tmp_path, "db")
    whole = opened(tmp_path, source)[1].sha256
    monkeypatch.setattr(databases, "_BATCH", 20_000)
    rows, customers = opened(tmp_path, source)
    assert (rows, customers.sha256) == (EXPECTED, whole)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_table_that_changes_while_people_are_counted_is_a_gap(tmp_path, request, kind):
    if kind == "sqlite":
        source = made(tmp_path, "db")
        database = create_engine(source.url)
    else:
        source, database = request.getfixturevalue("postgres_source")
    log = write_log(tmp_path, [row(1, "1")])

    def meanwhile(words, share):
        if words == "counting people":
            with database.begin() as writer:
                writer.exec_driver_sql("update people set land = 'FR' where nr = 1")

    quiet = ask(tmp_path, log, {"accounts": ["1"]}, customers=source)
    assert quiet.result.gaps == ()
    busy = ask(tmp_path, log, {"accounts": ["1"]}, customers=source, progress=meanwhile)
    assert [gap.kind for gap in busy.result.gaps] == ["customers-changed"]
    assert busy.result.method == "approximate"
    # What was counted is the state that was read.
    assert [person.place for person in busy.people()] == ["VN"]
    database.dispose()
