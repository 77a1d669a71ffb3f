"""Custody: every input with its hash before and after it was read, and who collected it, from where, and when."""

import hashlib
import sqlite3
from datetime import UTC, datetime

import pytest

from tests.scoping.scenes import as_ndjson, ask, at, every_hour, log_source, request, write_log
from tocsin.domain.custody import Collected
from tocsin.domain.errors import BadFile
from tocsin.domain.sources import CustomerFields, CustomerSource
from tocsin.scoping.declaration import read_sources

LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(180)}
ROWS = [*every_hour(3), request(5, "c1", token="leaked")]
WHEN = datetime(2026, 11, 23, 20, 10, tzinfo=UTC)


def inputs(found):
    return {each.source: each for each in found.result.inputs}


def test_each_input_says_its_hash_before_and_after_and_its_way_here(tmp_path):
    log = write_log(tmp_path, ROWS)
    source = log_source(log, collected=Collected(by="giang", from_="gateway-2", at=WHEN))
    read = inputs(ask(tmp_path, source, LEAK))
    sha256 = hashlib.sha256(log.read_bytes()).hexdigest()
    api, crm = read["api"], read["crm"]
    assert (api.sha256, api.after) == (sha256, sha256)
    assert (api.by, api.origin, api.collected_at) == ("giang", "gateway-2", WHEN)
    # Of the customers nobody has said who collected them; their file is looked at again all the same.
    assert (crm.by, crm.origin, crm.after) == (None, None, crm.sha256)


@pytest.mark.parametrize("meddled", [False, True])
def test_a_table_of_a_database_is_asked_again_and_says_so_in_the_record(tmp_path, meddled):
    def meddle(words, share):
        if meddled and words == "counting people":
            with sqlite3.connect(path) as connection:
                connection.execute("INSERT INTO people VALUES ('c9', 'c9@example.org')")

    path = tmp_path / "crm.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE people (id TEXT, email TEXT)")
        connection.execute("INSERT INTO people VALUES ('c1', 'c1@example.org')")
    crm = CustomerSource(
        name="crm", url=f"sqlite:///{path}", table="people", fields=CustomerFields(id="id", email="email")
    )
    found = ask(tmp_path, write_log(tmp_path, ROWS), LEAK, customers=crm, progress=meddle)
    read = inputs(found)["crm"]
    assert (read.name, read.rows, read.after == read.sha256) == ("people", 1, not meddled)
    assert len(read.after) == 64
    assert [gap.kind for gap in found.result.gaps] == (["customers-changed"] if meddled else [])


@pytest.mark.parametrize("gone", [False, True])
def test_an_input_that_changed_or_went_while_it_was_read_says_so_in_the_record_too(tmp_path, gone):
    def meddle(words, share):
        if words == "checking the files":
            log.unlink() if gone else log.write_bytes(log.read_bytes() + as_ndjson([request(9, "c2")]))

    log = write_log(tmp_path, ROWS)
    before = hashlib.sha256(log.read_bytes()).hexdigest()
    api = inputs(ask(tmp_path, log, LEAK, progress=meddle))["api"]
    assert api.sha256 == before
    assert api.after == ("" if gone else hashlib.sha256(log.read_bytes()).hexdigest())


LOG = "logs:\n  - name: api\n    format: ndjson\n    paths: [log.ndjson]\n    fields: {at: at, account: account}\n"


def test_it_is_declared_in_sources_yaml(tmp_path):
    path = tmp_path / "sources.yaml"
    path.write_text(f"{LOG}    collected: {{by: giang, from: gateway-2, at: 2026-11-24T03:10:00+07:00}}\n")
    (log,) = read_sources(path).logs
    assert log.collected is not None
    assert (log.collected.by, log.collected.from_, log.collected.at) == ("giang", "gateway-2", WHEN)
    again = type(log).model_validate_json(log.model_dump_json(exclude_defaults=True))
    assert again == log


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("{}", "say at least one of"),
        ("{by: giang@example.com}", "collected.by"),
        ("{at: 2026-11-24T03:10:00}", "collected.at"),
        ("{who: giang}", "collected.who"),
    ],
)
def test_what_it_does_not_say_is_refused_with_its_place(tmp_path, said, says):
    path = tmp_path / "sources.yaml"
    path.write_text(f"{LOG}    collected: {said}\n")
    with pytest.raises(BadFile, match=says):
        read_sources(path)
