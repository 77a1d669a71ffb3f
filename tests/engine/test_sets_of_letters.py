"""Several letters of one incident, from the draft to the duties that they meet, with the laws of several States."""

from collections import Counter

import pytest

from tests.engine.test_letters import text_of
from tests.story import WORDS, Story
from tocsin.actions.drafting import draft
from tocsin.domain.errors import Refused
from tocsin.domain.letters import CUSTOMERS
from tocsin.engine.casefacts import case_facts
from tocsin.engine.letters import variants, writing
from tocsin.evidence.verify import verify
from tocsin.storage import ledger
from tocsin.views.duties import owed
from tocsin.views.letters import preview
from tocsin.views.telling import letters

PEOPLE = {"c1": "VN", "c2": "DE", "c3": "US-MA", "c4": "US-NJ", "c5": "SG", "c6": "US-IL"}
KNOWN = {
    "aware_at": "2026-11-23T19:30Z",
    "assessed_notifiable_at": "2026-11-23T19:40Z",
    "occurred_from": "2026-11-22T13:40Z",
    "violation": "breach",
    "risk": "high",
    "harm_tests": {"sg-pdpa": "met"},
    "records": 300,
    "place_of_systems": {"en": "Ho Chi Minh City", "vi": "Thành phố Hồ Chí Minh"},
    "parties": {"en": "None other.", "vi": "Không có bên nào khác."},
    "consequences": {"en": "Somebody may write to you.", "vi": "Ai đó có thể viết cho bạn."},
}
MONITORING = {
    "letter_parts": {"credit-monitoring": {"en": "Eighteen months of monitoring are free of charge."}}
}
POLICE, MA, NJ, SG, PROMISE = (
    "us-nj/state-police/us-nj/controller",
    "us-ma/individuals/individuals/controller",
    "us-nj/individuals/individuals/controller",
    "sg-pdpa/individuals/individuals/controller",
    "policy-promise/customers/individuals/controller",
)


@pytest.fixture
def abroad(tale: Story) -> Story:
    """Card data of six people were taken: one each in three States, Singapore, Germany and Vietnam."""
    tale.with_customers(len(PEOPLE), **{who: {"country": place} for who, place in PEOPLE.items()})
    tale.declare().as_("linh").ack()
    tale.as_("an").ack()
    tale.scope()
    tale.as_("an").learn(KNOWN, source="the team")
    cells = [
        {"role": "controller-processor", "place": place, "group": ["customers"], "count": 1, "access": "acquired",
         "disclosure": "confirmed", "categories": ["identity", "contact", "payment-card", "government-id", "tax"]}
        for place in PEOPLE.values()
    ]  # fmt: skip
    tale.as_("an").learn({"cells": cells}, source="the logs")
    tale.as_("an").learn(WORDS, source="the team")
    return tale


def mark(tale: Story, duty: str) -> str:
    return tale.incident.duties[duty].mark


def approve(tale: Story, *notices: str) -> None:
    for notice in notices:
        for person in ("an", "chi"):
            tale.as_(person).approve(notice, digest=tale.incident.notices[notice].digest)


def told(tale: Story) -> dict[str, str]:
    """Address to the words of the one letter to it."""
    assert not [
        address for address, count in Counter(m.recipients[0] for m in tale.letters).items() if count > 1
    ]
    return {mail.recipients[0]: text_of(mail) for mail in tale.letters}


def test_there_are_as_many_letters_as_laws_that_do_not_agree(abroad: Story) -> None:
    views = {view.notice: view for view in letters(abroad.app, abroad.incident)}
    assert {
        name: [readers.readers.partition("/")[0] for readers in view.readers] for name, view in views.items()
    } == {
        CUSTOMERS: ["DE", "US-IL", "VN"],
        "customers-sg-pdpa": ["SG"],
        "customers-us-ma": ["US-MA"],
        "customers-us-nj": ["US-NJ"],
    }
    assert {name: view.state for name, view in views.items()} == {
        CUSTOMERS: "in-review",
        "customers-sg-pdpa": "in-review",
        "customers-us-ma": "lacking",
        "customers-us-nj": "in-review",
    }
    assert sum(state.recipients for state in abroad.incident.notices.values()) == 5


