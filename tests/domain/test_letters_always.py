"""What holds of the letters of every incident: random people in many places, asked of all laws at once."""

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.bodies import START, WORDS, incident, learned
from tocsin.catalog import default_folders, load_catalog
from tocsin.domain import kinds as k
from tocsin.domain.catalog import Catalog
from tocsin.domain.cells import read_cell
from tocsin.domain.demands import Readers
from tocsin.domain.facts import Facts, parse_fact
from tocsin.domain.incident import Incident
from tocsin.domain.law.duties import Assessment
from tocsin.domain.law.regime import assess
from tocsin.domain.letters import LetterPlan, letters_of
from tocsin.domain.owing import assessment, facts_of

PLACES = [
    "VN", "DE", "FR", "GB", "SG", "NZ", "BR", "US", "US-CA", "US-CT", "US-IL", "US-MA", "US-MD", "US-NJ", "US-NY",
    "US-NC", "CA-QC", "unknown",
]  # fmt: skip
CATEGORIES = [
    ["identity", "contact"], ["identity", "government-id", "payment-card"], ["credentials"],
    ["identity", "health", "phi"], ["location-service", "usage-behaviour"],
    ["identity", "tax", "bank-account", "biometric"],
]  # fmt: skip
WRITTEN = ("consequences", "measures_taken", "advice_to_people", "place_of_systems", "parties")


@pytest.fixture(scope="module")
def laws() -> Catalog:
    templates, contacts = default_folders()
    return load_catalog([templates], [contacts])


