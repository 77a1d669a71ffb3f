"""The letter from draft to told: what an approval binds, what stops a sending, and that nobody is lost on the way."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from functools import partial
from itertools import pairwise

import pytest

from tests.child import advance_and_die, send_all, together
from tests.conftest import BEGINNING
from tests.listening import mail_text
from tests.story import WORDS, message_ids, with_organisation
from tocsin import actions
from tocsin.actions.drafting import draft
from tocsin.app import open_app
from tocsin.bell import ring
from tocsin.domain.errors import Refused
from tocsin.domain.moves import FillLedger, SendLetters
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.retrying import FIRST
from tocsin.domain.scope.routes import REASONS
from tocsin.engine import advance, perform
from tocsin.engine.drafting import fill
from tocsin.engine.jobs import Job
from tocsin.engine.sending import send
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault
from tocsin.storage import jobs, ledger
from tocsin.storage.jobs import LEASE
from tocsin.storage.ledger import STATES, Settled
from tocsin.views.letters import preview
from tocsin.views.sending import course

CORRECTED = {
    "measures_taken": {"en": "We revoked the keys at 03:05.", "vi": "Chúng tôi đã thu hồi lúc 03:05."}
}


def about_to_send(story, count):
    """Released to so many, and nobody has begun to send; the move that does."""
    story.with_customers(count).approved()
    actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)
    advance(story.app, story.key, wanted=lambda move: not isinstance(move, SendLetters))
    (move,) = [move for move in story.plan.moves if isinstance(move, SendLetters)]
    return move


def at_work(story, move, holder, *, beside=False):
    """Somebody who is to send, and has the job in hand."""
    job = Job(story.app, story.key, move, holder, beside=beside)
    with story.app.database.write() as connection:
        assert jobs.take(connection, story.key, job.lease, holder, story.app.clock())
    return job


def leave_in_doubt(story, count):
    """Somebody takes so many letters, and dies."""
    with story.app.database.write() as connection:
        ledger.claim(
            connection, story.key, CUSTOMERS, story.letter.digest, lease="dead", now=story.app.now(),
            clock=story.app.clock(), seconds=60, limit=count,
        )  # fmt: skip


def everybody(count):
    return sorted(f"c{n}@example.org" for n in range(1, count + 1))


def adds_up(story, people):
    assert sum(story.counts[state] for state in STATES) == people
    stops = story.told("SendingStopped")
    if stops:
        assert sum(stops[-1].counts[state] for state in STATES) == people


def text_of(mail):
    from email import message_from_bytes, policy

    body = message_from_bytes(mail.content, policy=policy.default).get_body(("plain",))
    assert body is not None
    return body.get_content()


class Mischief:
    """A mail channel that lets something happen before the nth letter, or once its content may begin."""

    name = "email"

    def __init__(self, channel, at, deed, *, begun=False):
        self.channel, self.left, self.deed, self.begun = channel, at, deed, begun

    async def send(self, item, following=None):
        if not item.recipient.endswith("streamonapi.example"):
            self.left -= 1
            if self.left == 0 and self.begun:
                item = replace(item, ours=partial(self.let, item.ours))
            elif self.left == 0:
                self.deed()
        return await self.channel.send(item, following)

    def let(self, may_begin):
        """Whether its content may begin; if so, the deed is done before the first byte of it leaves."""
        if not may_begin():
            return False
        self.deed()
        return True

    async def close(self):
        await self.channel.close()


def in_the_middle(story, deed, *, at=2, begun=True):
    """One connection; as the content of the letter with this number leaves, or before, something happens."""
    from tocsin.channels.wiring import mail

    one = story.app.settings.model_copy(
        update={"mail": story.app.settings.mail.model_copy(update={"connections": 1})}
    )
    routes = {**story.app.routes, "email": lambda app: Mischief(mail(app), at, deed, begun=begun)}
    plain = story.app
    story.app = replace(story.app, settings=one, routes=routes)
    return plain


# --- the plain course


def test_everybody_gets_one_letter_and_the_promise_is_met_by_it(story):
    story.with_customers(7).released()
    assert story.readers == everybody(7)
    assert story.letter.mark == "sent"
    (duty,) = (duty for duty in story.incident.duties.values() if duty.opened.recipient == "individuals")
    assert (duty.mark, duty.late, duty.met_at) == ("met", False, story.letter.told_at)
    assert story.told("SendingStopped")[-1].complete
    adds_up(story, 7)
    assert verify(story.app, story.key).fault is None


def test_each_reader_is_written_to_in_their_language_and_by_name(tale):
    tale.with_customers(2).released()
    by_reader = {mail.recipients[0]: text_of(mail) for mail in tale.letters}
    assert "Customer 1" in by_reader["c1@example.org"]
    assert "We revoked the keys." in by_reader["c1@example.org"]
    assert "Chúng tôi đã thu hồi các khóa." in by_reader["c2@example.org"]


def test_whoever_is_to_approve_hears_how_much_the_linter_finds(tale):
    tale.with_customers(3).drafted()
    assert tale.letter.problems == 0
    assert not any("LINT" in text_of(mail) for mail in tale.mail.messages)
    wrong = "Sign in at https://shop.example/login and buy our new plan."
    tale.as_("an").learn({"advice_to_people": {"en": wrong, "vi": wrong}}, source="the team")
    shown = preview(tale.app, tale.actor("an"), tale.incident, CUSTOMERS)
    found = {*shown.problems, *(problem for view in shown.variants for problem in view.problems)}
    assert tale.letter.problems == len(found) > 0
    asked = [mail for mail in tale.mail.messages if "LINT" in text_of(mail)]
    assert {mail.recipients for mail in asked} == {("chi@streamonapi.example",)}
    assert f"({len(found)})" in text_of(asked[-1])


def test_each_letter_comes_back_to_an_address_of_its_own(tale):
    mail = tale.app.settings.mail.model_copy(update={"bounces": "bounces@returns.example"})
    tale.app = replace(tale.app, settings=tale.app.settings.model_copy(update={"mail": mail}))
    tale.with_customers(5).released()
    senders = {letter.sender for letter in tale.letters}
    marks = {row.message_id.partition("@")[0] for row in tale.rows}
    assert senders == {f"bounces+{mark}@returns.example" for mark in marks}
    assert len(senders) == 5
    # Whom a letter is from, its reader sees; to whom it comes back is the mail system's matter.
    assert {message_from_bytes(letter.content)["Return-Path"] for letter in tale.letters} == {None}


def test_without_a_mailbox_letters_come_back_to_whom_they_are_from(tale):
    tale.with_customers(2).released()
    sender = tale.app.catalog.contacts.organisation.notice_sender
    assert {letter.sender for letter in tale.letters} == {sender}


def test_who_has_no_address_is_excluded_with_the_reason_and_counted(tale):
    tale.with_customers(4, c2={"email": ""}, c3={"email": "not an address"}).released()
    assert tale.readers == ["c1@example.org", "c4@example.org"]
    assert tale.told("LedgerFilled")[0].excluded == {"no e-mail address": 1, "invalid e-mail address": 1}
    assert tale.counts["excluded"] == 2
    adds_up(tale, 4)


def test_who_is_told_in_another_way_gets_no_mail_from_us_and_stands_in_the_ledger_with_the_reason(tale):
    tale.with_customers(
        11,
        c2={"flags": "suspect"},
        c3={"flags": "attacker"},
        c4={"flags": "deceased"},
        c5={"birth_date": "2016-01-01", "guardian": "c1"},
        c6={"birth_date": "2016-01-01"},
        c7={"flags": "employee"},
        c8={"flags": "bounced"},
        c9={"flags": "unsubscribed", "email": "broken", "emails": "c9@example.org"},
        c10={"role": "processor", "controller": "c1"},
        c11={"role": "processor"},
    ).released()
    # c1 reads her own letter and that about her child; c7 has words of her own, as one who works for us.
    assert tale.readers == ["c1@example.org", "c1@example.org", "c7@example.org", "c9@example.org"]
    reasons = {
        "held for a decision: a suspect": 1,
        "held for a decision: the attacker's own account": 1,
        "to the next of kin: deceased": 1,
        "held for a decision: a minor without a guardian who may be told": 1,
        "by post: mail to her came back before": 1,
        "by the customer for whom we hold her data, and whom we tell": 1,
        "held for a decision: her data are a customer's, and nobody knows which": 1,
    }
    assert tale.told("LedgerFilled")[0].excluded == reasons
    adds_up(tale, 11)
    # What was counted when the scope was measured are the same routes.
    measured = tale.incident.scope
    counted = {REASONS[each["reason"]][1]: each["people"] for each in measured.routes}
    by_letter = {"by e-mail": 2, "to the guardian: a minor": 1, "told in the house: works for us": 1}
    assert counted == reasons | by_letter
    assert measured.circumstances["unsubscribed"] == 1
    assert sum(each["people"] for each in measured.routes) == measured.total == 11


def test_accounts_of_one_person_get_one_letter_and_a_shared_mailbox_one_for_each_reader(tale):
    tale.with_customers(
        4,
        c1={"person": "p"},
        c2={"person": "p"},
        c3={"person": "q", "email": "office@example.org"},
        c4={"person": "r", "email": "office@example.org"},
    ).released()
    assert tale.readers == ["c1@example.org", "office@example.org", "office@example.org"]
    office = sorted(text_of(mail) for mail in tale.letters if mail.recipients[0].startswith("office@"))
    assert ["Customer 3" in text for text in office].count(True) == 1
    assert all(("Customer 3" in text) != ("Customer 4" in text) for text in office)
    adds_up(tale, 3)
    assert verify(tale.app, tale.key).fault is None
    # Any of her accounts names her.
    with pytest.raises(Refused, match="that letter is leaving or has left"):
        actions.exclude(tale.app, tale.actor("an"), tale.key, CUSTOMERS, "c2", because="told by telephone")


@pytest.mark.parametrize(
    "name", ["Eve\r\nBcc: all@example.org", "{{ 7*7 }}", "=cmd|' /C calc'!A0", "Nguyễn " * 12]
)
def test_a_strange_name_holds_up_nobody(tale, name):
    tale.with_customers(3, c2={"name": name}).released()
    assert tale.readers == everybody(3)
    assert all(len(mail.recipients) == 1 for mail in tale.letters)
    assert not any("49" in text_of(mail) for mail in tale.letters)


# --- approvals


def test_two_different_people_must_approve_exactly_these_bytes(story):
    story.drafted()
    digest = story.letter.digest
    for wrong in ("0" * 64, digest[:7], ""):
        with pytest.raises(Refused, match="is not the digest of what would leave"):
            story.as_("an").approve(CUSTOMERS, digest=wrong)
    story.as_("an").approve(CUSTOMERS, digest=digest[:12])
    with pytest.raises(Refused, match="has approved this draft already; another person must"):
        story.as_("an").approve(CUSTOMERS, digest=digest)
    with pytest.raises(Refused, match="needs the approval of 2 different people, has an"):
        story.as_("an").release(CUSTOMERS)
    with pytest.raises(Refused, match="giang may not do this"):
        story.as_("giang").approve(CUSTOMERS, digest=digest)
    assert story.letters == []
    story.as_("chi").approve(CUSTOMERS, digest=digest)
    story.as_("an").release(CUSTOMERS)
    assert len(story.letters) == 6


def test_what_would_leave_is_computed_anew_before_it_is_approved_and_before_the_ledger_is_filled(tale):
    tale.with_customers(3).drafted()
    later, digest = with_organisation(tale, "reply_to: ", "reply_to: new-"), tale.letter.digest
    with pytest.raises(Refused, match=r"out of date, because .* tocsin draft .* customers writes it anew"):
        actions.approve(later, tale.actor("an"), tale.key, CUSTOMERS, digest=digest)
    tale.approve()
    actions.release(tale.app, tale.actor("an"), tale.key, CUSTOMERS)
    with pytest.raises(Refused, match="what would leave of customers is not what was approved"):
        perform(later, tale.key, next(move for move in tale.plan.moves if isinstance(move, FillLedger)))
    assert tale.rows == []


def test_those_who_may_approve_are_asked_once_for_each_draft(tale):
    tale.drafted()
    asked = [row for row in tale.outbox if "ask-approval" in row["key"]]
    assert {row["person"] for row in asked} == {"an", "bao", "chi"}
    tale.fast_forward(hours=2)
    assert [row for row in tale.outbox if "ask-approval" in row["key"]] == asked


def test_a_corrected_fact_that_the_letter_prints_voids_the_approval_and_brings_a_new_draft(tale):
    tale.approved()
    old = tale.letter.digest
    tale.as_("an").learn(CORRECTED, source="the log")
    assert tale.told("NoticeVoided")[0].because[0].startswith("measures_taken changed")
    assert (tale.letter.mark, tale.letter.edition) == ("in-review", 2)
    assert tale.letter.digest != old
    with pytest.raises(Refused, match="is not the digest of what would leave"):
        tale.as_("chi").approve(CUSTOMERS, digest=old)


def test_a_fact_that_the_letter_does_not_print_leaves_the_approval_alone(tale):
    tale.approved()
    tale.as_("an").learn({"root_cause": {"en": "A token in a commit."}}, source="forensics")
    assert (tale.letter.mark, len(tale.letter.approvals)) == ("approved", 2)


def test_another_revision_of_the_scope_voids_before_release(tale):
    tale.with_customers(6).approved("c1", "c2", "c3").scope("c1", "c2", "c3", "c4")
    assert tale.told("NoticeVoided")[0].because == ("the recipients changed",)
    assert (tale.letter.mark, tale.letter.recipients) == ("in-review", 4)
    tale.approve().as_("an").release(CUSTOMERS)
    assert tale.readers == everybody(4)


def test_a_letter_that_was_sent_is_not_drafted_again_while_nothing_has_changed(tale):
    tale.released()
    told = tale.letter.told_at
    tale.fast_forward(days=2)
    assert draft(tale.app, tale.actor("an"), tale.key, CUSTOMERS).entries == ()
    assert (tale.letter.mark, tale.letter.edition, tale.letter.told_at) == ("sent", 1, told)
    tale.as_("an").learn(CORRECTED, source="the log")
    assert draft(tale.app, tale.actor("an"), tale.key, CUSTOMERS).entries != ()


def test_people_found_after_the_sending_get_a_batch_of_their_own_and_nobody_a_second_letter(tale):
    tale.with_customers(6).released("c1", "c2", "c3")
    tale.scope("c1", "c2", "c3", "c4", "c5")
    assert (tale.letter.mark, tale.letter.edition) == ("in-review", 2)
    tale.approve().as_("an").release(CUSTOMERS)
    assert tale.readers == everybody(5)
    adds_up(tale, 5)


def test_a_revision_that_finds_nobody_new_brings_no_batch(tale):
    tale.with_customers(4).released("c1", "c2")
    tale.scope("c2")
    assert tale.letter.mark == "sent"


def test_words_that_were_redacted_are_never_sent(story):
    story.approved()
    words = story.incident.learned["measures_taken"].value["en"]
    actions.redact(story.app, story.actor("an"), story.key, words, because="it names somebody")
    ring(story.app)
    assert story.letter.mark == "void"
    with pytest.raises(Refused):
        actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)
    story.as_("an").learn(CORRECTED, source="the log")
    assert story.letter.mark == "in-review"
    assert story.letters == []


def test_a_rejected_draft_is_not_asked_about_again_until_something_changed(tale):
    tale.drafted().as_("chi").reject(CUSTOMERS, because="too vague")
    tale.fast_forward(hours=1)
    assert (tale.letter.mark, tale.letter.edition) == ("rejected", 1)
    tale.as_("an").learn(CORRECTED, source="the log")
    assert (tale.letter.mark, tale.letter.edition) == ("in-review", 2)


def test_a_letter_that_lacks_english_says_so_to_people_once_and_holds_up_nothing_else(tale):
    tale.with_customers(3).declare()
    tale.as_("linh").ack()
    tale.as_("an").ack()
    tale.scope()
    actions.learn(
        tale.app,
        tale.actor("an"),
        tale.key,
        {name: {"vi": text["vi"]} for name, text in WORDS.items()},
        source="x",
    )
    assert [ring(tale.app).failed for _ in range(3)] == [1, 0, 0]  # it rests before it is tried again
    troubles = [row for row in tale.outbox if "/trouble/draft/" in row["key"]]
    assert {row["person"] for row in troubles} == {"linh", "an"}
    assert len(troubles) == 4
    said = " ".join(mail_text(tale, "an").split())
    # The way out is the next action, of this very incident; what the error is called in our code helps nobody.
    assert "letter has no measures_taken in 'en' " in said
    assert f"tocsin learn {tale.key} 'measures_taken=" in said
    assert "Refused" not in said
    assert "tocsin show" not in said
    tale.leap(hours=40)
    ring(tale.app)
    assert tale.told("DeadlineWarned")
    tale.as_("an").learn(WORDS, source="the team")
    assert tale.letter.mark == "in-review"


# --- stops


def test_a_pause_stops_within_one_letter_and_the_rest_leaves_when_it_ends(story):
    story.with_customers(6).approved()
    plain = in_the_middle(
        story, lambda: actions.pause(plain, story.actor("hoa"), story.key, CUSTOMERS, because="a wrong name")
    )
    story.as_("an").release(CUSTOMERS)
    assert len(story.letters) == 2  # the one that was on the wire left
    assert (story.letter.mark, story.counts["pending"]) == ("paused", 4)
    adds_up(story, 6)
    story.app = plain
    story.fast_forward(hours=1)
    assert len(story.letters) == 2
    story.as_("an").resume(CUSTOMERS)
    assert story.readers == everybody(6)
    adds_up(story, 6)


def test_no_content_begins_behind_a_pause_however_long_the_relay_takes_for_it(story):
    story.with_customers(6).approved()
    story.mail.misbehave(Fault("data", "delay", seconds=0.2))
    plain = in_the_middle(
        story,
        lambda: actions.pause(plain, story.actor("hoa"), story.key, CUSTOMERS, because="a wrong name"),
        begun=False,
    )
    story.as_("an").release(CUSTOMERS)
    assert len(story.letters) == 1
    assert (story.counts["pending"], story.counts["sending"]) == (5, 0)
    story.app = plain
    story.mail.behave()
    story.as_("an").resume(CUSTOMERS)
    assert story.readers == everybody(6)
    assert story.counts["possible_duplicates"] == 0
    adds_up(story, 6)


def test_a_correction_while_letters_leave_stops_the_rest_and_the_next_draft_covers_only_them(story):
    story.with_customers(6).approved()
    plain = in_the_middle(
        story, lambda: actions.learn(plain, story.actor("an"), story.key, CORRECTED, source="the log")
    )
    story.as_("an").release(CUSTOMERS)
    assert len(story.letters) == 2
    assert (story.letter.mark, story.letter.edition) == ("in-review", 2)
    story.app = plain
    story.approve().as_("an").release(CUSTOMERS)
    assert story.readers == everybody(6)
    assert ["03:05" in text_of(mail) for mail in story.letters] == [False] * 2 + [True] * 4
    adds_up(story, 6)
    assert verify(story.app, story.key).fault is None


def test_a_pause_before_the_ledger_is_full_holds_and_nobody_is_missing_afterwards(story):
    story.with_customers(6).approved()
    actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)
    actions.pause(story.app, story.actor("an"), story.key, CUSTOMERS, because="wait")
    story.settle()
    assert story.letters == []
    assert story.told("LedgerFilled") == []
    story.as_("an").resume(CUSTOMERS)
    assert story.readers == everybody(6)


def test_a_pause_while_the_ledger_fills_is_not_overrun_by_its_end(story, monkeypatch):
    story.with_customers(6).approved()
    from tocsin.engine import drafting

    quick = drafting.ledger.fill

    def slow(connection, rows, **more):
        quick(connection, rows, **more)
        paused.append(1)

    paused: list[int] = []
    actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)
    monkeypatch.setattr(drafting.ledger, "fill", slow)

    real = drafting.record

    def after_the_rows(app, key, decide, **more):
        if paused and len(paused) == 1:
            paused.append(2)
            actions.pause(app, story.actor("an"), key, CUSTOMERS, because="wait")
        return real(app, key, decide, **more)

    monkeypatch.setattr(drafting, "record", after_the_rows)
    advance(story.app, story.key)
    assert story.letter.mark == "paused"
    assert story.letters == []
    story.as_("an").resume(CUSTOMERS)
    assert story.readers == everybody(6)


# --- refusals and doubts


def test_a_fault_of_ours_after_a_letter_left_leaves_it_in_doubt_and_never_unsent(story):
    """What nobody foresaw happens behind the relay's 250: the letter may not leave once more without a flag."""
    move = about_to_send(story, 4)
    plain = in_the_middle(story, lambda: None)
    opened = story.app.routes["email"]

    class Stumbles:
        name = "email"

        def __init__(self, channel):
            self.channel = channel

        async def send(self, item, following=None):
            receipt = await self.channel.send(item, following)
            if len(story.letters) == 2:
                raise RuntimeError("nobody foresaw this")
            return receipt

        async def close(self):
            await self.channel.close()

    story.app = replace(story.app, routes={**story.app.routes, "email": lambda app: Stumbles(opened(app))})
    with pytest.raises(RuntimeError, match="nobody foresaw"):
        perform(story.app, story.key, move)
    assert (story.counts["handed_over"], story.counts["sending"], story.counts["pending"]) == (1, 1, 2)
    adds_up(story, 4)
    clock = plain.clock
    story.app = replace(plain, clock=lambda: clock() + timedelta(seconds=LEASE + 200))
    story.fast_forward(minutes=5)
    assert sorted(set(story.readers)) == everybody(4)
    assert (story.letter.mark, story.counts["handed_over"], story.counts["possible_duplicates"]) == (
        "sent",
        4,
        1,
    )
    assert verify(story.app, story.key).fault is None


