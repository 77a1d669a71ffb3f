"""`tocsin scope` and `tocsin affected`: the question, its secrets, the answer, and one person's story."""

import csv
import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CUSTOMERS, Command
from tests.scoping.spark import needs_java
from tocsin.app import App
from tocsin.evidence import vault
from tocsin.storage import timeline


def test_tokens_come_from_a_file_and_the_answer_is_counts(tocsin: Command, declared: str) -> None:
    found = tocsin(
        "scope",
        "--token",
        "@tokens.txt",
        "--from",
        "2026-11-20T00:00Z",
        "--to",
        "2026-11-21T00:00Z",
        "--json",
    )
    assert found.status == 0
    assert (found.json["total"], found.json["revision"]) == (2, 1)
    assert found.json["by_place"] == {"DE": 1, "VN": 1}
    said = tocsin("affected").out
    assert "2 people to be told, revision 1" in said
    assert "account-info" in said


def test_tokens_come_from_stdin(process: Command, tocsin: Command, declared: str) -> None:
    found = process("scope", declared, "--token", "@-", "--json", stdin="\ufeffstolen-1\n # no token\n")
    assert (found.status, found.json["total"]) == (0, 2)


@pytest.mark.parametrize(("stdin", "says"), [("a\ntok\0u3\n", "holds NUL"), ("a\nb\udcff\n", "is not UTF-8")])
def test_what_comes_from_stdin_and_is_no_text_is_refused_by_option_and_line(
    process: Command, tocsin: Command, declared: str, head: Callable[..., int], stdin: str, says: str
) -> None:
    before = head()
    refused = process("scope", declared, "--token", "@-", stdin=stdin)
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert f"--token: stdin:2: {says}" in refused.err
    assert head() == before


@needs_java
def test_spark_gives_the_same_people_without_a_word_of_its_own_and_leaves_nothing(
    process: Command, tocsin: Command, declared: str
) -> None:
    ours = tocsin("scope", "--token", "@tokens.txt", "--json").json
    found = process("scope", declared, "--token", "@tokens.txt", "--engine", "spark", "--json")
    assert (found.status, found.err) == (0, "")
    same = ("total", "buckets", "by_place", "by_kind", "gaps", "inputs", "set_digest")
    assert {name: found.json.get(name) for name in same} == {name: ours.get(name) for name in same}
    assert not list((Path(os.environ["TOCSIN_HOME"]) / "cache" / "scope").iterdir())
    # Another engine, for another pair of eyes.
    assert "gives the same people, byte for byte" in tocsin("repeat", by="an").out


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(
    tocsin: Command, declared: str, head: Callable[..., int]
) -> None:
    before = head()
    for option in ("--token", "--session"):
        refused = tocsin("scope", option, "soa_live_deadbeef")
        assert (refused.status, refused.out) == (2, "")
        assert "@FILE" in refused.err
        assert "deadbeef" not in refused.err
    assert head() == before


def test_the_answer_says_of_which_time_the_logs_were_asked(tocsin: Command, declared: str) -> None:
    window = ("--from", "2026-11-20T00:00Z", "--to", "2026-11-21T00:00Z")
    said = tocsin("scope", "--token", "@tokens.txt", *window).out
    assert re.search(r"ASKED   about requests from \S.*00:00Z\) to \S.*00:00Z\)\n", said)
    assert "from the beginning to the end of the logs" in tocsin("scope", "--token", "@tokens.txt").out
    Path("q.yaml").write_text(
        "where: {any: [{tokens: [a], until: 2026-11-20T01:00Z}, {ips: [10.0.0.1], since: 2026-11-20T02:00Z}]}\n",
        encoding="utf-8",
    )
    found = tocsin("scope", "--question", "q.yaml")
    assert "from the beginning to the end of the logs, in 2 windows" in found.out
    asked = tocsin("scope", "--question", "q.yaml", "--json").json["asked"]
    assert asked == [
        {"since": None, "until": "2026-11-20T01:00:00+00:00"},
        {"since": "2026-11-20T02:00:00+00:00", "until": None},
    ]


