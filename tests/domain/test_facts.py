"""Facts: how answers are read, what stays unknown, and what cells add up to."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.errors import Refused
from tocsin.domain.facts import FACTS, Cell, Facts, parse_fact, read_facts
from tocsin.domain.questions import CELL_FIELDS

NOW = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)


def test_people_may_live_in_kosovo_which_has_no_code_of_iso_but_one_in_use() -> None:
    assert read_facts({"people_by_country": {"XK": 3}}).cells[0].place == "XK"


@pytest.mark.parametrize(("said", "meant"), [("UK", "GB"), ("uk", "GB"), ("EL", "GR"), ("de", "DE")])
def test_a_country_by_another_code_is_asked_back(said: str, meant: str) -> None:
    with pytest.raises(Refused, match=rf"'{said}' is no place; .*; did you mean {meant}\?"):
        parse_fact("people_by_country", f"{said}:3")


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("aware_at", "2026-11-24T02:40+07:00", "2026-11-23T19:40:00+00:00"),
        ("aware_at", NOW, "2026-11-23T19:40:00+00:00"),
        ("aware_at", "2026-11-24T02:40+07:00 estimated", {"at": "2026-11-23T19:40:00+00:00", "estimated": True}),
        ("aware_at", {"at": NOW, "estimated": True}, {"at": "2026-11-23T19:40:00+00:00", "estimated": True}),
        ("aware_at", {"at": NOW, "estimated": False}, "2026-11-23T19:40:00+00:00"),
        ("attack_on_system", "yes", True),
        ("attack_on_system", False, False),
        ("downtime_minutes", "90", 90),
        ("users_affected_share", "12.50%", "12.50"),
        ("users_affected_share", 12.5, "12.5"),
        ("direct_loss", "1200.50 EUR", {"amount": "1200.50", "currency": "EUR"}),
        ("direct_loss", {"amount": 1200.5, "currency": "EUR"}, {"amount": "1200.5", "currency": "EUR"}),
        ("risk", "high", "high"),
        ("recipients", "one-trusted", "one-bound"),
        ("recipients", "unknown", "unknown"),
        ("breach_of", "integrity, confidentiality", ["confidentiality", "integrity"]),
        ("breach_of", ["integrity", "integrity"], ["integrity"]),
        ("interests_at_risk", "none", []),
        ("misuse", "none", ["none"]),
        ("kinds", "viewing-history,account", ["account", "viewing-history"]),
        ("place", "US-CA", "US-CA"),
        ("place", "unknown", "unknown"),
        ("people_by_country", "VN:40,DE:1200", {"DE": 1200, "VN": 40}),
        ("people_by_country", "{VN: 40, DE: 1200}", {"DE": 1200, "VN": 40}),
        ("people_by_country", {"NO": 3}, {"NO": 3}),
        ("harm_tests", "sg-pdpa:met,au-ndb:unknown", {"au-ndb": None, "sg-pdpa": "met"}),
        ("harm_tests", "{sg-pdpa: met, au-ndb: not}", {"au-ndb": "not", "sg-pdpa": "met"}),
        ("measures_taken", {"vi": "Đã thu hồi", "en": "Revoked"}, {"en": "Revoked", "vi": "Đã thu hồi"}),
        ("measures_taken", "Key revoked, log kept", {"und": "Key revoked, log kept"}),
        ("measures_taken", '{en: "Key revoked, log kept"}', {"en": "Key revoked, log kept"}),
        ("hold", "{authority: Police, until: 2026-11-30T00:00+07:00}",
         {"authority": "Police", "until": "2026-11-29T17:00:00+00:00"}),
        ("involved_parties", "[{role: processor, name: Hosting}]", [{"name": "Hosting", "role": "processor"}]),
        ("cells", "[{role: controller, place: DE, people: 3, groups: customers}]",
         [{"role": "controller", "place": "DE", "group": ["customers"], "count": 3}]),
        ("risk", "unknown", None),
        ("aware_at", None, None),
    ],
)  # fmt: skip
def test_an_answer_becomes_one_canonical_value(name: str, raw: object, value: object) -> None:
    assert parse_fact(name, raw) == value
    assert parse_fact(name, value) == value
    json.dumps(value)


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("awareat", "x", "did you mean aware_at"),
        ("aware_at", "2026-11-24T02:40", "has no zone"),
        ("aware_at", "yesterday", "is not a moment"),
        ("aware_at", "0001-01-01T00:00+14:00", "is in the year 1; correct the year"),
        ("aware_at", datetime.min.replace(tzinfo=UTC), "correct the year"),
        ("notice_planned_for", "9999-12-31T23:59-12:00", "correct the year"),
        ("aware_at", "0026-11-24T02:40+07:00", "is in the year 26; correct the year"),
        ("aware_at", "2026-11-24T02:41+07:00", "lies in the future"),
        ("aware_at", {"at": "2026-11-24T02:41+07:00", "estimated": True}, "lies in the future"),
        ("aware_at", {"at": "2026-11-24T02:40+07:00", "sure": False}, "has no 'sure'"),
        ("risk", "hihg", "did you mean high"),
        ("attack_on_system", "perhaps", "neither yes nor no"),
        ("downtime_minutes", "-3", "whole number of minutes"),
        ("downtime_minutes", True, "whole number"),
        ("people", 1.5, "whole number of people"),
        ("users_affected_share", "140", "more than 100 percent"),
        ("users_affected_share", "NaN", "is not a number"),
        ("users_affected_share", "1e-9999", "is not a number"),
        ("direct_loss", "1e9999 EUR", "is not a number"),
        ("direct_loss", "1200", "amount and a currency"),
        ("direct_loss", "1e999999 EUR", "is not a number like 12.5"),
        ("users_affected_share", "1e-999999", "is not a number like 12.5"),
        ("measures_taken", '{en: "\\ud83d"}', "cannot be read"),
        ("measures_taken", '{"\\ud83d": x}', "cannot be read"),
        ("nature", ["ransomwear"], "did you mean ransomware"),
        ("nature", 3, "write a list"),
        ("kinds", "Viewing History", "is not an id"),
        ("people_by_country", {"Germany": 3}, "is no place"),
        ("hold", "{by: police, reference: 1}", "'police'; did you mean law-enforcement?"),
        ("people_by_country", "VN", "cannot be read"),
        ("people_by_country", "VN:1}", "cannot be read"),
        ("people_by_country", "VN:1,VN:2", "cannot be read"),
        ("people_by_country", ["VN"], "write pairs"),
        ("measures_taken", {"English": "x"}, "is no language"),
        ("hold", {"who": "Police"}, "hold has no 'who'"),
        ("police_report", ["1"], "one line of text"),
        ("cells", "[{rol: controller}]", "did you mean role"),
        ("cells", "[{role: controler}]", "did you mean controller"),
        ("cells", [{"people": 1, "count": 2}], "states 'count' twice"),
        ("cells", "[3]", "a cell is pairs"),
        ("cells", "{role: controller}", "write a list"),
    ],
)  # fmt: skip
def test_an_impossible_answer_is_refused_in_one_line_with_the_way_out(
    name: str, raw: object, said: str
) -> None:
    with pytest.raises(Refused, match=said.replace("(", r"\(")) as refusal:
        parse_fact(name, raw, NOW)
    assert "\n" not in str(refusal.value)


def test_a_moment_that_is_planned_may_lie_in_the_future() -> None:
    assert parse_fact("notice_planned_for", "2026-12-01T09:00+07:00", NOW) == "2026-12-01T02:00:00+00:00"


@given(st.text(max_size=40), st.sampled_from(sorted(FACTS)))
def test_any_text_is_either_read_canonically_or_refused(text: str, name: str) -> None:
    with contextlib.suppress(Refused):
        value = parse_fact(name, text)
        assert parse_fact(name, value) == value
        json.dumps(value)


def test_every_fact_asks_a_question_and_every_field_of_a_cell_is_a_fact() -> None:
    assert all(fact.question.endswith("?") for fact in FACTS.values())
    assert set(CELL_FIELDS) == set(Cell.model_fields)


def test_free_text_is_marked_so_that_it_stays_out_of_the_chain() -> None:
    free = {name for name, fact in FACTS.items() if fact.free_text}
    assert {
        "measures_taken",
        "hold",
        "involved_parties",
        "police_report",
        "notify_reason",
        "protection_evidence",
    } <= free
    assert not free & {"aware_at", "risk", "nature", "cells", "people_by_country"}


def test_unknown_is_never_false_and_never_nought() -> None:
    facts = Facts({"attack_on_system": None, "actor": "unknown"})
    assert facts.get("attack_on_system") is None
    assert facts.people() is None
    assert facts.people_by_place() is None
    assert not facts.known("actor")
    assert facts.missing(["actor", "risk"]) == ("actor", "risk")


def test_recipients_unknown_is_an_answer() -> None:
    assert read_facts({"recipients": "unknown"}).known("recipients")


def test_the_violation_is_found_when_the_first_of_signal_and_awareness_came_until_a_person_decides() -> None:
    facts = read_facts({"aware_at": "2026-11-24T03:00+07:00", "detected_at": "2026-11-24T02:00+07:00"})
    assert facts.moment("violation_found_at") == datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
    assert facts.moment("incident_found_at") == datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
    assert facts.known("violation_found_at")
    decided = facts.learn("violation_found_at", "2026-11-23T20:00:00+00:00")
    assert decided.moment("violation_found_at") == datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    assert Facts({}).moment("violation_found_at") is None


def test_a_moment_that_is_refused_today_is_still_read_where_it_was_learned() -> None:
    assert Facts({"occurred_from": "0026-11-24T00:00:00+00:00"}).moment("occurred_from") is not None


def test_an_estimate_is_a_moment_and_says_so() -> None:
    facts = read_facts({"aware_at": "2026-11-24T03:00+07:00 estimated"})
    assert facts.estimated("aware_at")
    assert facts.moment("aware_at") == datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


def test_a_text_is_read_in_the_language_asked_for_or_in_another() -> None:
    facts = read_facts(
        {"measures_taken": {"en": "Key revoked", "vi": "Đã thu hồi"}, "consequences": "Phishing"}
    )
    assert facts.text("measures_taken", "vi") == "Đã thu hồi"
    assert facts.text("measures_taken", "de") == "Key revoked"
    assert facts.text("consequences", "vi") == "Phishing"
    assert facts.text("systems", "vi") is None


def test_cause_is_actor_and_intent() -> None:
    facts = read_facts({"cause": "internal-accidental"})
    assert (facts.get("actor"), facts.get("intent")) == ("internal", "accidental")
    assert read_facts({"cause": "internal-accidental", "actor": "internal", "intent": "unknown"})


def test_who_knows_when_a_ransom_was_paid_knows_that_it_was() -> None:
    assert read_facts({"ransom_paid_at": "2026-11-24T02:00Z"}).get("ransom_paid") is True
    assert read_facts({"ransom_paid": False}).known("ransom_paid")
    assert not read_facts({}).known("ransom_paid")


def test_what_is_stated_once_holds_for_every_cell_that_is_silent() -> None:
    facts = read_facts(
        {
            "groups": "customers",
            "risk": "high",
            "cells": [
                {"place": "DE", "count": 3, "risk": "unlikely"},
                {"place": "VN", "count": 4, "group": "employees"},
            ],
        }
    )
    german, vietnamese = facts.cells
    assert (german.group, german.risk) == (("customers",), "unlikely")
    assert (vietnamese.group, vietnamese.risk) == (("employees",), "high")


def test_people_by_country_is_one_cell_per_place() -> None:
    facts = read_facts({"people_by_country": {"VN": 40, "DE": 1200}, "role": "controller"})
    assert [(cell.place, cell.count, cell.role) for cell in facts.cells] == [
        ("DE", 1200, "controller"),
        ("VN", 40, "controller"),
    ]
    assert facts.people() == 1240
    assert facts.people_by_place() == {"DE": 1200, "VN": 40}
    assert facts.get("people") == 1240
    assert facts.get("our_role") == "controller"


def test_people_counted_but_not_placed_stay_in_the_strictest_place() -> None:
    facts = read_facts({"people_by_country": {"VN": 40}, "people": 50})
    assert facts.people_by_place() == {"VN": 40, "unknown": 10}


def test_totals_are_unknown_while_one_cell_is_uncounted() -> None:
    facts = read_facts({"cells": [{"place": "DE", "count": 3}, {"place": "VN"}]})
    assert facts.people() is None
    assert facts.people_by_place() is None
    assert facts.learn("people", 10).people() == 10
    assert facts.learn("people", 2).people() == 3


def test_names_of_one_cell_at_the_top_level_are_that_cell() -> None:
    facts = read_facts({"people": 3, "place": "DE", "kinds": "account", "recipients": "one-trusted"})
    assert facts.cells == (Cell(place="DE", count=3, kinds=("account",), recipients="one-bound"),)


def test_kinds_tell_their_categories_only_where_the_data_map_knows_all_of_them() -> None:
    facts = read_facts({"cells": [{"kinds": "account,billing"}]})
    assert facts.with_categories({"account": ("identity",)}).categories() == ()
    assert facts.with_categories({"account": ("identity",), "billing": ("transactions",)}).categories() == (
        "identity",
        "transactions",
    )


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            {"occurred_from": "2026-11-24T03:00Z", "occurred_to": "2026-11-24T02:00Z"},
            "occurred_to lies before",
        ),
        ({"occurred_to": "2026-11-24T02:00Z", "ongoing": True}, "ongoing cannot be yes"),
        ({"ransom_paid_at": "2026-11-24T02:00Z", "ransom_paid": False}, "ransom_paid cannot be no"),
        (
            {"cause": "external-malicious", "actor": "internal"},
            "cause is external-malicious, so actor cannot be internal; correct one of them",
        ),
        ({"cause": "internal-accidental", "intent": "malicious"}, "so intent cannot be malicious"),
        # No law of breaches goes unasked because an insider's purpose was wrong as well.
        (
            {"violation": "wrong-purpose", "breach_of": ["confidentiality", "integrity"]},
            "breach_of is confidentiality, so violation is breach",
        ),
        (
            {"violation": "rights-failure", "breach_of": ["availability"]},
            "so violation is breach; correct one",
        ),
        ({"people": 3, "people_method": "exact", "log_coverage": "partial"}, "no number of people is exact"),
    ],
)
def test_facts_that_contradict_each_other_are_refused(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        read_facts(raw)
