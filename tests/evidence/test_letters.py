"""The ledger is proven by the root of its last stop, and so are the people whom the scope found."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from tests.evidence.conftest import put_back
from tests.story import Story
from tocsin.actions.erasing import forget_people
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import Erased
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.scope.why import Way
from tocsin.evidence import vault
from tocsin.evidence.verify import Verdict, verify
from tocsin.record import record
from tocsin.sinks.mail import Fault
from tocsin.storage import affected


def tamper(story: Story, statement: str, **values: Any) -> Verdict:
    """What somebody with the database in hand can do, and what the verifier says to it."""
    with story.app.database.write() as connection:
        assert connection.execute(text(statement), values).rowcount > 0
    return verify(story.app, story.key)


def tampered(story: Story, statements: str, *tables: str) -> Verdict:
    """The same, and these tables are put back as they were, so that one story serves many tamperings."""
    *first, last = statements.split("; ")
    with put_back(story.app, *tables):
        for statement in first:
            tamper(story, statement)
        return tamper(story, last)


def words(verdict: Verdict) -> dict[str, str]:
    return {check.name: check.words for check in verdict.checks}


def stop_of(story: Story) -> int:
    return max(entry.seq for entry in story.entries if entry.kind == "SendingStopped")


def refused(story: Story, who: str = "c3") -> Story:
    """One reader's server says no for ever."""
    story.mail.misbehave(Fault(at="rcpt", reply="550 5.1.1 no such user", recipient=f"{who}@example.org"))
    return story


def test_letters_and_people_that_nobody_touched_are_proven(story: Story) -> None:
    verdict = verify(story.app, refused(story).released().key)

    assert (verdict.fault, verdict.unchecked) == (None, None)
    counts = {check.name: check.count for check in verdict.checks}
    assert (counts["ledger"], counts["people"]) == (6, 6)


def test_a_row_that_was_changed_after_the_stop_is_a_fault_of_that_entry(story: Story) -> None:
    refused(story).released()
    person = next(row.person for row in story.rows if row.state == "refused")
    first = "WHERE id = (SELECT min(id) FROM ledger)"

    for statement in (
        "UPDATE ledger SET state = 'handed_over' WHERE state = 'refused'",
        "UPDATE ledger SET state = 'pending' WHERE state = 'handed_over'",
        "UPDATE ledger SET reply = '250 believe me' WHERE state = 'handed_over'",
        f"UPDATE ledger SET message_id = 'x@y' {first}",
        f"UPDATE ledger SET variant = 'another' {first}",
        f"UPDATE ledger SET person = 'f00d' {first}",
        "UPDATE ledger SET attempts = attempts + 1 WHERE state = 'refused'",
        "UPDATE ledger SET doubtful = true WHERE state = 'refused'",
    ):
        verdict = tampered(story, statement, "ledger")
        assert verdict.bad_seq == stop_of(story), statement
        assert "ledger of customers" in (verdict.fault or ""), statement

    # One whose state was changed is named by its pseudonym; one that was taken away is missing.
    changed = tampered(story, "UPDATE ledger SET state = 'handed_over' WHERE state = 'refused'", "ledger")
    assert person[:12] in (changed.fault or "")
    assert "refused 1 -> 0" in (changed.fault or "")
    gone = tampered(story, f"DELETE FROM ledger {first}", "ledger")
    assert "1 rows are missing of the 6" in (gone.fault or "")
    untried = tampered(story, "DELETE FROM attempt WHERE door = 'ledger'", "attempt")
    assert "ledger: row" in (untried.fault or "")
    assert verify(story.app, story.key).fault is None


def test_the_sealed_words_of_a_letter_that_were_changed_are_named_with_the_person(tale: Story) -> None:
    """The root covers what stays after erasure; the address and name are bound to the same letter by their seal."""
    tale.with_customers(2).released()
    persons = sorted(row.person for row in tale.rows)

    last = "(SELECT max(person) FROM ledger)"
    changed = tampered(tale, f"UPDATE ledger SET sealed = x'00' WHERE person = {last}", "ledger")
    copied = f"(SELECT sealed FROM ledger WHERE person = {last})"
    swapped = tampered(tale, f"UPDATE ledger SET sealed = {copied}", "ledger")

    assert f"the letter to person {persons[1][:12]} was changed" in (changed.fault or "")
    assert f"the letter to person {persons[0][:12]} was changed" in (swapped.fault or "")
    assert changed.bad_seq == stop_of(tale)
    erased(tale)
    filled = tampered(tale, "UPDATE ledger SET sealed = x'00'", "ledger")
    assert f"the letter to person {persons[0][:12]} is filled again" in (filled.fault or "")


