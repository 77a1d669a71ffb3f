"""Steps: when they are due, what blocks them, whether they apply."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.domain.bodies import organisation
from tocsin.domain.checklist import (
    PHASES,
    IncidentType,
    Step,
    applicable,
    blocked_by,
    in_order_of_work,
    open_gates,
    step_due_at,
)
from tocsin.domain.facts import Facts

ORGANISATION = organisation()
DECLARED = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)


def step(**changes: Any) -> Step:
    given = {
        "id": "C1",
        "phase": "contain",
        "title": {"en": "Save"},
        "text": {"en": "Save it."},
        "role": "forensics",
        "source": "sample",
    }
    return Step.model_validate({**given, **changes})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("15 min", timedelta(minutes=15)),
        ("1 h", timedelta(hours=1)),
        ("1 day", timedelta(days=1)),
        ("30 days", timedelta(days=30)),
    ],
)
def test_spans_are_read_as_people_write_them(written: str, meant: timedelta) -> None:
    assert step_due_at(step(due={"from": "declared_at", "within": written}), {"declared_at": DECLARED}) == (
        DECLARED + meant
    )


@pytest.mark.parametrize("written", ["15", 15, "0 min", "-5 min", "15 minutes", "1.5 h", "", None, "soon"])
def test_a_span_that_nobody_can_read_is_refused(written: object) -> None:
    with pytest.raises(ValidationError, match="15 min, 4 h or 30 days"):
        step(due={"from": "declared_at", "within": written})


def test_a_step_has_no_due_moment_while_its_clock_has_no_start() -> None:
    later = step(due={"from": "contained_at", "within": "24 h"})
    assert step_due_at(later, {"declared_at": DECLARED}) is None
    assert step_due_at(step(), {"declared_at": DECLARED}) is None


BACKUPS = step(
    due={"from": "declared_at", "within": "24 h"},
    perishes={"from": "occurred_from", "within": "30 days", "what": "backups"},
)


@given(days=st.integers(0, 60))
def test_what_perishes_before_the_goal_makes_the_step_due_earlier(days: int) -> None:
    began = DECLARED - timedelta(days=days)
    due = step_due_at(BACKUPS, {"declared_at": DECLARED, "occurred_from": began})
    assert due == min(DECLARED + timedelta(hours=24), began + timedelta(days=30))


def test_the_goal_counts_while_nobody_knows_when_the_breach_began() -> None:
    assert step_due_at(BACKUPS, {"declared_at": DECLARED}) == DECLARED + timedelta(hours=24)


def test_a_step_waits_for_those_before_it_unless_they_are_done_or_do_not_apply() -> None:
    last = step(depends_on=["C2", "C3", "C4"])
    assert blocked_by(last, {"C2"}) == ("C3", "C4")
    assert blocked_by(last, {"C2"}, {"C3": False, "C4": None}) == ("C4",)
    assert blocked_by(last, {"C2", "C4"}, {"C3": False}) == ()


@pytest.mark.parametrize(
    ("known", "answer"), [({}, None), ({"intent": "malicious"}, True), ({"intent": "accidental"}, False)]
)
def test_a_condition_on_an_unknown_fact_is_neither_yes_nor_no(
    known: dict[str, Any], answer: bool | None
) -> None:
    asked = step(only_if={"fact": "intent", "is": "malicious"})
    verdict = applicable(asked, Facts(known), ORGANISATION)
    assert verdict.answer is answer
    assert verdict.needs == (("intent",) if answer is None else ())


def test_a_step_without_a_condition_applies() -> None:
    assert applicable(step(), Facts({}), ORGANISATION).answer is True


def test_a_gate_that_perhaps_applies_stays_shut() -> None:
    gates = [step(id=f"C{number}", gate=number != 4) for number in range(1, 6)]
    answers = {"C1": True, "C2": None, "C3": False, "C4": True, "C5": True}
    assert open_gates(gates, "contain", {"C5"}, answers) == ("C1", "C2")
    assert open_gates(gates, "scope", set(), answers) == ()


def test_a_phase_begins_with_the_steps_of_the_type_itself() -> None:
    own = [step(id="1.1", phase="scope"), step(id="1.2")]
    shared = [step(id="C1", phase="declare"), step(id="C2"), step(id="C3", phase="scope")]
    assert [each.id for each in in_order_of_work(own, shared)] == ["C1", "1.2", "C2", "1.1", "C3"]


def test_a_type_has_the_phases_in_which_it_has_steps() -> None:
    steps = (step(phase="review"), step(id="C2", phase="declare"))
    type_ = IncidentType(id="sample", title={"en": "Sample"}, summary={"en": "Sample."}, steps=steps)
    assert type_.phases == ("declare", "review")
    assert [phase for phase in PHASES if phase in type_.phases] == list(type_.phases)


def test_a_step_that_demands_evidence_says_which() -> None:
    with pytest.raises(ValidationError, match="say what to keep"):
        step(evidence_required=True)


def test_words_without_english_are_refused() -> None:
    with pytest.raises(ValidationError, match="in English"):
        step(title={"vi": "Giữ lại"})


def test_a_stored_step_comes_back_as_it_was() -> None:
    whole = step(
        due={"from": "declared_at", "within": "90 min"},
        perishes={"from": "occurred_from", "within": "30 days", "what": "backups"},
        only_if={
            "all": [
                {"fact": "intent", "is": "malicious"},
                {"not": {"organisation": "sectors", "has": ["health"]}},
            ]
        },
        evidence="a hash",
        evidence_required=True,
    )
    stored = whole.model_dump_json(by_alias=True, exclude_defaults=True)
    assert Step.model_validate_json(stored) == whole