def test_a_refused_address_is_settled_and_counted_and_closing_asks_about_it(tale):
    tale.with_customers(4)
    tale.mail.misbehave(Fault("rcpt", reply="550 5.1.1 <c2@example.org> unknown", recipient="c2@example.org"))
    tale.released()
    assert tale.readers == ["c1@example.org", "c3@example.org", "c4@example.org"]
    assert tale.letter.mark == "sent"
    (row,) = (row for row in tale.rows if row.state == "refused")
    assert "c2@example.org" not in row.reply
    adds_up(tale, 4)


def test_two_processes_send_one_notice_side_by_side_and_nobody_twice(story):
    about_to_send(story, 40)
    story.mail.misbehave(Fault("dot", "delay", seconds=0.3))
    home = story.app.settings.model_copy(
        update={"ledger": story.app.settings.ledger.model_copy(update={"batch": 4})}
    )
    before = story.mail.connections
    assert together(*[(send_all, (home, story.clock.moment, story.key))] * 2) == [0, 0]
    # Where many may write at once both were at it, else one waits for the other.
    both = story.mail.connections - before > home.mail.connections
    assert both is not story.app.database.sqlite
    assert story.readers == everybody(40)
    assert (story.letter.mark, story.counts["handed_over"], story.counts["possible_duplicates"]) == (
        "sent",
        40,
        0,
    )
    assert len(story.told("SendingStopped")) == 1
    assert verify(story.app, story.key).proven
    adds_up(story, 40)


