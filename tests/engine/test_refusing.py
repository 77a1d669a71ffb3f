"""A sending that the relay or many receivers refuse for our fault: it stops, people are called, and nobody is lost."""

import json
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.engine.test_letters import about_to_send, adds_up, at_work, everybody, leave_in_doubt
from tocsin.domain.notice import CUSTOMERS
from tocsin.engine import advance
from tocsin.engine.sending import send
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault, MailSink
from tocsin.storage import jobs, ledger
from tocsin.storage.database import Database
from tocsin.storage.jobs import LEASE
from tocsin.views.sending import course

BLOCKED = "554 5.7.1 rejected due to the reputation of your address"


def with_ledger(story, *, connections=1, **settings):
    """The same home with other settings of the ledger; one connection, so that what leaves in which order is known."""
    plain = story.app.settings
    ours = plain.ledger.model_copy(update=settings)
    one = plain.mail.model_copy(update={"connections": connections})
    story.app = replace(story.app, settings=plain.model_copy(update={"ledger": ours, "mail": one}))
    return story


def only(story, kind):
    return story.told(kind)[-1]


def test_a_sending_that_everybody_refuses_stops_and_calls_people_and_leaves_again_when_it_is_mended(story):
    with_ledger(story.with_customers(12), refused_least=4, batch=5).approved()
    called = len(story.incident.pages)
    story.mail.misbehave(Fault("dot", reply=BLOCKED))
    story.as_("an").release(CUSTOMERS)
    assert (story.letter.mark, story.counts["refused"], story.counts["pending"]) == ("paused", 4, 8)
    stop = only(story, "SendingStopped")
    assert stop.why.startswith("stopped: 4 of the last 4 letters were refused for our fault")
    assert (stop.complete, stop.resume_at) == (False, None)
    pages = story.incident.pages[called:]
    assert {(page.role, page.person, page.asked_by) for page in pages} == {
        ("incident-commander", "linh", "engine"),
        ("dpo", "an", "engine"),
    }
    # The relay refuses mails to our own people too.
    blocks = [json.dumps(message.blocks, ensure_ascii=False) for message in story.slack.messages]
    assert sum("4 trong 4 thư gần nhất bị từ chối do lỗi phía ta" in each for each in blocks) == 2
    adds_up(story, 12)
    assert verify(story.app, story.key).fault is None
    assert course(story.app, story.incident, CUSTOMERS).slowed == (stop.why,)
    # Nothing leaves, and nobody is called again, before a person says so.
    story.fast_forward(hours=1)
    assert (story.counts["refused"], story.counts["pending"]) == (4, 8)
    assert [page for page in story.incident.pages[called:] if page.asked_by == "engine"] == list(pages)
    story.mail.behave()
    story.as_("an").resume(CUSTOMERS, because="the provider has lifted the block")
    assert story.readers == everybody(12)
    assert (story.letter.mark, story.counts["handed_over"], story.counts["possible_duplicates"]) == (
        "sent",
        12,
        0,
    )
    assert only(story, "SendingResumed").again == 4
    assert course(story.app, story.incident, CUSTOMERS).slowed == ()
    adds_up(story, 12)
    with story.app.database.read() as connection:
        outcomes = [
            [each["outcome"] for each in ledger.attempts_of(connection, row.id)] for row in story.rows
        ]
    assert sorted(outcomes) == sorted([["refused", "handed_over"]] * 4 + [["handed_over"]] * 8)
    assert verify(story.app, story.key).fault is None


def test_what_is_not_mended_stops_again(tale):
    with_ledger(tale.with_customers(12), refused_least=4).approved()
    tale.mail.misbehave(Fault("rcpt", reply=BLOCKED))
    tale.as_("an").release(CUSTOMERS)
    tale.as_("an").resume(CUSTOMERS, because="try")
    assert (tale.letter.mark, tale.counts["refused"], tale.counts["pending"]) == ("paused", 4, 8)
    assert len(tale.told("SendingPaused")) == 2
    assert verify(tale.app, tale.key).fault is None


