"""Papers of a living incident: late ones say so for ever, and what is attached is what there is."""

import json
from datetime import timedelta

import pytest

from tests.story import WORDS, Story
from tocsin.domain.errors import Refused
from tocsin.domain.facts import FACTS
from tocsin.domain.notice import CUSTOMERS
from tocsin.engine.papers import make
from tocsin.evidence.verify import verify

FORM_08 = "vn-pdpl/authority/vn/controller"
PROMISE = "policy-promise/customers/individuals/controller"
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


def test_supplements_are_filed_one_after_the_other_and_the_duty_stays_met(tale: Story) -> None:
    owed(tale)
    an, receipt = tale.as_("an"), tale.folder / "receipt.eml"
    receipt.write_text("received")
    with pytest.raises(Refused, match=f"a supplement follows a filing: tocsin filed {tale.key} {FORM_08} "):
        an.filed(FORM_08, reference="x", supplement=1)
    an.filed(FORM_08, reference="4711")
    met = tale.incident.duties[FORM_08].met_at
    with pytest.raises(Refused, match="--supplement 1 --reference NO"):
        an.filed(FORM_08, reference="4711")
    for _ in "ab":  # the same supplement, made twice before it is filed, has one number
        assert content(tale, FORM_08)["supplement"] == 1
        an.make_report(FORM_08)
    tale.leap(hours=80).settle()
    with pytest.raises(Refused, match=r"supplement 1 of .* comes first"):
        an.filed(FORM_08, reference="x", supplement=2)
    with pytest.raises(Refused, match="before the filing that it supplements"):
        an.filed(FORM_08, reference="x", supplement=1, at=met - timedelta(minutes=1))
    an.filed(FORM_08, reference="4711-1", supplement=1, receipt=receipt)
    with pytest.raises(Refused, match="is filed already; the next is --supplement 2"):
        an.filed(FORM_08, reference="4711-1", supplement=1)
    duty = tale.settle().incident.duties[FORM_08]
    assert (duty.mark, duty.met_at, duty.late) == ("met", met, False)
    assert [(each.number, each.receipt) for each in duty.supplements] == [(1, tale.incident.evidence[-1])]
    assert content(tale, FORM_08)["supplement"] == 2
    elsewhere = answer(content(tale, GERMANY), "art33.other_authorities")["text"]
    assert "reference 4711; supplement no. 1 " in elsewhere
    assert verify(tale.app, tale.key).fault is None


def test_what_is_met_by_letters_has_no_supplement(tale: Story) -> None:
    owed(tale)
    with pytest.raises(Refused, match=f"tocsin letters {tale.key}"):
        tale.as_("an").filed(PROMISE, reference="x", supplement=1)


def test_reasons_that_are_learned_later_stand_beside_those_given_at_the_filing(tale: Story) -> None:
    owed(tale).leap(hours=80).settle()
    tale.as_("an").filed(GERMANY, reference="4711", because="The portal was down.")
    tale.as_("an").learn({"reasons_for_delay": {"en": "The logs were restored late."}}, source="the team")
    text = answer(content(tale, GERMANY), "art33.late_reasons")["text"]
    assert "The portal was down." in text
    assert "The logs were restored late." in text


def kept_file(story: Story, name: str) -> None:
    path = story.folder / name
    path.write_text(name)
    story.as_("giang").keep_evidence(path)


def test_what_goes_with_the_paper_is_what_lies_in_evidence_and_the_letter_that_left(tale: Story) -> None:
    owed(tale.with_customers(3))
    assert answer(content(tale, FORM_08), "f08.3")["text"] == "không có"
    for name in ("bien-ban.pdf", "gateway.log"):
        kept_file(tale, name)
    receipt = tale.folder / "receipt.eml"
    receipt.write_text("received")
    tale.as_("an").filed(GERMANY, reference="4711", receipt=receipt)
    tale.scope().as_("an").learn(WORDS, source="the team")
    assert "d) " not in answer(content(tale, FORM_08), "f08.3")["text"]
    tale.approve().as_("an").release(CUSTOMERS)
    made = content(tale, FORM_08)
    assert answer(made, "f08.3")["text"].split("\n") == [
        "a) bien-ban.pdf (chứng cứ số E1)",
        "b) gateway.log (chứng cứ số E2)",
        "c) Biên nhận của BfDI: receipt.eml (chứng cứ số E3)",
        "d) Thông báo đã gửi cho chủ thể dữ liệu, thư ngày 24 tháng 11 năm 2026",
    ]
    assert "c) Receipt of BfDI: receipt.eml (evidence E3)" in answer(made, "f08.3", "en")["text"]
    assert "example.org" not in answer(made, "f08.3")["text"]


def test_a_paper_is_no_attachment_of_another_paper(tale: Story) -> None:
    owed(tale).as_("an").make_report(GERMANY)
    assert len(tale.incident.evidence) == 1
    assert answer(content(tale, FORM_08), "f08.3")["text"] == "không có"


def test_many_attachments_are_all_listed_in_the_order_of_their_numbers(tale: Story) -> None:
    owed(tale)
    for number in range(1, 31):
        kept_file(tale, f"log-{number}.txt")
    lines = answer(content(tale, FORM_08), "f08.3")["text"].split("\n")
    assert [line.split(") ", 1)[1].split(" ")[0] for line in lines] == [f"log-{n}.txt" for n in range(1, 31)]
    assert len({line.split(")")[0] for line in lines}) == 30


def test_what_is_unknown_and_what_to_do_before_filing_is_told_to_whoever_makes_the_paper(tale: Story) -> None:
    owed(tale)
    made = make(tale.app, tale.key, GERMANY, "pdf")
    assert set(made.questions) == set(made.unknown)
    assert made.questions["occurred_from"] == FACTS["occurred_from"].question
    assert any("Have it translated before sending" in note for note in made.notes)
    assert "Mã số thuế" not in str(make(tale.app, tale.key, FORM_08, "pdf").questions)