def test_one_who_was_killed_beside_the_holder_leaves_its_letters_in_doubt_and_no_false_end(story):
    move = about_to_send(story, 12)
    lead = at_work(story, move, "lead")
    at_work(story, move, "mate", beside=True)
    leave_in_doubt(story, 3)
    asked = iter([False, True])
    assert send(replace(lead, stop=lambda: len(story.letters) >= 9 and next(asked, True)))
    # While the mate's lease stands, nobody says how it ended.
    assert story.told("SendingStopped") == []
    assert lead.mates() == 1
    clock = story.app.clock
    story.app = replace(story.app, clock=lambda: clock() + timedelta(seconds=LEASE + 1))
    story.settle()
    assert (story.counts["handed_over"], story.counts["sending"]) == (9, 3)
    assert [body.complete for body in story.told("SendingStopped")] == [False]
    story.app = replace(story.app, clock=lambda: clock() + timedelta(seconds=200))
    story.fast_forward(minutes=3)
    assert (story.letter.mark, story.counts["possible_duplicates"]) == ("sent", 3)
    assert verify(story.app, story.key).proven
    adds_up(story, 12)


def test_nobody_begins_beside_a_holder_who_says_how_it_ended(story):
    move = about_to_send(story, 2)
    lead, clock = at_work(story, move, "lead"), story.app.clock()
    with story.app.database.read() as connection:
        assert jobs.is_held(connection, story.key, move.key, clock)
    lead.close()
    with story.app.database.write() as connection:
        assert not jobs.is_held(connection, story.key, move.key, clock)
        lead.end(connection)
    with story.app.database.read() as connection:
        assert jobs.held(connection, clock) == 0
    story.settle()
    assert story.letter.mark == "sent"


