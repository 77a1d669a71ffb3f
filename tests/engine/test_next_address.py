"""A letter that one address does not take goes to the next one of the same person: once each, and all of it is kept."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes

import pytest

from tests.bouncing import mark_of, report
from tests.child import advance_once, perish_at_a_refusal, together
from tests.engine.test_letters import adds_up, in_the_middle
from tests.story import WORDS
from tocsin import actions
from tocsin.actions import returns, unread
from tocsin.domain.notice import CUSTOMERS, individuals_duties
from tocsin.domain.retrying import GIVEN_UP
from tocsin.engine.notice_proof import notice_proof
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault
from tocsin.storage import ledger
from tocsin.views.person import story as story_of
from tocsin.views.sending import course

ONE, TWO = "c1@example.org", "c1.b@example.org"
UNKNOWN = "550 5.1.1 no such user"
#: What says that an address is no way to its reader, at whichever step it is said.
GONE = {
    "unknown": Fault("rcpt", reply=UNKNOWN, recipient=ONE),
    "unknown, without a status": Fault("rcpt", reply="550 unknown user", recipient=ONE),
    "full": Fault("rcpt", reply="552 5.2.2 full", recipient=ONE),
    "disabled": Fault("dot", reply="550 5.2.1 disabled", recipient=ONE),
    "no host": Fault("dot", reply="550 5.4.4 host not found", recipient=ONE),
}


def with_two(story, count=4, **more):
    """People of whom the first has two addresses."""
    return story.with_customers(count, c1={"emails": TWO}, **more)


def row_of(story, who="c1"):
    """The row of somebody's letter, and the addresses that were tried, in order."""
    found = story_of(story.app, story.actor("an"), story.incident, who)
    (letter,) = found.letters
    return letter, [attempt["address"] for attempt in letter.attempts]


def sound(story, people):
    adds_up(story, people)
    assert verify(story.app, story.key).fault is None


def letter_at(story, address):
    return next(mail for mail in story.letters if mail.recipients == (address,))


@pytest.mark.parametrize("gone", GONE)
def test_what_one_address_refuses_goes_to_the_next(tale, gone):
    with_two(tale).approved()
    tale.mail.misbehave(GONE[gone])
    tale.as_("an").release(CUSTOMERS)
    assert tale.readers == sorted([TWO, *(f"c{n}@example.org" for n in (2, 3, 4))])
    letter, tried = row_of(tale)
    assert (letter.state, letter.doubtful, tried) == ("handed_over", False, [1, 2])
    assert [attempt["outcome"] for attempt in letter.attempts] == ["refused", "handed_over"]
    assert tale.letter.mark == "sent"
    assert not individuals_duties(tale.incident)
    assert course(tale.app, tale.incident, CUSTOMERS).ways == {"email": 3, "next-address": 1}
    sound(tale, 4)


def test_on_both_databases_and_under_the_same_approval(story):
    with_two(story).approved()
    approved = story.letter.digest, story.letter.approvals
    story.mail.misbehave(GONE["unknown"])
    story.as_("an").release(CUSTOMERS)
    assert (story.letter.digest, story.letter.approvals) == approved
    letter, tried = row_of(story)
    assert (letter.state, tried) == ("handed_over", [1, 2])
    returns.take_in(story.app, [report(mark_of(letter_at(story, TWO)))])
    assert story.counts["bounced"] == 1
    sound(story, 4)


def test_where_all_addresses_refuse_each_was_tried_once(story):
    with_two(story).approved()
    story.mail.misbehave(
        Fault("rcpt", reply=UNKNOWN, recipient=ONE), Fault("rcpt", reply=UNKNOWN, recipient=TWO)
    )
    story.as_("an").release(CUSTOMERS)
    letter, tried = row_of(story)
    assert (letter.state, tried) == ("refused", [1, 2])
    assert story.counts["handed_over"] == 3
    assert course(story.app, story.incident, CUSTOMERS).untold == 1
    assert individuals_duties(story.incident)
    sound(story, 4)


def test_the_next_address_has_a_message_id_of_its_own_and_the_letter_is_the_same(tale):
    with_two(tale, c2={"locale": "en"}).approved()
    tale.mail.misbehave(GONE["unknown"])
    (before,) = (row.message_id for row in filled(tale) if row.addresses == 2)
    tale.settle()
    (row,) = (row for row in tale.rows if row.addresses == 2)
    assert row.address == 2
    assert row.message_id != before
    mail = message_from_bytes(letter_at(tale, TWO).content)
    assert (mail["Message-ID"], mail["To"]) == (f"<{row.message_id}>", f"Customer 1 <{TWO}>")


def filled(tale):
    from tocsin.domain.moves import SendLetters
    from tocsin.engine import advance

    actions.release(tale.app, tale.actor("an"), tale.key, CUSTOMERS)
    advance(tale.app, tale.key, wanted=lambda move: not isinstance(move, SendLetters))
    return tale.rows


