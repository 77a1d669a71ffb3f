"""How revisions of a scope differ, asked of the database and held against plain sets; and whose letters wait."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.storage.test_ledger_store import NEW, OLD, claim, counts, fill, row, rows, settle
from tocsin.storage import holding, judging, ledger, revisions
from tocsin.storage.database import Database
from tocsin.storage.ledger import STATES
from tocsin.storage.revisions import Unsupported
from tocsin.storage.tables import affected, judged, metadata

NOW = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
INC = "INC-1"
PEOPLE = "abcdef"
BUCKETS = ("confirmed", "cannot-exclude", "attempted", "excluded")


def found(database, revision, people):
    """A revision that found these: pseudonym to bucket."""
    with database.write() as connection:
        for person, bucket in people.items():
            values = {
                "incident": INC,
                "revision": revision,
                "person": person,
                "bucket": bucket,
                "sealed": b"",
            }
            connection.execute(affected.insert().values(place="VN", locale="", **values))


def decided(database, seq, revision, people, *, upheld=False):
    with database.write() as connection:
        judging.judge(connection, seq, Unsupported(INC, revision, "held", tuple(people)), upheld=upheld)
        if not upheld:
            holding.account(connection, INC, judging.judged_people(INC, seq), NOW)
        holding.hold(connection, INC, revision, NOW)


def measured(database, revision, people):
    found(database, revision, people)
    with database.write() as connection:
        holding.hold(connection, INC, revision, NOW)


def standing(database, revision, stand):
    with database.read() as connection:
        return list(judging.pseudonyms(connection, Unsupported(INC, revision, stand).pseudonyms))


# --- against a plain walk


@pytest.fixture(scope="module")
def memory():
    opened = Database("sqlite://")
    with opened.write() as connection:
        metadata.create_all(connection)
    return opened


#: For each revision: whom it found, and what was then decided, of whom.
STORIES = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(BUCKETS), max_size=5),
        st.lists(st.tuples(st.sets(st.sampled_from(PEOPLE), min_size=1), st.booleans()), max_size=2),
    ),
    min_size=1,
    max_size=5,
)


@given(story=STORIES)
def test_whoever_is_not_supported_any_more_is_held_until_it_is_decided_and_again_after_a_later_revision(
    story,
):
    database = Database("sqlite://")
    with database.write() as connection:
        metadata.create_all(connection)
    last, verdict, seq, before = {}, {}, 0, set()
    for revision, (people, decisions) in enumerate(story, 1):
        found(database, revision, people)
        told = {person for person, bucket in people.items() if bucket in ("confirmed", "cannot-exclude")}
        with database.read() as connection:
            change = revisions.changes(connection, INC, revision - 1, revision)
            lists = [
                [each.person for each in revisions.changed(connection, INC, revision - 1, revision, kind)]
                for kind in ("added", "kept", "unsupported")
            ]
        expected = [sorted(told - before), sorted(told & before), sorted(before - told)]
        assert lists == expected
        assert [change.added, change.kept, change.unsupported] == list(map(len, expected))
        last |= dict.fromkeys(told, revision)
        verdict = {person: said for person, said in verdict.items() if person not in told}
        gone = set(last) - told
        for named, upheld in decisions:
            seq += 1
            decided(database, seq, revision, sorted(named), upheld=upheld)
            verdict |= dict.fromkeys((gone & named) - set(verdict), upheld)
        assert standing(database, revision, "held") == sorted(gone - set(verdict))
        assert standing(database, revision, "upheld") == sorted(p for p in gone if verdict.get(p))
        assert standing(database, revision, "released") == sorted(p for p in gone if verdict.get(p) is False)
        before = told
    database.close()


# --- on each kind of database


def test_a_person_is_known_by_how_they_stand_and_by_the_last_revision_that_told_them(database):
    found(database, 1, dict.fromkeys("abc", "confirmed"))
    found(database, 2, {"a": "confirmed", "b": "attempted"})
    decided(database, 7, 2, "c")
    with database.read() as connection:
        known = revisions.standings(connection, INC, 2, "abcz")
        assert {person: (each.revision, each.stand, each.seq) for person, each in known.items()} == {
            "b": (1, "held", None),
            "c": (1, "released", 7),
        }
        assert revisions.beginning_with(connection, INC, 2, "b") == ["b"]
        assert Unsupported(INC, 2, "held").by_place(connection) == {"VN": 1}
        assert [each.person for each in Unsupported(INC, 2, "released").people(connection)] == ["c"]


def test_what_an_interrupted_measurement_left_is_no_revision(database):
    found(database, 1, {"a": "confirmed"})
    found(database, 2, {"b": "confirmed"})
    assert standing(database, 1, "held") == []


@pytest.fixture
def half_sent(database):
    """Four were found; a letter to the first left, the second was put off, the third has no address."""
    measured(database, 1, dict.fromkeys("abcd", "confirmed"))
    fill(database, *(row(each) for each in "abd"), row("c", state="excluded", reason="no e-mail address"))
    left, put_off = claim(database, limit=2)
    settle(database, [left])
    settle(database, [put_off], "pending", final=False)
    return database


def states(database):
    found = counts(database)
    assert sum(found[state] for state in STATES) == 4
    return {state: found[state] for state in STATES if found[state]}


def root(database):
    with database.read() as connection:
        return ledger.root_of(connection, INC, "customers")


def test_letters_of_people_whom_a_revision_does_not_support_wait_and_are_counted(half_sent):
    before = root(half_sent)
    measured(half_sent, 2, {"d": "confirmed"})
    assert root(half_sent) == before
    assert states(half_sent) == {"handed_over": 1, "pending": 1, "excluded": 1, "held": 1}
    assert [each.person for each in claim(half_sent)] == ["d"]
    with half_sent.read() as connection:
        # Neither do they keep the sending from its end, nor is anybody of them taken for told.
        assert ledger.next_due(connection, INC, "customers") is None
        assert ledger.untold(connection, INC, "customers") == {"VN/controller/customers": 3}
        owed = ledger.unaccounted(connection, INC, "customers")
        assert (owed.elsewise, owed.undecided) == ({}, {})
        assert owed.unsupported == {"VN/controller/customers": 1}
        people = {each.person: each.told for each in Unsupported(INC, 2, "held").people(connection)}
    assert people == {"a": True, "b": False, "c": False}


def test_who_is_supported_again_is_sent_the_letter_after_all(half_sent):
    before = root(half_sent)
    measured(half_sent, 2, {"d": "confirmed"})
    measured(half_sent, 3, dict.fromkeys("abcd", "likely"))
    assert root(half_sent) == before
    assert states(half_sent) == {"handed_over": 1, "pending": 2, "excluded": 1}
    assert {each.person for each in claim(half_sent)} == {"b", "d"}


def test_who_is_released_is_owed_nothing_until_a_later_revision_names_them(half_sent):
    before = root(half_sent)
    measured(half_sent, 2, {"d": "confirmed"})
    with half_sent.read() as connection:
        owed = holding.unaccounted(connection, INC, [Unsupported(INC, 2, "held").pseudonyms])
    assert owed == {"customers": {"VN/controller/customers": 2}}
    decided(half_sent, 9, 2, "abc")
    assert root(half_sent) == before
    assert states(half_sent) == {"handed_over": 1, "pending": 1, "excluded": 2}
    with half_sent.read() as connection:
        assert ledger.untold(connection, INC, "customers") == {"VN/controller/customers": 1}
    measured(half_sent, 3, dict.fromkeys("abcd", "confirmed"))
    assert states(half_sent) == {"handed_over": 1, "pending": 2, "excluded": 1}
    assert standing(half_sent, 3, "released") == []


def test_who_is_upheld_is_sent_the_letter(half_sent):
    measured(half_sent, 2, {"d": "confirmed"})
    decided(half_sent, 9, 2, "b", upheld=True)
    assert {each.person for each in claim(half_sent)} == {"b", "d"}
    with half_sent.read() as connection:
        assert holding.told(connection, INC, 2, ["customers"]) == 0
    assert rows(half_sent)["b"].held_at is None


def test_a_draft_takes_out_whom_another_letter_is_for_and_nobody_who_is_held(half_sent):
    measured(half_sent, 2, {"b": "confirmed", "d": "confirmed"})
    fill(half_sent, row("d", NEW))
    with half_sent.write() as connection:
        owed = revisions.owed(INC, 2)
        ledger.drop_moved(connection, INC, "customers", NEW, owed, "another letter is for them", NOW)
    assert (rows(half_sent)["b"].state, rows(half_sent)["b"].reason) == (
        "excluded",
        "another letter is for them",
    )
    assert rows(half_sent)["c"].reason == "no e-mail address"
    assert rows(half_sent)["c"].accounted_at is None


def test_a_held_letter_in_which_somebody_died_is_in_doubt_and_not_sent_again(half_sent):
    (taken,) = (each for each in claim(half_sent) if each.person == "d")
    measured(half_sent, 2, {"a": "confirmed"})
    later = NOW.replace(hour=20)
    assert [each.person for each in claim(half_sent, lease="two", at=later)] == []
    assert rows(half_sent)["d"].state == "ambiguous"
    assert counts(half_sent)["held"] == 2
    with half_sent.read() as connection:
        assert ledger.attempts_of(connection, taken.id)[-1]["outcome"] == "ambiguous"
        assert ledger.lease_end(connection, INC, "customers") is None
        assert connection.scalar(select(judged.c.person)) is None
    assert rows(half_sent)["d"].digest == OLD