def test_one_beside_whose_way_out_is_refused_stops_all_and_calls_people(story):
    move = about_to_send(story, 12)
    mate = at_work(story, move, "mate", beside=True)
    story.mail.misbehave(Fault("rcpt", reply="554 5.7.1 blocked for its reputation", times=10))
    send(mate)
    assert story.letter.mark == "paused"
    assert {page.asked_by for page in story.incident.pages[-2:]} == {"engine"}
    with story.app.database.write() as connection:
        jobs.release(connection, story.key, mate.lease, "mate")
    story.as_("an").resume(CUSTOMERS, because="mended")
    assert (story.letter.mark, story.counts["handed_over"]) == ("sent", 12)
    assert verify(story.app, story.key).proven


def test_when_no_letter_reached_anybody_the_duty_is_met_only_by_telling_people_otherwise(tale):
    tale.with_customers(2, c1={"email": ""}, c2={"email": ""}).released()
    (duty,) = (duty for duty in tale.incident.duties.values() if duty.opened.recipient == "individuals")
    assert (tale.letter.mark, duty.mark) == ("sent", "open")
    tale.as_("an").filed(duty.opened.key, reference="both told by telephone, note of 24 November")
    assert tale.incident.duties[duty.opened.key].mark == "met"


def test_a_letter_perhaps_taken_is_sent_once_more_with_the_same_id_and_counted(story):
    story.with_customers(3)
    story.mail.misbehave(Fault("dot", "drop", recipient="c2@example.org", times=1))
    story.released()
    twice = [mail for mail in story.letters if mail.recipients == ("c2@example.org",)]
    assert len(twice) == 2
    assert twice[0].content == twice[1].content
    assert (story.letter.mark, story.counts["possible_duplicates"]) == ("sent", 1)
    adds_up(story, 3)


