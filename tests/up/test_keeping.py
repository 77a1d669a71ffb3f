"""What a keeper starts ends with it, or is ended by the next one; nothing else is ever touched. Real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tocsin.domain.errors import Refused
from tocsin.up.child import Child
from tocsin.up.keeping import MARK, end_marked, kept

#: A keeper of a home: it starts one child, which starts one of its own, says their numbers and sleeps.
KEEPER = """
import os, pathlib, sys, time
from tocsin.up.child import Child
from tocsin.up.keeping import MARK, kept
home = pathlib.Path(sys.argv[1])
with kept(home) as mark:
    parent = ["sh", "-c", "sleep 600 & echo $! > grandchild; wait"]
    child = Child("child", parent, {**os.environ, MARK: mark}, home / "log", home, leashed="leashed" in sys.argv)
    child.start()
    print(child.pid, flush=True)
    time.sleep(600)
"""


class Kept:
    """A keeper that runs, its child and its grandchild."""

    def __init__(self, home: Path, *more: str) -> None:
        command = [sys.executable, "-c", KEEPER, str(home), *more]
        self.keeper = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.keeper.stdout is not None
        self.child = int(self.keeper.stdout.readline())
        until(lambda: (home / "grandchild").exists() and (home / "grandchild").read_text().endswith("\n"))
        self.grandchild = int((home / "grandchild").read_text())

    def kill(self) -> None:
        self.keeper.kill()
        self.keeper.wait()

    def end(self) -> None:
        self.kill()
        assert self.keeper.stdout is not None
        self.keeper.stdout.close()
        for process in (self.child, self.grandchild):
            if runs(process):
                os.kill(process, signal.SIGKILL)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Kept]]:
    begun: list[Kept] = []

    def begin(*more: str) -> Kept:
        begun.append(Kept(tmp_path, *more))
        return begun[-1]

    yield begin
    for each in begun:
        each.end()


def runs(process: int) -> bool:
    """Whether it runs; one that ended and was not buried yet does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_next_keeper_ends_what_a_killed_one_left_and_what_that_had_started(
    start: Callable[..., Kept], tmp_path: Path
) -> None:
    left = start()
    left.kill()
    assert runs(left.child)
    assert runs(left.grandchild)
    with kept(tmp_path):
        assert not runs(left.child)
        assert not runs(left.grandchild)


def test_an_orphan_whose_own_parent_died_is_found_too(start: Callable[..., Kept], tmp_path: Path) -> None:
    left = start()
    left.kill()
    os.kill(left.child, signal.SIGKILL)
    until(lambda: not runs(left.child))
    assert runs(left.grandchild)
    with kept(tmp_path):
        assert not runs(left.grandchild)


def test_two_keepers_of_one_home_are_refused_and_the_first_keeps_what_it_has(
    start: Callable[..., Kept], tmp_path: Path
) -> None:
    first = start()
    with pytest.raises(Refused, match=f"up already, kept by process {first.keeper.pid}"), kept(tmp_path):
        pass
    assert runs(first.child)


def test_another_homes_processes_are_left_alone(start: Callable[..., Kept], tmp_path: Path) -> None:
    theirs = start()
    (tmp_path / "other").mkdir()
    with kept(tmp_path / "other"):
        pass
    with kept(tmp_path / "other"):
        assert runs(theirs.child)


def test_a_process_that_has_a_noted_number_but_not_the_mark_is_left_alone(tmp_path: Path) -> None:
    bystander = subprocess.Popen(["sleep", "600"], env={**os.environ, MARK: "somebody else's"})
    try:
        (tmp_path / "keeper").write_text(f"{bystander.pid} 0123456789abcdef\n")
        with kept(tmp_path):
            assert runs(bystander.pid)
    finally:
        bystander.kill()
        bystander.wait()


def test_one_that_will_not_hear_is_killed_after_its_grace(tmp_path: Path) -> None:
    deaf = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]
    child = Child("deaf", deaf, {**os.environ, MARK: "deaf"}, tmp_path / "log", tmp_path)
    child.start()
    until(lambda: (tmp_path / "log").read_text())
    end_marked("deaf", grace=0.2)
    assert not child.alive


def test_what_is_leashed_ends_with_its_killed_keeper(start: Callable[..., Kept]) -> None:
    left = start("leashed")
    left.kill()
    until(lambda: not runs(left.child))


def test_a_leash_tied_after_the_keepers_end_ends_at_once(tmp_path: Path) -> None:
    from tocsin.up import leash

    nobody = subprocess.Popen(["true"])
    nobody.wait()
    command = [sys.executable, leash.__file__, str(nobody.pid), "touch", str(tmp_path / "ran")]
    assert subprocess.run(command).returncode == 1
    assert not (tmp_path / "ran").exists()
