"""verify and evidence at the shell: what they print, and how they end."""

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.cli.conftest import Command
from tocsin.app import App


def tamper(app: App, statement: str) -> None:
    with app.database.write() as connection:
        assert connection.execute(text(statement)).rowcount > 0


def test_a_sound_incident_is_proven_check_by_check(tocsin: Command, declared: str) -> None:
    said = tocsin("verify")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith(f"{declared} verified: ")
    for check in ("chain", "head", "pack", "texts", "vault", "ledger", "attempts", "projections"):
        assert f"  {check} " in said.out


def test_a_tampered_entry_is_one_line_that_names_it_and_exit_status_1(
    tocsin: Command, declared: str, app: App
) -> None:
    tamper(app, "UPDATE entry SET actor = 'nobody' WHERE seq = 3")
    said = tocsin("verify", declared)
    assert (said.status, said.out) == (1, "")
    assert said.err == f"tocsin: {declared} entry 3 (Paged): changed after it was written\n"


def test_the_document_says_the_same(tocsin: Command, declared: str, app: App) -> None:
    sound = tocsin("verify", "--json").json
    assert (sound["sound"], sound["fault"], sound["unchecked"]) == (True, None, None)
    assert sound["head"]["seq"] == sound["checks"]["chain"]["count"]
    tamper(app, "DELETE FROM entry WHERE seq = 2")
    broken = tocsin("verify", "--json")
    assert (broken.status, broken.json["sound"], broken.json["bad_seq"]) == (1, False, 2)