def test_a_letter_in_doubt_twice_stays_so_and_is_never_a_loop(tale):
    tale.with_customers(3)
    # Five times and not for ever, so that a loop would end here and show.
    tale.mail.misbehave(Fault("dot", "drop", recipient="c2@example.org", times=5))
    tale.released()
    assert len([mail for mail in tale.letters if mail.recipients == ("c2@example.org",)]) == 2
    assert (tale.letter.mark, tale.counts["ambiguous"]) == ("sent", 1)


def test_a_greylisted_letter_waits_and_leaves(tale):
    tale.with_customers(3)
    tale.mail.misbehave(Fault("rcpt", reply="451 4.7.1 greylisted", recipient="c2@example.org", times=2))
    tale.released()
    assert len(tale.letters) == 2
    assert tale.plan.wake_at is not None
    tale.fast_forward(hours=1)
    assert tale.readers == everybody(3)
    assert tale.letter.mark == "sent"


def test_a_letter_that_is_put_off_until_the_margin_is_given_up_and_its_reader_must_be_told_otherwise(tale):
    tale.with_customers(3)
    tale.mail.misbehave(Fault("rcpt", reply="451 4.7.1 come back later", recipient="c2@example.org"))
    tale.released()
    due = min(
        duty.soonest for duty in tale.incident.duties.values() if duty.opened.recipient == "individuals"
    )
    end = due - timedelta(hours=tale.app.settings.ledger.margin)
    # How long each wait is follows from the letter: the last try is at the end, or so near to it that none follows.
    tale.fast_forward(seconds=(end - FIRST - tale.clock.moment).total_seconds() - 60)
    assert (tale.letter.mark, tale.counts["pending"]) == ("sending", 1)
    (row,) = (row for row in tale.rows if row.state == "pending")
    assert row.attempts > 3
    tale.fast_forward(minutes=7)
    (row,) = (row for row in tale.rows if row.state == "refused")
    with tale.app.database.read() as connection:
        tries = ledger.attempts_of(connection, row.id)
        left = ledger.unaccounted(connection, tale.key, CUSTOMERS)
    assert end - FIRST < tries[-1]["at"] <= end
    gaps = [later["at"] - sooner["at"] for sooner, later in pairwise(tries[:-1])]
    assert gaps[:4] == sorted(gaps[:4])
    assert row.reply == f"given up after {len(tries)} tries: at rcpt: 451 4.7.1 come back later"
    assert (tale.letter.mark, sum(left.elsewise.values())) == ("sent", 1)
    said = course(tale.app, tale.incident, CUSTOMERS).slowed
    assert said == ("1 given up, put off until too little time was left",)
    adds_up(tale, 3)
    tale.as_("an").told_otherwise(CUSTOMERS, because="a letter by post, 25 November")
    assert verify(tale.app, tale.key).fault is None
    assert set(tale.letter.untold.values()) == {0}


