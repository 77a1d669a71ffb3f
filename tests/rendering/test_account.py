"""What happened, as each type tells it: in both languages, with what is known, without what is not."""

import re
from itertools import product
from typing import Any

import pytest

from tests.rendering.companies import TEMPLATES
from tocsin.domain.facts import Facts
from tocsin.rendering.account import account

TYPES = sorted(path.parent.name for path in TEMPLATES.glob("types/*/type.yaml"))
MOMENTS = {
    "occurred_from": "2026-11-20T01:00:00+00:00",
    "occurred_to": "2026-11-22T02:00:00+00:00",
    "violation_found_at": "2026-11-23T03:00:00+00:00",
    "contained_at": "2026-11-24T04:00:00+00:00",
}
DAYS = {"occurred_from": "20", "occurred_to": "22", "violation_found_at": "23", "contained_at": "24"}


def told(type_: str, facts: dict[str, Any]) -> dict[str, str]:
    return account(TEMPLATES, type_, Facts(facts), "StreamOnApi", "UTC")


@pytest.mark.parametrize("type_", TYPES)
def test_each_type_tells_what_happened_in_each_language_whatever_is_known(type_: str) -> None:
    for known in product((True, False), repeat=len(MOMENTS)):
        facts = {name: at for (name, at), there in zip(MOMENTS.items(), known, strict=True) if there}
        if "occurred_from" not in facts:
            facts.pop("occurred_to", None)
        texts = told(type_, facts)
        assert set(texts) == {"de", "en", "vi"}
        for text in texts.values():
            days = set(re.findall(r"(?<!\d)(20|22|23|24)(?!\d)(?=.{0,20}2026)", text))
            assert days == {DAYS[name] for name in facts}, text
            assert all(block.endswith(".") for block in text.split("\n\n")), text


@pytest.mark.parametrize("type_", TYPES)
def test_what_goes_on_is_said_to_go_on(type_: str) -> None:
    quiet, still = told(type_, {}), told(type_, {"ongoing": True})
    assert all(len(still[language]) > len(quiet[language]) for language in ("de", "en", "vi"))


@pytest.mark.parametrize("type_", TYPES)
def test_authorities_read_it_too_so_that_it_addresses_nobody(type_: str) -> None:
    texts = told(type_, MOMENTS)
    assert not re.search(r"\byour?s?\b", texts["en"], re.IGNORECASE)
    assert not re.search(r"\b(bạn|quý khách)\b", texts["vi"], re.IGNORECASE)