def test_a_letter_that_lacks_what_a_law_asks_for_is_not_drafted_and_the_line_names_the_article(
    abroad: Story,
) -> None:
    with pytest.raises(
        Refused, match=r"does not say credit-monitoring, which Mass\. G\.L\. c\. 93H, .* tocsin learn"
    ):
        draft(abroad.app, abroad.actor("an"), abroad.key, "customers-us-ma")
    abroad.as_("chi").learn(MONITORING, source="the contract")
    assert abroad.incident.notices["customers-us-ma"].mark == "in-review"
    # What was written for one letter leaves the others alone.
    assert abroad.incident.notices[CUSTOMERS].edition == 1


def test_everybody_gets_one_letter_and_each_law_is_met_by_its_own_people(abroad: Story) -> None:
    abroad.as_("chi").learn(MONITORING, source="the contract")
    approve(abroad, CUSTOMERS, "customers-us-ma", "customers-us-nj", "customers-sg-pdpa")
    abroad.as_("an").release("customers-us-ma")
    assert (mark(abroad, MA), mark(abroad, PROMISE)) == ("met", "open")
    abroad.as_("an").release(CUSTOMERS)
    abroad.as_("an").filed(POLICE, reference="NJ-1")
    abroad.as_("an").release("customers-us-nj")
    assert (mark(abroad, NJ), mark(abroad, SG), mark(abroad, PROMISE)) == ("met", "open", "open")
    abroad.as_("an").filed("sg-pdpa/authority/sg/controller", reference="SG-1")
    abroad.as_("an").release("customers-sg-pdpa")
    assert (mark(abroad, SG), mark(abroad, PROMISE)) == ("met", "met")
    words = told(abroad)
    assert len(words) == len(PEOPLE)
    quiet = words["c3@example.org"]
    assert "WHAT HAPPENED" not in quiet
    assert "A key that opens our service" not in quiet
    assert "accessed without permission" not in quiet
    assert "Eighteen months of monitoring" in quiet
    assert "Ủy ban Thương mại Liên bang" in words["c6@example.org"]
    assert "The Federal Trade Commission tells you" in words["c6@example.org"]
    assert "Ủy ban Thương mại Liên bang" not in words["c4@example.org"]
    assert verify(abroad.app, abroad.key).fault is None


def test_who_is_not_notified_under_a_law_reads_nothing_that_it_forbids_in_the_letter_of_another(
    abroad: Story,
) -> None:
    abroad.as_("chi").learn(MONITORING, source="the contract")
    abroad.as_("bao").not_notify(MA, because="no misuse is likely, and the Attorney General agrees")
    approve(abroad, "customers-us-ma")
    abroad.as_("an").release("customers-us-ma")
    (quiet,) = told(abroad).values()
    assert "WHAT HAPPENED" not in quiet
    assert "accessed without permission" not in quiet
    assert "Eighteen months of monitoring" not in quiet
    # No letter meets a duty of which a person decided otherwise.
    assert mark(abroad, MA) == "not-notified"
    assert verify(abroad.app, abroad.key).fault is None


def test_papers_say_in_review_only_of_the_letter_of_that_law(abroad: Story) -> None:
    states = {
        duty.key: duty.state for duty in case_facts(abroad.app, abroad.incident, abroad.app.now()).duties
    }
    # That of Massachusetts lacks a part, and was not drafted.
    assert (states[NJ], states[SG], states[MA]) == ("in-review", "in-review", "open")
    assert states == {
        duty.key: duty.state for duty in owed(abroad.app, abroad.incident, abroad.app.now()).duties
    }


