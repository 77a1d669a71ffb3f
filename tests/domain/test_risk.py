"""Advice on the risk to people: worked cases, each reason alone, and what never happens."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.cells import Cell
from tocsin.domain.exposure import View
from tocsin.domain.facts import Facts, read_facts
from tocsin.domain.questions import CATEGORIES, GROUPS, RISKS
from tocsin.domain.risk import Advice, advise, with_advice
from tocsin.domain.severity import Severity, in_quarters, severity


def advice(**facts: Any) -> Advice:
    return advise(read_facts(facts))


def reasons(**facts: Any) -> list[str]:
    """The short names of the reasons, in order: `D1`, `H2`."""
    return [reason[:2] for reason in advice(**facts).reasons if reason[0] in "DH" and reason[1].isdigit()]


CASES: list[dict[str, Any]] = read_document(Path(__file__).with_name("risk_cases.yaml")).value


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_advice_is_what_a_careful_lawyer_would_give(case: dict[str, Any]) -> None:
    assert set(case) <= {"name", "why", "facts", "level", "reasons", "score", "cells"}
    found = advice(**case["facts"])
    assert (found.level, reasons(**case["facts"])) == (case["level"], case["reasons"])
    assert found.reasons
    if "score" in case:
        assert found.score == case["score"]
    if "cells" in case:
        assert [cell.level for cell in found.cells] == case["cells"]


def test_it_starts_at_risk_and_says_what_it_does_not_know() -> None:
    found = advice()
    assert (found.level, found.score) == ("risk", None)
    assert "kinds" in found.unknown
    assert "disclosure" in found.unknown


PROTECTED = {"protection": "intact", "protection_evidence": "key log", "breach_of": "confidentiality"}
ACCIDENT = {
    "intent": "accidental",
    "recipients": "one-bound",
    "deletion_confirmed": True,
    "categories": "contact",
}
EXCLUDED = {"disclosure": "excluded", "log_coverage": "complete", "loss": "none", "alteration": "none"}
OUTAGE = {"log_coverage": None, "intent": "accidental", "breach_of": "availability"}
OPEN_DOOR = {"nature": "misconfiguration", "disclosure": "possible", "categories": "id-document"}
INTRUDER = {"intent": "malicious", "categories": "government-id"}
HACKED = {"nature": "hacking", "disclosure": "possible", "categories": "identity,birth"}
STOLEN = {"intent": "malicious", "disclosure": "confirmed", "recipients": "unknown"}


@pytest.mark.parametrize(
    ("facts", "level", "said"),
    [
        (PROTECTED, "unlikely", ["D1"]),
        (PROTECTED | {"protection_evidence": None}, "risk", []),
        (PROTECTED | {"breach_of": "availability", "loss": "temporary"}, "risk", []),
        (PROTECTED | {"breach_of": "availability", "loss": "temporary", "service_impact": "none"}, "unlikely", ["D1"]),
        (PROTECTED | {"breach_of": "integrity"}, "risk", []),
        (PROTECTED | {"misuse": "fraud"}, "high", ["H1"]),
        (ACCIDENT, "unlikely", ["D2"]),
        (ACCIDENT | {"intent": "unknown"}, "risk", ["D4"]),
        (ACCIDENT | {"deletion_confirmed": False}, "risk", ["D4"]),
        (ACCIDENT | {"deletion_confirmed": None}, "risk", ["D2"]),
        (ACCIDENT | {"recipients": "known"}, "risk", ["D2"]),
        (ACCIDENT | {"recipients": "known", "categories": "payment-card"}, "risk", ["D2"]),
        (ACCIDENT | {"recipients": "known", "categories": "communications"}, "high", ["H2"]),
        (ACCIDENT | {"recipients": "known", "deletion_confirmed": None}, "risk", ["D4"]),
        (ACCIDENT | {"categories": "health"}, "risk", ["D2"]),
        (ACCIDENT | {"categories": None}, "risk", []),
        (ACCIDENT | {"loss": "permanent"}, "risk", ["D4"]),
        (EXCLUDED, "unlikely", ["D3"]),
        (EXCLUDED | {"log_coverage": "partial"}, "risk", []),
        (EXCLUDED | {"loss": "effort", "service_impact": "inconvenience"}, "risk", []),
        (EXCLUDED | {"access": "viewed"}, "risk", []),
        (EXCLUDED | {"alteration": "recoverable"}, "risk", []),
        (EXCLUDED | {"disclosure": None, "access": "attempted"}, "unlikely", ["D3"]),
        (EXCLUDED | {"disclosure": None}, "risk", []),
        (EXCLUDED | OUTAGE, "unlikely", ["D3"]),
        (EXCLUDED | OUTAGE | {"log_coverage": "partial"}, "risk", []),
        (EXCLUDED | OUTAGE | {"intent": "malicious"}, "risk", []),
        (EXCLUDED | OUTAGE | {"breach_of": "confidentiality"}, "risk", []),
        (EXCLUDED | OUTAGE | {"breach_of": "confidentiality", "access": "none", "recipients": "none"},
         "unlikely", ["D3"]),
        (STOLEN | {"categories": "health"}, "high", ["H2", "H3"]),
        (STOLEN | {"categories": "health", "pseudonymous": True, "recipients": "known"}, "risk", []),
        ({"disclosure": "possible", "categories": "payment-card"}, "risk", []),
        ({"disclosure": "possible", "intent": "malicious", "categories": "payment-card"}, "high", ["H2"]),
        ({"disclosure": "likely", "categories": "communications"}, "high", ["H2"]),
        (INTRUDER, "high", ["H2"]),
        (INTRUDER | {"breach_of": "availability"}, "risk", []),
        (INTRUDER | {"access": "attempted"}, "risk", []),
        (OPEN_DOOR, "risk", []),
        (OPEN_DOOR | {"unseen_days": 31}, "high", ["H2"]),
        (OPEN_DOOR | {"log_coverage": "none"}, "high", ["H2"]),
        (STOLEN | {"categories": "password-hash"}, "risk", []),
        (STOLEN | {"categories": "password-hash", "protection": "bypassed"}, "high", ["H2"]),
        (STOLEN | {"categories": "identity,birth", "recipients": "known"}, "high", ["H3"]),
        (STOLEN | {"categories": "birth", "recipients": "known"}, "risk", []),
        (STOLEN | {"categories": "usage-behaviour", "recipients": "known"}, "high", ["H3"]),
        ({"nature": "device-stolen", "disclosure": "possible", "categories": "identity,birth"}, "high", ["H3"]),
        ({"nature": "device-lost", "disclosure": "possible", "categories": "identity,birth"}, "risk", []),
        (HACKED | {"unseen_days": 31}, "high", ["H3"]),
        (HACKED | {"unseen_days": 30}, "risk", []),
        (HACKED | {"log_coverage": "none"}, "high", ["H3"]),
        (HACKED | {"log_coverage": "complete"}, "risk", []),
        ({"recipients": "public", "groups": "children", "categories": "contact"}, "high", ["H4"]),
        ({"recipients": "known", "groups": "patients", "categories": "contact"}, "risk", ["D4"]),
        ({"recipients": "known", "groups": "children", "categories": "contact"}, "risk", ["D4"]),
        ({"recipients": "known", "groups": "vulnerable", "categories": "contact"}, "high", ["H6"]),
        ({"breach_of": "availability", "service_impact": "danger"}, "high", ["H5"]),
        ({"alteration": "unrecoverable"}, "high", ["H5"]),
        ({"intent": "malicious", "disclosure": "likely", "recipients": "unknown", "categories": "identity,purchase"},
         "high", ["H6"]),
    ],
)  # fmt: skip
def test_each_reason_fires_on_its_own_facts_only(facts: dict[str, Any], level: str, said: list[str]) -> None:
    assert (advice(**facts).level, reasons(**facts)) == (level, said)


def test_the_worst_cell_is_the_advice() -> None:
    cells = [
        {"place": "VN", "categories": "contact"},
        {"place": "DE", "categories": "health", "disclosure": "confirmed"},
    ]
    assert advice(cells=cells).level == "high"
    assert advice(cells=cells[:1]).level == "risk"
    assert advice(cells=[]).level == "risk"


def test_nobody_hit_is_no_risk() -> None:
    assert advice(people=0).level == "unlikely"


def test_head_count_is_a_flag_and_decides_nothing() -> None:
    many = advice(people=1_000_000, **ACCIDENT)
    assert many.level == "unlikely"
    assert "flag: more than 100 people (1000000)" in many.reasons
    assert not [reason for reason in advice(people=100, **ACCIDENT).reasons if reason.startswith("flag")]


def test_the_advice_never_decides() -> None:
    facts = read_facts(dict(STOLEN, categories="health"))
    advise(facts)
    assert facts.get("risk") is None


@pytest.mark.parametrize(
    ("cell", "disclosure", "malicious", "score", "level"),
    [
        (Cell(categories=("identity", "contact")), "confirmed", False, "1.25", "low"),
        (
            Cell(categories=("identity",), loss="permanent", alteration="unrecoverable"),
            None,
            True,
            "2.0",
            "medium",
        ),
        (Cell(categories=("health", "identity"), recipients="public"), "confirmed", True, "5.0", "very high"),
        (Cell(categories=("usage-behaviour",), pseudonymous=True), None, False, "0.5", "low"),
        (Cell(categories=("payment-card",), recipients="unknown"), "likely", True, "3.25", "high"),
        (Cell(categories=("contact",), group=("children",)), None, False, "3.0", "high"),
    ],
)
def test_the_score_follows_the_method(
    cell: Cell, disclosure: str | None, malicious: bool, score: str, level: str
) -> None:
    found = severity(cell, disclosure, malicious)
    assert found is not None
    assert (in_quarters(found.score), found.level) == (score, level)


@pytest.mark.parametrize(
    ("score", "level"), [("1.75", "low"), ("2", "medium"), ("3", "high"), ("4", "very high")]
)
def test_the_bands_begin_at_two_three_and_four(score: str, level: str) -> None:
    assert Severity(1, Decimal(score)).level == level


def test_without_known_data_there_is_no_score() -> None:
    assert severity(Cell(), "confirmed", True) is None


def test_every_category_has_a_context() -> None:
    assert all(severity(Cell(categories=(category,)), None, False) for category in CATEGORIES)


CASE = st.fixed_dictionaries(
    {},
    optional={
        "intent": st.sampled_from(["accidental", "malicious", "unknown"]),
        "breach_of": st.lists(st.sampled_from(["confidentiality", "integrity", "availability"]), min_size=1),
        "nature": st.lists(st.sampled_from(["hacking", "device-stolen", "misdirected"]), min_size=1),
        "log_coverage": st.sampled_from(["complete", "partial", "none"]),
        "protection": st.sampled_from(["intact", "none"]),
        "protection_evidence": st.just("key log"),
        "disclosure": st.sampled_from(["confirmed", "likely", "possible", "excluded"]),
        "recipients": st.sampled_from(["one-bound", "known", "unknown", "public"]),
        "deletion_confirmed": st.booleans(),
        "categories": st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=4),
        "groups": st.lists(st.sampled_from(GROUPS), min_size=1, max_size=2),
        "people": st.integers(1, 1000),
        "access": st.sampled_from(["none", "attempted", "viewed", "acquired", "unknown"]),
        "loss": st.sampled_from(["none", "temporary", "effort", "permanent"]),
        "alteration": st.sampled_from(["none", "recovered", "recoverable", "unrecoverable"]),
        "service_impact": st.sampled_from(["none", "inconvenience", "serious", "danger"]),
        "misuse": st.lists(
            st.sampled_from(["none", "unwanted-contact", "fraud", "unknown"]), min_size=1, max_size=2
        ),
        "pseudonymous": st.booleans(),
        "unseen_days": st.integers(0, 60),
    },
)


@settings(max_examples=times(100))
@given(CASE, st.data())
def test_forgetting_a_fact_never_makes_the_risk_unlikely(known: dict[str, Any], data: st.DataObject) -> None:
    # Where facts contradict each other, or somebody is known to be harmed, one fact hides what another says.
    assume(
        not any(View(facts, cell).contradiction for facts in [Facts(known)] for cell in facts.cells_or_blank)
    )
    harmless = sorted(set(known) - {"misuse", "loss", "alteration", "service_impact"})
    forgotten = data.draw(st.sets(st.sampled_from(harmless))) if harmless else set()
    before = advise(Facts(known))
    after = advise(Facts({name: value for name, value in known.items() if name not in forgotten}))
    assert after.level != "unlikely" or before.level == "unlikely"


@settings(max_examples=times(100))
@given(CASE)
def test_the_advice_is_the_same_for_the_same_facts_and_always_has_a_reason(known: dict[str, Any]) -> None:
    first = advise(Facts(known))
    assert first == advise(Facts(dict(reversed(known.items()))))
    assert first.level in RISKS
    assert first.reasons


def test_each_group_has_its_own_advice_and_it_stands_in_for_that_group_alone() -> None:
    theft = {"nature": "data-theft", "cause": "external-malicious", "recipients": "unknown"}
    cells = [
        {"place": "DE", "categories": "identity,contact"},
        {"place": "FR", "count": 0, "categories": "health"},
        {"place": "VN", "categories": "identity,government-id"},
        {"place": "US-CA", "categories": "identity,government-id", "risk": "risk"},
    ]
    facts = read_facts({**theft, "cells": cells})
    found = advise(facts)
    assert [(cell.who.split(",")[0], cell.level) for cell in found.cells] == [
        ("DE", "risk"),
        ("VN", "high"),
        ("US-CA", "high"),
    ]
    assert [cell.risk for cell in with_advice(facts, found).cells] == ["risk", None, "high", "risk"]


def test_the_advice_stands_in_only_where_nobody_has_decided() -> None:
    undecided, decided = read_facts(STOLEN), read_facts(STOLEN | {"risk": "unlikely"})
    assert with_advice(undecided, advise(undecided)).get("risk") == "risk"
    assert with_advice(decided, advise(decided)).get("risk") == "unlikely"


def test_facts_that_contradict_each_other_are_named_and_the_worse_one_counts() -> None:
    found = advice(disclosure="excluded", log_coverage="complete", access="viewed", categories="health")
    assert found.level == "high"
    assert "disclosure is excluded, and yet access is viewed: disclosure counts as confirmed" in found.reasons


def test_what_is_asked_is_what_could_still_move_the_advice() -> None:
    tablet = {"nature": "device-stolen", "categories": "identity,birth", "breach_of": "confidentiality"}
    assert "protection_evidence" in advice(**tablet, protection="intact").unknown
    assert "protection_evidence" not in advice(**tablet, protection="none").unknown
    assert "log_coverage" not in advice(**tablet, access="acquired").unknown
    assert "deletion_confirmed" in advice(**tablet, recipients="known").unknown
    assert "access" in advice(**tablet, access="unknown").unknown
    assert "intent" in advice(**tablet, intent="unknown").unknown
    two = [{"disclosure": "possible"}, {"disclosure": "excluded"}, {"count": 0}]
    assert "disclosure" not in advice(cells=two).unknown
    assert "disclosure" in advice(cells=[*two, {"count": 1}]).unknown


def test_the_score_shows_every_number_that_went_in() -> None:
    found = advice(
        intent="malicious", recipients="known", alteration="recoverable", loss="permanent",
        categories="identity,contact,government-id",
    )  # fmt: skip
    assert found.severity is not None
    assert [part[:2] for part in found.severity.inputs] == [
        ("DPC", "2"), ("EI", "1.0"), ("CB", "1.5"), ("CB", "+0.25"), ("CB", "+0.25"), ("CB", "+0.5"), ("CB", "+0.5"),
    ]  # fmt: skip
    assert all(because for _, _, because in found.severity.inputs)
    assert "ENISA 2013: 3.5 (high) = DPC 2 x EI 1.0 + CB 1.5" in found.reasons


@settings(max_examples=times(150))
@given(CASE, st.data())
def test_what_makes_it_worse_never_lowers_the_advice(known: dict[str, Any], data: st.DataObject) -> None:
    def added(name: str, *words: str) -> dict[str, Any]:
        return {**known, name: sorted({*known.get(name, ()), data.draw(st.sampled_from(words))})}

    worse = data.draw(
        st.sampled_from(
            [
                added("misuse", "impersonation", "fraud", "extortion", "publication"),
                added("groups", *GROUPS),
                known | {"recipients": "public"},
                known | {"access": "acquired"},
                known | {"service_impact": "danger"},
                known | {"alteration": "unrecoverable"},
                known | {"protection": "bypassed"},
                known | {"unseen_days": 365},
                known | {"people": 1_000_000},
                {**known, "cells": [{}, {"service_impact": "danger"}]},
            ]
        )
    )
    assert RISKS.index(advise(Facts(worse)).level) >= RISKS.index(advise(Facts(known)).level)


@settings(max_examples=times(100))
@given(CASE.filter(lambda known: "categories" in known), st.sampled_from(CATEGORIES))
def test_another_category_never_lowers_the_advice(known: dict[str, Any], more: str) -> None:
    worse = {**known, "categories": sorted({*known["categories"], more})}
    assert RISKS.index(advise(Facts(worse)).level) >= RISKS.index(advise(Facts(known)).level)
