"""What an incident waits for, and why a click was turned away, has its words in each language, whatever it is."""

import re
from pathlib import Path
from typing import get_args

import pytest

import tocsin
from tests.rendering.companies import TEMPLATES
from tocsin.domain.kinds import Turned
from tocsin.domain.telling import WaitsFor
from tocsin.rendering.words import load_words


@pytest.mark.parametrize("language", ["en", "vi"])
def test_each_thing_that_is_waited_for_has_its_words(language: str) -> None:
    card = Path(tocsin.__file__).parent.joinpath("views", "card.py").read_text(encoding="utf-8")
    asked = {*re.findall(r'line\("waits_(\w+)"', card), *get_args(WaitsFor)}
    assert len(asked) == 14
    phrases = load_words(TEMPLATES, language).entries["phrases"]
    assert {f"say_waits_{name}" for name in asked} == {
        name for name in phrases if name.startswith("say_waits_")
    }


@pytest.mark.parametrize("language", ["en", "vi"])
def test_each_reason_for_which_a_click_is_turned_away_has_its_words(language: str) -> None:
    phrases = load_words(TEMPLATES, language).entries["phrases"]
    for why in {*get_args(Turned)} - {"unknown-person"}:
        assert f"say_slack_turned_{why.replace('-', '_')}" in phrases
