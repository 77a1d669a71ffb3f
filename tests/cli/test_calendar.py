"""tocsin law calendar: the line of time at the shell, as a document and as a picture."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command

HIT = "cells=[{role: controller, place: DE, count: 3, risk: risk, group: [customers]}]"
GERMANY = "eu-gdpr/authority/de/controller"


def test_every_moment_is_numbered_on_the_line_and_told_beneath_it(
    tocsin: Command, declared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    tocsin("learn", HIT, "--source", "scope", by="an")
    tocsin("filed", declared, GERMANY, "--reference", "A-1", "--yes", by="an")
    said = tocsin("law", "calendar").out
    now, days, line = said.splitlines()[2:5]
    assert now.strip() == "now"
    assert max(map(len, said.splitlines())) <= 80
    assert "Nov" in days
    assert len(line) == 70
    assert f"\n     {GERMANY}\n" in said
    assert "filed, due" in said
    assert "cannot tell, would be due" in said
    document = tocsin("law", "calendar", declared, "--json").json
    moments = document["moments"]
    assert [each["at"] for each in moments] == sorted(each["at"] for each in moments)
    (filed,) = [each for each in moments if GERMANY in each["duties"]]
    assert (filed["shape"], filed["kind"], filed["met_at"] is not None) == ("filed", "due", True)
    assert {each["shape"] for each in moments} >= {"open", "filed", "would-be"}


def test_the_picture_is_a_file_that_is_never_written_over(tocsin: Command, declared: str) -> None:
    done = tocsin("law", "calendar", declared, "--svg", "due.svg")
    assert (done.status, Path("due.svg").stat().st_mode & 0o077) == (0, 0)
    assert Path("due.svg").read_text(encoding="utf-8").startswith("<svg ")
    again = tocsin("law", "calendar", declared, "--svg", "due.svg")
    assert (again.status, again.err.count("\n"), "exists" in again.err) == (1, 1, True)
    assert tocsin("law", "calendar", declared, "--svg", "nowhere/due.svg").status == 1


def test_what_is_no_incident_is_one_line(tocsin: Command, declared: str) -> None:
    for words, status in ((("9",), 1), (("us-ca",), 2), (("1", "2"), 2)):
        said = tocsin("law", "calendar", *words)
        assert (said.status, said.err.count("\n")) == (status, 1)
    assert tocsin("law", "show", "us-ca", "--svg", "x.svg").status == 2


def test_nothing_is_due_of_what_was_no_incident(tocsin: Command, declared: str) -> None:
    tocsin("decline", declared, "--because", "a test key", "--yes")
    assert "Nothing is due." in tocsin("law", "calendar", declared).out