def test_a_list_and_a_question_file_ask_too(tocsin: Command, declared: str) -> None:
    Path("people.csv").write_text("who,kinds\ncus_1,account-info\nwei@example.com,\n", encoding="utf-8")
    assert tocsin("scope", "--list", "people.csv", "--json").json["total"] == 2
    Path("question.yaml").write_text("tokens: [stolen-1]\naccounts: [cus_3]\n", encoding="utf-8")
    second = tocsin("scope", "--question", "question.yaml", "--json").json
    assert (second["revision"], second["total"]) == (2, 3)
    assert "since revision 1: " in tocsin("affected").out


def test_a_risk_decided_for_a_cell_outlives_the_next_revision_and_is_missed_with_its_cell(
    tocsin: Command, declared: str
) -> None:
    def cells() -> dict[str, dict[str, Any]]:
        return {each["place"]: each for each in tocsin("show", "--json").json["facts"]["cells"]["value"]}

    tocsin("scope", "--token", "@tokens.txt")
    found = cells()
    found["DE"]["risk"] = "unlikely"
    Path("cells.json").write_text(json.dumps([*found.values()]), encoding="utf-8")
    assert tocsin("learn", "cells=@cells.json", "--source", "the DPO's paper", by="bao").status == 0
    Path("question.yaml").write_text("tokens: [stolen-1]\naccounts: [cus_3]\n", encoding="utf-8")
    wider = tocsin("scope", "--question", "question.yaml")
    # Nobody knows any more whether it was this token: the decision was made of something else.
    assert (
        "RISK    unlikely stays decided for 1 in DE (controller-processor), hit in another way; decide"
        in wider.out
    )
    assert {place: cell.get("risk") for place, cell in cells().items()} == {
        "DE": "unlikely",
        "FR": None,
        "VN": None,
    }
    other = tocsin("scope", "--account", "cus_3", "--json").json
    assert [(each["place"], each["gone"], each["again"]) for each in other["decided"]] == [("DE", True, True)]


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ([], 1, "ask about at least one"),
        (["--ip", "203.0.113.7.9"], 1, "no address"),
        (["--account", "cus_1", "--source", "nowhere"], 1, "nowhere"),
        (["--token", "@nowhere.txt"], 1, "nowhere.txt"),
        (["--list", "nowhere.csv"], 1, "nowhere.csv"),
        (["--question", "tokens.txt"], 1, "tokens.txt"),
        (["--question", "q.yaml", "--account", "cus_1"], 2, "alone"),
        (
            ["--account", "cus_1", "--from", "2026-11-21T00:00Z", "--to", "2026-11-20T00:00Z"],
            1,
            "window is empty",
        ),
        (["--account", "cus_1", "--from", "2026-11-21T00:00"], 1, "zone"),
    ],
)
def test_a_question_that_cannot_be_asked_writes_nothing(
    tocsin: Command, declared: str, head: Callable[..., int], words: list[str], status: int, says: str
) -> None:
    before = head()
    refused = tocsin("scope", *words)
    assert (refused.status, refused.out, refused.err.count("\n")) == (status, "", 1)
    assert says in refused.err
    assert head() == before


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        ("", "source gateway does not say in which country it is kept"),
        ("    country: SG\n", "source gateway is kept in SG, outside VN, on no basis that is declared"),
    ],
)
def test_logs_abroad_are_not_read_without_a_basis(
    tocsin: Command, declared: str, head: Callable[..., int], kept: str, says: str
) -> None:
    at_home = "    format: ndjson\n    country: VN\n"
    sources = Path(os.environ["TOCSIN_SOURCES"])
    text = sources.read_text()
    assert at_home in text
    sources.write_text(text.replace(at_home, f"    format: ndjson\n{kept}"))
    before = head()
    refused = tocsin("scope", "--account", "cus_1")
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert says in refused.err
    assert head() == before


def test_one_person_is_told_yes_with_what_and_when(tocsin: Command, declared: str) -> None:
    tocsin("scope", "--token", "@tokens.txt")
    said = tocsin("affected", "--person", "cus_1").out
    assert "cus_1: confirmed, is owed a letter" in said
    assert "account-info" in said
    assert "mai@example.com" in said
    found = tocsin("affected", "--person", "cus_1", "--json").json
    assert (found["affected"], found["record"]["hits"]) == (True, 6)


def test_one_person_is_told_no_and_how_sure_that_is(tocsin: Command, declared: str) -> None:
    tocsin("scope", "--token", "@tokens.txt")
    found = tocsin("affected", "--person", "cus_4", "--json").json
    assert found["affected"] is False
    assert "cus_4 is not among the affected of revision 1" in tocsin("affected", "--person", "cus_4").out


