"""Decisions on the facts of another day: when they are doubted, how often somebody is asked, and what settles it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.story import Story
from tocsin.domain.grounds import doubts
from tocsin.domain.plan import plan
from tocsin.evidence.verify import verify

#: An accident that was undone: a recipient bound to secrecy has deleted what came by mistake.
MILD = {
    "our_role": "controller", "categories": ["identity", "contact"], "access": "viewed", "intent": "accidental",
    "recipients": "one-bound", "deletion_confirmed": True, "misuse": ["none"], "loss": "none", "alteration": "none",
}  # fmt: skip
UNBOUND = {"recipients": "known", "deletion_confirmed": False}
GRAVE = {
    "recipients": "public", "deletion_confirmed": False, "misuse": ["extortion", "publication"],
    "categories": ["identity", "contact", "health", "government-id"],
}  # fmt: skip
PROMISE = "policy-promise/customers/individuals/controller"


@pytest.fixture
def mild(tale: Story) -> Story:
    """A breach of which no harm is to be expected."""
    tale.declare()
    tale.as_("linh").ack()
    tale.as_("an").ack()
    tale.as_("an").learn(MILD, source="the logs")
    return tale


def doubted(story: Story) -> Mapping[str, tuple[str, str, str]]:
    found = doubts(story.incident, story.app.catalog)
    return {doubt.of: (doubt.decided, doubt.advised, doubt.today) for doubt in found}


def asked(story: Story) -> list[tuple[str, str]]:
    return [(of, body.level) for body in story.told("DecisionsDoubted") for of in body.decisions]


def with_cells(story: Story, cells: list[dict[str, Any]]) -> dict[str, Any]:
    learned = story.incident.learned
    return {**learned, "cells": replace(learned["cells"], value=cells, scope_revision=1)}


def worsen(story: Story, facts: Mapping[str, object] = GRAVE) -> None:
    story.as_("an").learn(facts, source="the forum")
    story.settle()


def test_a_decision_on_the_risk_is_doubted_when_the_facts_are_worse_and_stands(mild: Story) -> None:
    mild.as_("an").assess("unlikely", because="nobody could read it")
    assert doubted(mild) == {}
    worsen(mild)
    assert doubted(mild) == {"risk": ("unlikely", "unlikely", "high")}
    assert mild.incident.facts.get("risk") == "unlikely"
    assert mild.plan.waiting_for == "a second look at a doubted decision: risk"
    assert verify(mild.app, mild.key).proven


def test_whoever_decided_is_asked_once_and_the_dpo_with_them(mild: Story) -> None:
    mild.as_("bao").assess("unlikely", because="nobody could read it")
    worsen(mild)
    worsen(mild, {"service_impact": "serious"})
    assert asked(mild) == [("risk", "high")]
    assert {row["person"] for row in mild.outbox if "doubt-decisions/" in row["key"]} == {"bao", "an"}
    assert plan(mild.incident, mild.app.catalog, mild.clock.moment).moves == ()


def test_each_worsening_is_asked_about_once(mild: Story) -> None:
    mild.as_("an").assess("unlikely", because="nobody could read it")
    worsen(mild, UNBOUND)
    worsen(mild)
    assert asked(mild) == [("risk", "risk"), ("risk", "high")]


def test_a_decision_anew_settles_the_doubt_even_where_it_departs_from_the_advice(mild: Story) -> None:
    mild.as_("an").assess("unlikely", because="nobody could read it")
    mild.as_("bao").not_notify(PROMISE, because="harmless")
    worsen(mild)
    assert set(doubted(mild)) == {"risk", PROMISE}
    mild.as_("bao").assess("unlikely", because="the forum lies: those are not our data")
    mild.settle()
    assert doubted(mild) == {}
    assert plan(mild.incident, mild.app.catalog, mild.clock.moment).moves == ()


def test_who_departs_from_the_advice_knowingly_is_not_asked_about_the_same_advice(mild: Story) -> None:
    worsen(mild)
    mild.as_("an").assess("unlikely", because="the forum lies")
    mild.as_("bao").not_notify(PROMISE, because="the forum lies")
    mild.settle()
    assert (doubted(mild), asked(mild)) == ({}, [])


def test_a_decision_not_to_notify_is_doubted_with_the_risk_that_it_rests_on(mild: Story) -> None:
    mild.as_("an").assess("unlikely", because="nobody could read it")
    for key in [key for key, duty in mild.incident.duties.items() if duty.mark == "open"]:
        mild.as_("bao").not_notify(key, because="harmless")
    mild.as_("bao").not_notify(because="harmless")
    silent = set(mild.incident.decisions)
    worsen(mild)
    assert {of for of, _ in asked(mild)} == {"risk"} | silent
    assert len(mild.told("DecisionsDoubted")) == 1
    # The risk as a person decides it anew is no less a reason to look again than the advice was.
    mild.as_("an").assess("high", because="it is on a forum")
    mild.settle()
    assert doubted(mild)["breach"] == ("unlikely", "unlikely", "high")
    assert len(asked(mild)) == len(silent) + 1


def test_what_was_found_not_to_be_owed_rests_on_no_level(mild: Story) -> None:
    mild.as_("chi").release_duty(PROMISE, because="it promises nothing of the kind")
    worsen(mild)
    assert doubted(mild) == {}


def test_of_groups_the_one_that_got_worse_is_doubted(mild: Story) -> None:
    bad = {"recipients": "public", "misuse": ["publication"], "deletion_confirmed": False}
    here = {"role": "controller", "place": "DE", "count": 3, "risk": "unlikely"}
    there = {"role": "controller", "place": "VN", "count": 3, "risk": "high"} | bad
    mild.as_("an").learn({"cells": [here, there]}, source="two groups")
    assert doubted(mild) == {}
    # The scope measures anew and carries the decisions over: that of Germany was taken on other facts.
    before = mild.incident.grounds["risk"]
    worse = replace(mild.incident, learned=with_cells(mild, [here | bad, there]))
    (doubt,) = doubts(worse, mild.app.catalog)
    assert (doubt.of, doubt.decided, doubt.advised, doubt.today) == ("risk", "unlikely", "unlikely", "high")
    assert worse.grounds["risk"] == before
