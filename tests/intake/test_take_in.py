"""A message is kept once and whole, where it belongs; what is urgent calls, and a flood calls once."""

import os
import signal
from datetime import datetime, timedelta

import pytest

from tests.child import together
from tests.intake.post import SENDER, arrivals, hand_over, items, message, received
from tests.story import Story
from tocsin.actions import intake
from tocsin.actions.intake import take_in
from tocsin.app import open_app
from tocsin.evidence import vault
from tocsin.evidence.verify import verify
from tocsin.settings import Settings
from tocsin.storage import outbox


@pytest.fixture
def post(story: Story):
    """Hands messages over and lets what is due happen."""

    def hand(*messages: bytes, **more):
        taken = [take_in(story.app, raw, **more) for raw in messages]
        story.key = taken[-1].incident
        story.settle()
        return taken

    return hand


def test_a_message_waits_in_triage_with_itself_as_evidence_byte_by_byte(story, post):
    raw = message(body="NUL \x00 and\nanything")
    (taken,) = post(raw)
    assert (taken.outcome, taken.item, taken.whole) == ("opened", "E1", True)
    assert (story.incident.status, story.incident.urgent, story.incident.restricted) == (
        "triage",
        False,
        True,
    )
    assert vault.read(story.app, taken.incident, "E1") == raw
    assert [(each.urgent, each.item) for each in received(story.app, taken.incident)] == [(False, "E1")]
    assert story.paged() == [("triage", "linh")]
    assert (len(story.slack.messages), len(story.mail.messages)) == (1, 0)
    assert verify(story.app, taken.incident).fault is None


def test_an_urgent_one_calls_whoever_is_on_call_and_climbs(story, post):
    post(message("URGENT: keys"))
    assert story.mails_to("linh") == [f"[DRILL] Gọi khẩn TRIAGE: {story.incident.code_name}"]
    assert "thư đánh dấu khẩn" in str(story.slack.messages[0].blocks)
    story.fast_forward(minutes=10)
    assert story.paged() == [("triage", "linh"), ("triage", "minh")]


def test_handed_over_again_it_is_the_same_one(story, post):
    raw = message()
    post(raw)
    by_another_way = b"Received: from mx2.example.org\n" + raw.replace(b"\r\n", b"\n")
    assert [each.outcome for each in post(raw, by_another_way)] == ["known", "known"]
    assert len(received(story.app, story.key)) == 1
    without_id = message("Hello", id_=None, sender="b@example.org")
    first, again = post(without_id, without_id)
    assert (first.incident, again.outcome) == (again.incident, "known")
    assert len(items(story.app)) == 2


def test_the_same_message_id_with_another_content_loses_nothing(story, post):
    first, second = post(message(), message(body="Something else", sender="other@example.org"))
    assert (second.outcome, second.incident, second.item) == ("joined", first.incident, "E2")


def test_an_answer_joins_its_thread_and_one_that_names_an_incident_joins_that(story, post):
    (first,) = post(message())
    story.leap(days=2)
    answer = message("More", id_="m2@x", sender="colleague@example.org", References="<m1@example.org>")
    named = message(f"About {first.incident}", id_="m3@x", sender="third@example.org")
    assert [each.incident for each in post(answer, named)] == [first.incident] * 2
    assert [each.outcome for each in post(message("New", id_="m4@x", sender="fourth@example.org"))] == [
        "opened"
    ]


def test_an_answer_to_a_mail_of_ours_joins_the_incident_that_sent_it(story, post):
    story.declare()
    key = story.key
    with story.app.database.read() as connection:
        ours = next(row["id"] for row in outbox.of_incident(connection, key) if row["route"] == "email")
    (taken,) = post(
        message("Re: page", sender="linh@streamonapi.example", In_Reply_To=f"<{ours}@streamonapi.example>")
    )
    assert (taken.incident, taken.outcome) == (key, "joined")


def test_in_an_incident_only_what_is_urgent_calls_and_it_calls_the_commander(story, post):
    story.declare()
    story.as_("minh").take("incident-commander")
    before = len(story.mail.messages)
    key = story.key
    post(message(f"{key} a detail"))
    assert len(story.mail.messages) == before
    post(message(f"URGENT {key}: a detail", id_="m2@x"))
    assert story.paged()[-1] == ("incident-commander", "minh")
    assert story.incident.pages[-1].asked_by == "intake"
    assert len(story.mail.messages) == before + 1
    post(message(f"URGENT {key}: another", id_="m3@x"))
    assert [each.held_back for each in received(story.app, key)] == [None, None, "called-already"]
    assert len(story.mail.messages) == before + 1


def test_a_file_that_is_closed_stays_closed(story, post):
    (first,) = post(message())
    story.as_("linh").decline(because="spam")
    (second,) = post(message("Re: that", id_="m2@x", References="<m1@example.org>", body=first.incident))
    assert (second.outcome, second.incident) == ("opened", items(story.app)[1])