def scene(random: Random) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Up to thirty cells and what else is known, all at random."""
    cells = [
        {
            "place": random.choice(PLACES),
            "role": random.choice(["controller", "controller-processor"]),
            "group": [random.choice(["customers", "employees", "children"])],
            "count": random.randint(1, 900),
            "method": "exact",
            "categories": random.choice(CATEGORIES),
            "access": random.choice(["acquired", "viewed", "unknown", "none"]),
            "disclosure": random.choice(["confirmed", "likely", "possible", "unknown"]),
            "protection": random.choice(["none", "bypassed", "partial", "unknown"]),
        }
        for _ in range(random.randint(1, 30))
    ]
    facts = {
        "aware_at": "2026-11-23T19:31:00Z",
        "detected_at": "2026-11-23T19:31:00Z",
        "breach_of": "confidentiality",
    }
    maybe = {
        "risk": random.choice(["high", "risk", "unlikely"]),
        "violation": "breach",
        "occurred_from": "2026-11-22T13:40:00Z",
        "harm_tests": {
            law: random.choice(["met", "not"]) for law in ("sg-pdpa", "us-nc", "us-ct", "nz-privacy", "us-md")
        },
        "records": 300,
        "hold": {"by": "law-enforcement", "reference": "L-7", "until": "2026-12-24T00:00Z"},
        **{name: {"en": WORDS} for name in WRITTEN},
        "letter_parts": {"credit-monitoring": {"en": WORDS}},
    }
    return cells, facts | {name: value for name, value in maybe.items() if random.random() < 0.6}


def opened(cells: list[dict[str, Any]], facts: Mapping[str, Any], laws: Catalog) -> Incident:
    """The incident with its scope and every duty that the laws see in it."""
    canonical = [read_cell(cell).canonical() for cell in cells]
    spoken = (*WRITTEN, "letter_parts")
    bodies: list[k.Body] = [
        learned(name, value if name in spoken else parse_fact(name, value))
        for name, value in {**facts, "cells": canonical}.items()
    ]
    total = sum(cell["count"] for cell in cells)
    bodies.append(
        k.ScopeMeasured(
            revision=1, question="q", set_digest="s1", rows_digest="r", total=total, by_place={}, by_kind={},
            buckets={}, cells=tuple(canonical), added=total,
        )
    )  # fmt: skip
    found = assessment(incident(*bodies), laws)
    names = k.DutyOpened.model_fields
    return incident(
        *bodies, *(k.DutyOpened(**{name: getattr(duty, name) for name in names}) for duty in found.duties)
    )


def alone(state: Incident, cells: list[Any], laws: Catalog) -> Assessment:
    """What the laws say where only these people were hit, everything else being the same."""
    facts = facts_of(state, laws)
    values = {**facts.values, "cells": [cell.canonical() for cell in cells]}
    return assess(
        Facts(values, facts.categories_of), laws.contacts.organisation, tuple(laws.regimes.values()),
        authorities=laws.contacts.authorities, at=START, declared_at=START,
    )  # fmt: skip


def readers_of(cell: Any) -> Readers:
    return Readers(cell.place, cell.role, cell.group[0])


def homes(letters: tuple[LetterPlan, ...]) -> dict[Readers, LetterPlan]:
    return {readers: letter for letter in letters for readers in letter.readers}


incidents = given(seed=st.integers(0, 10**9))
often = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@often
@incidents
def test_everybody_who_is_owed_a_letter_gets_one_and_nobody_two(laws: Catalog, seed: int) -> None:
    cells, facts = scene(Random(seed))
    state = opened(cells, facts, laws)
    letters = letters_of(state, laws)
    told = [readers for letter in letters for readers in letter.readers]
    assert len(told) == len(set(told))
    counted = {readers_of(read_cell(cell)) for cell in cells}
    assert not letters or set(told) == counted
    assert not letters or sum(letter.people for letter in letters) == sum(cell["count"] for cell in cells)
    bound = {duty for letter in letters for duty in letter.duties}
    owed = {key for key, duty in state.duties.items() if duty.opened.recipient == "individuals"}
    assert bound <= owed
    assert owed <= bound or not letters, owed - bound


@often
@incidents
def test_each_law_is_met_by_its_own_people_and_by_no_others(laws: Catalog, seed: int) -> None:
    random = Random(seed)
    cells, facts = scene(random)
    state = opened(cells, facts, laws)
    home = homes(letters_of(state, laws))
    every = list(facts_of(state, laws).cells)
    for cell in random.sample(every, min(3, len(every))):
        readers = readers_of(cell)
        mine = set(home[readers].readers[readers].duties) if home else set()
        for duty in alone(state, [cell], laws).duties:
            if duty.recipient == "individuals":
                assert duty.key in mine, (readers, duty.key)
        denied = {
            (each.regime, each.rule)
            for each in alone(state, [one for one in every if readers_of(one) == readers], laws).not_owed
        }
        for key in mine:
            opened_as = state.duties[key].opened
            assert (opened_as.regime, opened_as.rule) not in denied, (readers, key)


@often
@incidents
def test_letters_are_as_few_as_the_laws_allow_and_break_none(laws: Catalog, seed: int) -> None:
    cells, facts = scene(Random(seed))
    state = opened(cells, facts, laws)
    letters = letters_of(state, laws)
    why = [
        (
            letter.left_out,
            frozenset(wait.duty for wait in letter.waits),
            frozenset(lack.part for lack in letter.lacks),
            frozenset(held.duty for held in letter.held),
        )
        for letter in letters
    ]
    assert len(why) == len(set(why)), why
    for letter in letters:
        assert {owed.left_out for owed in letter.readers.values()} == {letter.left_out}
        for readers, owed in letter.readers.items():
            for key in owed.duties:
                opened_as = state.duties[key].opened
                rule = laws.regimes[opened_as.regime].rule(opened_as.rule)
                assert rule is not None
                if readers.place not in ("unknown", "US"):
                    assert set(laws.letter.forbidden(dict.fromkeys(rule.must_not_contain))) <= set(
                        letter.left_out
                    )


@often
@incidents
def test_a_letter_goes_without_a_part_only_for_a_candidate_beside_what_is_surely_owed(
    laws: Catalog, seed: int
) -> None:
    cells, facts = scene(Random(seed))
    state = opened(cells, facts, laws)
    for letter in letters_of(state, laws):
        assert all(not lack.asked.sure for lack in letter.without)
        assert all(state.duties[lack.asked.duty].candidate for lack in letter.without)
        assert any(not state.duties[key].candidate for key in letter.duties) or not letter.without