def test_the_first_letter_keeps_from_the_people_of_a_law_what_the_last_one_must(abroad: Story) -> None:
    draft(abroad.app, abroad.actor("an"), abroad.key, "holding")
    approve(abroad, "holding")
    # It is the first word to everybody, and waits for what comes first for any of them.
    for duty in (POLICE, "sg-pdpa/authority/sg/controller"):
        abroad.as_("an").filed(duty, reference="NO-1")
    abroad.as_("an").release("holding")
    words = told(abroad)
    assert len(words) == len(PEOPLE)
    kept = [address for address, text in words.items() if "A key that opens our service" not in text]
    quiet = [text for text in words.values() if "WHAT HAPPENED" not in text and "CHUYỆN GÌ" not in text]
    assert len(quiet) == 1
    assert quiet == [words["c3@example.org"]]
    assert "c3@example.org" in kept
    assert "We revoked the keys" not in quiet[0]
    assert verify(abroad.app, abroad.key).fault is None


def test_who_is_only_on_a_list_is_told_what_the_facts_say_and_no_more(tale: Story) -> None:
    tale.with_customers(2).declare().as_("linh").ack()
    tale.as_("an").ack()
    tale.scope()
    assert tale.incident.scope is not None
    assert {name for name, count in tale.incident.scope.buckets.items() if count} == {"listed"}
    tale.as_("an").learn(WORDS, source="the team")
    write = writing(tale.app, tale.incident, CUSTOMERS)
    texts = [letter.text for letter in variants(tale.app, tale.incident, CUSTOMERS, write).values()]
    assert any("We do not know whether anybody accessed" in text for text in texts)
    assert not any("have established" in text for text in texts)
    approve(tale, CUSTOMERS)
    # What a person knows of all of them, the letter says; and it is another letter than the one that was approved.
    tale.as_("an").learn({"access": "acquired"}, source="forensics")
    assert tale.told("NoticeVoided")[-1].because[0].startswith("access changed")
    approve(tale, CUSTOMERS)
    tale.as_("an").release(CUSTOMERS)
    assert any("have established" in text for text in told(tale).values())


def test_a_letter_waits_for_what_comes_first_and_the_others_do_not(abroad: Story) -> None:
    approve(abroad, CUSTOMERS, "customers-us-nj", "customers-sg-pdpa")
    line = (
        rf"{POLICE} comes first, says N\.J\.S\.A\. 56:8-163.* \(us-nj\): tocsin filed {abroad.key} {POLICE}"
    )
    with pytest.raises(Refused, match=line):
        abroad.as_("an").release("customers-us-nj")
    abroad.as_("an").release(CUSTOMERS)
    assert abroad.incident.notices[CUSTOMERS].mark == "sent"
    assert "sg-pdpa/authority/sg/controller, which comes before customers-sg-pdpa" in abroad.plan.waiting_for
    # Counsel may also find that it is not owed.
    abroad.as_("chi").release_duty(POLICE, because="nobody there after all")
    abroad.as_("an").release("customers-us-nj")
    assert abroad.incident.notices["customers-us-nj"].mark == "sent"


def test_a_duty_is_open_until_somebody_accounts_for_whom_no_letter_reaches(abroad: Story) -> None:
    abroad.with_customers(
        len(PEOPLE), **{who: {"country": place, "email": "" if who == "c2" else f"{who}@example.org"}
                        for who, place in PEOPLE.items()}
    )  # fmt: skip
    abroad.scope()
    approve(abroad, CUSTOMERS)
    abroad.as_("an").release(CUSTOMERS)
    il, eu = "us-il/individuals/individuals/controller", "eu-gdpr/individuals/individuals/controller"
    assert (mark(abroad, il), mark(abroad, eu)) == ("met", "open")
    with pytest.raises(Refused, match="say how these people were told"):
        abroad.as_("an").told_otherwise(CUSTOMERS, because=" ")
    abroad.as_("an").told_otherwise(CUSTOMERS, because="posted on 25 November")
    assert mark(abroad, eu) == "met"
    with pytest.raises(Refused, match="reached everybody, or is still on its way"):
        abroad.as_("an").told_otherwise(CUSTOMERS, because="posted on 25 November")
    with abroad.app.database.read() as connection:
        assert ledger.counts(connection, abroad.key, CUSTOMERS)["excluded"] == 1
    assert verify(abroad.app, abroad.key).fault is None