def test_a_letter_that_is_late_already_is_tried_for_as_long_as_the_margin(tale):
    tale.with_customers(2).approved()
    tale.mail.misbehave(Fault("rcpt", reply="451 4.7.1 come back later", recipient="c2@example.org"))
    tale.fast_forward(days=4)
    begun = tale.clock.moment
    tale.as_("an").release(CUSTOMERS)
    assert tale.counts["pending"] == 1
    tale.fast_forward(hours=tale.app.settings.ledger.margin + 1)
    (row,) = (row for row in tale.rows if row.state == "refused")
    assert row.settled_at == begun + timedelta(hours=tale.app.settings.ledger.margin)
    assert row.attempts > 3


def test_templates_that_somebody_changed_between_two_letters_are_not_what_leaves(tale):
    tale.with_customers(3)
    tale.mail.misbehave(Fault("rcpt", reply="451 4.7.1 greylisted", recipient="c2@example.org", times=1))
    tale.released()
    for template in tale.app.pack_folder(tale.app.catalog).glob("notices/customer.*.txt.j2"):
        template.write_text("Call this number.", encoding="utf-8")
    tale.fast_forward(hours=1)
    assert tale.readers == everybody(3)
    assert "Call this number" not in text_of(tale.letters[-1])


def test_a_greylisted_letter_is_not_forgotten_by_a_correction(tale):
    tale.with_customers(3)
    tale.mail.misbehave(Fault("rcpt", reply="451 4.7.1 greylisted", recipient="c2@example.org", times=1))
    tale.released()
    tale.as_("an").learn(CORRECTED, source="the log")
    assert tale.letter.edition == 2
    tale.approve().as_("an").release(CUSTOMERS)
    tale.fast_forward(hours=1)
    assert tale.readers == everybody(3)
    (second,) = (mail for mail in tale.letters if mail.recipients == ("c2@example.org",))
    assert "03:05" in text_of(second)
    assert tale.letter.mark == "sent"