def test_an_account_that_was_hit_and_that_no_source_knows_is_said_to_stand_there(
    tocsin: Command, declared: str
) -> None:
    row = '{"time": "2026-11-20T05:20:00Z", "account": "ghost", "token": "stolen-1", "status": "200"}\n'
    with Path("gateway.ndjson").open("a", encoding="utf-8") as log:
        log.write(row)
    tocsin("scope", "--token", "@tokens.txt")
    said = tocsin("affected", "--person", "ghost").out
    assert "ghost: confirmed, an account that no customer source knows" in said
    assert "1 requests" in said
    assert "--unowned" in said
    assert "is not among" not in said
    found = tocsin("affected", "--person", "ghost", "--json").json
    assert (found["affected"], found["unowned"]["hits"]) == (False, 1)
    assert "nobody is not among the affected of revision 1; " in tocsin("affected", "--person", "nobody").out


def test_one_gap_remains(tocsin: Command, declared: str) -> None:
    log = Path("gateway.ndjson")
    log.write_text(log.read_text(encoding="utf-8") + "{broken\n", encoding="utf-8")
    tocsin("scope", "--token", "@tokens.txt", "--from", "2026-11-20T00:00Z", "--to", "2026-11-21T00:00Z")
    said = tocsin("affected", "--person", "cus_4").out
    assert "1 gap remains, so this is no proof" in said


def test_no_number_is_learned_as_exact_while_the_scope_has_a_gap_of_whatever_kind(
    tocsin: Command, declared: str, head: Callable[..., int]
) -> None:
    row = '{"time": "2026-11-20T05:20:00Z", "account": "ghost", "token": "stolen-1", "status": "200"}\n'
    log = Path("gateway.ndjson")
    whole = log.read_text(encoding="utf-8")
    log.write_text(whole + row, encoding="utf-8")
    window = ("--from", "2026-11-20T00:00Z", "--to", "2026-11-21T00:00Z")
    tocsin("scope", "--token", "@tokens.txt", *window)
    cells = tocsin("show", "--json").json["facts"]["cells"]["value"]
    exact = [cell | {"method": "exact"} for cell in cells]
    Path("cells.json").write_text(json.dumps(exact), encoding="utf-8")
    learn = ("learn", "cells=@cells.json", "--source", "a guess")
    assert tocsin("learn", "log_coverage=complete", "--source", "a guess", by="bao").status == 0
    before = head()
    refused = tocsin(*learn, by="bao")
    assert (refused.status, refused.err.count("\n"), head()) == (1, 1, before)
    assert "the scope has gaps (ids-nobody-owns" in refused.err
    log.write_text(whole, encoding="utf-8")
    tocsin("scope", "--token", "@tokens.txt", *window)
    assert tocsin("affected", "--json").json["gaps"] == []
    assert tocsin(*learn, by="bao").status == 0