def test_who_has_not_agreed_to_email_where_a_law_asks_for_that_is_told_by_post_and_counted(
    abroad: Story,
) -> None:
    abroad.with_customers(
        len(PEOPLE), **{who: {"country": place, "agreed": ""} for who, place in PEOPLE.items()}
    )
    abroad.scope()
    approve(abroad, CUSTOMERS)
    abroad.as_("an").release(CUSTOMERS)
    # Illinois wants consent; Germany and Vietnam do not.
    assert sorted(told(abroad)) == ["c1@example.org", "c2@example.org"]
    (filled,) = abroad.told("LedgerFilled")
    assert filled.excluded == {"by post: no consent to e-mail is known (815 ILCS 530/10(a))": 1}
    assert mark(abroad, "us-il/individuals/individuals/controller") == "open"
    abroad.as_("an").told_otherwise(CUSTOMERS, because="posted on 25 November")
    assert mark(abroad, "us-il/individuals/individuals/controller") == "met"


def test_who_has_another_letter_of_ours_gets_none_of_the_common_ones(abroad: Story) -> None:
    approve(abroad, "customers-us-nj")
    abroad.as_("an").filed(POLICE, reference="NJ-1")
    abroad.as_("an").release("customers-us-nj")
    # The law of New Jersey is found not to bind: its readers stay with the letter that they got.
    abroad.as_("chi").release_duty(NJ, because="no business there") if mark(abroad, NJ) == "open" else None
    approve(abroad, CUSTOMERS)
    abroad.as_("an").release(CUSTOMERS)
    assert sorted(told(abroad)) == ["c1@example.org", "c2@example.org", "c4@example.org", "c6@example.org"]


def test_letters_are_lacking_nothing_more_once_counsel_lets_the_duty_go(abroad: Story) -> None:
    abroad.as_("chi").release_duty(MA, because="nobody of ours lives there")
    views = {view.notice: view for view in letters(abroad.app, abroad.incident)}
    assert "customers-us-ma" not in views
    assert views[CUSTOMERS].people == 4
    # The common letter was drafted anew for them too.
    assert abroad.incident.notices[CUSTOMERS].recipients == 4


def test_a_hold_delays_only_what_its_law_lets_that_authority_hold(abroad: Story) -> None:
    approve(abroad, CUSTOMERS, "customers-us-nj")
    hold = {
        "by": "law-enforcement",
        "authority": "FBI",
        "reference": "L-7",
        "until": "2026-12-24T00:00Z",
        "covers": "the raid",
    }
    abroad.as_("an").learn({"hold": hold}, source="their letter")
    # Illinois and New Jersey let the police ask; Germany, Vietnam and the promise do not.
    views = {view.notice: view for view in letters(abroad.app, abroad.incident)}
    assert [readers.readers.partition("/")[0] for readers in views[CUSTOMERS].readers] == ["DE", "VN"]
    assert "us-il" in str(views["customers-us-il"].held)
    assert all(line.endswith("; it covers the raid") for line in views["customers-us-il"].held)
    abroad.as_("an").filed(POLICE, reference="NJ-1")
    line = (
        r"held back by law-enforcement until 2026-12-24.*; it covers the raid; "
        r"it does not delay .*policy-promise.* hold=unknown"
    )
    # Nor does it leave by one person's word, broken glass or not: the law knows no other way out of it.
    state = abroad.incident.notices["customers-us-il"]
    for alone in ({"break_glass": True}, {"alone": True}):
        abroad.as_("an").learn({"service_impact": "danger"}, source="the hospital")
        with pytest.raises(Refused, match=line):
            abroad.as_("bao").release("customers-us-il", digest=state.digest, because="at once", **alone)
    approve(abroad, "customers-us-il")
    with pytest.raises(Refused, match=line):
        abroad.as_("an").release("customers-us-il")
    held = {duty.key: duty.held for duty in owed(abroad.app, abroad.incident, abroad.app.now()).duties}
    assert str(held[NJ]).startswith("held back by law-enforcement until 2026-12-24T00:00")
    assert str(held[NJ]).endswith("; it covers the raid; its clock runs on")
    assert held[PROMISE] == "the hold delays nothing here: this rule lets nobody ask for it in that way"
    approve(abroad, CUSTOMERS)
    abroad.as_("an").release(CUSTOMERS)
    abroad.as_("an").learn({"hold": "unknown"}, source="their second letter")
    abroad.as_("an").release("customers-us-il")
    assert mark(abroad, "us-il/individuals/individuals/controller") == "met"


