"""Steps, notes, facts, classification and the decision on risk."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.cli.chapters import Place
from tests.cli.conftest import Command
from tocsin.cli.asking import ask_line
from tocsin.domain.asking import NextQuestion


def test_a_step_is_ticked_with_its_evidence_and_the_next_is_named(tocsin: Command, declared: str) -> None:
    said = tocsin("done", "1.3", "--evidence", "proof.txt", "--note", "gateway says so")
    assert (said.status, said.out.startswith("1.3 done with E1. Next: ")) == (0, True)
    step = next(each for each in tocsin("show", "--json").json["checklist"] if each["id"] == "1.3")
    assert (step["state"], step["evidence"], step["by"]) == ("done", ["E1"], "linh")
    assert "1.3 with E1: gateway says so" in tocsin("timeline").out


def test_a_step_is_skipped_with_a_reason_and_opened_again(tocsin: Command, declared: str) -> None:
    assert tocsin("skip", declared, "1.1", "--because", "it was private").status == 0
    assert tocsin("undo", "1.1", "--because", "it was not").status == 0
    step = next(each for each in tocsin("show", "--json").json["checklist"] if each["id"] == "1.1")
    assert step["state"] == "open"


REFUSED = [
    (["done", "9.9"], "linh", "has no step '9.9'"),
    (["done", "1.3"], "linh", "needs evidence"),
    (["done", "1.3", "--evidence", "nowhere.txt"], "linh", "nowhere.txt"),
    (["done", "1.6"], "linh", "waits for 1.3"),
    (["skip", "1.1"], "linh", "--because"),
    (["skip", "1.2", "--because", "no"], "hoa", "may not do this"),
    (["undo", "1.1", "--because", "x"], "linh", "is open already; tocsin done INC-2026-0001 1.1"),
    (["done", "zz"], "linh", "; known: "),
    (["learn", "nature=zz", "--source", "x"], "linh", "tocsin law schema lists them"),
    (["learn", "zz=1", "--source", "x"], "linh", "tocsin law schema lists them"),
    (["page", "zz"], "linh", "; known: linh, "),
    (["take", "zz"], "linh", "; known: incident-commander, "),
    (["take", "incident-commander"], "linh", "tocsin hand INC-2026-0001 incident-commander TO"),
    (["ack"], "an", "tocsin take INC-2026-0001 ROLE"),
    (["show", "--as-of", "2020-01-01T00:00Z"], "linh", "it begins at 2026-"),
    (["note", " "], "linh", "the note is empty"),
    (["note", "x", "--at", "2099-01-01T00:00Z"], "linh", "future"),
    (["done", "1.1", "--at", "2099-01-01T00:00Z"], "linh", "future"),
    (["learn", "natur=hacking", "--source", "x"], "linh", "did you mean nature?"),
    (["learn", "nature=hackng", "--source", "x"], "linh", "did you mean hacking?"),
    (["learn", "aware_at=2026-11-20T02:40", "--source", "x"], "linh", "zone"),
    (["learn", "aware_at=2099-01-01T00:00Z", "--source", "x"], "linh", "future"),
    (["learn", "our_role=controller"], "linh", "--source"),
    (["learn", "risk=high"], "linh", "risk is decided by the dpo"),
    (["skip", "9.9"], "linh", "has no step '9.9'"),
    (["learn", "risk=@nowhere.txt", "--source", "x"], "linh", "nowhere.txt"),
    (["learn", "measures_taken=@/dev/null", "--source", "x"], "linh", "measures_taken=unknown says"),
    (["learn", "measures_taken=@/dev/zero", "--source", "x"], "linh", "/dev/zero is larger than 1 MB; tocsin evidence"),
    (["release", "@/dev/zero", "--because", "x"], "an", "/dev/zero:1: is longer than 65536 bytes"),
    (["scope", "--token", "@/dev/zero"], "linh", "--token: /dev/zero:1: is longer than 65536 bytes"),
    (["scope", "--list", "/dev/zero"], "linh", "/dev/zero:1: is longer than 65536 bytes"),
    (["set", "type", "ransomwhere", "--because", "x"], "linh", "there is no incident type"),
    (["set", "severity", "sev0", "--because", "x"], "linh", "there is no severity"),
    (["set", "severity", "sev2", "--because", "x"], "hoa", "may not do this"),
    (["set", "title", "new"], "linh", "--because"),
    (["assess", "--decide", "high", "--because", "x"], "linh", "may not do this"),
    (["assess", "--decide", "middling", "--because", "x"], "an", "risk cannot be"),
    (["duties", "--release", "eu-gdpr/nothing", "--because", "x"], "an", "has no duty"),
    (["report", "eu-gdpr/nothing", "--out", "x.pdf"], "an", "has no duty"),
    (["close", "1", "--yes"], "linh", "duty policy-promise/customers"),
    (["reopen", "1", "--because", "x"], "linh", "tocsin card INC-2026-0001"),
    (["erase", "1", "--yes", "--because", "x"], "an", "close it first"),
    (["redact", "words:0", "--because", "x"], "an", "there is no text"),
    (["affected"], "linh", "no scope yet"),
    (["preview", "customers"], "an", "has no draft yet"),
    (["draft", "custmers"], "an", "did you mean customers?"),
    (["pause", "customers"], "an", "has no draft yet"),
]  # fmt: skip


def test_what_may_not_be_is_one_line_and_writes_nothing(
    tocsin: Command, declared: str, head: Callable[..., int]
) -> None:
    before = head()
    for words, by, says in REFUSED:
        refused = tocsin(*words, by=by)
        assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1), words
        assert says in refused.err, words
        assert head() == before, words


WRONG = [
    ["note"], ["learn"], ["learn", "1"], ["set", "color", "red", "--because", "x"], ["take"], ["hand", "dpo"],
    ["done"], ["filed"], ["report", "x"], ["preview"], ["scope", "--frob"], ["nosuchverb"],
    ["report", "x", "--out", "x.docx"], ["affected", "--person", "x", "--export", "y", "--because", "z"],
    ["close"], ["decline", "--because", "x"], ["erase", "1", "--because", "x"], ["close", "--yes"],
]  # fmt: skip


def test_wrong_usage_is_2_and_writes_nothing(
    tocsin: Command, declared: str, head: Callable[..., int]
) -> None:
    before = head()
    for words in WRONG:
        refused = tocsin(*words)
        assert (refused.status, refused.out, refused.err.count("\n")) == (2, "", 1), words
        assert head() == before, words


def test_a_closed_incident_takes_notes_and_nothing_else(
    tocsin: Command, declared: str, head: Callable[..., int]
) -> None:
    tocsin("decline", declared, "--yes", "--because", "a false alarm")
    duties = tocsin("duties", "1", "--json").json
    assert [duty["state"] for duty in duties["duties"]] == ["withdrawn"]
    assert (duties["undecided"], duties["next_question"]) == ([], None)
    assert "LEFT    steps open 0, overdue 0; duties open 0\n" in tocsin("card", "1").out
    assert tocsin("note", "1", "an afterthought").status == 0
    before = head()
    for words in (
        ["done", "1", "1.1"],
        ["learn", "1", "risk=high", "--source", "x"],
        ["take", "1", "deputy"],
        ["page", "1", "giang"],
        ["draft", "1", "customers"],
        ["scope", "1", "--account", "cus_1"],
        ["report", "1", "policy-promise/customers/individuals/controller", "--out", "x.pdf"],
    ):
        refused = tocsin(*words)
        assert (refused.status, "tocsin reopen" in refused.err) == (1, True), words
    assert head() == before
    assert tocsin("reopen", "1", "--because", "it was real").status == 0


def test_the_same_key_changes_nothing_twice(tocsin: Command, declared: str, head: Callable[..., int]) -> None:
    first = tocsin("note", "once", "--key", "k1")
    before = head()
    again = tocsin("note", "once", "--key", "k1")
    assert (again.status, again.out, head()) == (0, first.out, before)
    assert "said before with this --key" in again.err
    assert tocsin("note", "twice", "--key", "k1").status == 1
    assert head() == before


def test_learned_facts_open_duties_and_say_so(tocsin: Command, declared: str) -> None:
    said = tocsin(
        "learn", "our_role=controller", "people_by_country=DE:3,VN:2", "kinds=account-info", "risk=high",
        "--source", "first look", by="an",
    )  # fmt: skip
    assert said.status == 0
    assert "OWED    eu-gdpr/authority/de/controller (Art. 33(1), (3) GDPR)" in said.out
    states = {duty["key"]: duty["state"] for duty in tocsin("show", "--json").json["duties"]}
    assert states["eu-gdpr/authority/de/controller"] == "open"


def test_what_counsel_must_confirm_is_not_said_to_be_owed_and_no_more(tocsin: Command, declared: str) -> None:
    said = tocsin(
        "learn", "our_role=controller", "people_by_country=US-NV:3,US-CA:2", "categories=identity,government-id",
        "access=acquired", "--source", "first look", by="an",
    )  # fmt: skip
    [nevada] = [line for line in said.out.splitlines() if "us-other-states/individuals" in line]
    [california] = [line for line in said.out.splitlines() if "us-ca/individuals" in line]
    assert nevada.endswith(" CANDIDATE")
    assert "CANDIDATE" not in california
    # The state says it already; a mark besides would say it twice.
    shown = next(line for line in tocsin("duties").out.splitlines() if "us-other-states/individuals" in line)
    assert re.search(r"   candidate(?: ASSUMED)?   \d", shown), shown


def test_an_answer_for_one_law_leaves_those_for_others_and_all_that_stand_are_said(
    tocsin: Command, declared: str
) -> None:
    for answers, stands in (
        ("us-ct:met,us-nj:met", "us-ct:met, us-nj:met"),
        ("us-md:not", "us-ct:met, us-md:not, us-nj:met"),
        ("us-ct:unknown,us-nj:not", "us-md:not, us-nj:not"),
        ("{us-md: null, us-nj: unknown}", "nothing"),
    ):
        said = tocsin("learn", f"harm_tests={answers}", "--source", "counsel", by="an")
        assert said.out.startswith(f"learned harm_tests (all that stands now: {stands}).\n")
        tests = tocsin("show", "--json").json["facts"]["harm_tests"]["value"]
        assert ", ".join(f"{law}:{answer}" for law, answer in (tests or {}).items()) == stands.replace(
            "nothing", ""
        )


def test_a_corrected_moment_moves_the_clock_and_says_so(tocsin: Command, declared: str) -> None:
    said = tocsin("learn", "detected_at=2026-11-22T00:00Z", "--source", "gateway log")
    assert "MOVED   policy-promise/customers/individuals/controller due " in said.out
    assert tocsin("show", "--json").json["duties"][0]["assumed"] is True
    assert "CHECK" not in tocsin("card").out


def test_moments_that_contradict_each_other_are_kept_and_said_with_both(
    tocsin: Command, declared: str
) -> None:
    tocsin("learn", "detected_at=2026-11-22T00:00Z", "--source", "gateway log")
    said = tocsin("learn", "aware_at=2026-11-21T00:00Z", "--source", "x", "--json")
    both = "aware_at Sat 07:00 +07 (00:00Z) lies before detected_at Sun 07:00 +07 (00:00Z); correct one"
    assert (said.status, said.err.count("\n"), both in said.err) == (0, 1, True)
    assert len(said.json["entries"]) == 1
    assert "lies before" not in tocsin("learn", "our_role=controller", "--source", "x").err
    assert f"CHECK   {both}" in tocsin("card").out
    assert tocsin("card", "--json").json["disorder"][0]["after"] == "detected_at"


def test_a_long_text_comes_from_a_file(tocsin: Command, declared: str) -> None:
    Path("taken.txt").write_text(
        "{en: We revoked the keys., vi: Chúng tôi đã thu hồi các khóa.}", encoding="utf-8"
    )
    assert tocsin("learn", "measures_taken=@taken.txt", "--source", "the team").status == 0
    value = tocsin("show", "--json").json["facts"]["measures_taken"]["value"]
    assert value == {"en": "We revoked the keys.", "vi": "Chúng tôi đã thu hồi các khóa."}


def test_a_new_type_keeps_what_was_done(tocsin: Command) -> None:
    tocsin("declare", "Something leaked")
    tocsin("ack")
    tocsin("done", "C2")
    said = tocsin("set", "type", "credential-leak", "--because", "it is a key").out
    assert "KEPT    C2\n" in said
    assert "NEW     1.1, 1.2, 1.3, " in said
    assert "LEFT    0.1: no longer asked; tocsin show lists them\n" in said
    assert "NEXT    1.1 Treat the secret as known" in said
    assert "BACK" not in said
    assert "No longer asked\n0.1  unclassified" in tocsin("show").out
    shown = tocsin("show", "--json").json
    assert shown["type"] == "credential-leak"
    assert next(step for step in shown["checklist"] if step["id"] == "C2")["state"] == "done"


def test_going_back_to_a_type_names_what_is_asked_again_and_what_no_longer(tocsin: Command) -> None:
    tocsin("declare", "Something leaked")
    tocsin("ack")
    tocsin("set", "type", "credential-leak", "--because", "it is a key")
    tocsin("done", "1.1")
    said = tocsin("set", "type", "unclassified", "--because", "it is none").out
    assert "BACK    0.1: asked again\n" in said
    assert "LEFT    1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, " in said
    assert "KEPT    1.1\n" in said


def test_show_lists_the_steps_that_are_still_to_be_done(tocsin: Command, declared: str) -> None:
    tocsin("done", "1.1")
    said = tocsin("show").out
    open_, done = said.index("\nOpen steps\n"), said.index("\nDone\n")
    assert re.search(
        r"\n1\.3 +incident commander +Revoke the token; keep the commit \(gate\) +by ", said[open_:done]
    )
    assert re.search(r"\nS3 .* after S1, 1\.2, 1\.3 and \d+ more\n", said[open_:done])
    assert "\n1.1 " not in said[open_:done]


def test_a_severity_may_be_written_in_capitals(tocsin: Command, declared: str) -> None:
    assert tocsin("set", "severity", "SEV2", "--because", "few people").out.startswith(
        "INC-2026-0001: severity is sev2"
    )


def test_nobody_is_offered_a_role_that_they_may_not_take(tocsin: Command, declared: str) -> None:
    refused = tocsin("assess", "--decide", "high", "--because", "x").err
    assert "linh may not do this; ask the dpo (an) or the accountable-officer" in refused
    assert "tocsin take" not in refused


def test_advice_on_risk_is_shown_and_a_person_decides(tocsin: Command, declared: str) -> None:
    advice = tocsin("assess", "--json").json
    assert (advice["level"], advice["decided"]) == ("risk", None)
    assert advice["reasons"]
    assert "DECIDED nobody yet" in tocsin("assess").out
    tocsin("learn", "our_role=controller", "people_by_country=DE:3", "kinds=account-info", "--source", "x")
    decided = tocsin("assess", "--decide", "high", "--because", "passwords", by="an")
    assert decided.out.startswith("risk to people: high, decided by an.\n")
    assert "OWED    eu-gdpr/authority/de/controller (Art. 33(1), (3) GDPR) due " in decided.out
    # Where the law says `without undue delay` and no more, the moment is the company's own.
    assert "OWED    eu-gdpr/individuals/individuals/controller (Art. 34(1), (2) GDPR) our aim " in decided.out
    assert tocsin("assess", "--json").json["decided"]["by"] == "an"


def test_duties_say_to_whom_until_when_and_why(tocsin: Command, declared: str) -> None:
    said = tocsin("duties").out
    assert "policy-promise/customers/individuals/controller   open ASSUMED   71:5" in said
    assert re.search(r"\ncannot tell yet   \d+ duties of \d+ laws\nASK     In which role", said)
    assert "tocsin learn our_role=" in said
    assert "eu-gdpr/authority" not in said
    each = tocsin("duties", "--each").out
    assert "eu-gdpr/authority   cannot tell, would be due" in each
    assert "    to authority (Art. 33(1), (3) GDPR)\n    needs " in each
    found = tocsin("duties", "--json").json
    assert found["next_question"]["fact"] == "our_role"
    assert {"eu-gdpr", "vn-pdpl", "us-ca"} <= {each["regime"] for each in found["undecided"]}
    assert found["questions"][0] == found["next_question"]


def test_where_one_person_lives_is_asked_before_the_harm_tests_and_can_be_said(
    tocsin: Command, declared: str, place: Place
) -> None:
    with (place.desk / "customers.csv").open("a", encoding="utf-8") as file:
        file.write("cus_9,Ann,ann@example.com,en,\n")
    tocsin("learn", "our_role=controller", "kinds=account-info", "--source", "x")
    Path("people.txt").write_text("cus_9\n", encoding="utf-8")
    assert tocsin("scope", "--list", "people.txt").status == 0
    asked = tocsin("next").out
    assert "ASK     Where does the 1 person of unknown place live? It decides " in asked
    assert "     tocsin learn cells=@FILE --source ...\n" in asked
    said = tocsin("duties").out
    # What is sure stands first, what rests on the place alone in one block.
    assert said.startswith("policy-promise/customers/individuals/controller   open ASSUMED   ")
    assert re.search(r"\n\d+ duties of [^\n]*   ASSUMED, the first by ", said)
    assert "cn-pipl/authority/cn/controller" not in said
    assert "cn-pipl/authority/cn/controller   open ASSUMED" in tocsin("duties", "--each").out
    cells = tocsin("show", "--json").json["facts"]["cells"]["value"]
    Path("cells.json").write_text(json.dumps([each | {"place": "DE"} for each in cells]), encoding="utf-8")
    assert tocsin("learn", "cells=@cells.json", "--source", "her invoice").status == 0
    assert "unknown place" not in tocsin("next").out + tocsin("duties").out


def test_of_the_harm_tests_the_next_step_asks_one_and_counts_the_rest(tocsin: Command, declared: str) -> None:
    tocsin("learn", "our_role=controller", "kinds=account-info", "--source", "x")
    tocsin("learn", "people_by_country=AU:1,NZ:1,SG:1", "nature=phishing", "--source", "x")
    said = tocsin("next").out
    assert len(re.findall("\nASK     ", said)) == 1
    assert re.search(
        r"\nASK     .*     tocsin learn harm_tests=\w\w-\w+:met\|not --source \.\.\.\n        \d more: ", said
    )
    assert "harm_tests settles" in tocsin("duties").out


def test_a_question_lists_the_answers_that_it_may_have() -> None:
    for fact, answers in (
        ("log_coverage", "complete|partial|none|unknown"), ("ongoing", "yes|no"), ("harm_tests", "LAW:met|not"),
        ("people", "..."),
    ):  # fmt: skip
        line = ask_line(NextQuestion(fact, "?", ()), "")
        assert line.endswith(f"tocsin learn {fact}={answers} --source ..."), line


def test_a_duty_is_released_by_a_person_with_a_reason(tocsin: Command, declared: str) -> None:
    key = "policy-promise/customers/individuals/controller"
    assert tocsin("duties", "--release", key, "--because", "nobody was hit", by="an").status == 0
    assert tocsin("duties", "--json").json["duties"][0]["state"] == "not-owed"


def test_a_released_duty_that_the_law_opens_again_is_said_with_who_released_it(
    tocsin: Command, declared: str
) -> None:
    duty = "eu-gdpr/authority/de/controller"
    tocsin("learn", "our_role=controller", "people_by_country=DE:3", "kinds=account-info", "--source", "x")
    tocsin("assess", "--decide", "risk", "--because", "names", by="an")
    tocsin("assess", "--decide", "unlikely", "--because", "encrypted", by="an")
    assert tocsin("duties", "--release", duty, "--because", "no risk", by="chi").status == 0
    again = tocsin("assess", "--decide", "high", "--because", "the key leaked too", by="an")
    assert re.search(rf"^REOPENED {duty} due .*, released before by chi$", again.out, re.MULTILINE)


def test_a_report_is_made_and_filed_with_reference_and_receipt(tocsin: Command, declared: str) -> None:
    tocsin(
        "learn",
        "our_role=controller",
        "people_by_country=DE:3",
        "kinds=account-info",
        "risk=high",
        "--source",
        "x",
        by="an",
    )
    duty = "eu-gdpr/authority/de/controller"
    # What the address book says of the authority stands where somebody decides whether it is the right one.
    assert "    note on BfDI: Competent for federal bodies" in tocsin("duties").out
    made = tocsin("report", duty, "--out", "art33.json", "--json", by="an")
    assert made.status == 0
    assert any(note.startswith("BfDI: ") and "learn DE-BY" in note for note in made.json["notes"])
    assert Path("art33.json").stat().st_size == made.json["bytes"] > 0
    assert Path("art33.json").stat().st_mode & 0o077 == 0
    assert tocsin("report", duty, "--out", "art33.json", by="an").status == 1
    off_terminal = tocsin("filed", duty, "--reference", "AZ 1", by="an")
    assert (off_terminal.status, "--yes" in off_terminal.err) == (2, True)
    filed = tocsin("filed", declared, duty, "--reference", "AZ 1", "--receipt", "proof.txt", "--yes", by="an")
    assert (filed.status, f"{duty} is filed" in filed.out) == (0, True)
    again = tocsin("filed", declared, duty, "--reference", "AZ 1", "--yes", by="an")
    assert (again.status, "--supplement 1 --reference NO" in again.err) == (1, True)
    follow_up = (declared, duty, "--supplement", "1", "--reference", "AZ 1a")
    assert f"supplement 1 of {duty} is filed, " in tocsin("filed", *follow_up, "--yes", by="an").out
    state = next(each for each in tocsin("show", "--json").json["duties"] if each["key"] == duty)
    assert (state["state"], state["reference"], state["late"]) == ("filed", "AZ 1", False)
    assert [each["reference"] for each in state["supplements"]] == ["AZ 1a"]
    assert "    supplement 1 filed " in tocsin("duties").out
    assert f"FILED   {duty} supplement 1 " in tocsin("card").out
    assert f"{duty}: supplement 1, reference AZ 1a" in tocsin("timeline").out


def test_next_off_a_terminal_shows_the_first_step_and_the_best_question(
    tocsin: Command, declared: str
) -> None:
    found = tocsin("next", "--json").json
    assert (found["step"]["id"], found["question"]["fact"]) == ("1.1", "our_role")
    said = tocsin("next").out
    assert "evidence: since when it was exposed" in said
    assert "ASK     " in said
    assert 'DO      tocsin done 1.1   or tocsin skip 1.1 --because "..."\n' in said
    assert "THEN    1.2 Which secret: type, issuer, owner, scopes\n" in said
    assert found["then"] == "1.2"


def test_next_of_a_closed_file_says_so(tocsin: Command, declared: str) -> None:
    tocsin("decline", declared, "--because", "a test key", "--yes")
    assert tocsin("next", declared).out.startswith("The file is closed, and no step is left: tocsin card")
    assert tocsin("next", declared, "--json").json["left"] == []


def test_next_says_why_now_and_who_waits(tocsin: Command, declared: str) -> None:
    for step in ("1.1", "1.2", "C1", "C2"):
        tocsin("done", step)
    said = tocsin("next", "1").out
    assert said.startswith("1.3 Revoke the token; keep the commit\n")
    assert "WHY     1.6 waits for it; one of 7 gates before containment ends; " in said
    assert "DO      tocsin done 1.3 --evidence FILE   or tocsin skip 1.3" in said


def test_next_says_what_perishes_and_what_is_overdue(
    tocsin: Command, declared: str, leap: Callable[..., None]
) -> None:
    tocsin("learn", "occurred_from=2026-10-24T20:40:00Z", "--source", "access log")
    for step in ("1.5", "C8"):
        tocsin("done", step, "--evidence", "proof.txt", by="giang")
    said = tocsin("next", by="giang").out
    assert said.startswith("P1 Save the backups from before the breach\n")
    assert "WHY     after that hour this is lost: the last backup made before the breach began; " in said
    leap(hours=2)
    assert "WHY     it is overdue; " in tocsin("next", by="giang").out


def test_next_asks_for_the_fact_instead_of_hiding_the_step(tocsin: Command) -> None:
    tocsin("declare", "A laptop is gone", "--type", "lost-device")
    tocsin("ack")
    said = tocsin("next").out
    assert said.startswith("6.2 Save its last check-in, then lock and locate it\n")
    assert (
        "PERHAPS it applies only if the incident is one of these: device lost or device stolen, and " in said
    )
    assert "ASK     What kind of incident is it?     tocsin learn nature=device-lost --source ...\n" in said
    asked = tocsin("next", "--json").json["asks"]
    assert asked == [
        {"fact": "nature", "question": "What kind of incident is it?", "answers": ["device-lost"]}
    ]
    assert (
        "NEXT    6.2 Save its last check-in, then lock and locate it (perhaps: tocsin next asks): you, "
        in tocsin("card").out
    )
    tocsin("learn", "nature=paper-lost", "--source", "the finder")
    said = tocsin("next").out
    assert said.startswith("C2 ")
    assert "PERHAPS" not in said


def on_a_terminal(*words: str, typed: str) -> tuple[int, str]:
    """Run the real command with a terminal on stdin and stderr; what it wrote there, and how it ended."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "tocsin", *words], stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    ) as running:
        os.close(theirs)
        os.write(ours, typed.encode())
        said = b""
        while True:
            try:
                chunk = os.read(ours, 4096)
            except OSError:  # the other end has closed
                break
            if not chunk:
                break
            said += chunk
        running.wait(timeout=30)
    os.close(ours)
    return running.returncode, said.decode()


