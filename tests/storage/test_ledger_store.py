"""The ledger's rows: one for each person, claimed by one worker, counted always."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select, update

from tests.explained import explained
from tocsin.domain.moments import iso
from tocsin.storage import ledger, refusals
from tocsin.storage.database import Database
from tocsin.storage.ledger import STATES, Onward, Settled
from tocsin.storage.tables import attempt, mark
from tocsin.storage.tables import ledger as table

NOW = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
VN = "VN/controller/customers"
OLD, NEW = "1" * 64, "2" * 64
LATER = timedelta(minutes=5)


def row(person, digest=OLD, state="pending", **change):
    return {
        "incident": "INC-1", "notice": "customers", "digest": digest, "person": person, "variant": "v",
        "readers": "VN/controller/customers",
        "message_id": f"{person}-{digest[0]}@x", "state": state, "reason": None, "attempts": 0, "doubtful": False,
        "not_before": NOW, "sealed": b"s",
    } | change  # fmt: skip


def fill(database, *rows):
    with database.write() as connection:
        ledger.fill(connection, rows)


def claim(database, digest=OLD, *, lease="one", at=NOW, limit=50, at_once=1):
    with database.write() as connection:
        return ledger.claim(
            connection,
            "INC-1",
            "customers",
            digest,
            lease=lease,
            now=at,
            clock=at,
            seconds=60,
            limit=limit,
            at_once=at_once,
        )


def regained(connection, lease, known, clock):
    return ledger.regained(
        connection, "INC-1", "customers", lease=lease, known=known, clock=clock, seconds=60
    )


def settle(database, rows, state="handed_over", *, lease="one", final=True, at=NOW):
    outcome = "retry" if state == "pending" else state
    results = [Settled(r.id, r.attempts + 1, state, outcome, "done", "250 ok", final, at) for r in rows]
    with database.write() as connection:
        ledger.settle(connection, lease, results, at)


def rows(database):
    with database.read() as connection:
        return {r.person: r for r in connection.execute(select(table))}


def counts(database):
    with database.read() as connection:
        return ledger.counts(connection, "INC-1", "customers")


def test_filling_twice_writes_each_person_once(database):
    people = [row(f"p{n}") for n in range(7)]
    fill(database, *people[:4])
    fill(database, *people)
    assert len(rows(database)) == 7


def known(database):
    """What a letter is known by when it comes back, with the address that it went to."""
    with database.read() as connection:
        return {each.mark: each.address for each in connection.execute(select(mark))}


def test_a_letter_is_known_by_what_it_carried_under_each_draft(database):
    fill(database, row("p"))
    settle(database, claim(database), "ambiguous", final=False)
    fill(database, row("p", NEW))
    assert known(database) == {"p-1": ledger.OLDER, "p-2": 1}
    fill(database, row("p"))
    assert known(database) == {"p-1": 1, "p-2": ledger.OLDER}


def test_many_people_are_one_statement(database):
    asked = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def hear(_, __, statement, *___):
        asked.append(statement)

    fill(database, *(row(f"p{n}") for n in range(500)))
    assert sum("INSERT INTO ledger" in each for each in asked) == 1
    assert len(rows(database)) == len(known(database)) == 500


def test_a_letter_that_left_before_the_new_draft_keeps_what_it_is_known_by(database):
    fill(database, row("p"), row("q"))
    (left, *_) = claim(database, limit=1)
    fill(database, row("p", NEW), row("q", NEW))
    first, second = (f"{left.person}-1", "q" if left.person == "p" else "p")
    assert known(database) == {first: 1, f"{second}-1": ledger.OLDER, f"{second}-2": 1}


def test_who_lost_a_letter_says_nothing_of_what_it_is_known_by(database):
    fill(database, row("p", addresses=2))
    (lost,) = claim(database)
    (taken,) = claim(database, lease="two", at=NOW + LATER)
    to = Onward(lost.id, 2, "p-second@x", b"s", "p-1", "v", None)
    late = Settled(lost.id, 1, "pending", "refused", "rcpt", "550 no", True, NOW, address=1, onward=to)
    with database.write() as connection:
        ledger.settle(connection, "one", [late], NOW)
    assert known(database) == {"p-1": 1}
    settle(database, [taken], lease="two")
    assert rows(database)["p"].mark == "p-1"


def test_the_states_always_add_up_to_the_people(database):
    fill(
        database, *(row(f"p{n}") for n in range(9)), row("none", state="excluded", reason="no e-mail address")
    )
    taken = claim(database, limit=6)
    settle(database, taken[:2])
    settle(database, taken[2:3], "refused")
    settle(database, taken[3:4], "ambiguous", final=False)
    found = counts(database)
    assert sum(found[state] for state in STATES) == 10
    assert {state: found[state] for state in STATES if found[state]} == {
        "pending": 3, "sending": 2, "handed_over": 2, "refused": 1, "ambiguous": 1, "excluded": 1,
    }  # fmt: skip


def test_two_workers_never_take_the_same_row(database):
    fill(database, *(row(f"p{n}") for n in range(200)))

    def work(name):
        mine = []
        while taken := claim(database, lease=name, limit=7):
            settle(database, taken, lease=name)
            mine += [each.person for each in taken]
        return mine

    with ThreadPoolExecutor(4) as pool:
        taken = [person for mine in pool.map(work, "abcd") for person in mine]
    assert len(taken) == len(set(taken)) == 200
    assert counts(database)["handed_over"] == 200
    assert {each.attempts for each in rows(database).values()} == {1}


def test_a_row_on_the_wire_is_left_alone_until_its_lease_ends_and_is_in_doubt_then(database):
    fill(database, row("p"))
    claim(database)
    assert claim(database, lease="two", at=NOW + timedelta(seconds=59)) == []
    (doubted,) = claim(database, lease="two", at=NOW + timedelta(seconds=61))
    assert rows(database)["p"].doubtful
    settle(database, [doubted], lease="one", at=NOW)  # the first holder wakes up: its word comes too late
    assert rows(database)["p"].state == "sending"
    settle(database, [doubted], lease="two")
    assert counts(database)["possible_duplicates"] == 1
    with database.read() as connection:
        tries = ledger.attempts_of(connection, doubted.id)
    # The one that was lost has no hole in its place.
    assert [
        (each["number"], each["outcome"], each["phase"]) for each in tries if each["reply"] != "250 ok"
    ] == [(1, "ambiguous", "wire")]
    assert tries[-1]["number"] == 2


def test_rows_that_were_taken_and_not_tried_are_given_back_as_they_were(database):
    fill(database, row("p"))
    (taken,) = claim(database)
    with database.write() as connection:
        ledger.unclaim(connection, "one", [taken])
    given = rows(database)["p"]
    assert (given.state, given.attempts, given.lease, given.doubtful) == ("pending", 0, None, False)


def test_a_row_in_doubt_that_was_taken_and_not_tried_stays_in_doubt(database):
    fill(database, row("p"))
    claim(database)
    (doubted,) = claim(database, lease="two", at=NOW + timedelta(seconds=61))
    with database.write() as connection:
        ledger.unclaim(connection, "two", [doubted])
    given = rows(database)["p"]
    assert (given.state, given.attempts, given.doubtful) == ("ambiguous", 1, True)
    assert [each.id for each in claim(database, lease="three")] == [doubted.id]


def test_a_doubt_at_the_address_before_is_none_of_the_letter_that_a_sender_never_heard_of(database):
    fill(database, row("p", addresses=2))
    (taken,) = claim(database)
    settle(database, [taken], "ambiguous", final=False, at=NOW)
    with database.write() as connection:
        connection.execute(update(table).values(address=2, state="pending"))
    claim(database, lease="two")
    with database.write() as connection:
        (found,) = regained(connection, "two", set(), NOW)
    assert (found.state, found.address) == ("pending", 2)


def test_what_a_sender_took_and_never_heard_of_is_its_own_again_as_it_was(database):
    people = ("new", "put off", "doubted", "known", "anothers")
    fill(database, *map(row, people))
    later = NOW + timedelta(seconds=61)
    taken = {each.id: each for each in claim(database)}
    ids = {person: each.id for person, each in rows(database).items()}
    settle(database, [taken[ids["put off"]]], "pending", final=False, at=NOW)
    settle(database, [taken[ids["doubted"]]], "ambiguous", final=False, at=NOW)
    with database.write() as connection:
        ledger.unclaim(connection, "one", [taken[ids[each]] for each in ("new", "known", "anothers")])
    before = rows(database)
    for lease, person in (("two", "new"), ("two", "put off"), ("two", "known"), ("three", "anothers")):
        with database.write() as connection:
            connection.execute(update(table).where(table.c.id != ids[person]).values(digest="x"))
        assert [each.id for each in claim(database, lease=lease)] == [ids[person]]
        with database.write() as connection:
            connection.execute(update(table).values(digest=OLD))
    assert [each.id for each in claim(database, lease="two")] == [ids["doubted"]]
    with database.write() as connection:
        found = regained(connection, "two", {ids["known"]}, later)
    assert {each.person for each in found} == {"new", "put off", "doubted"}
    for each in found:
        was = before[each.person]
        assert (each.state, each.attempts, each.sealed) == (was.state, was.attempts, was.sealed)
        assert each.first_attempt_at == was.first_attempt_at
        assert rows(database)[each.person].lease_until == later + timedelta(seconds=60)
    with database.write() as connection:
        ledger.unclaim(connection, "two", found)
    assert {each: rows(database)[each].state for each in people} == {
        "new": "pending",
        "put off": "pending",
        "doubted": "ambiguous",
        "known": "sending",
        "anothers": "sending",
    }


def test_who_waits_is_taken_when_the_wait_is_over(database):
    fill(database, row("p"))
    later = NOW + timedelta(minutes=5)
    settle(database, claim(database), "pending", final=False, at=later)
    assert claim(database, lease="two") == []
    with database.read() as connection:
        assert ledger.next_due(connection, "INC-1", "customers") == later
    assert len(claim(database, lease="two", at=later)) == 1


# --- another draft of the same letter


@pytest.fixture
def half_sent(database):
    """One letter left, one was refused, one was put off, one is in doubt, one has no address; two were not tried."""
    fill(
        database, *(row(f"p{n}") for n in range(6)), row("none", state="excluded", reason="no e-mail address")
    )
    left, refused, put_off, doubted = sorted(claim(database, limit=4), key=lambda each: each.person)
    settle(database, [left])
    settle(database, [refused], "refused")
    settle(database, [put_off], "pending", final=False)
    settle(database, [doubted], "ambiguous", final=False)
    return database


def test_a_new_draft_covers_whoever_the_old_one_did_not_surely_reach(half_sent):
    fill(half_sent, *(row(f"p{n}", NEW) for n in range(6)), row("none", NEW))
    found = rows(half_sent)
    assert [person for person in sorted(found) if found[person].digest == NEW] == [
        "none",
        "p2",
        "p3",
        "p4",
        "p5",
    ]
    assert found["p3"].doubtful
    assert found["p3"].message_id == f"p3-{NEW[0]}@x"
    assert found["none"].state == "pending"
    assert {each.person for each in claim(half_sent, NEW)} == {"none", "p2", "p4", "p5"}
    assert {each.person for each in claim(half_sent, NEW)} == {"p3"}  # alone, since she may have the old one


def test_a_letter_of_an_older_draft_in_which_somebody_died_is_not_stuck(database):
    fill(database, row("p"))
    claim(database)
    later = NOW + timedelta(seconds=61)
    (found,) = claim(database, NEW, lease="two", at=later)
    settle(database, [found], lease="two", at=later)
    assert (rows(database)["p"].digest, rows(database)["p"].doubtful) == (NEW, True)


def test_a_person_settled_by_hand_is_not_written_to_by_a_new_draft(half_sent):
    waiting = rows(half_sent)["p4"]
    with half_sent.write() as connection:
        assert ledger.exclude(connection, waiting.id, "words", NOW)
        assert not ledger.exclude(connection, rows(half_sent)["p0"].id, "words", NOW)
    fill(half_sent, row("p4", NEW))
    assert rows(half_sent)["p4"].state == "excluded"


def test_the_root_stands_for_every_row_and_stays_after_erasure(half_sent):
    with half_sent.read() as connection:
        before = ledger.root_of(connection, "INC-1", "customers")
    with half_sent.write() as connection:
        ledger.forget(connection, "INC-1")
    with half_sent.read() as connection:
        assert ledger.root_of(connection, "INC-1", "customers") == before
    with half_sent.write() as connection:
        connection.execute(table.update().where(table.c.person == "p0").values(state="bounced"))
    with half_sent.read() as connection:
        assert ledger.root_of(connection, "INC-1", "customers") != before


def test_who_is_still_to_be_told_is_counted_by_what_the_laws_call_them(database):
    state = {
        "a": {"state": "handed_over"},
        "b": {"state": "refused", "settled_at": NOW},
        "c": {"state": "excluded", "reason": "no e-mail address"},
        "d": {"state": "ambiguous", "settled_at": NOW, "readers": "DE/controller/customers"},
        "e": {"state": "excluded", "reason": "held for a decision: a suspect"},
        "f": {"state": "refused", "settled_at": NOW, "held_at": NOW},
    }
    held = {"undecided": {VN: 1}, "unsupported": {VN: 1}}
    with database.write() as connection:
        for person, change in state.items():
            ledger.fill(connection, [row(person, **{"accounted_at": None, "settled_at": None} | change)])
        assert ledger.untold(connection, "INC-1", "customers") == {"DE/controller/customers": 0, VN: 4}
        left = ledger.account(connection, "INC-1", "customers", NOW, undecided=False)
        assert left == ledger.Unaccounted(elsewise={VN: 2}, **held)
        assert ledger.untold(connection, "INC-1", "customers") == {"DE/controller/customers": 0, VN: 2}
        # Told by post, they are not written to by a later draft.
        ledger.fill(connection, [row("c", digest=NEW, accounted_at=None, settled_at=None)])
        left = ledger.account(connection, "INC-1", "customers", NOW, undecided=True)
        assert left == ledger.Unaccounted(elsewise={}, **held)
        assert ledger.untold(connection, "INC-1", "customers") == {"DE/controller/customers": 0, VN: 1}


def test_a_letter_that_waits_and_may_have_left_before_is_taken_alone(database):
    fill(database, *(row(f"p{n}") for n in range(5)), row("put-off", doubtful=True, not_before=NOW - LATER))
    # Not with others: whoever dies would have had it in hand and not begun it.
    assert {each.person for each in claim(database, limit=3)} == {"p0", "p1"}
    settle(database, [each for each in rows(database).values() if each.state == "sending"])
    assert {each.person for each in claim(database, limit=1, lease="two")} == {"put-off"}
    assert {each.person for each in claim(database, limit=9, lease="three")} == {"p2", "p3", "p4"}


@pytest.mark.parametrize("at_a_time", [2, 1000])
def test_attempts_are_told_letter_by_letter_in_the_order_of_the_pseudonyms(database, monkeypatch, at_a_time):
    monkeypatch.setattr(ledger, "_LOOKED_UP", at_a_time)
    fill(database, *(row(person) for person in ("e", "b", "d", "a", "c")), row("a", incident="INC-2"))
    settle(database, claim(database), "pending", final=False)
    settle(database, [each for each in claim(database, lease="two") if each.person in "bd"], lease="two")
    late = [each for each in rows(database).values() if each.person == "e"]
    settle(database, late, lease="two", at=NOW + LATER)
    # One of the outbox may be called as a letter is.
    ours = {"door": "outbox", "row": str(late[0].id), "number": 1, "at": NOW, "outcome": "refused"}
    with database.write() as connection:
        connection.execute(attempt.insert(), ours)
    with database.read() as connection:
        found = [json.loads(each) for each in ledger.attempts_lines(connection, "INC-1", "customers", NOW)]
    assert [(person, number, outcome) for person, number, _, outcome, *_ in found] == [
        ("a", 1, "retry"),
        ("b", 1, "retry"),
        ("b", 2, "handed_over"),
        ("c", 1, "retry"),
        ("d", 1, "retry"),
        ("d", 2, "handed_over"),
        ("e", 1, "retry"),
    ]
    assert found[0][2:] == [iso(NOW), "retry", "done", "250 ok", 1]


def test_a_sending_looks_at_no_letter_with_which_nothing_more_happens(sqlite_url):
    database = Database(sqlite_url)
    fill(database, *(row(f"p{n}") for n in range(4)))
    settle(database, claim(database, limit=2))

    def go_on():
        claim(database)
        with database.write() as connection:
            assert len(regained(connection, "one", set(), NOW)) == 2
            assert ledger.next_due(connection, "INC-1", "customers") is None
            assert ledger.lease_end(connection, "INC-1", "customers") == NOW + timedelta(seconds=60)
            assert not refusals.is_any_our_fault(connection, "INC-1", "customers")

    steps = explained(database, go_on)
    database.close()
    state = "(incident=? AND notice=? AND state=?"
    assert {step for step in steps if " ledger " in step} == {
        f"SEARCH ledger USING INDEX ix_ledger_unsettled {state})",
        f"SEARCH ledger USING INDEX ix_ledger_unsettled {state} AND not_before<?)",
        "SEARCH ledger USING INDEX ix_ledger_refused (incident=? AND notice=?)",
    }