def test_the_count_goes_on_after_a_restart(tale):
    with_ledger(tale.with_customers(8), refused_least=4).approved()
    tale.mail.misbehave(Fault("rcpt", reply=BLOCKED, times=3))
    # It hangs up on some (the first of them twice: a connection that was kept may have been idle); their time comes in
    # a run of its own, which has a fresh memory.
    tale.mail.misbehave(Fault("mail", reply="421 4.3.2 shutting down", times=4))
    tale.as_("an").release(CUSTOMERS)
    assert (tale.letter.mark, tale.counts["refused"]) == ("sending", 3)
    tale.mail.behave()
    tale.mail.misbehave(Fault("rcpt", reply=BLOCKED))
    tale.fast_forward(minutes=30)
    assert (tale.letter.mark, tale.counts["refused"]) == ("paused", 4)


def test_what_was_taken_before_a_restart_is_told_with_the_refusals_behind_it(tale):
    move = about_to_send(with_ledger(tale, refused_least=3, refused_share=0.25), 12)
    first = at_work(tale, move, "first")
    assert send(replace(first, stop=lambda: len(tale.letters) >= 6))
    (before,) = tale.told("SendingStopped")
    left = before.counts["handed_over"]
    assert (before.why, 6 <= left < 9) == ("interrupted", True)
    tale.mail.misbehave(Fault("rcpt", reply=BLOCKED))
    tale.settle()
    said = only(tale, "SendingStopped").why
    assert f"3 of the last {left + 3} letters were refused for our fault" in said
    assert (tale.letter.mark, tale.counts["refused"]) == ("paused", 3)


def test_unknown_mailboxes_never_stop_a_sending(tale):
    with_ledger(tale.with_customers(10), refused_least=2).approved()
    gone = [Fault("rcpt", reply="550 5.1.1 unknown", recipient=f"c{n}@example.org") for n in range(1, 10)]
    tale.mail.misbehave(*gone)
    tale.as_("an").release(CUSTOMERS)
    assert (tale.letter.mark, tale.counts["refused"], tale.counts["handed_over"]) == ("sent", 9, 1)
    assert not any(page.asked_by == "engine" for page in tale.incident.pages)


def test_one_reader_s_filter_stops_nothing_and_she_must_be_told_otherwise(tale):
    tale.with_customers(6)
    tale.mail.misbehave(Fault("rcpt", reply=BLOCKED, recipient="c2@example.org"))
    tale.released()
    assert (tale.letter.mark, tale.counts["refused"]) == ("sent", 1)


def test_where_all_letters_are_refused_for_our_fault_nobody_is_told_on_paper_for_that(tale):
    tale.with_customers(2)
    tale.mail.misbehave(Fault("rcpt", reply=BLOCKED))
    tale.released()
    assert (tale.letter.mark, tale.counts["refused"]) == ("paused", 2)
    tale.mail.behave()
    tale.as_("an").resume(CUSTOMERS)
    assert tale.readers == everybody(2)
    assert tale.letter.mark == "sent"


def test_a_relay_that_refuses_our_sender_is_not_asked_again_and_again(tale):
    tale.with_customers(8).approved()
    tale.mail.misbehave(Fault("mail", reply="554 5.7.1 sender is not wanted here"))
    tale.as_("an").release(CUSTOMERS)
    assert (tale.letter.mark, tale.counts["pending"]) == ("paused", 8)
    assert only(tale, "SendingStopped").why.startswith("stopped: the relay refuses us: ")
    tale.mail.behave()
    tale.as_("an").resume(CUSTOMERS)
    assert tale.readers == everybody(8)