def test_what_is_refused_for_our_fault_is_not_tried_at_another_address(tale):
    with_two(tale, 8).approved()
    tale.mail.misbehave(Fault("dot", reply="550 5.7.1 message refused by policy", recipient=ONE))
    tale.as_("an").release(CUSTOMERS)
    letter, tried = row_of(tale)
    assert (letter.state, tried) == ("refused", [1])
    assert TWO not in tale.readers
    sound(tale, 8)


def test_an_address_that_puts_off_until_the_margin_is_left_for_the_next(tale):
    with_two(tale).approved()
    tale.mail.misbehave(Fault("rcpt", reply="450 4.2.0 later", recipient=ONE))
    tale.as_("an").release(CUSTOMERS)
    assert (row_of(tale)[0].state, tale.letter.mark) == ("pending", "sending")
    end = min(duty.soonest for duty in individuals_duties(tale.incident) if duty.soonest)
    tale.fast_forward(seconds=(end - tale.clock.moment).total_seconds())
    letter, tried = row_of(tale)
    assert (letter.state, tale.letter.mark) == ("handed_over", "sent")
    assert tried[-2:] == [1, 2]
    assert set(tried[:-1]) == {1}
    assert letter.attempts[-2]["reply"].startswith(GIVEN_UP)
    # There was time left, as the margin promises.
    assert end - letter.attempts[-1]["at"] >= timedelta(hours=tale.app.settings.ledger.margin) / 2
    sound(tale, 4)


@pytest.fixture
def sent(story):
    """Everybody's letter left; the clock goes on a little, as mail systems take theirs."""
    return with_two(story).released().leap(minutes=5)


def test_a_letter_that_came_back_goes_to_the_next_address_by_itself(sent):
    promise = individuals_duties(sent.incident, "met")
    returns.take_in(sent.app, [report(mark_of(letter_at(sent, ONE)))])
    (body,) = sent.told("LettersReturned")
    assert (body.onward, body.counts["pending"], body.counts["bounced"]) == (1, 1, 0)
    assert (sum(body.untold.values()), sent.letter.mark) == (1, "sending")
    assert verify(sent.app, sent.key).fault is None
    sent.settle()
    letter, tried = row_of(sent)
    assert (letter.state, tried, sent.letter.mark) == ("handed_over", [1, 2], "sent")
    assert TWO in sent.readers
    assert not any(sent.letter.untold.values())
    assert individuals_duties(sent.incident, "met") == promise
    sound(sent, 4)
    with sent.app.database.read() as connection:
        assert notice_proof(sent.app, connection, sent.incident, CUSTOMERS).counts["handed_over"] == 4


def test_what_comes_back_late_on_the_first_address_says_nothing_of_the_second(sent):
    first = mark_of(letter_at(sent, ONE))
    returns.take_in(sent.app, [report(first)])
    sent.settle()
    noted = returns.take_in(sent.app, [report(first, number=2), report(first, "delayed", "4.4.1", number=3)])
    assert dict(noted.reports) == {"failed": 1, "delayed": 1}
    assert (sent.counts["handed_over"], sent.counts["bounced"]) == (4, 0)
    assert sent.letter.mark == "sent"
    letter, _ = row_of(sent)
    assert len(letter.came_back) == 3
    sound(sent, 4)
    returns.take_in(sent.app, [report(mark_of(letter_at(sent, TWO)), number=4)])
    assert sent.counts["bounced"] == 1
    assert [each["address"] for each in row_of(sent)[0].came_back] == [1, 1, 1, 2]
    sound(sent, 4)


def test_a_bounce_that_comes_while_the_next_address_waits_says_nothing_of_it(story):
    with_two(story).approved()
    story.mail.misbehave(
        Fault("rcpt", "delay", recipient=ONE, times=1),
        Fault("dot", "drop", recipient=ONE, times=1),
        Fault("rcpt", reply=UNKNOWN, recipient=ONE, times=1),
        Fault("rcpt", reply="451 4.7.1 greylisted", recipient=TWO, times=1),
    )
    story.as_("an").release(CUSTOMERS)
    assert row_of(story)[1] == [1, 1, 2]
    # The server had the first try after all, and gives it back now.
    returns.take_in(story.app, [report(mark_of(letter_at(story, ONE)))])
    assert row_of(story)[0].state == "pending"
    story.fast_forward(hours=1)
    letter, tried = row_of(story)
    assert (letter.state, letter.doubtful, tried) == ("handed_over", True, [1, 1, 2, 2])
    returns.heed(story.app)
    assert story.counts["bounced"] == 0
    sound(story, 4)


def test_a_report_for_our_fault_moves_no_letter(sent):
    refused = "550 5.7.1 <c1@example.org>: blocked"
    returns.take_in(sent.app, [report(mark_of(letter_at(sent, ONE)), status="5.7.1", words=refused)])
    assert (sent.counts["bounced"], sent.letter.mark) == (1, "sent")
    sound(sent, 4)