def test_a_relay_that_is_down_rests_longer_each_time_and_then_all_letters_leave(tale):
    tale.with_customers(6).approved()
    tale.mail.misbehave(Fault("connect", "drop"))
    tale.as_("an").release(CUSTOMERS)
    tale.fast_forward(minutes=12)
    rests = [stop.resume_at - entry.at for entry, stop in stops(tale)]
    assert rests == sorted(rests)
    assert 3 <= len(rests) <= 8
    adds_up(tale, 6)
    tale.mail.behave()
    tale.fast_forward(minutes=15)
    assert tale.readers == everybody(6)
    assert tale.letter.mark == "sent"


def stops(story):
    return [
        (entry, entry.body)
        for entry in story.entries
        if entry.kind == "SendingStopped" and entry.body.resume_at
    ]


def test_a_letter_that_cannot_arrive_is_settled_by_a_person(tale):
    tale.with_customers(3)
    tale.mail.misbehave(Fault("rcpt", reply="550 5.1.1 unknown", recipient="c2@example.org"))
    tale.released()
    with pytest.raises(Refused, match="nobody with that id"):
        tale.as_("an").exclude(CUSTOMERS, "c99", because="told by telephone")
    with pytest.raises(Refused, match="is leaving or has left"):
        tale.as_("an").exclude(CUSTOMERS, "c1", because="told by telephone")
    tale.as_("an").exclude(CUSTOMERS, "c2", because="told by telephone")
    assert (tale.counts["refused"], tale.counts["excluded"]) == (0, 1)
    assert tale.letter.settled == 1
    assert verify(tale.app, tale.key).fault is None