def test_a_letter_that_a_person_settled_since_is_explained_and_no_other_change_is(story: Story) -> None:
    refused(story).released()
    story.as_("an").exclude(CUSTOMERS, "c3", because="told by telephone")
    settled = max(entry.seq for entry in story.entries if entry.kind == "LetterExcluded")

    assert verify(story.app, story.key).fault is None
    beside = tampered(story, "UPDATE ledger SET reply = 'forged' WHERE state = 'handed_over'", "ledger")
    assert beside.bad_seq == stop_of(story)
    for change in ("state = 'handed_over'", "reason = 'another'"):
        verdict = tampered(story, f"UPDATE ledger SET {change} WHERE state = 'excluded'", "ledger")
        assert verdict.bad_seq == settled, change


def test_letters_that_wait_for_another_try_are_proven_by_their_stop(story: Story) -> None:
    story.mail.misbehave(Fault(at="rcpt", reply="451 4.7.1 later", recipient="c3@example.org"))
    story.released()
    assert story.letter.mark == "sending"

    assert verify(story.app, story.key).fault is None
    verdict = tamper(story, "UPDATE ledger SET reply = 'forged' WHERE state = 'handed_over'")
    assert verdict.bad_seq == stop_of(story)


def test_letters_that_may_be_leaving_now_are_said_to_be_on_their_way(story: Story) -> None:
    story.mail.misbehave(Fault(at="rcpt", reply="451 4.7.1 later", recipient="c3@example.org"))
    story.released().leap(hours=5)

    verdict = tamper(story, "UPDATE ledger SET attempts = 2, state = 'sending' WHERE state = 'pending'")

    assert verdict.fault is None
    assert "on its way" in words(verdict)["ledger"]


def test_each_attempt_is_held_against_what_counts_it(tale: Story) -> None:
    """One letter needed two tries: the first, which no row shows any more, is in the digest of the stop."""
    tale.mail.misbehave(Fault(at="rcpt", reply="451 4.7.1 later", recipient="c3@example.org", times=1))
    tale.released().fast_forward(hours=1)
    paged = max(entry.seq for entry in tale.entries if entry.kind == "PageOutcome")
    two = "SELECT \"row\" FROM attempt WHERE door = 'ledger' AND number = 2"
    first = f"door = 'ledger' AND number = 1 AND \"row\" IN ({two})"
    page = "(SELECT max(id) FROM attempt WHERE door = 'outbox' AND \"row\" IN (SELECT id FROM outbox WHERE page > 0))"
    row, no = f'(SELECT "row" FROM attempt WHERE id = {page})', "'refused'"
    as_refused = f"state = {no}, outcome = {no}"
    assert verify(tale.app, tale.key).fault is None

    for statement, named in (
        (f"DELETE FROM attempt WHERE {first}", "does not have the attempts that it counts"),
        (f"UPDATE attempt SET reply = '250 ok' WHERE {first}", f"up to entry {stop_of(tale)} are not those"),
        (f"UPDATE attempt SET at = replace(at, '2026', '2025') WHERE {first}", "are not those it counted"),
        ("UPDATE attempt SET reply = '250 believe me' WHERE number = 2", "says what no attempt recorded"),
        (f"UPDATE attempt SET at = replace(at, '2026', '2025') WHERE id = {page}", "says what no attempt"),
        (
            f"UPDATE outbox SET {as_refused} WHERE id = {row}; UPDATE attempt SET outcome = {no} WHERE id = {page}",
            f"entry {paged}: the attempt that it tells of was changed",
        ),
    ):
        assert named in (tampered(tale, statement, "attempt", "outbox").fault or ""), statement


def test_affected_people_who_were_changed_are_noticed(story: Story) -> None:
    story.drafted()

    for statement, named in (
        ("DELETE FROM affected WHERE person = (SELECT min(person) FROM affected)", "not as many"),
        ("UPDATE affected SET bucket = 'excluded'", "not as many"),
        (
            "UPDATE affected SET sealed = (SELECT sealed FROM affected ORDER BY person LIMIT 1)",
            "cannot be opened",
        ),
    ):
        assert named in (tampered(story, statement, "affected").fault or ""), statement


def test_a_reason_that_was_changed_is_noticed_though_the_people_are_the_same(story: Story) -> None:
    story.drafted()
    key = story.app.people_key(story.key)
    with story.app.database.read() as connection:
        hidden, person = next(affected.people(connection, story.key, 1, key))
    other = replace(person, why=replace(person.why, ways=(Way.OPEN,)))
    forged = "UPDATE affected SET sealed = :sealed WHERE revision = 1 AND person = :person"
    sealed = affected.row(story.key, 1, other, key)["sealed"]
    with put_back(story.app, "affected"):
        verdict = tamper(story, forged, sealed=sealed, person=hidden)
    assert "are not there for the reasons found" in (verdict.fault or "")


FIRST = "person = (SELECT min(person) FROM affected WHERE revision = 2) AND revision = 2"