@pytest.mark.parametrize(
    ("at", "phase", "reply"),
    [
        ("mail", "mail", "450 4.7.1 too much mail from you"),
        ("rcpt", "rcpt", "451 4.3.0 temporary lookup failure"),
        ("dot", "after-dot", "452 4.3.1 no room"),
    ],
)
def test_a_relay_that_puts_everybody_off_is_left_in_peace_for_longer_and_longer(tale, at, phase, reply):
    with_ledger(tale.with_customers(30), refused_least=4).approved()
    tale.mail.misbehave(Fault(at, reply=reply))
    tale.as_("an").release(CUSTOMERS)
    assert (tale.letter.mark, tale.counts["pending"]) == ("sending", 30)
    assert sum(row.attempts for row in tale.rows) == 5
    assert only(tale, "SendingStopped").why == f"the relay puts letters off: at {phase}: {reply[:9]}"
    assert tale.letter.rest == timedelta(seconds=30)
    tale.fast_forward(seconds=31)
    assert sum(row.attempts for row in tale.rows) == 10
    assert tale.letter.rest == timedelta(seconds=60)
    # It takes so many, and then no more for a while.
    tale.mail.behave()
    tale.mail.misbehave(Fault(at, "delay", times=2), Fault(at, reply=reply))
    tale.fast_forward(seconds=61)
    assert tale.counts["handed_over"] == 2
    assert tale.letter.rest == timedelta(seconds=30)
    tale.mail.behave()
    tale.fast_forward(minutes=30)
    assert (tale.letter.mark, sorted(tale.readers)) == ("sent", everybody(30))
    assert verify(tale.app, tale.key).fault is None


def test_over_many_connections_hardly_more_is_tried_on_a_relay_that_puts_everybody_off(tale):
    with_ledger(tale.with_customers(60), connections=10, batch=60).approved()
    tale.mail.misbehave(Fault("mail", reply="450 4.7.1 too much mail from you"))
    tale.as_("an").release(CUSTOMERS)
    assert (tale.letter.mark, tale.counts["pending"]) == ("sending", 60)
    assert 5 <= sum(row.attempts for row in tale.rows) <= 5 + 10
    tale.mail.behave()
    tale.fast_forward(minutes=30)
    assert (tale.letter.mark, sorted(tale.readers)) == ("sent", everybody(60))


def test_what_the_relay_put_off_for_hours_leaves_soon_after_it_is_back(tale):
    with_ledger(tale.with_customers(7), refused_least=4).approved()
    tale.mail.misbehave(Fault("mail", reply="450 4.7.1 too much mail from you"))
    tale.as_("an").release(CUSTOMERS)
    tale.fast_forward(hours=4)
    assert tale.counts["pending"] == 7
    tale.mail.behave()
    tale.fast_forward(minutes=25)
    assert (tale.letter.mark, sorted(tale.readers)) == ("sent", everybody(7))


def test_a_reader_who_is_put_off_between_says_that_the_relay_serves_us(tale):
    with_ledger(tale.with_customers(12), refused_least=4).approved()
    full, grey = "452 4.3.1 no room", "451 4.7.1 greylisted"
    tale.mail.misbehave(
        *(Fault("rcpt", reply=reply, times=n) for reply, n in ((full, 4), (grey, 1), (full, 4)))
    )
    tale.as_("an").release(CUSTOMERS)
    assert {row.attempts for row in tale.rows} == {1}
    assert (only(tale, "SendingStopped").why, tale.counts["handed_over"]) == ("", 3)


