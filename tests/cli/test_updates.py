"""`tocsin update`: whole off a terminal, asked for on one, sent or skipped; the card says when one is due."""

import os
import pty
import select
import subprocess
import sys

import pytest

from tests.cli.conftest import Command

CAN = ("--conditions", "Tokens are revoked", "--actions", "Scope runs", "--needs", "none")


def test_an_update_goes_to_the_stakeholders_and_says_when_the_next_is_due(declared, tocsin: Command) -> None:
    done = tocsin("update", *CAN)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("Coal Lark: on its way to bao, chi, hoa. Next by Tue 03:10 +07 (20:10Z)")
    assert (
        "StatusUpdated  Tokens are revoked / Scope runs / none (to bao, chi, hoa)" in tocsin("timeline").out
    )


def test_a_skipped_update_needs_a_reason(declared, tocsin: Command, head) -> None:
    before = head()
    refused = tocsin("update", "--skip")
    assert (refused.status, head()) == (1, before)
    assert refused.err == "tocsin: say why no update is sent: --because '...'\n"
    assert tocsin("update", "--skip", "--because", "nothing new").out.startswith(
        "Coal Lark: no update this time. Next"
    )


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        (("--conditions", "x"), 2, "--actions and --needs missing"),
        ((*CAN, "--skip"), 2, "--skip sends nothing"),
        (("--because", "x"), 2, "add --skip"),
        (("--conditions", "x" * 300, "--actions", "y", "--needs", "z"), 1, "a phone shows 240"),
        (("9999", *CAN), 1, "there is no incident"),
    ],
)
def test_what_is_not_whole_is_refused_in_one_line_and_nothing_is_written(
    declared, tocsin: Command, head, words, status, why
) -> None:
    before = head()
    done = tocsin("update", *words)
    assert (done.status, done.out, head()) == (status, "", before)
    assert why in done.err
    assert done.err.count("\n") == 1


def test_who_does_not_speak_for_the_incident_is_told_whom_to_ask(declared, tocsin: Command) -> None:
    done = tocsin("update", *CAN, by="khoa")
    assert (done.status, done.out) == (1, "")
    assert "ask the incident-commander (linh)" in done.err


def test_the_answer_as_json_names_its_entry(declared, tocsin: Command) -> None:
    assert [each["kind"] for each in tocsin("update", *CAN, "--json").json["entries"]] == ["StatusUpdated"]


def test_the_card_says_that_an_update_is_due_and_how_many_were_missed(
    declared, tocsin: Command, leap
) -> None:
    assert "UPDATE" not in tocsin("card").out
    leap(minutes=30)
    assert "UPDATE  was due Tue 03:10 +07 (20:10Z)     tocsin update\n" in tocsin("card").out
    leap(minutes=61)
    assert "UPDATE  was due Tue 03:10 +07 (20:10Z), 2 missed before     tocsin update\n" in tocsin("card").out


def test_an_update_that_nobody_reads_is_kept_and_said(tocsin: Command) -> None:
    excluded = [word for who in ("bao", "chi", "hoa") for word in ("--exclude", who)]
    assert tocsin("declare", "A leak", *excluded).status == 0
    assert tocsin("ack").status == 0
    done = tocsin("update", *CAN)
    assert (done.status, done.out.startswith("Coal Lark: on its way to nobody.")) == (0, True)
    assert "name stakeholders in contacts/escalation.yaml" in done.err
    assert "Tokens are revoked / Scope runs / none (to nobody)" in tocsin("timeline").out


def at_a_terminal(*words: str, typed: tuple[str, ...]) -> tuple[str, int]:
    """Run the real command on a terminal, and answer each question with a line."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tocsin", *words]
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    said, answers = "", list(typed)
    while True:
        ready, _, _ = select.select([ours], [], [], 60)
        try:
            part = os.read(ours, 65536).decode(errors="replace") if ready else ""
        except OSError:  # the other end is closed
            part = ""
        if not part:
            break
        said += part
        if said.endswith("> ") and answers:
            os.write(ours, f"{answers.pop(0)}\n".encode())
    os.close(ours)
    return said, child.wait(60)


def test_on_a_terminal_it_asks_for_what_is_missing_and_enter_takes_the_proposal(
    declared, tocsin: Command, home
) -> None:
    for step in ("C1", "C2"):
        tocsin("done", step)
    said, status = at_a_terminal(
        "update", "--needs", "none", "--as", "linh", typed=("Tokens are revoked", "")
    )
    assert status == 0, said
    assert "no customer's data" in said
    assert (
        "Status containment; next deadlines: policy-promise/customers/individuals by Fri 27 Nov 02:40" in said
    )
    told = tocsin("timeline").out
    assert "Tokens are revoked / Done: " in told
    assert " / none (to bao, chi, hoa)" in told


def test_answers_that_end_send_nothing(declared, home, head) -> None:
    before = head()
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "update", "--as", "linh"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, head()) == (2, before)
