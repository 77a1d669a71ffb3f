"""Accounts that are no person's own row are proven: whose each is, and what was seen of those that nobody owns."""

import json
from dataclasses import replace

import pytest

from tests.evidence.conftest import put_back
from tests.evidence.test_letters import erased, tamper, words
from tests.story import Story
from tocsin import actions
from tocsin.domain.scope.people import pseudonym
from tocsin.domain.scope.question import Question
from tocsin.domain.timeline import Entry
from tocsin.evidence.verify import Verdict, verify
from tocsin.storage import accounts

OWNED, NOBODYS = "person IS NOT NULL", "person IS NULL"
NEW = "INSERT INTO account SELECT incident, {revision}, '0000', {person}, sealed FROM account WHERE revision = 1 AND "


def measured(story: Story) -> Story:
    """Two revisions: c2, c3 and c4 are one person, and two accounts of the log are nobody's."""
    one = {"person": "7"}
    story.with_customers(5, c2=one, c3=one, c4=one)
    rows = [
        {"time": "2026-11-23T10:00:00Z", "account": who, "ip": "203.0.113.9", "status": 200}
        for who in ("c1", "c2", "x8", "x9")
    ]
    log = "".join(json.dumps(row) + "\n" for row in rows)
    (story.folder / "api.ndjson").write_text(log, encoding="utf-8")
    with (story.folder / "sources.yaml").open("a", encoding="utf-8") as sources:
        sources.write(
            "logs:\n  - name: api\n    format: ndjson\n    paths: [api.ndjson]\n    country: VN\n"
            "    fields: {at: time, account: account, ip: ip, status: status}\n"
        )
    story.declare()
    for _ in range(2):
        actions.scope(story.app, story.actor("giang"), story.key, Question(ips=("203.0.113.9",)))
    return story.settle()


def scoped(story: Story) -> list[Entry]:
    return [entry for entry in story.entries if entry.kind == "ScopeMeasured"]


def forged(story: Story, statement: str) -> Verdict:
    with put_back(story.app, "account"):
        return tamper(story, statement)


def test_accounts_that_nobody_touched_are_proven_before_erasure_and_after_it(story: Story) -> None:
    verdict = verify(story.app, measured(story).key)
    assert (verdict.fault, verdict.unchecked) == (None, None)
    assert words(verdict)["accounts"] == "8 further accounts as they were found"
    after = verify(story.app, erased(story).key)
    assert (after.fault, words(after)["accounts"]) == (None, "8 further accounts as pseudonyms, erased")
    with story.app.database.read() as connection:
        assert not any(row.sealed for row in accounts.rows(connection, story.key, 1))


def test_an_account_that_was_changed_removed_or_added_is_named_with_its_revision(tale: Story) -> None:
    measured(tale)
    seqs = dict(enumerate((entry.seq for entry in scoped(tale)), 1))
    key = tale.app.people_key(tale.key)
    first, nobodys = min(pseudonym(key, who)[:12] for who in ("c3", "c4")), "an account was added, removed"
    mine = f"account = (SELECT min(account) FROM account WHERE {OWNED})"

    for statement, revision, named in (
        (f"DELETE FROM account WHERE revision = 1 AND {mine}", 1, f"account {first} of person"),
        (f"UPDATE account SET person = 'f00d' WHERE revision = 2 AND {mine}", 2, f"account {first} is not"),
        (f"UPDATE account SET person = NULL WHERE revision = 2 AND {mine}", 2, f"account {first} is not"),
        (f"UPDATE account SET account = '00f00d' WHERE revision = 2 AND {mine}", 2, "account 00f00d is not"),
        (NEW.format(revision=2, person="person") + mine, 2, "account 0000 is not"),
        (f"DELETE FROM account WHERE revision = 1 AND {NOBODYS}", 1, nobodys),
        (NEW.format(revision=1, person="NULL") + f"{NOBODYS} LIMIT 1", 1, nobodys),
    ):
        verdict = forged(tale, statement)
        assert verdict.bad_seq == seqs[revision], statement
        assert f"revision {revision}: {named}" in (verdict.fault or ""), (statement, verdict.fault)
    assert verify(tale.app, tale.key).fault is None


def test_what_is_sealed_of_an_account_that_nobody_owns_is_proven_in_every_revision(tale: Story) -> None:
    measured(tale)
    first = f"(SELECT sealed FROM account WHERE {NOBODYS} ORDER BY account LIMIT 1)"
    for revision, entry in enumerate(scoped(tale), 1):
        of_it = f"WHERE revision = {revision} AND {NOBODYS}"
        for sealed in ("x'00'", first):
            verdict = forged(tale, f"UPDATE account SET sealed = {sealed} {of_it}")
            assert (verdict.bad_seq, "cannot be opened" in (verdict.fault or "")) == (entry.seq, True)
    filled = forged(tale, f"UPDATE account SET sealed = x'00' WHERE {OWNED}")
    assert "leads to a person, and is filled" in (filled.fault or "")


def test_an_account_that_was_sealed_anew_by_who_holds_the_keys_is_not_as_it_was_seen(tale: Story) -> None:
    measured(tale)
    key = tale.app.people_key(tale.key)
    with tale.app.database.read() as connection:
        seen = next(accounts.unowned(connection, tale.key, 2, key))
    row = accounts.row(tale.key, 2, replace(seen, hits=seen.hits + 1), key)
    same = "WHERE revision = 2 AND account = :account"
    verdict = tamper(
        tale, f"UPDATE account SET sealed = :sealed {same}", sealed=row["sealed"], account=row["account"]
    )
    assert "what was seen of accounts that nobody owns was changed" in (verdict.fault or "")


@pytest.mark.parametrize("revision", [7, -1])
def test_an_account_of_a_revision_that_nobody_measured_is_named(tale: Story, revision: int) -> None:
    measured(tale)
    stray = NEW.format(revision=revision, person="person") + f"{OWNED} LIMIT 1"
    assert "account 0000 is of a revision that no entry speaks of" in (forged(tale, stray).fault or "")
    # Of what comes next an interrupted measurement may have left some.
    assert forged(tale, stray.replace(f", {revision},", ", 3,")).fault is None


def test_after_erasure_whose_an_account_is_stays_proven_and_nothing_may_be_filled_in(tale: Story) -> None:
    erased(measured(tale))
    given = forged(tale, f"UPDATE account SET person = 'f00d' WHERE revision = 2 AND {OWNED}")
    assert (given.bad_seq, "revision 2" in (given.fault or "")) == (scoped(tale)[1].seq, True)
    filled = forged(tale, f"UPDATE account SET sealed = x'00' WHERE revision = 2 AND {NOBODYS}")
    assert "2 accounts are filled" in (filled.fault or "")
