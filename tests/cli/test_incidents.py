"""Which incident a command means."""

import pytest

from tests.cli.conftest import Command
from tocsin.cli.incidents import split
from tocsin.domain.errors import WrongUsage


@pytest.mark.parametrize("named", ["INC-2026-0002", "inc-2026-0002", "INC-2026-2", "2", "0002"])
def test_an_incident_is_named_by_key_or_number(tocsin: Command, named: str) -> None:
    tocsin("declare", "first")
    tocsin("declare", "second")
    assert tocsin("show", named, "--json").json["title"] == "second"


def test_left_out_it_is_the_only_open_one(tocsin: Command) -> None:
    tocsin("declare", "first")
    tocsin("decline", "1", "--yes", "--because", "a false alarm")
    tocsin("declare", "second")
    assert tocsin("card", "--json").json["key"] == "INC-2026-0002"


def test_left_out_with_several_open_it_is_2_with_the_list(tocsin: Command) -> None:
    first = tocsin("declare", "first", "--json").json["code_name"]
    tocsin("declare", "second")
    refused = tocsin("note", "a word")
    assert refused.status == 2
    assert f"INC-2026-0001 {first}" in refused.err
    assert "INC-2026-0002 " in refused.err


def test_left_out_with_none_open_it_is_2_with_the_way_out(tocsin: Command) -> None:
    refused = tocsin("card")
    assert (refused.status, "tocsin declare" in refused.err) == (2, True)


def test_the_environment_names_one(tocsin: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    tocsin("declare", "first")
    tocsin("declare", "second")
    monkeypatch.setenv("TOCSIN_INC", "1")
    assert tocsin("show", "--json").json["title"] == "first"
    assert tocsin("show", "2", "--json").json["title"] == "second"


@pytest.mark.parametrize("named", ["INC-2025-0001", "9", "INC-2026-0009"])
def test_one_that_is_not_there_is_refused(tocsin: Command, named: str) -> None:
    tocsin("declare", "first")
    refused = tocsin("show", named)
    assert (refused.status, "there is no incident" in refused.err) == (1, True)


def test_words_of_a_verb_are_counted_to_find_the_incident() -> None:
    assert split(["1.3"], "STEP") == (None, ("1.3",))
    assert split(["7", "1.3"], "STEP") == ("7", ("1.3",))
    assert split(["INC-2026-0007", "a note"], "TEXT") == ("INC-2026-0007", ("a note",))
    assert split([]) == (None, ())


@pytest.mark.parametrize("words", [[], ["a", "b"], ["7", "a", "b"], ["1.3", "7"]])
def test_words_that_do_not_fit_are_wrong_usage(words: list[str]) -> None:
    with pytest.raises(WrongUsage, match=r"\[INC\] STEP"):
        split(words, "STEP")


def test_an_unquoted_note_is_not_taken_for_an_incident(tocsin: Command, declared: str) -> None:
    refused = tocsin("note", "3", "customers", "called")
    assert (refused.status, "quotes" in refused.err) == (2, True)