def test_what_could_not_be_looked_at_is_said_and_is_no_proof(
    tocsin: Command, declared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.evidence.projections.plan_or_none", lambda *_: None)
    said, document = tocsin("verify"), tocsin("verify", "--json")
    assert said.status == document.status == 1
    assert said.out.startswith(f"{declared} NOT PROVEN, no fault found: ")
    assert (
        said.err == f"tocsin: {declared} NOT CHECKED projections: its plan fails; see the log of the bell\n"
    )
    assert (document.json["sound"], document.json["fault"]) == (False, None)


@pytest.mark.parametrize("statement", ["DELETE FROM duty", "DELETE FROM incident"])
def test_projections_are_made_anew_when_asked(
    tocsin: Command, declared: str, app: App, statement: str
) -> None:
    tamper(app, statement)
    assert tocsin("verify", declared).status == 1
    said = tocsin("verify", declared, "--rebuild")
    assert said.status == 0
    assert "made anew: " in said.out
    assert tocsin("verify", declared).status == 0


def test_a_head_from_a_mail_is_held_against_the_chain(tocsin: Command, declared: str) -> None:
    entries = tocsin("timeline", "--json").json
    third = next(entry["hash"] for entry in entries if entry["seq"] == 3)
    assert tocsin("verify", "--head", f"3:{third[:12]}").status == 0
    assert "not the entry" in tocsin("verify", "--head", f"2:{third[:12]}").err
    assert "--head: write" in tocsin("verify", "--head", "3").err


def test_all_incidents_are_proven_at_once(tocsin: Command, declared: str, app: App) -> None:
    tocsin("declare", "A lost laptop")
    tamper(app, f"UPDATE entry SET actor = 'x' WHERE incident = '{declared}' AND seq = 2")
    said = tocsin("verify", "--all")
    assert said.status == 1
    assert "INC-2026-0002 verified" in said.out
    assert f"{declared} entry 2 " in said.err


def test_an_incident_of_which_the_keys_alone_are_left_is_named(
    tocsin: Command, declared: str, app: App
) -> None:
    for table in ("incident", "entry", "duty"):
        tamper(app, f"DELETE FROM {table}")
    for words in (["--all"], ["1"], [declared]):
        said = tocsin("verify", *words)
        assert (said.status, said.err) == (
            1,
            f"tocsin: {declared} entry 1 is missing: its whole timeline is gone\n",
        )


def test_a_gap_in_the_numbers_of_incidents_is_named(tocsin: Command, declared: str, app: App) -> None:
    tocsin("declare", "A lost laptop", "--exclude", "hoa")
    tocsin("declare", "Another")
    # What somebody is excluded from is no gap.
    assert tocsin("verify", "--all", by="hoa").err == ""
    for table, column in (("incident", "key"), ("entry", "incident"), ("incident_key", "incident")):
        tamper(app, f"DELETE FROM {table} WHERE {column} = 'INC-2026-0002'")
    said = tocsin("verify", "--all")
    assert (said.status, said.err) == (1, "tocsin: incident number 2 is missing: nothing of it is left\n")
    assert [each["sound"] for each in tocsin("verify", "--all", "--json").json] == [True, True, False]


def test_a_stranger_proves_nothing(tocsin: Command, declared: str) -> None:
    said = tocsin("verify", declared, by=None)
    assert said.status == 1
    assert "people.yaml" in said.err


@pytest.mark.parametrize("words", [["verify", "1", "2"], ["verify", "1", "--all"]])
def test_too_many_words_are_wrong_usage(tocsin: Command, declared: str, words: list[str]) -> None:
    assert tocsin(*words).status == 2


def test_evidence_is_kept_listed_with_its_custody_and_copied_out(tocsin: Command, declared: str) -> None:
    kept = tocsin("evidence", "add", "proof.txt", "--step", "1.3")
    assert (kept.status, kept.out.startswith("E1  kept: 31 bytes")) == (0, True)
    assert tocsin("done", "1.3", "--evidence", "proof.txt").status == 0
    copied = tocsin("evidence", "get", "E1", "--out", "copy.txt", by="giang")
    assert copied.status == 0
    assert Path("copy.txt").read_bytes() == Path("proof.txt").read_bytes()
    assert Path("copy.txt").stat().st_mode & 0o077 == 0
    listed = tocsin("evidence", "list").out
    for line in ("E1  proof.txt", "linh  kept (entry", "giang  copied out (entry"):
        assert line in listed
    first = tocsin("evidence", "list", "--json").json[0]
    assert (first["item"], first["step"], [each["by"] for each in first["custody"]]) == (
        "E1",
        "1.3",
        ["linh", "giang"],
    )
    assert tocsin("verify").status == 0


def test_a_copy_that_is_there_already_is_not_overwritten_and_no_entry_says_it_was(
    tocsin: Command, declared: str, app: App
) -> None:
    tocsin("evidence", "add", "proof.txt")
    before = len(tocsin("timeline", "--json").json)
    said = tocsin("evidence", "get", "E1", "--out", "proof.txt")
    assert (said.status, "exists" in said.err) == (1, True)
    assert len(tocsin("timeline", "--json").json) == before


@pytest.mark.parametrize(
    ("words", "by", "status", "says"),
    [
        (["evidence"], "linh", 2, "say what to do"),
        (["evidence", "burn"], "linh", 2, "say what to do"),
        (["evidence", "add"], "linh", 2, "FILE"),
        (["evidence", "add", "nowhere.txt"], "linh", 1, "nowhere.txt"),
        (["evidence", "get", "E9", "--out", "x"], "linh", 1, "has no evidence E9"),
        (["evidence", "get", "E1"], "linh", 2, "--out"),
        (["evidence", "get", "E1", "--out", "x"], "hoa", 1, "may not do this"),
        (["evidence", "list", "--out", "x"], "linh", 2, "does not go with"),
    ],
)
def test_what_cannot_be_done_with_evidence_is_one_line(
    tocsin: Command, declared: str, words: list[str], by: str, status: int, says: str
) -> None:
    if says == "may not do this":
        tocsin("evidence", "add", "proof.txt")
    said = tocsin(*words, by=by)
    assert (said.status, says in said.err, said.err.count("\n")) == (status, True, 1)


def test_somebody_whom_an_incident_excludes_does_not_learn_of_it_by_proving(
    tocsin: Command, declared: str
) -> None:
    tocsin("declare", "An insider", "--exclude", "hoa")
    said = tocsin("verify", "INC-2026-0002", by="hoa")
    assert (said.status, "there is no incident INC-2026-0002" in said.err) == (1, True)
    assert "INC-2026-0002" not in tocsin("verify", "--all", by="hoa").out
    assert tocsin("verify", "INC-2026-0002").status == 0