def test_a_terminal_takes_short_moments_and_says_how_it_understood_them(
    tocsin: Command, declared: str
) -> None:
    status, said = on_a_terminal("note", "they called", "--at", "-20m", "--as", "linh", typed="")
    assert status == 0
    assert "-20m is " in said
    last = tocsin("timeline", "--json").json[-1]
    assert last["at"] < last["recorded_at"]


def test_next_walks_the_steps_on_a_terminal(tocsin: Command, declared: str) -> None:
    status, said = on_a_terminal("next", "--as", "linh", typed="n\nd\n\nq\n")
    assert status == 0, said
    done = [step["id"] for step in tocsin("show", "--json").json["checklist"] if step["state"] == "done"]
    assert done == ["1.2"]


def test_closing_on_a_terminal_asks_for_the_number(
    tocsin: Command, declared: str, head: Callable[..., int]
) -> None:
    before = head()
    status, said = on_a_terminal("decline", "--because", "false alarm", "--as", "linh", typed="yes\n")
    assert (status, head()) == (1, before)
    assert "Type 1" in said
    status, _ = on_a_terminal("decline", "--because", "false alarm", "--as", "linh", typed="1\n")
    assert (status, tocsin("show", "1", "--json").json["status"]) == (0, "declined")


def test_a_duty_is_named_by_the_beginning_that_only_it_has(tocsin: Command, declared: str) -> None:
    tocsin(
        "learn",
        "our_role=controller",
        "people_by_country=DE:3,FR:1",
        "kinds=account-info",
        "risk=high",
        "--source",
        "x",
        by="an",
    )
    assert tocsin("report", "eu-gdpr/authority/de", "--out", "de.json", by="an").status == 0
    refused = tocsin("report", "eu-gdpr/authority", "--out", "eu.json", by="an")
    assert (refused.status, "eu-gdpr/authority/fr/controller" in refused.err) == (2, True)


