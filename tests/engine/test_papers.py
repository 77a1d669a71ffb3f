"""Papers of a living incident: late ones say so for ever, and what is attached is what there is."""

import json

import pytest

from tests.story import Story
from tocsin.engine.papers import make

FORM_08 = "vn-pdpl/authority/vn/controller"
GERMANY = "eu-gdpr/authority/de/controller"
HIT = [
    {"role": "controller", "place": place, "count": 3, "risk": "risk", "group": ["customers"]}
    for place in ("VN", "DE")
]
LATENESS = {FORM_08: "annex.lateness", GERMANY: "art33.late_reasons"}


def owed(story: Story) -> Story:
    """Both reports are owed, to Vietnam and to Germany."""
    story.declare()
    story.as_("linh").ack()
    story.as_("an").ack()
    facts = {"aware_at": "2026-11-23T19:31:00Z", "nature": ["hacking"], "cells": HIT}
    story.as_("an").learn(facts, source="scope")
    return story


def content(story: Story, duty: str) -> dict:
    return json.loads(make(story.app, story.key, duty, "json").content)


def answer(made: dict, name: str, language: str | None = None) -> dict:
    parts = [part for part in made["parts"] if part["language"] == (language or made["language"])]
    found = (f for part in parts for section in part["sections"] for f in section["fields"])
    return next(field for field in found if field["id"] == name)


@pytest.mark.parametrize(
    ("duty", "said"),
    [
        (FORM_08, "Gửi sau thời hạn. Lý do: The portal was down."),
        (GERMANY, "Sent after the time limit. Reasons: The portal was down."),
    ],
)
def test_a_supplement_to_a_late_filing_stays_late_and_keeps_its_reasons(
    tale: Story, duty: str, said: str
) -> None:
    owed(tale).leap(hours=80).settle()
    tale.as_("an").filed(duty, reference="4711", because="The portal was down.")
    made = content(tale, duty)
    assert (made["supplement"], made["late"]) == (1, True)
    assert answer(made, LATENESS[duty])["text"] == said


def test_a_supplement_to_a_filing_in_time_is_not_late_however_long_after(tale: Story) -> None:
    owed(tale).as_("an").filed(FORM_08, reference="4711")
    tale.leap(hours=80).settle()
    made = content(tale, FORM_08)
    assert (made["supplement"], made["late"]) == (1, False)
    assert answer(made, "annex.lateness")["text"] == "Trong thời hạn."
    assert content(tale, GERMANY)["late"]


def test_reasons_that_are_learned_later_stand_beside_those_given_at_the_filing(tale: Story) -> None:
    owed(tale).leap(hours=80).settle()
    tale.as_("an").filed(GERMANY, reference="4711", because="The portal was down.")
    tale.as_("an").learn({"reasons_for_delay": {"en": "The logs were restored late."}}, source="the team")
    text = answer(content(tale, GERMANY), "art33.late_reasons")["text"]
    assert "The portal was down." in text
    assert "The logs were restored late." in text