def test_a_person_who_reads_that_a_letter_failed_moves_it_on(sent):
    raw = report(mark_of(letter_at(sent, ONE)), action="", status="")
    returns.take_in(sent.app, [raw])
    actions_of = unread.settle(sent.app, sent.actor("an"), 1, "failed", because="it says so in prose")
    assert actions_of is not None
    assert row_of(sent)[0].state == "pending"
    sent.settle()
    assert row_of(sent)[0].state == "handed_over"
    sound(sent, 4)


def test_nothing_goes_on_where_the_letter_would_say_something_else_by_now(sent):
    sent.as_("an").learn({"measures_taken": {**WORDS["measures_taken"], "en": "We did more."}}, source="ops")
    returns.take_in(sent.app, [report(mark_of(letter_at(sent, ONE)))])
    assert sent.told("LettersReturned")[-1].onward == 0
    assert row_of(sent)[0].state == "bounced"
    sound(sent, 4)


def test_somebody_who_was_told_otherwise_is_not_written_to_again(story):
    with_two(story).approved()
    story.mail.misbehave(Fault("dot", reply="550 5.7.1 message refused by policy", recipient=ONE))
    story.as_("an").release(CUSTOMERS)
    story.as_("an").told_otherwise(CUSTOMERS, because="by telephone")
    assert row_of(story)[1] == [1]
    assert TWO not in story.readers
    sound(story, 4)


def test_one_who_is_taken_out_while_the_next_address_waits_was_waiting(tale):
    with_two(tale).approved()
    tale.mail.misbehave(
        Fault("rcpt", reply=UNKNOWN, recipient=ONE),
        Fault("rcpt", reply="451 4.7.1 greylisted", recipient=TWO, times=1),
    )
    in_the_middle(tale, lambda: None)
    tale.as_("an").release(CUSTOMERS)
    assert row_of(tale)[0].state == "pending"
    tale.as_("an").exclude(CUSTOMERS, "c1", because="told by telephone")
    assert verify(tale.app, tale.key).fault is None
    assert row_of(tale)[0].state == "excluded"
    sound(tale, 4)


@pytest.mark.parametrize("ends", ["handed_over", "refused"])
def test_killed_between_a_refusal_and_the_next_address_nobody_is_lost(story, settings_of_home, ends):
    with_two(story).approved()
    actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)
    bad = (ONE,) if ends == "handed_over" else (ONE, TWO)
    story.mail.misbehave(*(Fault("rcpt", reply=UNKNOWN, recipient=each) for each in bad))
    assert together((perish_at_a_refusal, (settings_of_home, story.clock.moment, story.key))) == [-9]
    clock = story.app.clock
    story.app = replace(story.app, clock=lambda: clock() + timedelta(seconds=200))
    story.fast_forward(minutes=3)
    letter, tried = row_of(story)
    # Nobody heard of the first answer: that try is in doubt, and the address was asked once more.
    assert (letter.state, tried) == (ends, [1, 1, 2])
    assert letter.attempts[0]["outcome"] == "ambiguous"
    assert story.letter.mark == "sent"
    sound(story, 4)


def test_a_childs_letter_goes_to_the_next_address_of_the_guardian(tale):
    child = {"birth_date": "2019-05-04", "guardian": "c2", "emails": "c1.kid@example.org"}
    tale.with_customers(4, c1=child, c2={"emails": "c2.b@example.org"}).approved()
    tale.mail.misbehave(Fault("rcpt", reply=UNKNOWN, recipient="c2@example.org"))
    tale.as_("an").release(CUSTOMERS)
    # The guardian's own letter, and the one about the child; nothing to any address of the child.
    assert tale.readers == ["c2.b@example.org", "c2.b@example.org", "c3@example.org", "c4@example.org"]
    letter, tried = row_of(tale)
    assert (letter.state, tried) == ("handed_over", [1, 2])
    sound(tale, 4)


def test_several_senders_share_letters_that_go_on(story, settings_of_home):
    if story.app.database.sqlite:
        pytest.skip("one writer at a time")
    twos = {f"c{n}": {"emails": f"c{n}.b@example.org"} for n in range(1, 21)}
    story.with_customers(20, **twos).approved()
    actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)
    story.mail.misbehave(*(Fault("rcpt", reply=UNKNOWN, recipient=f"c{n}@example.org") for n in range(1, 11)))
    deed = (advance_once, (settings_of_home, story.clock.moment, story.key))
    assert together(deed, deed) == [0, 0]
    story.settle()
    assert story.counts["handed_over"] == 20
    assert len(story.readers) == len(set(story.readers)) == 20
    assert sum(reader.endswith(".b@example.org") for reader in story.readers) == 10
    with story.app.database.read() as connection:
        assert ledger.counts(connection, story.key, CUSTOMERS)["possible_duplicates"] == 0
    sound(story, 20)
