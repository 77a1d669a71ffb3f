"""The register at the shell: who sees what, what it is filtered by, and what it writes."""

import csv
import stat
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from tests.cli.conftest import CUSTOMERS, Command
from tocsin.app import App

PROMISE = "policy-promise/customers/individuals/controller"


def test_exercises_have_a_register_of_their_own(tocsin: Command, declared: str) -> None:
    said = tocsin("register")
    assert (said.status, said.out) == (0, "No breach is on record.\n")
    assert said.err == "1 exercises are left out: tocsin register --drills\n"
    assert "INC-2026-0001" in tocsin("register", "--drills").out
    found = tocsin("register", "--json").json
    assert (found["breaches"], found["left_out"]) == ([], {"drills": 1, "restricted": 0})


def test_every_breach_stands_in_it_with_what_was_decided(tocsin: Command, declared: str) -> None:
    assert (
        tocsin("learn", "our_role=controller", "kinds=account-info", "--source", "log", by="an").status == 0
    )
    assert tocsin("assess", "--decide", "unlikely", "--because", "encrypted", by="an").status == 0
    assert tocsin("dissent", "risk", "--because", "the key leaked too", by="chi").status == 0
    decided = ("--because", "nobody was hit", "--decided-by", "bao", "--advised-by", "an")
    assert tocsin("not-notify", PROMISE, *decided, "--look-again", "2027-01-31", by="an").status == 0
    assert tocsin("decline", declared, "--yes", "--because", "our own test").status == 0
    (one,) = tocsin("register", "--drills", "--json").json["breaches"]
    assert (one["status"], one["ending"]["because"]) == ("declined", "our own test")
    assert one["risk"]["decided"] | {"at": 0} == {
        "level": "unlikely",
        "by": "an",
        "at": 0,
        "because": "encrypted",
        "doubted": False,
    }
    assert one["risk"]["advice"]["level"] == "risk"
    assert [(each["by"], each["because"]) for each in one["dissents"]] == [("chi", "the key leaked too")]
    (decision,) = one["not_notified"]
    assert (decision["decided_by"], decision["advised_by"], decision["written_down_by"]) == (
        "bao",
        ["an"],
        "an",
    )
    assert "unlikely (advised: risk)" in tocsin("register", "--drills").out


def test_a_day_that_has_come_is_shown_until_somebody_decides_anew(
    tocsin: Command, declared: str, leap: Callable[..., None]
) -> None:
    decide = ("not-notify", PROMISE, "--because", "nobody was hit")
    assert tocsin(*decide, "--look-again", "2026-12-01", by="an").status == 0
    leap(days=20)
    said = tocsin("register", "--drills")
    assert "2026-12-01 OVERDUE" in said.out
    assert f"LOOK    INC-2026-0001 {PROMISE}, was due " in said.out
    assert tocsin(*decide, by="an").status == 0
    assert "OVERDUE" not in tocsin("register", "--drills").out


def test_it_is_filtered_by_the_day_of_the_declaration_and_goes_back_in_time(
    tocsin: Command, declared: str, leap: Callable[..., None]
) -> None:
    def keys(*words: str) -> list[str]:
        return [each["key"] for each in tocsin("register", "--drills", "--json", *words).json["breaches"]]

    # Declared on 24 November in Ho Chi Minh City, and still on the 23rd in UTC.
    assert keys("--since", "2026-11-24", "--until", "2026-11-24") == [declared]
    assert keys("--until", "2026-11-23") == keys("--since", "2026-11-25") == []
    leap(days=2)
    assert tocsin("decline", declared, "--yes", "--because", "our own test").status == 0
    (then,) = tocsin("register", "--drills", "--json", "--as-of", "2026-11-25T00:00Z").json["breaches"]
    assert (then["status"], then["ending"]) == ("containment", None)
    assert keys("--as-of", "2026-11-01T00:00Z") == []


def test_restricted_breaches_are_for_those_who_work_on_them(tocsin: Command, declared: str) -> None:
    said = tocsin("register", "--drills", by="hoa")
    assert said.out == "No exercise is on record.\n"
    assert said.err == "1 restricted, for those who work on them, are left out\n"
    assert tocsin("register", by=None).status == 1
    other = tocsin("declare", "A laptop", "--exclude", "hoa", "--json").json["key"]
    assert other not in tocsin("register", "--drills", "--json", by="hoa").out
    assert tocsin("register", other, by="hoa").status == 1


def test_csv_and_pdf_are_new_files_for_their_owner(tocsin: Command, declared: str) -> None:
    said = tocsin("register", "--drills", "--csv", "r.csv", "--pdf", "r.pdf", "--lang", "vi")
    assert said.status == 0
    for name, begin in (("r.csv", b"\xef\xbb\xbf"), ("r.pdf", b"%PDF")):
        path = Path(name)
        assert path.read_bytes().startswith(begin)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert f"{name}: {path.stat().st_size:,} bytes." in said.out
    with Path("r.csv").open(encoding="utf-8-sig", newline="") as file:
        head, row = csv.reader(file)
    assert (head[0], row[0].split("\n")[0]) == ("Vụ việc", declared)
    for words, status, says in (
        (("--csv", "r.csv"), 1, "r.csv exists; choose another name"),
        (("--csv", "x", "--pdf", "x"), 2, "the same file"),
        (("--csv", "x", "--lang", "xx"), 2, "known: en, vi"),
        (("--csv", "nowhere/x"), 1, "nowhere/x"),
        (("--since", "yesterday"), 1, "there is no day 'yesterday'"),
        (("--since", "2026-12-01", "--until", "2026-11-01"), 1, "lies before"),
        (("--as-of", "2099-01-01T00:00Z"), 2, "future"),
        (("99",), 1, "there is no incident 99"),
    ):
        refused = tocsin("register", *words)
        assert (refused.status, refused.err.count("\n"), says in refused.err) == (status, 1, True), words
    assert not Path("x").exists()


def test_no_affected_person_stands_in_it(tocsin: Command, drafted: str) -> None:
    assert tocsin("register", "--drills", "--csv", "r.csv").status == 0
    whole = tocsin("register", "--drills", "--json").out + Path("r.csv").read_text(encoding="utf-8-sig")
    for row in CUSTOMERS:
        assert all(each not in whole for each in (row[0], row[2]))
    assert '"people": 4' in whole


def test_an_incident_that_cannot_be_read_is_named_and_hides_no_other(
    tocsin: Command, declared: str, app: App
) -> None:
    other = tocsin("declare", "A laptop", "--json").json["key"]
    with app.database.write() as connection:
        connection.execute(
            text("UPDATE incident SET quarantined = 'its plan fails' WHERE key = :key"), {"key": other}
        )
    said = tocsin("register", "--drills", "--json")
    assert [each["key"] for each in said.json["breaches"]] == [declared]
    assert said.json["broken"] == {other: "set apart: its plan fails"}
    assert (
        f"{other} is left out, for it cannot be read: set apart: its plan fails; tocsin verify {other}"
        in said.err
    )
