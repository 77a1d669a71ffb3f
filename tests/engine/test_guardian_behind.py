"""Behind the last address of somebody whose age nobody knows: her guardian, in approved words, or a person decides."""

import pytest

from tests.bouncing import mark_of, report
from tests.engine.test_audiences import CHILD, text_of, to
from tests.engine.test_next_address import UNKNOWN, row_of, sound
from tests.story import WORDS
from tocsin.actions import returns
from tocsin.domain.notice import CUSTOMERS
from tocsin.sinks.mail import Fault
from tocsin.views.letters import preview
from tocsin.views.person import story as story_of
from tocsin.views.sending import course, unreached

MOTHER = "mother@example.org"
#: Two whose guardian is known: the one is a child, so that a letter to a guardian is among those that are approved.
WARD = {"guardian": MOTHER, "locale": "vi"}
A_CHILD = CHILD | {"guardian": "father@example.org", "locale": "vi"}
OF_AGE = {"birth_date": "1980-01-01"}


def gone(story, *addresses):
    story.mail.misbehave(*(Fault("rcpt", reply=UNKNOWN, recipient=each) for each in addresses))


def decides(story, who="c1"):
    (letter,) = story_of(story.app, story.actor("an"), story.incident, who).letters
    (listed,) = [each for each in unreached(story.app, story.incident, CUSTOMERS) if each["id"] == who] or [
        {"decide": ""}
    ]
    assert listed["decide"] == letter.decide
    return letter.decide


def test_her_guardian_gets_the_approved_letter_to_guardians_once_no_address_of_hers_takes_it(story):
    story.with_customers(3, c1=WARD | {"emails": "c1.b@example.org"}, c2=A_CHILD).approved()
    digest = story.letter.digest
    gone(story, "c1@example.org", "c1.b@example.org")
    story.as_("an").release(CUSTOMERS)
    assert story.readers == ["c3@example.org", "father@example.org", MOTHER]
    (mail,) = to(story, MOTHER)
    assert "Quý phụ huynh" in text_of(mail)
    assert "Customer 1" in text_of(mail), "whose child it is about"
    letter, tried = row_of(story)
    assert (letter.state, tried) == ("handed_over", [1, 2, 3])
    assert course(story.app, story.incident, CUSTOMERS).ways == {"email": 1, "guardian": 2}
    assert story.letter.digest == digest
    assert {row.variant for row in story.rows if row.person != ""} <= approved_variants(story)
    assert decides(story) == ""
    sound(story, 3)


def approved_variants(story):
    return {view.name for view in preview(story.app, story.actor("an"), story.incident, CUSTOMERS).variants}


def test_a_letter_that_comes_back_later_goes_to_the_guardian_then(tale):
    tale.with_customers(3, c1=WARD, c2=A_CHILD).released()
    (first,) = to(tale, "c1@example.org")
    returns.take_in(tale.app, [report(mark_of(first))])
    tale.settle()
    assert "Quý phụ huynh" in text_of(to(tale, MOTHER)[0])
    letter, tried = row_of(tale)
    assert (letter.state, letter.way, tried) == ("handed_over", "guardian", [1, 2])
    # And what comes back on the guardian's address is the end: a person tells him otherwise.
    returns.take_in(tale.app, [report(mark_of(to(tale, MOTHER)[0]))])
    tale.settle()
    assert row_of(tale)[0].state == "bounced"
    assert course(tale.app, tale.incident, CUSTOMERS).untold == 1
    sound(tale, 3)


@pytest.mark.parametrize("hers", [{"email": ""}, {"email": "not known here@"}])
def test_whoever_has_no_address_that_takes_mail_is_told_by_the_guardian_at_once(tale, hers):
    tale.with_customers(3, c1=WARD | hers, c2=A_CHILD).released()
    assert "Quý phụ huynh" in text_of(to(tale, MOTHER)[0])
    assert course(tale.app, tale.incident, CUSTOMERS).ways == {"email": 1, "guardian": 2}
    assert tale.told("LedgerFilled")[0].excluded == {}
    sound(tale, 3)


def test_where_no_letter_to_a_guardian_was_approved_nothing_leaves_and_a_person_decides(tale):
    tale.with_customers(3, c1=WARD).approved()
    gone(tale, "c1@example.org")
    tale.as_("an").release(CUSTOMERS)
    assert tale.readers == ["c2@example.org", "c3@example.org"]
    letter, tried = row_of(tale)
    assert (letter.state, tried) == ("refused", [1])
    assert decides(tale) == (
        "her guardian is known, and no letter goes to him by itself: a person decides (--by guardian)"
    )
    assert course(tale.app, tale.incident, CUSTOMERS).untold == 1
    sound(tale, 3)


def test_a_letter_to_guardians_that_says_something_else_is_not_the_approved_one(tale):
    # The child's letter is in English; hers would be in Vietnamese, and nobody has read that one.
    tale.with_customers(3, c1=WARD, c2=A_CHILD | {"locale": "en"}).approved()
    gone(tale, "c1@example.org")
    tale.as_("an").release(CUSTOMERS)
    assert to(tale, MOTHER) == []
    assert "no letter goes to him by itself" in decides(tale)


def test_the_guardian_of_somebody_who_is_of_age_is_told_by_a_person_alone(tale):
    tale.with_customers(3, c1=WARD | OF_AGE, c2=A_CHILD).approved()
    gone(tale, "c1@example.org")
    tale.as_("an").release(CUSTOMERS)
    assert to(tale, MOTHER) == []
    assert decides(tale) == (
        "her guardian is known, and she is of age: a person decides whether to tell him (--by guardian)"
    )
    sound(tale, 3)


def test_a_refusal_for_our_fault_tells_no_guardian(tale):
    tale.with_customers(3, c1=WARD, c2=A_CHILD).approved()
    tale.mail.misbehave(Fault("rcpt", reply="550 5.7.1 your reputation", recipient="c1@example.org"))
    tale.as_("an").release(CUSTOMERS)
    assert to(tale, MOTHER) == []


def test_a_childs_own_address_stays_unused_when_the_guardians_are_spent(tale):
    tale.with_customers(3, c2=A_CHILD).approved()
    gone(tale, "father@example.org")
    tale.as_("an").release(CUSTOMERS)
    assert tale.readers == ["c1@example.org", "c3@example.org"]
    assert row_of(tale, "c2")[0].state == "refused"


def test_a_follow_up_goes_where_the_letter_went_and_greets_no_ward(tale):
    tale.with_customers(3, c1=WARD, c2=A_CHILD).approved()
    gone(tale, "c1@example.org")
    tale.as_("an").release(CUSTOMERS)
    tale.as_("an").learn(WORDS | {"letter_addition": {"en": "Caught.", "vi": "Đã bắt."}}, source="x")
    for person in ("an", "chi"):
        tale.as_(person).approve("follow-up", digest=tale.incident.notices["follow-up"].digest)
    tale.as_("an").release("follow-up")
    (_, second) = to(tale, MOTHER)
    assert "Đã bắt." in text_of(second)
    assert "Customer 1" not in text_of(second)
