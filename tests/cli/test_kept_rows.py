"""Rows that are kept for the next question go where their incident ends: at the close, at erasure, by the bell."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.test_household import PATIENCE
from tocsin import actions
from tocsin.actors import at_the_shell
from tocsin.app import App

END = ("--yes", "--because", "a test")


@pytest.fixture
def kept(tocsin: Command, declared: str, home: Path) -> Path:
    """The folder in which the rows of the incident's logs were kept for its next question."""
    assert tocsin("scope", "--token", "@tokens.txt").status == 0
    folder = home / "cache" / "logs" / declared
    assert {path.suffix for path in folder.iterdir() if path.is_file()} == {".rows", ".card"}
    return folder


@pytest.fixture
def let_go(tocsin: Command, declared: str, app: App) -> Callable[[], None]:
    """Nothing holds the file open any more: no duty, no gate."""

    def all_of_it() -> None:
        for duty in tocsin("duties", "--json").json["duties"]:
            tocsin("duties", "--release", duty["key"], "--because", "counsel says so", by="chi")
        for step in tocsin("show", "--json").json["checklist"]:
            if step["gate"] and step["state"] in ("open", "blocked"):
                actions.skip(app, at_the_shell(app, "linh"), declared, step["id"], because="a test")

    return all_of_it


@contextmanager
def ringing() -> Iterator[None]:
    """The bell is a process of its own."""
    bell = subprocess.Popen([sys.executable, "-m", "tocsin", "bell"], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        bell.send_signal(signal.SIGTERM)
        bell.wait(PATIENCE)


def gone(*folders: Path) -> bool:
    """Whether these go within our patience."""
    until = time.monotonic() + PATIENCE
    while any(each.exists() for each in folders) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(each.exists() for each in folders)


def test_closing_takes_the_rows_away_and_erasing_what_came_back(
    tocsin: Command, declared: str, kept: Path, let_go: Callable[[], None], leap: Callable[..., None]
) -> None:
    beside = shutil.copytree(kept, kept.parents[2] / "beside")
    refused = tocsin("close", declared, *END, by="an")
    assert (refused.status, kept.is_dir()) == (1, True)
    let_go()
    closed = tocsin("close", declared, *END, by="an")
    assert (closed.status, closed.err) == (0, "")
    assert list(kept.parent.iterdir()) == []
    # Whoever was writing in another process when the file was closed.
    shutil.copytree(beside, kept)
    leap(days=366)
    erased = tocsin("erase", declared, *END, by="an")
    assert (erased.status, erased.err) == (0, "")
    assert list(kept.parent.iterdir()) == []


def test_reopening_finds_no_rows_and_keeps_them_anew(
    tocsin: Command, declared: str, kept: Path, let_go: Callable[[], None]
) -> None:
    let_go()
    assert tocsin("close", declared, *END, by="an").status == 0
    assert tocsin("reopen", declared, "--because", "another token", by="an").status == 0
    assert not kept.exists()
    assert tocsin("scope", declared, "--token", "@tokens.txt").status == 0
    assert any(kept.glob("*.rows"))


def test_the_bell_sweeps_what_is_left_of_incidents_that_ended_and_nothing_of_others(
    tocsin: Command, kept: Path
) -> None:
    other = tocsin("declare", "Another one", "--json", by="minh").json["key"]
    ended, foreign = (kept.with_name(name) for name in (other, "INC-1999-0001"))
    assert tocsin("decline", other, *END, by="an").status == 0
    for folder in (ended, foreign):
        shutil.copytree(kept, folder)
    before = sorted(kept.iterdir())
    with ringing():
        assert gone(ended, foreign)
    assert sorted(kept.iterdir()) == before
