"""Which moments contradict each other, and which are only unusual."""

import pytest

from tocsin.domain.facts import FACTS, read_facts
from tocsin.domain.order import ORDERED, out_of_order

EARLY, LATE = "2026-11-20T08:00:00Z", "2026-11-21T08:00:00Z"


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("aware_at", "detected_at"),
        ("aware_at", "suspected_at"),
        ("violation_found_at", "occurred_from"),
        ("contained_at", "occurred_to"),
        ("told_by_processor_at", "processor_aware_at"),
        ("incident_ended_at", "contained_at"),
        ("handled_at", "contained_at"),
        ("missing_item_at", "materiality_determined_at"),
    ],
)
def test_a_moment_before_what_it_must_follow_is_named_with_it(name: str, after: str) -> None:
    (found,) = out_of_order(read_facts({name: EARLY, after: LATE}))
    assert (found.name, found.after, found.at < found.after_at) == (name, after, True)
    for at in (EARLY, LATE):  # at the same moment, and in order
        assert out_of_order(read_facts({name: at, after: EARLY})) == ()


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("contained_at", "detected_at"),  # a key was rotated before anybody knew why
        ("aware_at", "told_by_processor_at"),  # we saw it ourselves
        ("detected_at", "occurred_to"),  # it went on
        ("incident_found_at", "detected_at"),  # the cyber incident first, personal data later
    ],
)
def test_what_may_be_true_is_not_doubted(first: str, then: str) -> None:
    assert out_of_order(read_facts({first: EARLY, then: LATE})) == ()


def test_what_follows_another_moment_until_somebody_decides_contradicts_nothing() -> None:
    facts = read_facts({"aware_at": EARLY, "detected_at": LATE})
    assert facts.moment("violation_found_at") == facts.moment("aware_at")
    assert [(each.name, each.after) for each in out_of_order(facts)] == [("aware_at", "detected_at")]


def test_only_moments_that_there_are_stand_in_the_order() -> None:
    assert {FACTS[name].type for name in ORDERED} == {"moment"}
