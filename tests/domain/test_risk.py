"""Advice on the risk to people: six cases of EDPB Guidelines 01/2021, each reason alone, and what never happens."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.domain.cells import Cell
from tocsin.domain.facts import Facts, read_facts
from tocsin.domain.questions import CATEGORIES, GROUPS, RISKS
from tocsin.domain.risk import Advice, advise
from tocsin.domain.severity import Severity, in_quarters, severity


def advice(**facts: Any) -> Advice:
    return advise(read_facts(facts))


def reasons(**facts: Any) -> list[str]:
    """The short names of the reasons, in order: `D1`, `H2`."""
    return [reason[:2] for reason in advice(**facts).reasons if reason[0] in "DH" and reason[1].isdigit()]


#: Number of the case, what was known, the level that fits its outcome, and the score worked out by hand.
CASES: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "1: ransomware, proper backup, no exfiltration",
        {"nature": "ransomware", "breach_of": "availability", "cause": "external-malicious", "protection": "intact",
         "protection_evidence": "key in another machine", "disclosure": "excluded", "log_coverage": "complete",
         "loss": "temporary", "service_impact": "none", "groups": "customers,employees",
         "categories": "identity,contact"},
        "unlikely", "1.5",
    ),
    (
        "5: job applications from a website",
        {"nature": "injection", "breach_of": "confidentiality", "cause": "external-malicious", "disclosure": "possible",
         "log_coverage": "none", "unseen_days": 30, "recipients": "unknown", "groups": "applicants", "people": 213,
         "categories": "identity,contact,birth,education,employment"},
        "high", "3.0",
    ),
    (
        "8: business data taken by an employee",
        {"nature": "access-abuse", "breach_of": "confidentiality", "cause": "internal-malicious", "access": "acquired",
         "recipients": "unknown", "misuse": "unwanted-contact", "groups": "customers",
         "categories": "identity,contact"},
        "risk", "2.0",
    ),
    (
        "10: stolen encrypted tablets of a day-care centre",
        {"nature": "device-stolen", "breach_of": "confidentiality,availability", "protection": "intact",
         "protection_evidence": "device management report", "loss": "none", "groups": "children",
         "categories": "identity,birth,education"},
        "unlikely", "4.5",
    ),
    (
        "14: social security numbers mailed by mistake",
        {"nature": "misdirected", "breach_of": "confidentiality", "cause": "internal-accidental", "access": "viewed",
         "recipients": "known", "deletion_confirmed": False, "groups": "applicants", "people": 60000,
         "categories": "identity,contact,government-id"},
        "high", "2.25",
    ),
    (
        "17: bills redirected to an impostor",
        {"nature": "phishing", "breach_of": "confidentiality,integrity", "cause": "external-malicious",
         "recipients": "known", "misuse": "impersonation", "alteration": "recoverable", "groups": "customers",
         "categories": "identity,contact,government-id,contract", "people": 1},
        "high", "3.0",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "level", "score"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_shared_cases_come_out_as_published(facts: dict[str, Any], level: str, score: str) -> None:
    found = advice(**facts)
    assert (found.level, found.score) == (level, score)
    assert found.reasons


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
        (ACCIDENT | {"recipients": "known"}, "risk", ["D4"]),
        (ACCIDENT | {"categories": "health"}, "risk", ["D2"]),
        (ACCIDENT | {"categories": None}, "risk", []),
        (ACCIDENT | {"loss": "permanent"}, "risk", ["D4"]),
        (EXCLUDED, "unlikely", ["D3"]),
        (EXCLUDED | {"log_coverage": "partial"}, "risk", []),
        (EXCLUDED | {"loss": "effort", "service_impact": "inconvenience"}, "risk", []),
        (EXCLUDED | {"access": "viewed"}, "risk", []),
        (EXCLUDED | {"alteration": "recoverable"}, "risk", []),
        (STOLEN | {"categories": "health"}, "high", ["H2", "H3"]),
        (STOLEN | {"categories": "health", "pseudonymous": True, "recipients": "known"}, "risk", []),
        ({"disclosure": "possible", "categories": "payment-card"}, "risk", []),
        ({"disclosure": "possible", "intent": "malicious", "categories": "payment-card"}, "high", ["H2"]),
        ({"disclosure": "likely", "categories": "communications"}, "high", ["H2"]),
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
    assert Severity(1, Decimal(0), Decimal(score)).level == level


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
    },
)


@settings(max_examples=200)
@given(CASE, st.data())
def test_forgetting_a_fact_never_makes_the_risk_unlikely(known: dict[str, Any], data: st.DataObject) -> None:
    forgotten = data.draw(st.sets(st.sampled_from(sorted(known)))) if known else set()
    before = advise(Facts(known))
    after = advise(Facts({name: value for name, value in known.items() if name not in forgotten}))
    assert after.level != "unlikely" or before.level == "unlikely"


@settings(max_examples=100)
@given(CASE)
def test_the_advice_is_the_same_for_the_same_facts_and_always_has_a_reason(known: dict[str, Any]) -> None:
    first = advise(Facts(known))
    assert first == advise(Facts(dict(reversed(known.items()))))
    assert first.level in RISKS
    assert first.reasons
