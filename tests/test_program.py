"""Running a program: real ones, that end, fail, hang, flood, hide and are missing."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.program import Ending, run_program

SHELL = "/bin/sh"
SOON, LONG = timedelta(seconds=1), timedelta(seconds=30)


def run(script: str, within: timedelta = LONG, **more: int) -> Ending:
    return run_program([SHELL, "-c", script], within=within, environment={"TOCSIN_STEP": "1.3"}, **more)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pid: int) -> bool:
    """Whether a process is gone, or goes within a moment: the system takes one to clear it away."""
    for _ in range(100):
        if not alive(pid):
            return True
        time.sleep(0.02)
    return False


def test_what_it_prints_is_one_stream_in_the_order_in_which_it_came():
    found = run("echo one; echo two >&2; echo three")
    assert (found.outcome, found.exit_code, found.output) == ("succeeded", 0, b"one\ntwo\nthree\n")
    assert not found.cut


@pytest.mark.parametrize(("script", "code"), [("echo no; exit 3", 3), ("kill -9 $$", -9)])
def test_a_failure_says_how(script, code):
    found = run(script)
    assert (found.outcome, found.exit_code) == ("failed", code)


@pytest.mark.parametrize("program", ["/no/such/program", "/etc", "/etc/hostname"])
def test_what_is_no_program_is_not_started_and_the_system_says_why(program):
    found = run_program([program], within=LONG, environment={})
    assert (found.outcome, found.exit_code, found.output) == ("not-started", None, b"")
    assert found.why.startswith(f"{program}: ")


def test_at_its_limit_it_is_killed_with_all_that_it_started():
    began = time.monotonic()
    found = run("sleep 60 & echo $!; trap '' TERM; sleep 60", within=SOON)
    assert found.outcome == "timed-out"
    assert time.monotonic() - began < 20
    assert gone(int(found.output))


def test_what_it_leaves_behind_is_killed_when_it_ends():
    found = run("sleep 60 & echo $!")
    assert found.outcome == "succeeded"
    assert found.took < LONG
    assert gone(int(found.output))


def test_a_flood_is_cut_and_stops_at_the_limit_all_the_same():
    found = run_program(["/usr/bin/yes"], within=SOON, environment={}, most=1000)
    assert (found.outcome, len(found.output), found.cut) == ("timed-out", 1000, True)


def test_output_of_just_the_limit_is_whole():
    found = run("printf 12345", most=5)
    assert (found.output, found.cut) == (b"12345", False)


def test_it_sees_nothing_of_ours_but_what_is_given(monkeypatch):
    monkeypatch.setenv("TOCSIN_MAIL__PASSWORD", "a secret")
    seen = dict(line.split("=", 1) for line in run("env; cat").output.decode().splitlines())
    assert set(seen) - {"_", "PWD", "SHLVL", "OLDPWD"} == {"PATH", "HOME", "LANG", "TOCSIN_STEP"}


def test_it_stands_in_a_folder_of_its_own_which_goes_with_it():
    place = Path(run("pwd; echo x > left.txt").output.decode().strip())
    assert place.name.startswith("tocsin-run-")
    assert not place.exists()


WAITING = """
import sys
from datetime import timedelta
from tocsin.program import run_program
print("ready", flush=True)
found = run_program(["/bin/sh", "-c", "echo $$; exec sleep 60"], within=timedelta(seconds=50), environment={})
print(found.outcome, found.output.decode().strip(), flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_waits_may_be_told_to_stop_and_still_says_what_became_of_it(number):
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, text=True) as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "ready\n"
        time.sleep(0.5)
        os.kill(waiting.pid, number)
        outcome, pid = waiting.stdout.readline().split()
    assert (outcome, waiting.returncode) == ("interrupted", 0)
    assert gone(int(pid))
