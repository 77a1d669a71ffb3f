"""Lists of deletions and of suppressions: every line is a row, or is told; and what is lost never excludes anybody."""

import gzip
import json
import sqlite3
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.scoping.scenes import (
    ASKED,
    KEY,
    START,
    TOMBSTONES,
    at,
    buckets,
    every_hour,
    gaps,
    log_source,
    told,
    write_customers,
    write_log,
)
from tests.scoping.test_datamap_deletions import OPEN, RULES
from tocsin.domain.errors import Refused
from tocsin.domain.lists import DeletionSource
from tocsin.domain.scope.question import read_question
from tocsin.domain.sources import Sources
from tocsin.scoping.measure import measure

LONG_AGO, LATELY = ((START - timedelta(days=days)).isoformat() for days in (400, 1))
FIELDS = {"id": "id", "at": "at", "record": "record"}


def erasures(*paths, **other):
    return DeletionSource.model_validate(
        {"name": "erasures", "paths": [str(path) for path in paths], "fields": FIELDS} | other
    )


def asked(tmp_path, deletions, question=OPEN, logs=(), **other):
    crm = write_customers(tmp_path, TOMBSTONES).model_copy(update={"tables": ("accounts",)})
    sources = Sources(logs=tuple(logs), customers=(crm,), deletions=(deletions,))
    work = tmp_path / "work"
    return measure(
        read_question(question), sources, RULES, workspace=work, pseudonym_key=KEY, asked_at=ASKED, **other
    )


def excluded(measured):
    return {who for who, bucket in buckets(measured).items() if bucket == "excluded"}


def rows_of(measured, source="erasures"):
    return {each.name: each.rows for each in measured.result.inputs if each.source == source}


