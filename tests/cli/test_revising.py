"""`tocsin affected --changes` and `tocsin release`: what a new scope changed, and the decision that a person takes."""

import csv
from pathlib import Path

import pytest

from tests.cli.conftest import Command

ALL = ("cus_1", "cus_2", "cus_3", "cus_4")


@pytest.fixture
def narrowed(tocsin: Command, drafted: str) -> str:
    """Four were found and have a letter in review; a second revision supports two of them."""
    listed(tocsin, "cus_1", "cus_2")
    return drafted


def listed(tocsin: Command, *who: str) -> None:
    Path("fewer.txt").write_text("\n".join(who) + "\n", encoding="utf-8")
    assert tocsin("scope", "--list", "fewer.txt", by="giang").status == 0


def test_who_came_and_who_is_no_longer_supported_stand_one_by_one_under_pseudonyms(
    tocsin: Command, narrowed: str
) -> None:
    said = tocsin("affected", "--changes").out
    assert "revision 2 since revision 1: 0 new, 2 kept, 2 no longer supported" in said
    assert sum(line.startswith("- ") and "held" in line for line in said.splitlines()) == 2
    assert "HELD    2 no longer supported wait for a decision" in said
    assert "cus_" not in said
    assert sum(line.startswith("- ") and "by listed" in line for line in said.splitlines()) == 2
    listed(tocsin, "cus_1", "cus_3")
    assert (
        "revision 3 since revision 2: 1 new, 1 kept, 1 no longer supported"
        in tocsin("affected", "--changes").out
    )
    found = tocsin("affected", "--changes", "--since", "1", "--json").json
    assert found["counts"] == {"added": 0, "kept": 2, "unsupported": 2}
    assert [len(found[kind]) for kind in ("added", "kept", "unsupported")] == [0, 2, 2]
    assert {each["stand"] for each in found["unsupported"]} == {"held"}
    assert all(each["reasons"]["ways"] == ["listed"] for each in found["kept"])
    assert (found["since"], found["revision"], found["held"]) == (1, 3, 2)


def test_the_first_revision_changed_nothing_but_that_people_came(tocsin: Command, declared: str) -> None:
    listed(tocsin, "cus_1", "cus_2")
    said = tocsin("affected", "--changes")
    assert (said.status, said.err) == (0, "")
    assert "revision 1 since revision 0: 2 new, 0 kept, 0 no longer supported" in said.out
    assert sum(line.startswith("+ ") for line in said.out.splitlines()) == 2
    found = tocsin("affected", "--changes", "--json").json
    assert [len(found[kind]) for kind in ("added", "kept", "unsupported")] == [2, 0, 0]


def test_since_the_beginning_everybody_came_however_many_revisions_there_were(
    tocsin: Command, narrowed: str
) -> None:
    said = tocsin("affected", "--changes", "--since", "0")
    assert (said.status, said.err) == (0, "")
    assert "revision 2 since revision 0: 2 new, 0 kept, 0 no longer supported" in said.out


@pytest.mark.parametrize("words", [("--since", "2"), ("--since", "-1")])
def test_a_revision_that_is_none_is_refused(tocsin: Command, narrowed: str, words: tuple[str, str]) -> None:
    refused = tocsin("affected", "--changes", *words)
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "name an earlier one" in refused.err


@pytest.mark.parametrize(
    "words", [("--since", "1"), ("--changes", "--person", "cus_1"), ("--changes", "--export", "x.csv")]
)
def test_two_questions_at_once_are_wrong_usage(
    tocsin: Command, narrowed: str, words: tuple[str, ...]
) -> None:
    assert tocsin("affected", *words).status == 2


def test_the_card_and_the_counts_say_who_waits_for_a_decision(tocsin: Command, narrowed: str) -> None:
    assert "HELD    2 no longer supported: decide     tocsin affected --changes" in tocsin("card").out
    counts = tocsin("affected", "--json").json
    assert (counts["total"], counts["held"], counts["held_told"], counts["upheld"]) == (
        2,
        {"FR": 1, "SG": 1},
        0,
        0,
    )
    story = tocsin("affected", "--person", "cus_3", by="an").out
    assert "cus_3: listed, is not owed a letter" in story
    assert "found by revision 1, no longer supported by revision 2, and waits for a decision" in story


def test_people_are_released_by_id_by_file_by_what_a_list_shows_or_all_at_once(
    tocsin: Command, narrowed: str
) -> None:
    shown = tocsin("affected", "--changes", "--json").json["unsupported"]
    Path("go.txt").write_text(f"# decided at nine\n{shown[0]['person']}\n", encoding="utf-8")
    done = tocsin("release", "@go.txt", "--because", "another token", by="an")
    assert (done.status, "1 people are released" in done.out) == (0, True)
    assert tocsin("release", "1", "--all", "--keep", "--because", "to be safe", by="an").status == 0
    counts = tocsin("affected", "--json").json
    assert (counts["held"], counts["upheld"]) == ({}, 1)
    assert "UPHELD  1 are told all the same" in tocsin("affected").out
    stands = {each["stand"] for each in tocsin("affected", "--changes", "--json").json["unsupported"]}
    assert stands == {"released", "upheld"}
    said = tocsin("timeline").out
    assert "another token" in said
    assert "to be safe" in said
    assert tocsin("verify").status == 0


def test_people_are_named_on_stdin_too_and_silence_there_names_nobody(
    tocsin: Command, process: Command, narrowed: str
) -> None:
    because = ("--because", "another token")
    silent = process("release", "1", "@-", *because, by="an", stdin="# nobody yet\n")
    assert (silent.status, silent.err.count("\n"), "stdin: holds no indicator" in silent.err) == (1, 1, True)
    done = process("release", "1", "@-", *because, by="an", stdin="# decided at nine\ncus_3\n")
    assert (done.status, "1 people are released" in done.out) == (0, True)


@pytest.mark.parametrize(
    ("words", "by", "status", "says"),
    [
        ((), "an", 2, "--all"),
        (("cus_3", "--all"), "an", 2, "--all"),
        (("cus_3",), "an", 1, "--because"),
        (("cus_1", "--because", "x"), "an", 1, "number 1 of the 1 named is nobody"),
        (("@nowhere.txt", "--because", "x"), "an", 1, "nowhere.txt"),
        (("cus_3", "--because", "x"), "linh", 1, "may not do this"),
    ],
)
def test_what_cannot_be_decided_is_one_line_that_shows_nobody(
    tocsin: Command, narrowed: str, words: tuple[str, ...], by: str, status: int, says: str
) -> None:
    refused = tocsin("release", *words, by=by)
    assert (refused.status, refused.out, refused.err.count("\n")) == (status, "", 1)
    assert says in refused.err
    assert not any(each in refused.err for each in ALL)


def test_what_a_spreadsheet_would_take_for_a_formula_leaves_as_text(tocsin: Command, declared: str) -> None:
    table = Path("customers.csv").read_text(encoding="utf-8")
    formula = """=cmd|' /C calc'!A0"""
    Path("customers.csv").write_text(
        table.replace("Mai", f'"{formula}"').replace("jonas@", "+jonas@"), "utf-8"
    )
    listed(tocsin, "cus_1", "cus_2")
    done = tocsin("affected", "--export", "out.csv", "--because", "the call centre", by="an")
    assert done.status == 0
    with Path("out.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert any(formula in cell for cell in cells)
    assert any("+jonas@example.org" in cell for cell in cells)