@pytest.mark.parametrize("name", ["", "  "])
def test_a_person_without_a_name_is_wrong_usage(tocsin: Command, declared: str, name: str) -> None:
    refused = tocsin("affected", "--person", name)
    assert (refused.status, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert "--person names nobody" in refused.err


def test_an_excluded_person_is_so_by_named_logs(tocsin: Command, declared: str) -> None:
    log = Path("gateway.ndjson")
    sha256 = hashlib.sha256(log.read_bytes()).hexdigest()
    window = ("--from", "2026-11-20T00:00Z", "--to", "2026-11-20T03:00Z")
    tocsin("scope", "--token", "@tokens.txt", "--account", "cus_4", *window)
    said = tocsin("affected", "--person", "cus_4").out
    assert "cus_4: excluded, is not owed a letter" in said
    assert "PROOF   gateway shows every hour from" in said
    assert ", without a gap: 3 rows, 1 file, and no request that fits" in said
    assert f"gateway.ndjson sha256 {sha256}" in said
    (proof,) = tocsin("affected", "--person", "cus_4", "--json").json["proof"]
    assert (proof["rows"], proof["files"]) == (3, [sha256])
    assert proof["hours"] == [{"since": "2026-11-20T00:00:00Z", "until": "2026-11-20T03:00:00Z"}]
    assert "proof" not in tocsin("affected", "--person", "cus_1").out.lower()


def test_what_is_said_twice_is_said_to_count_once(tocsin: Command, declared: str) -> None:
    log = Path("gateway.ndjson")
    log.write_text(log.read_text(encoding="utf-8") * 2, encoding="utf-8")
    tocsin("scope", "--token", "@tokens.txt")
    said = tocsin("affected").out
    assert re.search(r"AGAIN +(\d+) fitting rows that repeat others in gateway; each counts once", said)


def test_why_somebody_is_in_is_said_by_clause_and_row_and_counted_by_clause(
    tocsin: Command, declared: str
) -> None:
    log = Path("gateway.ndjson")
    # A first line that is none: the rows after it have their numbers whatever reads them.
    log.write_text("no row\n" + log.read_text(encoding="utf-8"), encoding="utf-8")
    lines = log.read_text(encoding="utf-8").splitlines()
    first, *_, last = (n for n, line in enumerate(lines, 1) if "stolen-1" in line and '"cus_1"' in line)
    sha256 = hashlib.sha256(log.read_bytes()).hexdigest()
    Path("question.yaml").write_text(
        "where:\n  any:\n    - {name: stolen-key, tokens: [stolen-1]}\n    - {ips: [203.0.113.7/32]}\n",
        encoding="utf-8",
    )
    asked = tocsin("scope", "--question", "question.yaml")
    assert re.search(r"^stolen-key +confirmed 2$", asked.out, re.MULTILINE)
    assert re.search(r"^clause 1: 1 address or block +\w", asked.out, re.MULTILINE)
    assert "203.0.113.7" not in asked.out
    counted = tocsin("affected", "--json").json["grounds"]
    assert [(each["label"], each["kinds"]) for each in counted] == [
        ("clause 1: 1 address or block", {"ips": 1}),
        ("stolen-key", {"tokens": 1}),
    ]
    assert counted[1]["buckets"] == {"confirmed": 2}
    said = tocsin("affected", "--person", "cus_1").out
    assert "stolen-key (confirmed)" in said
    assert "requests of her account fit" in said
    for word, line in (("FIRST", first), ("LAST", last)):
        assert re.search(rf"^{word} +.*, gateway.ndjson line {line} in gateway$", said, re.MULTILINE)
    assert f"sha256 {sha256}" in said
    why = tocsin("affected", "--person", "cus_1", "--json").json["record"]["why"]
    assert ["stolen-key", "confirmed"] in why["clauses"]
    assert (why["first"]["line"], why["last"]["line"], why["first"]["sha256"]) == (first, last, sha256)
    # What a clause is called may say anything: it is sealed, and goes when it is erased.
    (entry,) = (each for each in tocsin("timeline", "--json").json if each["kind"] == "ScopeMeasured")
    assert entry["body"]["grounds"][1]["name"].startswith("words:")
    tocsin("affected", "--export", "out.csv", "--because", "the court asks", by="an")
    with Path("out.csv").open(encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["id"] == "cus_1")
    assert (row["first_file"], row["first_line"], row["first_sha256"]) == (
        "gateway.ndjson",
        str(first),
        sha256,
    )
    assert (row["last_file"], row["last_line"]) == ("gateway.ndjson", str(last))
    assert "stolen-key (confirmed)" in row["why"]


def test_one_persons_story_is_for_those_who_work_on_it(tocsin: Command, declared: str) -> None:
    tocsin("scope", "--token", "@tokens.txt")
    refused = tocsin("affected", "--person", "cus_1", by="hoa")
    assert (refused.status, "mai" not in refused.out + refused.err) == (1, True)
    assert tocsin("affected", by="hoa").status == 0


def test_was_i_affected_is_answered_in_one_command_and_stands_in_the_timeline(
    tocsin: Command, declared: str, app: App
) -> None:
    tocsin("scope", "--token", "@tokens.txt")
    by_id = tocsin("affected", "--person", "cus_1", "--because", "support request 4711", by="an")
    assert (by_id.status, "cus_1: confirmed, is owed a letter" in by_id.out) == (0, True)
    by_address = tocsin("affected", "--person", " MAI@example.com ", "--json", by="an")
    assert by_address.json["record"]["id"] == "cus_1"
    nobody = tocsin("affected", "--person", "nobody@example.net", by="an")
    assert "is not among the affected" in nobody.out
    with app.database.read() as connection:
        entries = [each for each in timeline.entries(connection, declared) if each.kind == "PersonAsked"]
    assert [(each.actor, each.body.affected, each.body.owed) for each in entries] == [
        ("an", True, True),
        ("an", True, True),
        ("an", False, False),
    ]
    assert entries[0].body.person == entries[1].body.person != entries[2].body.person
    assert entries[0].body.because
    assert entries[1].body.because is None
    assert "mai" not in repr([each.body for each in entries])
    said = tocsin("timeline", by="an").out
    assert "PersonAsked" in said
    assert "support request 4711" in said
    # Nobody else is answered, and that leaves no entry.
    assert tocsin("affected", "--person", "cus_1", by="hoa").status == 1
    with app.database.read() as connection:
        assert sum(each.kind == "PersonAsked" for each in timeline.entries(connection, declared)) == 3


def test_the_list_leaves_only_with_a_role_and_a_reason(tocsin: Command, declared: str) -> None:
    tocsin("scope", "--token", "@tokens.txt")
    assert tocsin("affected", "--export", "out.csv", "--because", "x").status == 1
    assert tocsin("affected", "--export", "out.csv", by="an").status == 1
    assert not Path("out.csv").exists()
    done = tocsin("affected", "--export", "out.csv", "--because", "the call centre", by="an")
    assert done.status == 0
    with Path("out.csv").open(encoding="utf-8") as file:
        assert {row["email"] for row in csv.DictReader(file)} == {"mai@example.com", "jonas@example.org"}
    assert "PeopleExported" in tocsin("timeline").out
    assert tocsin("affected", "--export", "out.csv", "--because", "again", by="an").status == 1


def test_nothing_of_a_person_or_a_token_enters_the_timeline(tocsin: Command, declared: str, app: App) -> None:
    tocsin("scope", "--token", "@tokens.txt", "--account", "cus_3", "--ip", "203.0.113.7")
    said = tocsin("timeline", "--json").out + tocsin("show", "--json").out
    for secret in (
        "stolen-1",
        "203.0.113.7",
        *(each[0] for each in CUSTOMERS),
        *(each[2] for each in CUSTOMERS),
    ):
        assert secret not in said


def test_a_list_on_which_nobody_is_known_is_refused_and_takes_nothing(
    tocsin: Command, declared: str, head: Callable[..., int]
) -> None:
    tocsin("learn", "people_by_country=DE:3,US-NJ:2", "--source", "the support desk")
    before = head()
    Path("ghosts.txt").write_text("ghost\n", encoding="utf-8")
    refused = tocsin("scope", "--list", "ghosts.txt")
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "no customer source knows anybody on the list" in refused.err
    assert head() == before


def test_a_scope_that_finds_nobody_leaves_what_a_person_stated(tocsin: Command, declared: str) -> None:
    cells = "cells=[{role: controller, place: DE, count: 3}]"
    tocsin("learn", cells, "--source", "the support desk")
    assert tocsin("scope", "--account", "cus_ghost", "--json").json["total"] == 0
    kept = tocsin("show", "--json").json["facts"]["cells"]["value"]
    assert kept == [{"role": "controller", "place": "DE", "count": 3}]


def test_who_states_for_all_what_cells_say_otherwise_is_told(tocsin: Command, declared: str) -> None:
    tocsin("scope", "--token", "@tokens.txt")
    said = tocsin("learn", "people_by_country=DE:300", "--source", "a guess")
    assert said.status == 0
    assert "people_by_country: the cells say otherwise, and they win" in said.err
    assert "cells say otherwise" not in tocsin("learn", "recipients=unknown", "--source", "the thief").err


def test_everybody_who_is_told_stands_in_the_table_of_routes(tocsin: Command, declared: str) -> None:
    rows = [("id", "email", "country", "flags"), ("cus_1", "mai@example.com", "VN", "staff|do-not-mail")]
    rows += [("cus_2", "jonas@example.org", "Neverland", ""), ("cus_3", "", "FR", "suspect")]
    Path("customers.csv").write_text("".join(f"{','.join(row)}\n" for row in rows), encoding="utf-8")
    sources = Path("sources.yaml").read_text(encoding="utf-8")
    wide = sources.replace("name: name, email: email, locale: locale,", "email: email, flags: flags,")
    words = "    flags: {staff: employee, do-not-mail: unsubscribed}\n    fields: {id: id, email"
    Path("sources.yaml").write_text(wide.replace("    fields: {id: id, email", words), encoding="utf-8")
    Path("people.txt").write_text("cus_1\ncus_2\ncus_3\n", encoding="utf-8")
    assert tocsin("scope", "--list", "people.txt").status == 0
    said = tocsin("affected").out
    assert "held for a decision: a suspect" in said
    assert "AMONG" in said
    assert "employee 1, suspect 1, unsubscribed 1, unknown country 1" in said
    found = tocsin("affected", "--json").json
    assert found["routes"] == [
        {"way": "held", "reason": "suspect", "people": 1},
        {"way": "internal", "reason": "employee", "people": 1},
        {"way": "email", "reason": "reachable", "people": 1},
    ]
    assert sum(each["people"] for each in found["routes"]) == found["total"]
    one = tocsin("affected", "--person", "cus_2")
    assert "by e-mail to jonas@example.org, the first of hers" in one.out
    assert "flags employee, unsubscribed" in tocsin("affected", "--person", "cus_1").out
    assert tocsin("affected", "--person", "cus_3", "--json").json["route"]["way"] == "held"


def test_the_question_is_kept_as_it_was_handed_in_and_asked_again_gives_the_same(
    tocsin: Command, declared: str, app: App
) -> None:
    asked = (
        b"# asked by forensics\nwhere:\n  all:\n    - {tokens: ['@leaked.txt']}\n    - {statuses: [2xx]}\n"
    )
    Path("leaked.txt").write_text("stolen-1\n", encoding="utf-8")
    Path("scope.yaml").write_bytes(asked)
    assert tocsin("scope", "--question", "scope.yaml").status == 0
    first = app.incident(declared).scope
    assert first is not None
    with app.database.read() as connection:
        items = [str(row["item"]) for row in vault.items_of(connection, declared)]
    contents = [vault.read(app, declared, item) for item in items]
    canonical = next(content for content in contents if content.startswith(b'{"where"'))
    assert (asked in contents, b"stolen-1" in canonical) == (True, True)
    Path("leaked.txt").unlink()
    Path("kept.json").write_bytes(canonical)
    assert tocsin("scope", "--question", "kept.json").status == 0
    again = app.incident(declared).scope
    assert again is not None
    assert (again.revision, again.total) == (2, first.total)
    assert (again.question, again.set_digest) == (first.question, first.set_digest)


def test_an_account_of_hers_leads_to_the_person_and_ids_that_nobody_owns_are_a_work_list(
    tocsin: Command, declared: str
) -> None:
    rows = [("id", "name", "email", "locale", "country", "no"), ("cus_0", "Mai", "m@x.org", "vi", "VN", "1")]
    rows.append(("cus_1", "Mai", "mai@example.com", "vi", "VN", "1"))
    Path("customers.csv").write_text("".join(f"{','.join(row)}\n" for row in rows), encoding="utf-8")
    sources = Path("sources.yaml").read_text(encoding="utf-8")
    Path("sources.yaml").write_text(sources.replace("{id: id, ", "{id: id, person: no, "), encoding="utf-8")
    found = tocsin("scope", "--token", "@tokens.txt", "--json").json
    assert found["total"] == 1
    for account in ("cus_0", "cus_1"):
        one = tocsin("affected", "--person", account, "--json").json
        assert (one["affected"], one["record"]["id"], one["record"]["accounts"]) == (True, "cus_0", ["cus_1"])
    assert tocsin("affected", "--person", "cus_2", "--json").json["affected"] is False
    listed = tocsin("affected", "--unowned", "--json", by="giang").json["unowned"]
    assert [(each["id"], each["bucket"], each["hits"]) for each in listed] == [("cus_2", "confirmed", 6)]
    assert listed[0]["why"]["clauses"] == [["clause 1: 1 token", "confirmed"]]
    assert listed[0]["why"]["first"]["file"] == listed[0]["why"]["last"]["file"] == "gateway.ndjson"
    said = tocsin("affected", "--unowned", by="giang").out
    assert "cus_2" in said
    assert "clause 1: 1 token (confirmed)" in said
    assert "tocsin affected --unowned" in tocsin("affected").out
    assert tocsin("affected", "--unowned", by="linh").status == 1
    assert tocsin("affected", "--unowned", "--person", "cus_2").status == 2


def test_what_was_read_is_printed_with_its_hash_and_who_collected_it(tocsin: Command, declared: str) -> None:
    path = Path("sources.yaml")
    said = (
        "paths: [gateway.ndjson]\n    collected: {by: giang, from: gateway-2, at: 2026-11-24T03:10:00+07:00}"
        '\n    clock_offset: "00:07:12 fast"'
    )
    path.write_text(
        path.read_text(encoding="utf-8").replace("paths: [gateway.ndjson]", said), encoding="utf-8"
    )
    tocsin("scope", "--token", "@tokens.txt")
    lines = tocsin("affected", "--inputs").out.splitlines()
    (gateway,) = (line for line in lines if line.startswith("gateway"))
    assert "the same" in gateway
    assert "by giang from gateway-2 at" in gateway
    assert "clock 00:07:12 fast, set right" in gateway
    (customers,) = (line for line in lines if line.startswith("accounts"))
    assert "nobody declared it" in customers
    found = {each["source"]: each for each in tocsin("affected", "--inputs", "--json").json["inputs"]}
    assert found["gateway"]["after"] == found["gateway"]["sha256"]
    assert (found["gateway"]["by"], found["gateway"]["origin"]) == ("giang", "gateway-2")


def test_lines_that_nobody_could_read_are_kept_as_they_stand(tocsin: Command, declared: str) -> None:
    log = next(Path().rglob("*.ndjson"))
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines, b'{"token": "stolen-1", "at"\n', b"not at all\n"]))
    assert tocsin("scope", "--token", "@tokens.txt").status == 0
    said = tocsin("affected").out
    assert f"(line {len(lines) + 1}: no JSON; line {len(lines) + 2}: no JSON object)" in said
    item = re.search(r"tocsin evidence get (E\d+) --out FILE", said)[1]
    assert tocsin("evidence", "get", item, "--out", "unread.ndjson").status == 0
    kept = [json.loads(line) for line in Path("unread.ndjson").read_text(encoding="utf-8").splitlines()]
    assert [(each["number"], each["text"]) for each in kept] == [
        (len(lines) + 1, '{"token": "stolen-1", "at"'),
        (len(lines) + 2, "not at all"),
    ]
    assert tocsin("affected", "--json").json["unread"] == item