# --- deaths and races


def test_a_sender_killed_half_way_loses_nobody_and_says_who_may_have_two_letters(story, settings_of_home):
    story.with_customers(12).approved()
    actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)
    before = len(story.mail.messages)
    mail = settings_of_home.mail.model_copy(update={"connections": 1})
    ledgers = settings_of_home.ledger.model_copy(update={"batch": 3})
    home = settings_of_home.model_copy(update={"mail": mail, "ledger": ledgers})
    assert together((advance_and_die, (home, story.clock.moment, story.key, 7))) == [-9]
    assert len(story.mail.messages) - before == 7
    recorded, doubted = story.counts["handed_over"], 3  # as many as are in hand at once
    assert recorded == 6
    assert (story.counts["sending"], story.counts["pending"]) == (doubted, 12 - recorded - doubted)
    adds_up(story, 12)
    # Another takes over: first the rows that nobody holds, then, when the leases have run out, those in doubt.
    clock = story.app.clock
    story.app = replace(story.app, clock=lambda: clock() + timedelta(seconds=LEASE + 1))
    story.settle()
    assert (story.counts["handed_over"], story.counts["sending"]) == (12 - doubted, doubted)
    assert story.plan.wake_at is not None
    adds_up(story, 12)
    story.app = replace(story.app, clock=lambda: clock() + timedelta(seconds=200))
    story.fast_forward(minutes=3)
    assert sorted(set(story.readers)) == everybody(12)
    assert len(story.readers) == 12 + 7 - recorded  # those that had left when it was killed
    assert len(set(message_ids(story.letters))) == 12
    assert story.counts["possible_duplicates"] == doubted
    assert (story.letter.mark, story.counts["sending"]) == ("sent", 0)
    adds_up(story, 12)
    assert verify(story.app, story.key).fault is None
    # Had it only been slow, its word would come late: that changes nothing, and is no fault.
    doubted = next(row for row in story.rows if row.doubtful)
    late = Settled(
        doubted.id, 1, "handed_over", "handed_over", "done", "250 late", final=True, not_before=BEGINNING
    )
    with story.app.database.write() as connection:
        ledger.settle(connection, "lost", [late], story.leap(minutes=1).clock.moment)
    assert verify(story.app, story.key).fault is None


@pytest.mark.parametrize(("kind", "work"), [(FillLedger, fill), (SendLetters, send)])
def test_a_holder_whose_lease_is_another_s_now_writes_no_row_and_sends_no_letter(tale, kind, work):
    tale.with_customers(3).approved()
    actions.release(tale.app, tale.actor("an"), tale.key, CUSTOMERS)
    if kind is SendLetters:
        advance(tale.app, tale.key, wanted=lambda move: not isinstance(move, SendLetters))
    move = next(move for move in tale.plan.moves if isinstance(move, kind))
    with tale.app.database.write() as connection:
        assert jobs.take(connection, tale.key, move.key, "bell/quick", tale.app.clock())
    before = tale.rows
    with pytest.raises(jobs.LeaseLost):
        work(Job(tale.app, tale.key, move, "bell/slow"))
    assert (tale.rows, tale.letters) == (before, [])


def test_senders_that_race_hand_over_each_letter_once(story, settings_of_home):
    from concurrent.futures import ThreadPoolExecutor

    story.with_customers(12).approved()
    actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)
    apps = [open_app(settings_of_home, now=story.clock) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda app: advance(app, story.key), apps))
    for app in apps:
        app.close()
    story.settle()
    assert story.readers == everybody(12)
    assert story.counts["possible_duplicates"] == 0
    assert len(story.told("LedgerFilled")) == 1


def test_no_letter_leaves_a_home_that_was_restored_until_a_person_lets_it_go(tale):
    tale.approved()
    tale.app.settings.restored_file.touch()
    with pytest.raises(Refused, match="held since a restore"):
        actions.release(tale.app, tale.actor("an"), tale.key, CUSTOMERS)
    tale.app.settings.restored_file.unlink()
    actions.release(tale.app, tale.actor("an"), tale.key, CUSTOMERS)
    tale.app.settings.restored_file.touch()
    advance(tale.app, tale.key)
    assert tale.letters == []
    actions.let_go(tale.app, tale.actor("an"), because="the relay's log names nobody")
    tale.settle()
    assert len(tale.letters) == 6