def test_a_hundred_messages_of_one_sender_call_once_and_are_counted(tale):
    flood = [message(f"URGENT {n}", id_=f"f{n}@x") for n in range(100)]
    taken = hand_over(tale.app, *flood)
    tale.key = taken[0].incident
    tale.settle()
    assert {each.incident for each in taken} == {tale.key}
    assert (tale.paged(), len(tale.mails_to("linh"))) == ([("triage", "linh")], 1)
    assert sum(each.held_back == "called-already" for each in tale.incident.messages) == 99
    assert len(tale.incident.evidence) == 100


def test_later_than_an_hour_the_same_sender_opens_another_item(tale):
    hand_over(tale.app, message())
    tale.leap(minutes=61)
    hand_over(tale.app, message("Another matter", id_="m2@x"))
    assert len(items(tale.app)) == 2


def test_a_flood_of_many_senders_calls_ten_times_an_hour_and_says_so(tale):
    taken = hand_over(
        tale.app, *(message("URGENT", id_=f"f{n}@x", sender=f"s{n}@x.example") for n in range(14))
    )
    tale.settle()
    # One for each of the first ten, and one for all that were held back.
    assert len(tale.mails_to("linh")) == 11
    tale.key = taken[-1].incident
    assert (tale.incident.quiet, tale.incident.messages[0].held_back, tale.paged()) == (True, "flood", [])
    tale.leap(minutes=61)
    tale.key = hand_over(tale.app, message("URGENT", sender="late@x.example"))[0].incident
    tale.settle()
    assert tale.paged() == [("triage", "linh")]


def test_a_clock_that_was_set_back_makes_no_flood_of_what_came_before_it(tale):
    tale.leap(days=2)
    hand_over(tale.app, *from_many(11, "urgent"))
    tale.declare().as_("linh").ack()
    urgent = [message(f"URGENT {tale.key}", id_=f"own{n}@x") for n in range(4)]
    hand_over(tale.app, urgent[0])
    tale.leap(days=-2)
    hand_over(tale.app, *urgent[1:])
    # In an incident the first of an hour calls, by whatever clock another one came.
    assert [each.held_back for each in tale.incident.messages] == [None, None, *["called-already"] * 2]
    tale.key = hand_over(tale.app, message("URGENT", sender="real@x.example"))[0].incident
    assert (tale.incident.quiet, tale.incident.messages[0].held_back) == (False, None)


def from_many(count: int, subject: str) -> list[bytes]:
    """One message from each of so many senders."""
    return [message(subject, id_=f"{subject}{n}@x", sender=f"{subject}{n}@x.example") for n in range(count)]


def test_no_number_of_plain_messages_silences_an_urgent_one(tale):
    plain = hand_over(tale.app, *from_many(12, "hello"))
    tale.key = hand_over(tale.app, message("High priority: your database is public"))[0].incident
    tale.settle()
    assert tale.paged() == [("triage", "linh")]
    # Of the plain ones somebody is told as of many an hour.
    told = [each.incident for each in plain if tale.app.incident(each.incident).pages]
    assert told == [each.incident for each in plain[:10]]


def test_for_urgent_messages_that_a_flood_holds_back_the_ladder_climbs_until_somebody_looks(tale):
    taken = hand_over(tale.app, *from_many(13, "urgent"))
    oldest, other, last = (each.incident for each in taken[10:])
    tale.key = oldest
    tale.settle()
    tale.leap(minutes=9).settle()
    assert tale.paged() == [("triage", "linh")]
    said = [str(each.blocks) for each in tale.slack.messages]
    assert sum("Số thư khẩn chưa gọi ai vì đến quá nhiều: 3" in each for each in said) == 1
    tale.leap(minutes=1).settle()
    assert tale.paged() == [("triage", "linh"), ("triage", "minh")]
    tale.leap(minutes=10).settle()
    assert {who for _, who in tale.paged()[2:]} == {"linh", "minh", "an"}
    for tale.key in (oldest, other):
        tale.as_("minh").ack()
    tale.key = last
    tale.leap(minutes=59).settle()
    assert tale.paged() == []
    tale.leap(minutes=2).settle()
    assert tale.paged() == [("triage", "linh")]
    tale.as_("linh").decline(because="spam")
    tale.leap(hours=2).settle()
    tale.key = oldest
    assert len(tale.paged()) == 5


def test_machines_are_kept_in_one_item_and_call_nobody(tale):
    bounce = message(
        "Undelivered", id_="b1@x", sender="", Content_Type="multipart/report; boundary=x", X_Priority="1"
    )
    absent = message("Automatic reply: URGENT", id_="b2@x", Auto_Submitted="auto-replied")
    taken = hand_over(tale.app, bounce, absent)
    tale.leap(days=3)
    taken += hand_over(tale.app, message("News", id_="b3@x", sender="news@x.example", List_Id="<n.x>"))
    tale.key = taken[0].incident
    tale.settle()
    assert {each.incident for each in taken} == {tale.key}
    assert tale.incident.urgent is False
    assert tale.mail.messages == []
    # A person's message is no part of it.
    assert hand_over(tale.app, message())[0].outcome == "opened"