def test_one_beside_whom_the_relay_puts_off_leaves_the_rest_to_the_holder(story):
    if story.app.database.sqlite:
        pytest.skip("one writer at a time")
    about_to_send(story, 40)
    lead, settings = story.app, story.app.settings
    story.mail.misbehave(Fault("dot", "delay", seconds=0.2))
    with MailSink(faults=[Fault("mail", reply="450 4.7.1 too much mail from 10.0.0.2")]) as other:
        away = settings.mail.model_copy(update={"port": other.port})
        theirs = settings.model_copy(update={"mail": away})
        mate = replace(lead, settings=theirs, database=Database(lead.database.url))
        holder = threading.Thread(target=advance, args=(lead, story.key), kwargs={"holder": "lead"})
        holder.start()
        while not story.letters:
            time.sleep(0.01)
        # As the bell does, second after second.
        for _ in range(3):
            advance(mate, story.key, holder="mate")
        assert holder.is_alive(), "it ended before the mate could try"
        holder.join()
        mate.database.close()
    assert 0 < story.counts["pending"] <= 7
    story.mail.behave()
    story.fast_forward(minutes=30)
    assert (story.letter.mark, sorted(story.readers)) == ("sent", everybody(40))
    assert verify(story.app, story.key).proven


def test_one_who_was_put_off_beside_a_holder_sends_in_its_place_when_that_one_was_killed(story):
    move = about_to_send(story, 12)
    at_work(story, move, "lead")
    mate = at_work(story, move, "mate", beside=True)
    leave_in_doubt(story, 3)
    story.mail.misbehave(Fault("mail", reply="450 4.7.1 too much mail from 10.0.0.2"))
    # It leaves, and begins beside nobody for a while.
    assert not send(mate)
    asked = story.mail.connections
    assert not send(mate)
    assert story.mail.connections == asked > 0
    with story.app.database.write() as connection:
        jobs.release(connection, story.key, mate.lease, "mate")
    story.mail.behave()
    assert (story.letters, story.counts["sending"]) == ([], 3)
    clock = story.app.clock
    story.app = replace(story.app, clock=lambda: clock() + timedelta(seconds=LEASE + 1))
    story.settle()
    assert story.counts["handed_over"] >= 2
    story.app = replace(story.app, clock=lambda: clock() + timedelta(seconds=200))
    story.fast_forward(minutes=30)
    assert (story.letter.mark, sorted(story.readers)) == ("sent", everybody(12))
    assert story.counts["possible_duplicates"] == 3
    assert verify(story.app, story.key).proven
    adds_up(story, 12)


def test_servers_that_put_each_letter_off_once_stop_nothing(tale):
    with_ledger(tale.with_customers(12), refused_least=4).approved()
    tale.mail.misbehave(Fault("rcpt", reply="451 4.7.1 greylisted", times=12))
    tale.as_("an").release(CUSTOMERS)
    assert {row.attempts for row in tale.rows} == {1}
    assert only(tale, "SendingStopped").why == ""
    tale.fast_forward(minutes=30)
    assert (tale.letter.mark, sorted(tale.readers)) == ("sent", everybody(12))


def test_a_new_draft_is_for_those_too_who_were_refused_for_our_fault(tale):
    with_ledger(tale.with_customers(6), refused_least=3).approved()
    tale.mail.misbehave(Fault("rcpt", reply=BLOCKED, times=3))
    tale.as_("an").release(CUSTOMERS)
    assert (tale.letter.mark, tale.counts["refused"]) == ("paused", 3)
    tale.as_("an").learn(
        {"measures_taken": {"en": "Revoked at 03:05.", "vi": "Đã thu hồi lúc 03:05."}}, source="x"
    )
    tale.approve().as_("an").release(CUSTOMERS)
    assert tale.readers == everybody(6)
    assert tale.letter.mark == "sent"
    assert verify(tale.app, tale.key).fault is None


def test_who_was_told_otherwise_meanwhile_gets_no_letter_any_more(tale):
    with_ledger(tale.with_customers(6), refused_least=3).approved()
    tale.mail.misbehave(Fault("rcpt", reply=BLOCKED, times=3))
    tale.as_("an").release(CUSTOMERS)
    tale.as_("an").told_otherwise(CUSTOMERS, because="by telephone")
    tale.as_("an").resume(CUSTOMERS)
    assert only(tale, "SendingResumed").again == 0
    assert (tale.letter.mark, tale.counts["refused"], tale.counts["handed_over"]) == ("sent", 3, 3)
