"""The stores one by one: timeline, jobs, texts, keys, packs, clock. Each on both kinds of database."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from tocsin.domain import kinds as k
from tocsin.domain.canonical import canonical
from tocsin.domain.catalog import documents_digest
from tocsin.domain.errors import Refused
from tocsin.domain.timeline import Draft, chain
from tocsin.sealing import KEY_BYTES, Keyring
from tocsin.storage import affected, clock, documents, jobs, keys, tables, texts, timeline
from tocsin.storage.tables import Moment

NOW = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
WORDS = "words:" + "a" * 64
KEY = b"k" * KEY_BYTES


def some_entries(count=3, actor="an"):
    declared = k.Declared(code_name="Teal Wren", title=WORDS, type="x", severity="sev1", catalog="c")
    bodies = [declared, *(k.StepReminded(step=f"C{n}") for n in range(1, count))]
    return chain("INC-1", [Draft(body) for body in bodies], actor=actor, now=NOW)


# --- timeline


def test_entries_come_back_as_they_were_written(database):
    entries = some_entries()
    with database.write() as connection:
        timeline.append(connection, entries)
    with database.read() as connection:
        assert timeline.entries(connection, "INC-1") == list(entries)
        assert timeline.entries(connection, "INC-1", after=2) == [entries[2]]
        assert timeline.head(connection, "INC-1") == 3
        assert [row["body"] for row in timeline.stored_rows(connection, "INC-1")] == [
            canonical(entry.body.model_dump(mode="json", exclude_defaults=True)).decode() for entry in entries
        ]


def test_of_two_who_expect_the_same_head_one_is_outrun_and_leaves_nothing(database):
    with database.write() as connection:
        timeline.append(connection, some_entries(2))
    with pytest.raises(timeline.Outrun), database.write() as connection:
        timeline.append(connection, some_entries(3, actor="bao")[1:])
    with database.read() as connection:
        assert [entry.actor for entry in timeline.entries(connection, "INC-1")] == ["an", "an"]


def test_the_same_move_cannot_be_recorded_twice(database):
    first = some_entries(2)
    again = chain(
        "INC-1", [Draft(k.StepReminded(step="C9"), command_key="remind/C1/1")] * 2, actor="engine", now=NOW,
        after_seq=2, after_hash=first[-1].hash,
    )  # fmt: skip
    with database.write() as connection:
        timeline.append(connection, first)
    with pytest.raises(timeline.Outrun), database.write() as connection:
        timeline.append(connection, again)


def test_a_command_is_remembered_with_what_it_said_and_to_which_incident(database):
    with database.write() as connection:
        timeline.remember(connection, "k1", "digest", timeline.Said("INC-1", 5, 7, b"more"))
    with database.read() as connection:
        kept = ("INC-1", 5, 7, b"more")
        assert timeline.remembered(connection, "k1", lambda _: "digest", "INC-1") == kept
        assert timeline.remembered(connection, "k1", lambda incident: {"INC-1": "digest"}[incident]) == kept
        assert timeline.remembered(connection, "k2", lambda _: "digest", "INC-1") is None
        for digest, incident in (("other", "INC-1"), ("digest", "INC-2")):
            with pytest.raises(Refused, match="was used for something else"):
                timeline.remembered(connection, "k1", lambda _, digest=digest: digest, incident)


# --- moments


def test_moments_sort_as_text_as_they_do_in_time(database):
    dialect = database.engine.dialect
    moments = [NOW + timedelta(microseconds=n * 333_333) for n in range(12)]
    written = [Moment().process_bind_param(moment, dialect) for moment in moments]
    assert written == sorted(written)
    assert [Moment().process_result_value(text, dialect) for text in written] == moments
    with pytest.raises(ValueError, match="naive"):
        Moment().process_bind_param(NOW.replace(tzinfo=None), dialect)


# --- affected people


@pytest.mark.parametrize("column", ["person", "bucket", "place", "locale"])
def test_two_rows_that_exchange_a_readable_column_have_another_digest(column):
    one = {"person": "a" * 64, "bucket": "likely", "place": "VN", "locale": "vi"}
    two = {"person": "b" * 64, "bucket": "confirmed", "place": "DE", "locale": "en"}
    swapped = (one | {column: two[column]}, two | {column: one[column]})
    before, after = (
        affected.rows_digest(SimpleNamespace(**row) for row in rows) for rows in ((one, two), swapped)
    )
    assert before != after


# --- jobs


def test_a_job_has_one_holder_until_its_lease_ends(database):
    def take(holder, at):
        with database.write() as connection:
            return jobs.take(connection, "INC-1", "send/customers/9", holder, at)

    assert take("flow/1", NOW)
    assert not take("bell/2", NOW + timedelta(seconds=jobs.LEASE - 1))
    assert take("bell/2", NOW + timedelta(seconds=jobs.LEASE + 1))
    with pytest.raises(jobs.LeaseLost), database.write() as connection:
        jobs.beat(connection, "INC-1", "send/customers/9", "flow/1", NOW)
    with database.write() as connection:
        jobs.release(
            connection, "INC-1", "send/customers/9", "flow/1"
        )  # not its own any more: nothing happens
        jobs.beat(connection, "INC-1", "send/customers/9", "bell/2", NOW + timedelta(seconds=60))
    assert not take("flow/1", NOW + timedelta(seconds=61))


def test_of_many_who_want_a_job_at_once_one_gets_it(database):
    def take(number):
        with database.write() as connection:
            return jobs.take(connection, "INC-1", "draft/customers/9", f"bell/{number}", NOW)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(take, range(6))) == [False] * 5 + [True]


# --- texts


def test_a_text_is_sealed_and_can_be_destroyed_alone(database):
    store = texts.Texts("INC-1", KEY, os.urandom)
    one, two = store.keep("Nguyễn Thị Ánh called"), store.keep("nothing to see")
    with database.write() as connection:
        store.write(connection)
        store.write(connection)  # written already
    with database.read() as connection:
        assert texts.read_texts(connection, "INC-1", KEY) == {
            one: "Nguyễn Thị Ánh called",
            two: "nothing to see",
        }
        raw = connection.execute(select(tables.text)).all()
        assert not any("Nguyễn".encode() in bytes(row.sealed) for row in raw)
    with database.write() as connection:
        assert texts.forget(connection, "INC-1", one)
        assert not texts.forget(connection, "INC-1", one)
    with database.read() as connection:
        left = texts.read_texts(connection, "INC-1", KEY)
    assert texts.shown({"en": one, "vi": [two]}, left) == {"en": "(erased)", "vi": ["nothing to see"]}


def said_in(database, plain, entropy=os.urandom):
    """Keep one text in a change of its own; returns its commitment."""

    def before(text):
        with database.read() as connection:
            return texts.said_before(connection, "INC-1", KEY, text)

    store = texts.Texts("INC-1", KEY, entropy, before)
    words = store.keep(plain)
    with database.write() as connection:
        store.write(connection)
    return words


def test_a_text_that_is_said_again_keeps_its_commitment_until_it_was_destroyed(database):
    first = said_in(database, "Käthe called")
    assert said_in(database, "Käthe called") == first
    with database.write() as connection:
        texts.forget(connection, "INC-1", first)
    # The keys are all there: a commitment made anew from them would confirm the guess.
    assert said_in(database, "Käthe called") != first


def test_the_salt_of_a_text_comes_from_the_entropy_that_was_given(database):
    first = said_in(database, "one", entropy=lambda size: b"s" * size)
    with database.write() as connection:
        texts.forget(connection, "INC-1", first)
    assert said_in(database, "one", entropy=lambda size: b"s" * size) == first


def test_of_many_texts_only_the_one_that_is_said_again_is_opened(database, monkeypatch):
    opened = []
    real = texts.unseal
    monkeypatch.setattr(texts, "unseal", lambda *asked: opened.append(asked[2]) or real(*asked))
    known = [said_in(database, f"host {number} is clean") for number in range(20)]
    assert said_in(database, "host 7 is clean") == known[7]
    assert opened == [texts.sealed_for("INC-1", known[7])]


def test_a_text_that_another_is_found_by_is_not_taken_for_it(database):
    one = said_in(database, "one")
    with database.write() as connection:
        connection.execute(update(tables.text).values(said=texts.said(KEY, "two")))
    assert said_in(database, "two") != one


def test_a_damaged_text_keeps_nobody_from_saying_it_again(database):
    first = said_in(database, "one")
    with database.write() as connection:
        connection.execute(update(tables.text).values(sealed=b"x" * 40))
    assert said_in(database, "one") != first


def test_a_text_that_was_put_in_the_place_of_another_shows(database):
    store = texts.Texts("INC-1", KEY, os.urandom)
    one, two = store.keep("one"), store.keep("two")
    with database.write() as connection:
        store.write(connection)
        row = connection.execute(select(tables.text).where(tables.text.c.words == two)).one()
        connection.execute(
            update(tables.text).where(tables.text.c.words == one).values(sealed=row.sealed, salt=row.salt)
        )
    with database.read() as connection, pytest.raises(Refused, match="cannot be opened"):
        texts.read_texts(connection, "INC-1", KEY)


# --- keys and packs


def test_a_destroyed_key_is_gone_and_says_since_when(database, tmp_path):
    ring = Keyring.open(tmp_path / "master.key")
    with database.write() as connection:
        keys.add_key(connection, ring, "INC-1", "people", KEY)
    with database.read() as connection:
        assert keys.key_of(connection, ring, "INC-1", "people") == KEY
    with database.write() as connection:
        keys.destroy_key(connection, "INC-1", "people", NOW)
    with database.read() as connection:
        with pytest.raises(Refused, match="destroyed on 2026-11-23"):
            keys.key_of(connection, ring, "INC-1", "people")
        with pytest.raises(Refused, match="has no record key"):
            keys.key_of(connection, ring, "INC-1", "record")


def test_another_master_key_opens_nothing(database, tmp_path):
    with database.write() as connection:
        keys.add_key(connection, Keyring.open(tmp_path / "one.key"), "INC-1", "people", KEY)
    with database.read() as connection, pytest.raises(Refused, match="cannot be opened"):
        keys.key_of(connection, Keyring.open(Path(tmp_path / "two.key")), "INC-1", "people")


def test_a_pack_comes_back_byte_for_byte_and_the_same_pack_costs_nothing(database):
    files = {"types/a.json": b"{}", "files/thư": "Thư".encode(), "files/c": b"{}"}
    with database.write() as connection:
        digest = documents.put_pack(connection, files)
        assert digest == documents_digest(files)
        assert documents.put_pack(connection, dict(reversed(files.items()))) == digest
    with database.read() as connection:
        assert documents.get_pack(connection, digest) == files
        with pytest.raises(Refused, match="not in this database"):
            documents.get_pack(connection, "0" * 64)


# --- the clock of a drill


def test_a_drill_clock_is_shared_and_beats_are_kept_by_name(database):
    with database.write() as connection:
        assert clock.offset(connection) == timedelta(0)
        for hours in (3, 40):
            clock.set_offset(connection, timedelta(hours=hours))
            clock.beat(connection, "bell", NOW + timedelta(hours=hours), {"failed": hours})
    with database.read() as connection:
        assert clock.offset(connection) == timedelta(hours=40)
        assert clock.beats(connection) == {"bell": (NOW + timedelta(hours=40), {"failed": 40})}