def test_the_next_question_finds_the_rows_of_the_first_sealed_until_the_incident_ends(
    tocsin: Command, declared: str, home: Path
) -> None:
    place = home / "cache" / "logs"
    first = tocsin("scope", "--token", "@tokens.txt", "--json").json
    kept = [path for path in place.rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} == {".rows", ".card"}
    assert {path.parent.name for path in kept} == {first["key"]}
    log = Path("gateway.ndjson").read_bytes()
    assert b"stolen-1" in log
    assert [path for path in kept if b"stolen-1" in path.read_bytes() or b"cus_" in path.read_bytes()] == []
    changed = {path: path.stat().st_mtime_ns for path in kept if path.suffix == ".rows"}
    second = tocsin("scope", "--token", "@tokens.txt", "--json").json
    assert (second["revision"], second["total"], second["buckets"]) == (2, first["total"], first["buckets"])
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*.rows")} == changed
    (place / "INC-1999-0001").mkdir()
    (place / "INC-1999-0001" / "left.rows").write_bytes(b"of a home that was here before")
    assert tocsin("decline", declared, "--because", "a test", "--yes", by="an").status == 0
    assert list(place.iterdir()) == []


def test_a_home_may_keep_no_rows(tocsin: Command, declared: str, home: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("TOCSIN_SCOPING__CACHE", "0MB")
    assert tocsin("scope", "--token", "@tokens.txt").status == 0
    assert not (home / "cache" / "logs").exists()


def test_who_interrupts_the_keeping_has_the_answer(tocsin: Command, declared: str, monkeypatch: Any) -> None:
    from tocsin.scoping import caching

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(caching, "keep_rows", interrupted)
    found = tocsin("scope", "--token", "@tokens.txt", "--json")
    assert (found.status, found.json["total"]) == (0, 2)
    assert "the next question reads the others again" in found.err
    assert tocsin("show", "--json").json["affected"]["total"] == 2