def test_a_hold_that_nobody_put_in_writing_or_that_another_asked_for_delays_nothing(abroad: Story) -> None:
    for hold in ({"by": "law-enforcement"}, {"by": "court", "reference": "C-1"}, {"reference": "L-7"}):
        abroad.as_("an").learn({"hold": hold}, source="a call")
        assert not any(view.held for view in letters(abroad.app, abroad.incident)), hold


def test_a_further_letter_says_which_law_forbids_some_of_its_readers_what_a_person_must_look_for(
    abroad: Story,
) -> None:
    abroad.as_("chi").learn(MONITORING, source="the contract")
    approve(abroad, CUSTOMERS)
    abroad.as_("an").release(CUSTOMERS)
    new = {
        "letter_addition": {"en": "The thief came in through the old gateway.", "vi": "Kẻ trộm đã bị bắt."}
    }
    abroad.as_("an").learn(new, source="the police")
    first = preview(abroad.app, abroad.actor("an"), abroad.incident, "follow-up")
    assert first.recipients == 3, "nobody of Massachusetts had a letter yet"
    assert not any("(us-ma)" in problem for problem in first.problems)
    approve(abroad, "customers-us-ma")
    abroad.as_("an").release("customers-us-ma")
    draft(abroad.app, abroad.actor("an"), abroad.key, "follow-up")
    found = preview(abroad.app, abroad.actor("an"), abroad.incident, "follow-up")
    assert found.recipients == 4
    (line,) = (problem for problem in found.problems if "(us-ma)" in problem)
    assert line == (
        "Mass. G.L. c. 93H, ss 3(b), 3A (us-ma) forbids to tell 1 of its readers: nature, number-of-residents. "
        "No machine looks for that in letter_addition: read it for that, and say it without"
    )


def test_a_correction_says_so_too_and_a_letter_of_sections_obeys_by_itself(abroad: Story) -> None:
    abroad.as_("chi").learn(MONITORING, source="the contract")
    for notice in ("customers-us-ma", CUSTOMERS):
        approve(abroad, notice)
        abroad.as_("an").release(notice)
    for notice in ("customers-us-ma", CUSTOMERS):
        abroad.as_("an").found_wrong(notice, because="the wrong day")
    right = {"letter_correction": {"en": "It was on Monday.", "vi": "Việc xảy ra hôm thứ hai."}}
    abroad.as_("an").learn(right, source="the log")
    told = {
        notice: [
            problem
            for problem in preview(abroad.app, abroad.actor("an"), abroad.incident, notice).problems
            if "(us-ma)" in problem and "No machine looks for that in letter_correction" in problem
        ]
        for notice in ("correction", "correction-2")
    }
    assert [len(lines) for lines in told.values()] == [1, 0]
    assert "forbids to tell 1 of its readers: nature" in told["correction"][0]
    ours = preview(abroad.app, abroad.actor("an"), abroad.incident, "customers-us-ma")
    assert not any("No machine" in problem for problem in ours.problems)


def test_people_of_a_law_that_does_not_take_a_way_are_not_on_the_list_for_it(abroad: Story) -> None:
    change = {who: {"country": place} for who, place in PEOPLE.items()}
    change["c6"]["agreed"] = ""
    change["c1"]["email"] = ""
    abroad.with_customers(len(PEOPLE), **change).scope()
    approve(abroad, CUSTOMERS)
    abroad.as_("an").release(CUSTOMERS)
    for way, how in (("in-app", {}), ("public-notice", {"ground": "disproportionate"})):
        abroad.as_("an").list_people(CUSTOMERS, way, abroad.folder / way, because="no letter", **how)
        body = abroad.told("PeopleListed")[-1]
        assert body.people == {"VN/controller-processor/customers": 1}
        assert body.left_out == {f"their law does not take {way} (815 ILCS 530/10(a))": 1}