@pytest.mark.parametrize("column", ["place", "locale"])
def test_a_column_of_a_person_that_was_changed_is_named_with_the_person_and_after_erasure_with_the_scope(
    tale: Story, column: str
) -> None:
    tale.drafted("c1").scope()
    scoped = [entry.seq for entry in tale.entries if entry.kind == "ScopeMeasured"]
    with tale.app.database.read() as connection:
        person = connection.scalar(text("SELECT min(person) FROM affected WHERE revision = 2"))
    forged = f"UPDATE affected SET {column} = 'xx' WHERE {FIRST}"

    verdict = tampered(tale, forged, "affected")
    assert (verdict.bad_seq, f"the {column} of person {person[:12]}" in (verdict.fault or "")) == (
        scoped[1],
        True,
    )
    # Of an earlier revision nobody opens the people any more, but its rows are counted and digested.
    older = tampered(tale, f"UPDATE affected SET {column} = 'xx' WHERE revision = 1", "affected")
    assert (older.bad_seq, "revision 1 lists" in (older.fault or "")) == (scoped[0], True)

    erased(tale)
    assert verify(tale.app, tale.key).fault is None
    verdict = tampered(tale, forged, "affected")
    assert (verdict.bad_seq, "revision 2 lists" in (verdict.fault or "")) == (scoped[1], True)
    refilled = tampered(tale, f"UPDATE affected SET sealed = person WHERE {FIRST}", "affected")
    assert "1 rows are filled" in (refilled.fault or "")


def test_a_person_of_an_earlier_revision_cannot_stand_in_for_one_of_the_last(story: Story) -> None:
    story.drafted("c1", "c2").scope("c1", "c3")

    verdict = tamper(
        story,
        "UPDATE affected SET person = o.person, sealed = o.sealed, place = o.place FROM "
        "(SELECT person, sealed, place FROM affected WHERE revision = 1 AND person NOT IN "
        "(SELECT person FROM affected WHERE revision = 2)) AS o WHERE affected.revision = 2 AND affected.person "
        "NOT IN (SELECT person FROM affected WHERE revision = 1)",
    )

    assert "cannot be opened" in (verdict.fault or "")


def test_a_person_who_was_sealed_anew_by_who_holds_the_keys_is_not_the_one_that_was_found(
    tale: Story,
) -> None:
    tale.drafted("c1")
    people_key = tale.app.people_key(tale.key)
    with tale.app.database.write() as connection:
        ((_, found),) = affected.people(connection, tale.key, 1, people_key)
        affected.clear(connection, tale.key, 1)
        affected.write(
            connection, [affected.row(tale.key, 1, replace(found, hits=found.hits + 1), people_key)]
        )

    assert "not those that were found" in (verify(tale.app, tale.key).fault or "")


def erased(story: Story) -> Story:
    """As `erase` does it, without waiting for a year."""
    app, key = story.app, story.key

    def decide(change: Change) -> None:
        change.add(Erased(because=change.keep("retention is over")))
        change.also.append(lambda connection: forget_people(connection, key, change.now))

    record(app, key, decide, actor="an")
    return story


def test_what_was_erased_is_said_to_be_erased_and_the_rest_stays_proven(story: Story) -> None:
    refused(story).released()

    verdict = verify(story.app, erased(story).key)

    assert verdict.fault is None
    said = words(verdict)
    assert "erased" in said["vault"]
    assert "erased" in said["people"]
    assert "destroyed" in said["keys"]
    assert said["ledger"] == "6 letters as their Merkle root says"


def test_erasing_takes_evidence_and_leaves_what_proves_that_an_authority_was_told(story: Story) -> None:
    story.declare()
    sealed = [
        vault.put_file(story.app, story.key, b"a log of customers"),
        vault.put_file(story.app, story.key, b"a receipt", purpose="record"),
    ]

    def decide(change: Change) -> None:
        for each in sealed:
            vault.keep(change, each, "a name", by="an")

    record(story.app, story.key, decide, actor="an")
    verdict = verify(story.app, erased(story).key)

    assert verdict.fault is None
    assert words(verdict)["vault"] == "1 of 2 items open and are what was kept, 1 erased"
    assert vault.read(story.app, story.key, "E2") == b"a receipt"
    with pytest.raises(Refused, match="was destroyed"):
        vault.read(story.app, story.key, "E1")


def test_a_key_that_came_back_after_it_was_destroyed_is_a_fault(story: Story) -> None:
    story.released()
    with story.app.database.read() as connection:
        wrapped = connection.scalar(text("SELECT wrapped FROM incident_key WHERE purpose = 'people'"))
    erased(story)
    destroyed = max(entry.seq for entry in story.entries if entry.kind == "Erased")

    verdict = tamper(story, "UPDATE incident_key SET wrapped = :key WHERE purpose = 'people'", key=wrapped)

    assert verdict.bad_seq == destroyed


def test_a_ledger_that_was_forged_after_erasure_is_still_a_fault(story: Story) -> None:
    refused(story).released()
    erased(story)

    verdict = tamper(story, "UPDATE ledger SET state = 'handed_over' WHERE state = 'refused'")

    assert verdict.bad_seq == stop_of(story)
