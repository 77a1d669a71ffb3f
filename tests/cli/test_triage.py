"""`declare --triage`, `confirm`, `decline`: how it reads, and that nothing looks like an incident before it is one."""

from tests.cli.conftest import Command


def test_it_is_opened_shown_and_confirmed(tocsin: Command) -> None:
    said = tocsin("declare", "--triage", "Odd logins", by="giang")
    assert said.status == 0
    assert "  TRIAGE restricted" in said.out
    assert "CALLED  linh (triage): Slack ok\n" in said.out
    assert "IS IT   an incident?     tocsin confirm\n" in said.out
    assert "SEV" not in said.out
    assert "CLOCK" not in said.out
    card = tocsin("card").out
    assert "TRIAGE   nobody looks at it yet   since " in card
    assert "OR NOT  no incident?     tocsin decline --because '...'" in card
    (row,) = tocsin("list", "--json").json
    assert (row["status"], row["waiting_for"]) == ("triage", "triage: an incident or not")
    assert "TRIAGE  triage" in tocsin("list").out
    assert "triage  1 waiting, since " in tocsin("status").out
    assert tocsin("status", "--json").json["triage"]["waiting"] == 1
    found = tocsin("confirm", "--severity", "sev2", "--json")
    assert (found.status, found.json["status"], found.json["severity"]) == (0, "declared", "sev2")
    assert {call["role"] for call in found.json["called"]} == {"incident-commander", "dpo"}


def test_a_declaration_reads_as_ever_and_says_from_what_it_is_counted(tocsin: Command) -> None:
    tocsin("declare", "--triage", "Odd logins")
    said = tocsin("confirm").out
    assert "CLOCK   customers" in said
    assert "ASSUMED from reception" in said
    assert "IS IT" not in said
    shown = tocsin("show")
    assert "came in " in shown.out
    assert "; declared " in shown.out


def test_urgent_goes_with_triage_and_calls_by_all_routes(tocsin: Command) -> None:
    wrong = tocsin("declare", "--urgent", "Odd logins")
    assert (wrong.status, wrong.out) == (2, "")
    assert "--urgent goes with --triage" in wrong.err
    said = tocsin("declare", "--triage", "--urgent", "Odd logins").out
    assert "CALLED  linh (triage): Slack ok, mail handed over; " in said
    assert "-> minh" in said
    assert "you look at it" in tocsin("ack").out
    assert "TRIAGE urgent   linh looks at it" in tocsin("card").out


def test_while_it_waits_its_document_declares_nothing(tocsin: Command) -> None:
    tocsin("declare", "--triage", "Odd logins")
    found = tocsin("show", "--json").json
    assert (found["declared_at"], found["declared_by"], found["checklist"], found["duties"]) == (
        None,
        None,
        [],
        [],
    )
    assert found["opened_by"] == "linh"
    refused = tocsin("close", "1", "--yes", by="an")
    assert refused.status == 1
    assert "tocsin confirm INC-" in refused.err


def test_what_waits_stands_back_behind_what_was_declared(tocsin: Command) -> None:
    tocsin("declare", "A key in a public place")
    tocsin("declare", "--triage", "Odd logins")
    assert "INC-2026-0001" in tocsin("card").out
    assert tocsin("ack").status == 0
    assert tocsin("confirm", "--json").json["key"] == "INC-2026-0002"
    assert "2 incidents are open" in tocsin("card").err


def test_the_next_step_is_to_say_what_it_is(tocsin: Command) -> None:
    tocsin("declare", "--triage", "Odd logins")
    assert tocsin("next").out.splitlines()[1:] == [
        "IS IT   an incident?     tocsin confirm",
        "OR NOT  no incident?     tocsin decline --because '...'",
    ]
    assert tocsin("duties").status == 0