def test_nothing_is_ever_sent_to_who_wrote_it(story, post):
    post(message("URGENT"), message("Question", id_="m2@x", sender="b@example.org"))
    story.as_("linh").ack()
    story.as_("linh").confirm()
    addresses = {address for mail in story.mail.messages for address in mail.recipients}
    assert all(address.endswith("@streamonapi.example") for address in addresses)


def test_an_urgent_message_after_somebody_looked_calls_that_person(story, post):
    post(message())
    story.as_("minh").ack()
    post(message("URGENT: still", id_="m2@x"))
    assert story.paged()[-1] == ("triage", "minh")
    assert len(story.mails_to("minh")) == 1
    assert story.incident.urgent


def test_of_what_is_too_large_the_head_is_kept_and_it_calls_all_the_same(story, post):
    large = message("URGENT: see the attachment", body="x" * story.app.settings.intake.largest)
    (taken,) = post(large)
    assert (taken.outcome, taken.whole) == ("opened", False)
    assert vault.read(story.app, taken.incident, "E1") == large.partition(b"\r\n\r\n")[0]
    assert story.paged() == [("triage", "linh")]
    (again,) = post(large)
    assert (again.outcome, again.whole) == ("known", False)
    # Once the setting is raised the whole message is kept beside its head.
    raised = story.app.settings.intake.model_copy(update={"largest": 2 * len(large)})
    object.__setattr__(story.app, "settings", story.app.settings.model_copy(update={"intake": raised}))
    (whole,) = post(large)
    assert (whole.outcome, whole.incident, whole.item, whole.whole) == ("joined", taken.incident, "E2", True)


def test_the_moment_of_reception_counts_and_never_one_in_the_future(tale):
    came = tale.clock.moment - timedelta(hours=7)
    tale.key = take_in(tale.app, message(), received_at=came).incident
    assert tale.incident.opened_at == came
    tale.as_("linh").confirm()
    assert {duty.clock_start for duty in tale.incident.duties.values()} == {came}
    later = take_in(tale.app, message(id_="m2@x", sender="b@x.example"), received_at=came + timedelta(days=9))
    assert tale.app.incident(later.incident).opened_at == tale.clock.moment


def test_who_wrote_it_stands_in_the_vault_alone_and_goes_with_the_key_of_the_people(story, post):
    (taken,) = post(message(f"URGENT from {SENDER}"))
    assert story.incident.evidence == ("E1",)
    (row,) = arrivals(story.app)
    assert "kanarienvogel" not in repr(row).lower()
    from tocsin.views.card import card

    shown = card(story.app, story.actor("linh"), taken.incident, story.clock.moment).triage
    assert (shown.sender, shown.subject) == (SENDER, f"URGENT from {SENDER}")
    # Somebody who has nothing to do with it reads counts.
    shown = card(story.app, story.actor("dung"), taken.incident, story.clock.moment).triage
    assert (shown.sender, shown.subject, shown.messages) == (None, None, 1)


HOSTILE = {
    "nested": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
    + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 50_000,
    "no head": b"\x00\xff\xfe" * 1000,
    "zip": b"Subject: urgent\r\nContent-Type: application/zip\r\n\r\nPK\x03\x04" + bytes(1000),
    "only a head": b"Subject: urgent",
    "mbox": b"From a@b Thu Nov 26 11:00:00 2026\nSubject: urgent\n\nx",
    "bad lines": b"Subject urgent\r\n: x\r\n\r\nx",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_messages_are_kept_as_they_are(tale, raw):
    (taken,) = hand_over(tale.app, raw)
    assert vault.read(tale.app, taken.incident, taken.item) == raw
    assert verify(tale.app, taken.incident).fault is None


def keep_and_die(settings: Settings, moment: datetime, raw: bytes) -> None:
    """Somebody who is killed after the item is opened, before the message lies in it."""

    def die(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)

    intake.put_file = die
    take_in(open_app(settings, now=lambda: moment), raw)


def test_killed_between_opening_an_item_and_keeping_the_message_it_is_one_item_in_the_end(tale):
    raw = message("URGENT")
    for _ in range(2):
        assert together((keep_and_die, (tale.app.settings, tale.clock.moment, raw))) == [-signal.SIGKILL]
    (key,) = items(tale.app)
    # It calls already: the bell finds an urgent item.
    tale.key = key
    assert tale.settle().paged() == [("triage", "linh")]
    tale.leap(minutes=2)
    (taken,) = hand_over(tale.app, raw)
    assert (taken.incident, taken.item, items(tale.app)) == (key, "E1", [key])
    assert vault.read(tale.app, key, "E1") == raw
    assert verify(tale.app, key).fault is None