def test_a_late_report_asks_for_its_reasons_until_they_are_said(
    tocsin: Command, declared: str, leap: Callable[..., None]
) -> None:
    facts = ("our_role=controller", "people_by_country=DE:3", "kinds=account-info", "risk=high")
    assert tocsin("learn", *facts, "--source", "first look", by="an").status == 0
    leap(hours=80)
    asks = "Art. 33(1), (3) GDPR asks why it is late     tocsin learn reasons_for_delay=..."
    assert asks in tocsin("duties").out
    assert (
        tocsin("report", "eu-gdpr/authority", "--out", "late.pdf", by="an").out.count("reasons_for_delay")
        == 1
    )
    file = ("filed", declared, "eu-gdpr/authority", "--reference", "4711", "--yes")
    refused = tocsin(*file, by="an")
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "asks why; say why it is late: --because" in refused.err
    assert tocsin(*file, "--because", "the portal was down", by="an").status == 0
    said = tocsin("duties")
    assert (asks in said.out, "    late because the portal was down\n" in said.out) == (False, True)
    duty = next(
        each
        for each in tocsin("duties", "--json").json["duties"]
        if each["key"].startswith("eu-gdpr/authority")
    )
    assert (duty["late"], duty["late_because"], duty["owes_reasons"]) == (True, "the portal was down", False)