def details(measured, kind="incomplete-list"):
    return [gap.detail for gap in measured.result.gaps if gap.kind == kind]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"c2,{LATELY}", "line 3: too few values"),
        (f'c2,"{LATELY}', "line 3: a quote that nothing closes"),
        (f",{LATELY},b", "line 3: no id"),
        (f"c2,{LATELY},b,more", "line 3: too many values"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_with_its_number_and_no_record_excludes(tmp_path, line, says):
    path = tmp_path / "erasures.csv"
    path.write_text(f"id,at,record\nc1,{LONG_AGO},a\n{line}\nc3,{LONG_AGO},c\n")
    measured = asked(tmp_path, erasures(path))
    # The lost line may say that any of them was deleted later.
    assert excluded(measured) == set()
    assert gaps(measured) == {"incomplete-list": 1}
    (detail,) = details(measured)
    assert says in detail
    assert "no record excludes anybody" in detail
    assert rows_of(measured) == {"erasures.csv": 3}


def test_of_ndjson_each_line_is_a_record_or_is_told(tmp_path):
    path = tmp_path / "erasures.ndjson"
    rows = [json.dumps({"id": "c1", "at": LONG_AGO, "record": "a"}), "{not json", "", "12", '{"at": "x"}']
    path.write_text("\n".join(rows) + "\n")
    measured = asked(tmp_path, erasures(path, format="ndjson"))
    assert excluded(measured) == set()
    (detail,) = details(measured)
    for words in ("line 2: no JSON", "line 4: no JSON object", "line 5: no id"):
        assert words in detail
    assert rows_of(measured) == {"erasures.ndjson": 4}


def test_whose_record_has_no_moment_is_named_by_its_line_and_the_other_records_exclude(tmp_path):
    path = tmp_path / "erasures.csv"
    path.write_text(f"id,at,record\nc1,{LONG_AGO},a\nc2,soon,b\n")
    measured = asked(tmp_path, erasures(path))
    assert excluded(measured) == {"c1"}
    assert gaps(measured) == {"unproven-deletions": 1}
    assert "erasures.csv line 3" in details(measured, "unproven-deletions")[0]


def test_of_a_damaged_file_what_came_before_is_known_and_excludes_nobody(tmp_path):
    path = tmp_path / "erasures.csv.gz"
    lines = [f"gone{number},{LONG_AGO},r{number}" for number in range(20_000)]
    whole = gzip.compress("\n".join(["id,at,record", *lines, ""]).encode(), mtime=0)
    path.write_bytes(whole[: len(whole) // 2])
    measured = asked(tmp_path, erasures(path))
    assert excluded(measured) == set()
    assert gaps(measured) == {"incomplete-list": 1}
    assert "is damaged; what came before the damage was used" in details(measured)[0]
    # They are known to have been there: an answered request would be about somebody.
    assert told(measured)["gone1"].status == "deleted"


@pytest.mark.parametrize("come", ["changed", "late"])
def test_a_list_that_changes_or_grows_a_file_while_it_is_read_excludes_nobody(tmp_path, come, monkeypatch):
    from tocsin.scoping import lists

    folder = tmp_path / "erasures"
    folder.mkdir()
    (folder / "1.csv").write_text(f"id,at,record\nc1,{LONG_AGO},a\n")
    read = lists.readers

    def meddling():
        more = folder / ("1.csv" if come == "changed" else "2.csv")
        more.write_text(f"id,at,record\nc1,{LATELY},b\n")
        return read()

    monkeypatch.setattr(lists, "readers", meddling)
    measured = asked(tmp_path, erasures(folder / "*.csv"))
    assert excluded(measured) == set()
    assert ("changed while it was read" if come == "changed" else "came while") in details(measured)[0]


def test_what_a_list_lost_hides_no_request_of_a_log(tmp_path):
    path = tmp_path / "erasures.csv"
    path.write_text(f"id,at,record\nc1,{LONG_AGO},a\nx\n")
    question = {"accounts": ["c2"], "since": at(0), "until": at(180)}
    measured = asked(tmp_path, erasures(path), question, [log_source(write_log(tmp_path, every_hour(3)))])
    # Silence excludes her as before, and its proof is whole.
    assert excluded(measured) == {"c2"}
    assert measured.result.proof


def test_a_parquet_list_excludes_as_a_csv_does_and_an_empty_day_is_no_fault(tmp_path):
    path = tmp_path / "erasures.parquet"
    columns = {"id": ["c1", "c2"], "at": [LONG_AGO, LATELY], "record": ["a", "b"]}
    pq.write_table(pa.table(columns), path)
    assert excluded(asked(tmp_path, erasures(path, format="parquet"))) == {"c1"}
    folder = tmp_path / "days"
    folder.mkdir()
    (folder / "1.csv").touch()
    (folder / "2.csv").write_text("id,at,record\n")
    (folder / "3.csv").write_text(f"id,at,record\nc1,{LONG_AGO},a\n")
    measured = asked(tmp_path, erasures(folder))
    assert (excluded(measured), gaps(measured)) == ({"c1"}, {})
    assert rows_of(measured) == {"1.csv": 0, "2.csv": 0, "3.csv": 1}


def test_a_list_of_another_format_than_declared_is_refused_in_one_line(tmp_path):
    path = tmp_path / "erasures.csv"
    path.write_text("id,at,record\nc1,x,a\n")
    for format_ in ("parquet", "ndjson"):
        with pytest.raises(Refused, match=f"source erasures: .* {format_}"):
            asked(tmp_path, erasures(path, format=format_))


def database(tmp_path, rows):
    path = tmp_path / "erasures.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE erased (id TEXT, at TEXT, record INTEGER)")
        connection.executemany("INSERT INTO erased VALUES (?, ?, ?)", rows)
    return f"sqlite:///{path}"


def test_records_may_stand_in_a_table_or_a_query_of_a_database(tmp_path):
    url = database(tmp_path, [("c1", LONG_AGO, 7), ("c2", LATELY, 8), ("c3", LONG_AGO, 9)])
    whole = asked(tmp_path, erasures(url=url, table="erased"))
    assert excluded(whole) == {"c1", "c3"}
    proof = {person.id: person.deletion for person in whole.people()}["c1"]
    (read,) = [each for each in whole.result.inputs if each.source == "erasures"]
    assert (proof.file, proof.record, proof.sha256) == ("erased", "7", read.sha256)
    assert (read.rows, whole.result.method) == (3, "exact")
    part = erasures(url=url, query="SELECT * FROM erased WHERE record < 9")
    assert excluded(asked(tmp_path, part)) == {"c1"}


def test_a_record_of_a_database_that_names_nobody_may_be_anybodys(tmp_path):
    url = database(tmp_path, [("c1", LONG_AGO, 7), (None, LATELY, 8)])
    measured = asked(tmp_path, erasures(url=url, table="erased"))
    assert excluded(measured) == set()
    assert gaps(measured) == {"incomplete-list": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"paths": []},
        {"paths": ["x.csv"], "url": "sqlite:///x", "table": "t"},
        {"paths": [], "url": "sqlite:///x"},
        {"paths": [], "url": "sqlite:///x", "table": "t", "query": "q"},
    ],
)
def test_a_list_has_one_place(wrong):
    with pytest.raises(ValueError, match=r"either a path or a url|either a table or a query"):
        DeletionSource.model_validate({"name": "erasures", "fields": FIELDS} | wrong)
