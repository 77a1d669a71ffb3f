"""tocsin run: the company's own command for a step, in a real home. It ticks the step, or says why it is open."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tocsin.app import App
from tocsin.domain.kinds import CommandEnded, CommandStarted
from tocsin.storage import timeline

COMMANDS = """
commands:
  - {id: revoke, does: revokes the tokens, steps: ["1.3"], argv: [/bin/sh, -c, "echo revoked $TOCSIN_INC $TOCSIN_STEP"],
     within: 30 min, in_drills: true}
  - {id: ask-issuer, does: asks, steps: ["1.2"], argv: [/bin/sh, -c, "echo who; exit 3"], within: 1 min,
     in_drills: true}
  - {id: away, does: is not there, steps: ["1.4"], argv: [/no/such/program], within: 1 min, in_drills: true}
  - {id: mute, does: says nothing, steps: ["1.5", C2], argv: [/bin/true], within: 1 min, in_drills: true}
  - {id: lasting, does: takes its time, steps: [C8], argv: [/bin/sleep, "30"], within: 1 min, in_drills: true}
  - {id: in-earnest, does: acts on the real world, steps: [C7], argv: [/bin/true], within: 1 min}
"""


@pytest.fixture(autouse=True)
def commands(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "contacts"
    folder.mkdir()
    (folder / "commands.yaml").write_text(COMMANDS, encoding="utf-8")
    monkeypatch.setenv("TOCSIN_CONTACTS", str(folder))


def state_of(tocsin: Command, step: str) -> str:
    return next(each["state"] for each in tocsin("show", "--json").json["checklist"] if each["id"] == step)


def test_a_command_that_ends_well_ticks_the_step_with_what_it_printed(
    tocsin: Command, declared: str, tmp_path: Path
) -> None:
    said = tocsin("run", "1.3")
    assert said.status == 0
    assert said.out.startswith("1.3 done: revoke ended well after ")
    assert "E1 holds what it printed. Next: " in said.out
    assert "RUN     1.3 revoke: /bin/sh -c" in said.err
    assert state_of(tocsin, "1.3") == "done"
    assert tocsin("evidence", "get", "E1", "--out", str(tmp_path / "copy"), by="an").status == 0
    assert (tmp_path / "copy").read_text(encoding="utf-8") == f"revoked {declared} 1.3\n"
    assert "printed by revoke for step 1.3" in tocsin("evidence", "list").out
    assert tocsin("verify").status == 0


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("1.2", "ask-issuer ended with 3 after "),
        ("1.4", "away could not be started (/no/such/program: No such file or directory)"),
        ("1.5", "it printed nothing, and the step needs evidence: copy and hash"),
    ],
)
def test_what_goes_wrong_is_one_line_and_leaves_the_step_open(
    tocsin: Command, declared: str, step: str, says: str
) -> None:
    said = tocsin("run", step)
    assert (said.status, said.out) == (1, "")
    (line,) = [line for line in said.err.splitlines() if line.startswith("tocsin: ")]
    assert says in line
    assert line.endswith(f"the step stays open, by hand: tocsin done {step}")
    assert state_of(tocsin, step) == "open"
    assert tocsin("done", step, "--evidence", "proof.txt").status == 0


def test_next_shows_how_the_last_run_ended(tocsin: Command, declared: str) -> None:
    tocsin("done", "1.1")
    tocsin("run", "1.2")
    assert "RAN     Tue 02:40 +07 (19:40Z) by linh: ask-issuer ended with 3 after " in tocsin("next").out


def test_a_step_that_needs_no_proof_is_ticked_by_silence(tocsin: Command, declared: str) -> None:
    found = tocsin("run", "C2", "--json").json
    assert (found["done"], found["run"]["outcome"], found["run"]["output"]) == (True, "succeeded", None)


REFUSED = [
    (["run", "9.9"], "linh", "has no step '9.9'"),
    (["run", "1.1"], "linh", "there is no command for step 1.1 in contacts/commands.yaml; do it by hand"),
    (["run", "C7"], "linh", "is a drill, and in-earnest acts on the real world"),
    (["run", "1.3"], "hoa", "step 1.3 is for the incident-commander, and hoa is not"),
]


@pytest.mark.parametrize(("words", "by", "says"), REFUSED)
def test_what_may_not_run_does_not_run(
    tocsin: Command, declared: str, head: Callable[..., int], words: list[str], by: str, says: str
) -> None:
    before = head()
    refused = tocsin(*words, by=by)
    assert (refused.status, refused.out) == (1, "")
    assert says in refused.err
    # What is not run is not announced.
    assert "RUN " not in refused.err
    assert head() == before


@pytest.mark.parametrize("written", ["commands: [{id: Bad}]\n", "commands: [\n", "\xff"])
def test_commands_that_cannot_be_read_stop_run_alone(
    tocsin: Command, declared: str, tmp_path: Path, written: str
) -> None:
    path = tmp_path / "contacts" / "commands.yaml"
    path.write_text(written, encoding="latin-1")
    assert tocsin("card").status == 0
    assert tocsin("next").status == 0
    for words, way in (
        (["run", "1.3"], f"tocsin done {declared} 1.3"),
        (["run"], f"tocsin done {declared} STEP"),
    ):
        refused = tocsin(*words)
        assert (refused.status, refused.out) == (1, "")
        assert f"{path}:" in refused.err
        assert f"until that is mended do it by hand: {way}" in refused.err
    assert tocsin("done", "1.1").status == 0
    assert tocsin("declare", "again", "--type", "credential-leak").status == 0


def test_commands_that_are_no_file_stop_nothing(tocsin: Command, declared: str, tmp_path: Path) -> None:
    path = tmp_path / "contacts" / "commands.yaml"
    path.unlink()
    path.mkdir()
    assert tocsin("card").status == 0


def test_a_step_that_is_done_already_is_not_done_twice(tocsin: Command, declared: str) -> None:
    assert tocsin("done", "1.3", "--evidence", "proof.txt").status == 0
    assert "step 1.3 was done by linh" in tocsin("run", "1.3").err


def test_the_same_key_runs_it_once(tocsin: Command, declared: str, head: Callable[..., int]) -> None:
    assert tocsin("run", "1.2", "--key", "k1").status == 1
    before = head()
    again = tocsin("run", "1.2", "--key", "k1")
    assert (again.status, head()) == (1, before)
    assert "said before with this --key" in again.err
    assert "ask-issuer ended with 3 after " in again.err


def test_without_a_step_it_lists_what_there_is(tocsin: Command, declared: str) -> None:
    said = tocsin("run").out
    assert "1.3 Revoke the token; keep the commit  open" in said
    assert "(killed after 30 min)" in said
    rows = tocsin("run", "1", "--json").json
    assert [row["step"] for row in rows] == ["1.3", "1.2", "1.4", "1.5", "C2", "C8", "C7"]
    assert tocsin("run", "nonsense").status == 1
    assert tocsin("run", "x", "1.3").status == 2


def test_next_offers_the_command_and_the_way_by_hand(tocsin: Command, declared: str) -> None:
    tocsin("done", "1.1")
    said = tocsin("next").out
    assert "DO      tocsin run 1.2   (ask-issuer), or by hand tocsin done 1.2\n" in said
    assert "     tocsin run 1.2\n" in tocsin("card").out


def started(declared: str, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tocsin", "run", declared, "C8", "--as", "giang", *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(app: App, declared: str, kind: type) -> None:
    for _ in range(600):
        with app.database.read() as connection:
            if any(isinstance(entry.body, kind) for entry in timeline.entries(connection, declared)):
                return
        time.sleep(0.05)
    raise AssertionError(f"no {kind.__name__}")


def test_who_is_told_to_stop_writes_down_that_it_was_stopped(
    tocsin: Command, app: App, declared: str
) -> None:
    with started(declared) as running:
        wait_for(app, declared, CommandStarted)
        time.sleep(0.5)
        os.kill(running.pid, signal.SIGTERM)
        assert running.wait(timeout=30) == 1
        assert running.stderr is not None
        assert "C8: lasting was interrupted after " in running.stderr.read()
    wait_for(app, declared, CommandEnded)
    assert state_of(tocsin, "C8") == "open"


def test_a_killed_run_leaves_an_honest_trace(
    tocsin: Command, app: App, declared: str, leap: Callable[..., None]
) -> None:
    with started(declared, "--key", "k1") as running:
        wait_for(app, declared, CommandStarted)
        os.kill(running.pid, signal.SIGKILL)
        running.wait(timeout=30)
    assert "tocsin: lasting runs since " in tocsin("run", "C8", "--key", "k1", by="giang").err
    assert state_of(tocsin, "C8") == "open"
    again = tocsin("run", "C8", by="giang")
    assert "lasting runs for step C8 since 2026-11-24T02:4" in again.err
    assert "+07:00 (giang) and has 60 s; if whoever started it is gone, look whether" in again.err
    leap(minutes=5)
    assert "and nobody saw its end: look what it did first" in tocsin("run").out
    tocsin("done", "1.5", "--evidence", "proof.txt", by="giang")
    assert "and nobody saw its end: look what it did first" in tocsin("next", by="giang").out
    assert tocsin("done", "C8", "--evidence", "proof.txt", by="giang").status == 0
    assert tocsin("verify").status == 0
