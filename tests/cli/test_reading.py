"""What the reading verbs show: card, list, show, timeline, and the bare command."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tocsin.app import App
from tocsin.delivery.outbox import deliver
from tocsin.sinks.mail import Fault, MailSink
from tocsin.sinks.slack import SlackFault, SlackSink

SHOW_KEYS = {
    "key", "code_name", "title", "type", "severity", "status", "drill", "restricted", "aware_at", "facts", "roles",
    "checklist", "duties", "notices", "messages", "affected", "wake_at", "waiting_for", "head",
}  # fmt: skip
CHECKLIST_KEYS = {"id", "title", "phase", "role", "gate", "due_at", "state", "evidence"}
DUTY_KEYS = {
    "key", "regime", "rule", "cite", "recipient", "authority", "clock_from", "due_at", "assumed", "state", "because",
}  # fmt: skip


def test_the_card_says_what_is_next_and_the_command_that_does_it(tocsin: Command, declared: str) -> None:
    said = tocsin("card").out
    assert f"{declared} " in said
    assert "commander linh" in said
    assert "71:5" in said
    assert "NEXT    1.1 " in said
    assert ": you, by " in said
    assert "tocsin done 1.1" in said


def test_the_card_names_who_is_silent_and_how_to_call(tocsin: Command, leap: Callable[..., None]) -> None:
    tocsin("declare", "A key in a public place")
    tocsin("ack")
    leap(minutes=16)
    said = tocsin("card").out
    assert "BLOCKED DPO silent for 16 min     tocsin page dpo" in said


def test_the_card_says_which_route_is_down_and_which_is_used(
    tocsin: Command, monkeypatch: pytest.MonkeyPatch, leap: Callable[..., None]
) -> None:
    monkeypatch.delenv("TOCSIN_MAIL__HOST")
    tocsin("declare", "A key in a public place")
    leap(minutes=6)
    assert "DOWN    mail for 0:06 (using Slack): email is not configured" in tocsin("card").out


def test_the_card_counts_who_is_untold(tocsin: Command, drafted: str) -> None:
    assert "UNTOLD  4 of 4" in tocsin("card").out


def test_another_reader_is_told_whose_step_it_is(tocsin: Command, declared: str) -> None:
    assert tocsin("card", "--json", by="khoa").json["next"]["role"] == "scribe"
    assert ": you, by" in tocsin("card", by="khoa").out
    tocsin("declare", "I saw something odd", by=None)
    assert tocsin("card", "2", "--json", by=None).json["yours"] is False


def test_the_bare_command_is_the_card(tocsin: Command, declared: str) -> None:
    assert tocsin().out == tocsin("card").out
    assert tocsin("--json").json["key"] == declared


def test_the_bare_command_names_each_incident_for_which_nobody_was_reached(
    tocsin: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOCSIN_SLACK__TOKEN")
    monkeypatch.delenv("TOCSIN_MAIL__HOST")
    for title in ("Keys in a public place", "A laptop is gone"):
        assert tocsin("declare", title).status == 3
    said = tocsin()
    assert (said.status, "2 incidents are open; name one" in said.err) == (2, True)
    assert [line.split(" nobody has been reached")[0] for line in said.out.splitlines()] == [
        "INC-2026-0001",
        "INC-2026-0002",
    ]


def test_what_perhaps_never_arrived_is_named_on_the_card_and_in_status(
    tocsin: Command, declared: str, app: App, slack: SlackSink, mail: MailSink
) -> None:
    slack.misbehave(SlackFault("drop"))
    mail.misbehave(Fault("dot", "drop"))
    tocsin("hand", "incident-commander", "minh")
    start = app.now()
    for minutes in range(1, 8):
        deliver(replace(app, now=partial(start.__add__, timedelta(minutes=minutes))))
    words = "that no route confirmed, perhaps never arrived: linh, minh; tell them yourself"
    assert f"SENT    2 {words}" in tocsin("card").out
    assert f"{declared}: 2 {words}" in tocsin("status").out


def test_a_declaration_that_lies_ahead_of_the_clock_is_said_until_somebody_states_when_it_was(
    tocsin: Command, declared: str, leap: Callable[..., None]
) -> None:
    leap(hours=-47, minutes=-10)
    says = "CHECK   declared 47:09 ahead of this clock: if this clock is right, state when it was     tocsin learn"
    assert says in tocsin("card").out
    assert tocsin("learn", "aware_at=2026-11-21T20:20Z", "--source", "linh").status == 0
    assert says not in tocsin("card").out
    leap(hours=47)
    assert "ahead of this clock" not in tocsin("card").out


def test_options_before_the_verb_are_refused_by_name(tocsin: Command) -> None:
    refused = tocsin("--json", "declare", "Keys in a public place")
    assert refused.status == 2
    assert refused.err == "tocsin: options come after the verb: tocsin declare ...\n"


def test_the_bare_command_without_an_open_incident_names_the_last_and_who_is_on_call(tocsin: Command) -> None:
    assert "No incident is open." in tocsin().out
    name = tocsin("declare", "A false alarm", "--json").json["code_name"]
    tocsin("decline", "1", "--yes", "--because", "it was a test")
    said = tocsin().out
    assert f"Last: INC-2026-0001 {name}, declined." in said
    assert "On call: linh (primary)" in said
    document = tocsin("--json").json
    assert (document["on_call"]["primary"], document["samples"]) == ("linh", [])


def test_in_earnest_the_samples_on_call_are_said_to_be_nobody(
    tocsin: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_MODE", "production")
    assert "On call: linh (primary) is a sample and calls nobody: tocsin doctor" in tocsin(by=None).out
    assert tocsin("--json", by=None).json["samples"] == ["linh", "minh"]
    assert "primary  linh (a sample, calls nobody), until" in tocsin("oncall", by=None).out


def test_the_list_begins_with_the_soonest_deadline(tocsin: Command) -> None:
    tocsin("declare", "later", "--aware-at", "2026-11-23T00:00Z")
    tocsin("declare", "sooner", "--aware-at", "2026-11-22T00:00Z")
    tocsin("declare", "closed", "--aware-at", "2026-11-21T00:00Z")
    tocsin("decline", "3", "--yes", "--because", "nothing")
    assert [row["key"][-1] for row in tocsin("list", "--json").json] == ["2", "1", "3"]
    assert [row["key"][-1] for row in tocsin("list", "--open", "--json").json] == ["2", "1"]
    assert tocsin("list").out.splitlines()[1].startswith("INC-2026-0002")


def test_a_restricted_incident_stands_in_the_list_by_its_code_name(tocsin: Command) -> None:
    tocsin("declare", "the signing key leaked")
    tocsin("declare", "a laptop was lost", "--no-restricted")
    said = tocsin("list").out
    assert "signing key" not in said
    assert "a laptop was lost" in said


def test_words_of_a_restricted_incident_are_for_those_who_work_on_it(tocsin: Command, declared: str) -> None:
    tocsin("note", "we suspect a colleague")
    outsider = tocsin("timeline", by="hoa").out
    assert "we suspect a colleague" not in outsider
    assert "(restricted)" in outsider
    assert tocsin("show", "--json", by="hoa").json["title"] == "(restricted)"
    assert "we suspect a colleague" in tocsin("timeline", by="chi").out
    tocsin("take", "liaison", by="hoa")
    assert "we suspect a colleague" in tocsin("timeline", by="hoa").out


@pytest.mark.parametrize("json", [(), ("--json",)])
def test_no_reading_verb_tells_an_outsider_the_words_or_the_people_of_a_restricted_incident(
    tocsin: Command, drafted: str, json: tuple[str, ...]
) -> None:
    Path("tran-van-binh.txt").write_text("his own log", encoding="utf-8")
    assert tocsin("evidence", "add", "tran-van-binh.txt").status == 0
    assert tocsin("note", "we suspect a colleague").status == 0
    duty = next(each["key"] for each in tocsin("show", "--json").json["duties"])
    reading = [
        ["card"], ["list"], ["show"], ["timeline"], ["duties"], ["affected"], ["affected", "cus_3"], ["status"],
        ["preview", "customers"], ["preview", "customers", "--html", "page.html"], ["ledger", "customers"],
        ["report", duty, "--out", "paper.html"], ["report", duty, "--out", "paper.json"], ["verify"],
        ["evidence", "list"], ["evidence", "get", "E1", "--out", "copy.txt"], ["oncall"], [],
    ]  # fmt: skip
    people = ("Mai,", "Jonas", "Chloé", "Wei,")
    secret = (*people, "suspect", "public place", "tran-van-binh", "the team", "revoked the keys")

    said = [tocsin(*words, *json, by="khoa") for words in reading]

    wrote = [Path(name) for name in ("page.html", "paper.html", "paper.json", "copy.txt")]
    told = [each.out + each.err for each in said] + [each.read_text() for each in wrote if each.exists()]
    assert [(word, words) for words in told for word in secret if word in words] == []
    shown = tocsin("preview", "customers", by="an").out
    assert "revoked the keys" in shown
    assert not [
        name for name in people if name in shown
    ]  # whoever reads a letter before it leaves learns of nobody
    assert "tran-van-binh" in tocsin("evidence", "list", by="an").out
    assert "(restricted)" in tocsin("preview", "customers", by="khoa").out


def test_show_has_the_promised_names(tocsin: Command, approved: str) -> None:
    shown = tocsin("show", "--json").json
    assert set(shown) >= SHOW_KEYS
    assert all(set(step) >= CHECKLIST_KEYS for step in shown["checklist"])
    assert all(set(duty) >= DUTY_KEYS for duty in shown["duties"])
    assert set(shown["facts"]["our_role"]) >= {"value", "source", "learned_at", "by"}
    assert shown["facts"]["our_role"] | {"learned_at": 0} == {
        "value": "controller", "source": "the team", "learned_at": 0, "by": "linh",
    }  # fmt: skip
    assert shown["affected"]["total"] == 4
    assert shown["affected"]["by_place"] == {"DE": 1, "FR": 1, "SG": 1, "VN": 1}
    assert set(shown["affected"]) >= {"total", "by_place", "by_kind", "buckets", "gaps"}
    assert [approval["person"] for approval in shown["notices"][0]["approvals"]] == ["an", "bao"]
    assert shown["messages"]["handed_over"] > 0
    assert set(shown["head"]) == {"seq", "hash"}
    assert shown["waiting_for"] == "release of the customer notice"
    datetime.fromisoformat(shown["wake_at"])


def test_show_as_of_equals_what_was_shown_then(
    tocsin: Command, declared: str, leap: Callable[..., None], tmp_path: Path
) -> None:
    then = tocsin("show", "--json").json
    moment = max(entry["recorded_at"] for entry in tocsin("timeline", "--json").json)
    leap(minutes=3)
    proof = tmp_path / "proof.txt"
    proof.write_text("x")
    tocsin("done", "1.3", "--evidence", str(proof))
    tocsin("note", "later")
    tocsin("learn", "risk=high", "--source", "the DPO", by="an")
    now = tocsin("show", "--json").json
    again = tocsin("show", "--as-of", moment, "--json").json
    assert again["as_of"] is not None
    assert again | {"as_of": None} == then
    assert now["head"] != then["head"]


def test_show_as_of_before_the_declaration_or_in_the_future_is_refused(
    tocsin: Command, declared: str
) -> None:
    assert tocsin("show", "--as-of", "2020-01-01T00:00Z").status == 1
    assert tocsin("show", "--as-of", "2099-01-01T00:00Z").status == 2


def test_the_timeline_tells_every_entry_with_its_hash(tocsin: Command, declared: str) -> None:
    rows = tocsin("timeline", "--json").json
    lines = tocsin("timeline").out.splitlines()
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert all(row["hash"][:8] in line for row, line in zip(rows, lines, strict=True))
    assert "linh is incident-commander" in tocsin("timeline").out
    assert all(after["previous_hash"] == before["hash"] for before, after in pairwise(rows))
    assert list(rows[0]["texts"].values()) == ["A key in a public place"]


def test_an_erased_text_is_said_to_be_erased(tocsin: Command, declared: str) -> None:
    tocsin("note", "Anna Müller called")
    last = [row for row in tocsin("timeline", "--json").json if row["kind"] == "Noted"][-1]
    assert tocsin("redact", last["body"]["text"], "--because", "a name", by="an").status == 0
    assert "Anna" not in tocsin("timeline").out
    assert "(erased)" in tocsin("timeline").out
    again = [row for row in tocsin("timeline", "--json").json if row["kind"] == "Noted"][-1]
    assert again["texts"] == {last["body"]["text"]: None}
    assert again["hash"] == last["hash"]


def test_hostile_text_steers_no_terminal(tocsin: Command) -> None:
    hostile = "red \x1b[31malert\x1b[0m \x1b]0;title\x07 [bold]x[/bold] \u202egnp.exe \x9b2J"
    tocsin("declare", "a key", "--no-restricted")
    assert tocsin("note", hostile).status == 0
    assert tocsin("learn", f"discovered_by_name={hostile}", "--source", hostile).status in (0, 1)
    tocsin("set", "title", f"new {hostile}", "--because", hostile)
    for words in (["timeline"], ["show"], ["list"], ["card"]):
        said = tocsin(*words)
        assert not set("\x1b\x07\x9b\u202e") & set(said.out + said.err), words
    assert "[bold]x[/bold]" in tocsin("timeline").out
    assert "\\x1b[31malert" in tocsin("timeline").out


def test_json_is_one_document_with_the_very_text(tocsin: Command, declared: str) -> None:
    tocsin("note", "tab\tand \x1b[31mred")
    assert list(tocsin("timeline", "--json").json[-1]["texts"].values()) == ["tab\tand \x1b[31mred"]


@pytest.mark.parametrize("verb", ["card", "show", "timeline", "duties", "assess", "next", "list"])
def test_every_reading_verb_gives_one_json_document(tocsin: Command, declared: str, verb: str) -> None:
    found = tocsin(verb, "--json")
    assert (found.status, found.err) == (0, "")
    assert found.json
