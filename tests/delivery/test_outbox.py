"""Pages and warnings: each leaves once, or is found in doubt and said so; a dead route holds nobody up."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.child import deliver_and_die, together
from tests.story import message_ids
from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.app import open_app
from tocsin.bell import ring
from tocsin.channels.wiring import ROUTES, slack
from tocsin.delivery.outbox import LEASE, deliver
from tocsin.domain.errors import Refused
from tocsin.engine import call_at_once
from tocsin.sealing import seal
from tocsin.sinks.mail import Fault
from tocsin.sinks.slack import SlackFault
from tocsin.storage import routes, timeline
from tocsin.storage.outbox import PAUSES
from tocsin.storage.tables import attempt, outbox
from tocsin.storage.waiting import Load


def outcomes(story, route):
    return [body.outcome for body in story.told("PageOutcome") if body.route == route]


def declared_in_silence(story):
    """Declared, and nothing was delivered yet."""
    what = Declaration("A key in a repository", type="credential-leak", drill=True)
    story.key = actions.declare(story.app, story.actor("linh"), what).incident.key
    from tocsin.engine import advance

    advance(story.app, story.key)
    return story


def later(app, seconds):
    """The same home, whose real clock stands so much later: leases have run out."""
    return replace(app, clock=lambda: app.clock() + timedelta(seconds=seconds))


def test_a_page_reaches_a_person_by_each_of_her_routes_and_the_timeline_says_so(story):
    story.declare()
    assert len(story.heard("linh")) == len(story.mails_to("linh")) == 1
    (page,) = (page for page in story.incident.pages if page.person == "linh")
    assert dict(page.outcomes) == {"slack": "handed_over", "email": "handed_over"}
    assert {row["state"] for row in story.outbox} == {"handed_over"}


def test_with_every_route_dead_the_incident_is_declared_and_its_clocks_run(story):
    story.app = replace(story.app, routes={})
    story.declare()
    assert story.incident.duties
    assert {page.reached for page in story.incident.pages} == {False}
    assert outcomes(story, "slack") == ["down", "down"]  # one for linh, one for an


def test_a_dead_route_is_tried_again_and_told_of_once_per_change(story):
    story.app = replace(story.app, routes={})
    story.declare().fast_forward(minutes=4)
    tries = [row["attempts"] for row in story.outbox if row["route"] == "email"]
    assert min(tries) >= 5
    assert outcomes(story, "email") == ["down", "down"]
    story.app = replace(story.app, routes=ROUTES)
    story.fast_forward(seconds=40)
    assert outcomes(story, "email") == ["down", "down", "handed_over", "handed_over"]
    assert len(story.mails_to("linh")) == 1


def test_one_dead_route_does_not_hold_up_the_other(story):
    story.mail.misbehave(Fault("connect", "drop"))
    story.declare()
    assert len(story.heard("linh")) == 1
    assert story.mails_to("linh") == []


class Unloaded:
    """A Slack whose library is not loaded yet: it notes how many mails had left when it began to speak."""

    name, loaded = "slack", False

    def __init__(self, story, heard):
        self._channel, self._mail, self._heard = slack(story.app), story.mail, heard

    async def send(self, item):
        self._heard.append(len(self._mail.messages))
        return await self._channel.send(item)

    async def close(self):
        await self._channel.close()


def test_what_can_leave_at_once_waits_for_no_library_of_another_route(story):
    heard: list[int] = []
    story.app = replace(story.app, routes=ROUTES | {"slack": lambda app: Unloaded(story, heard)})
    declared_in_silence(story)
    deliver(story.app)
    assert len(heard) == 2
    assert min(heard) >= 1


def test_a_route_that_hangs_keeps_no_library_from_being_loaded(story):
    story.mail.misbehave(Fault("connect", "silence"))
    heard: list[int] = []
    story.app = replace(story.app, routes=ROUTES | {"slack": lambda app: Unloaded(story, heard)})
    declared_in_silence(story)
    deliver(story.app, Load(incident=story.key))
    assert heard == [0, 0]
    assert len(story.heard("linh")) == 1


def test_pages_that_were_rung_are_not_rung_again_by_whoever_goes_on(story):
    what = Declaration("A key in a repository", type="credential-leak", drill=True)
    story.key = actions.declare(story.app, story.actor("linh"), what).incident.key
    call_at_once(story.app, story.key)
    # Here the process at the shell dies. What it left wants attention at once, and says that somebody is called.
    assert story.incident.duties == {}
    with story.app.database.read() as connection:
        row, _ = timeline.projected(connection, story.key)
    assert (row["wake_at"], row["waiting_for"]) == (story.clock.moment, "whoever is called to answer")
    story.settle()
    assert story.incident.duties
    assert len(story.heard("linh")) == len(story.mails_to("linh")) == 1


def test_a_route_that_the_fence_closes_is_down_and_the_other_goes_on(story):
    far = story.app.settings.model_copy(
        update={"mail": story.app.settings.mail.model_copy(update={"host": "192.0.2.1", "tls": "starttls"})}
    )
    story.app = replace(story.app, settings=far)
    story.declare()
    assert len(story.heard("linh")) == 1
    assert outcomes(story, "email") == ["down", "down"]


def test_a_dead_route_is_asked_once_a_round_and_not_once_a_message(story):
    story.mail.misbehave(Fault("connect", "drop"))
    declared_in_silence(story)
    deliver(story.app)
    assert story.mail.connections <= 2


def test_slack_asks_us_to_wait_and_we_do(story):
    story.slack.misbehave(SlackFault("status", status=429, retry_after="7", times=1))
    story.declare()
    waiting = [row for row in story.outbox if row["state"] == "pending"]
    with story.app.database.read() as connection:
        until = routes.holds(connection, story.clock.moment)
    assert [*until.values()] == [story.clock.moment + timedelta(seconds=7)] * len(waiting)
    story.leap(seconds=6)
    assert deliver(story.app) == []
    story.fast_forward(seconds=2)
    assert {row["state"] for row in story.outbox} == {"handed_over"}
    assert sorted(outcomes(story, "slack")) == ["handed_over", "handed_over", "retry"]


def test_an_answer_takes_back_the_pages_that_have_not_left(story):
    story.app = replace(story.app, routes={})
    story.declare().as_("linh").ack()
    states = {(row["person"], row["state"], row["outcome"]) for row in story.outbox if row["page"]}
    assert states == {("linh", "excluded", "answered"), ("an", "pending", "down")}
    story.app = replace(story.app, routes=ROUTES)
    story.fast_forward(minutes=1)
    left = {(row["person"], row["state"]) for row in story.outbox if row["page"]}
    assert left == {("linh", "excluded"), ("an", "handed_over")}


def test_a_page_on_the_wire_while_somebody_answers_is_not_tried_again(story):
    story.mail.misbehave(Fault("rcpt", reply="451 4.7.1 later"))
    story.declare()
    story.as_("linh").ack()
    story.as_("an").ack()
    story.mail.behave()
    story.fast_forward(minutes=30)
    pages = {(row["route"], row["state"]) for row in story.outbox if row["page"]}
    assert pages == {("slack", "handed_over"), ("email", "excluded")}


def test_when_a_route_comes_back_after_hours_one_call_is_enough(story):
    story.app = replace(story.app, routes={})
    story.declare()
    for _ in range(9):
        story.leap(minutes=20)
        ring(story.app)
    story.app = replace(story.app, routes=ROUTES)
    story.fast_forward(minutes=1)
    assert len([page for page in story.incident.pages if page.person == "an"]) >= 5
    assert len(story.mails_to("an")) == 1


def test_nobody_is_called_for_an_incident_that_was_none(story):
    story.app = replace(story.app, routes={})
    story.declare()
    story.as_("an").decline(because="a test key")
    story.app = replace(story.app, routes=ROUTES)
    story.fast_forward(hours=1)
    assert not [row for row in story.outbox if row["page"] and row["state"] == "handed_over"]


# --- doubt


def test_a_mail_that_was_perhaps_taken_is_sent_once_more_with_the_same_id_and_flagged(story):
    story.mail.misbehave(Fault("dot", "drop", times=1))
    story.declare().fast_forward(minutes=1)
    (row,) = (row for row in story.outbox if row["doubtful"])
    assert (row["state"], row["attempts"]) == ("handed_over", 2)
    twice = [mail for mail in story.mail.messages if row["id"] in message_ids([mail])[0]]
    assert len(twice) == 2
    assert twice[0].content == twice[1].content


def test_a_page_in_doubt_is_tried_until_it_leaves_or_somebody_answers(story):
    story.mail.misbehave(Fault("dot", "drop", recipient="linh@streamonapi.example"))
    story.declare().fast_forward(minutes=3)
    assert (row := the_mail_of(story, "linh"))["state"] == "ambiguous"
    assert row["doubtful"]
    assert row["settled_at"] is None
    assert row["attempts"] > 4
    assert len(set(message_ids(story.mail.messages))) == 2  # however often, it is one mail for each of two
    story.as_("linh").ack()
    assert the_mail_of(story, "linh")["state"] == "excluded"


@pytest.mark.parametrize(("hours", "lane"), [(40, 1), (66, 0)], ids=["half the time", "ninety percent"])
def test_what_nobody_can_answer_is_left_in_doubt_after_its_second_and_never_a_loop(story, hours, lane):
    story.declare().as_("linh").ack()
    story.slack.misbehave(SlackFault("drop"))
    story.mail.misbehave(Fault("dot", "drop"))
    story.leap(hours=hours).settle().fast_forward(minutes=5)
    doubtful = [row for row in story.outbox if row["doubtful"] and row["page"] is None]
    assert lane in {row["lane"] for row in doubtful}
    assert {(row["state"], row["settled_at"] is None) for row in doubtful} == {("ambiguous", False)}
    # A knock at a route that does not answer is no third doubt.
    assert max(row["attempts"] for row in doubtful) <= 3


def the_mail_of(story, person):
    return next(row for row in story.outbox if (row["person"], row["route"]) == (person, "email"))


def test_what_was_left_in_doubt_is_not_tried_again_in_the_same_call(story, monkeypatch):
    monkeypatch.setitem(PAUSES, 0, (0, 0))
    story.mail.misbehave(Fault("dot", "drop", recipient="linh@streamonapi.example"))
    declared_in_silence(story)
    tried = [attempt.outcome for attempt in deliver(story.app) if attempt.row["route"] == "email"]
    assert sorted(tried) == ["ambiguous", "handed_over"]


def test_slack_is_asked_whether_it_has_a_doubtful_message_before_it_is_sent_again(story):
    story.slack.misbehave(SlackFault("status", status=500, stored=True, times=1))
    story.declare().fast_forward(minutes=1)
    assert len(story.heard("linh")) == len(story.heard("an")) == 1
    assert {row["state"] for row in story.outbox if row["route"] == "slack"} == {"handed_over"}


def test_slack_gets_a_doubtful_message_again_where_it_did_not_keep_it(story):
    story.slack.misbehave(SlackFault("drop", times=1))
    story.declare().fast_forward(minutes=1)
    assert len(story.heard("linh")) == len(story.heard("an")) == 1
    assert [row["attempts"] for row in story.outbox if row["doubtful"]] == [2]


def test_a_worker_killed_between_wire_and_record_leaves_a_doubt_that_is_sent_once_more(
    story, settings_of_home
):
    declared_in_silence(story)
    assert together((deliver_and_die, (settings_of_home, story.clock.moment))) == [-9]
    on_the_wire = [row for row in story.outbox if row["state"] == "sending"]
    assert len(on_the_wire) == len(story.mail.messages) == 1
    deliver(story.app)  # its lease has not run out: nobody touches it
    assert next(row for row in story.outbox if row["id"] == on_the_wire[0]["id"])["attempts"] == 1
    deliver(later(story.app, LEASE + 1))
    (row,) = (row for row in story.outbox if row["id"] == on_the_wire[0]["id"])
    assert (row["state"], row["attempts"], bool(row["doubtful"])) == ("handed_over", 2, True)
    twice = [each for each in message_ids(story.mail.messages) if row["id"] in each]
    assert len(twice) == 2
    with story.app.database.read() as connection:
        tries = select(attempt.c.number, attempt.c.outcome).where(attempt.c.row == row["id"])
        kept = [tuple(each) for each in connection.execute(tries.order_by(attempt.c.id))]
    assert kept == [(1, "ambiguous"), (2, "handed_over")]


def test_after_a_restore_what_waited_in_the_backup_stays_until_a_person_lets_it_go(story):
    waited = {row["id"] for row in declared_in_silence(story).outbox}
    story.leap(minutes=10)
    story.app.settings.restored_file.touch()
    ago = time.time() - 60
    os.utime(story.app.settings.restored_file, (ago, ago))
    for _ in range(2):
        ring(story.app)
    # A call that a later one replaced is taken back, as ever.
    assert {row["state"] for row in story.outbox if row["id"] in waited} == {"pending", "excluded"}
    told = [row for row in story.outbox if "/restored/" in row["key"]]
    assert sorted((row["person"], row["route"], row["state"]) for row in told) == [
        (who, route, "handed_over") for who in ("an", "linh") for route in ("email", "slack")
    ]
    assert ("incident-commander", "minh") in story.paged()
    assert story.mails_to("minh")  # what became due since leaves
    with pytest.raises(Refused, match="khoa may not do this"):
        actions.let_go(story.app, story.actor("khoa"), because="compared")
    with pytest.raises(Refused, match="say what was compared"):
        actions.let_go(story.app, story.actor("an"), because=" ")
    assert actions.let_go(story.app, story.actor("an"), because="compared") == (story.key,)
    assert story.entries[-1].kind == "Noted"
    ring(story.app)
    assert {row["state"] for row in story.outbox if row["id"] in waited} == {"handed_over", "excluded"}
    with pytest.raises(Refused, match="nothing is held back"):
        actions.let_go(story.app, story.actor("an"), because="compared")


def test_who_lets_go_hears_nothing_of_an_incident_that_excludes_them(story):
    story.declare(excluded=("an",))
    story.app.settings.restored_file.touch()
    assert actions.let_go(story.app, story.actor("an"), because="compared") == ()
    assert "Noted" not in {entry.kind for entry in story.entries}


def test_workers_that_race_send_each_message_once(story, settings_of_home):
    declared_in_silence(story)
    for who in ("hoa", "khoa", "dung", "giang", "bao", "minh"):
        actions.page(story.app, story.actor("linh"), story.key, who)
    apps = [open_app(settings_of_home, now=story.clock) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        tried = [attempt for attempts in pool.map(deliver, apps) for attempt in attempts]
    assert len(tried) == len(story.outbox) == 16
    assert len(story.mail.messages) == len(set(message_ids(story.mail.messages))) == 8
    assert len(story.slack.messages) == 8
    for app in apps:
        app.close()


def test_a_sender_says_that_it_lives_while_a_relay_is_slow(story, monkeypatch):
    monkeypatch.setattr("tocsin.delivery.outbox.BEAT", 0.02)
    declared_in_silence(story)
    story.mail.misbehave(Fault(at="dot", do="delay", seconds=0.5))
    beats = []
    deliver(story.app, alive=lambda: beats.append(1))
    assert len(beats) >= 5


# --- faults that must stay where they are


def test_a_message_that_cannot_be_made_keeps_no_other_from_leaving(story):
    declared_in_silence(story)
    broken = story.outbox[0]
    content = seal(story.app.record_key(story.key), json.dumps({}).encode(), f"outbox/{broken['id']}")
    with story.app.database.write() as connection:
        connection.execute(outbox.update().where(outbox.c.id == broken["id"]).values(sealed=content))
    deliver(story.app)
    assert sorted(row["state"] for row in story.outbox) == ["handed_over"] * 3 + ["refused"]


def test_a_person_who_left_the_house_is_refused_by_name(story):
    declared_in_silence(story)
    contacts = story.app.catalog.contacts
    rest = contacts.model_copy(update={"people": tuple(p for p in contacts.people if p.id != "linh")})
    story.app.__dict__["_read"] = story.app.catalog.with_contacts(rest), None
    deliver(story.app)
    assert {(row["person"], row["state"]) for row in story.outbox} == {
        ("linh", "refused"),
        ("an", "handed_over"),
    }


def test_pages_go_before_warnings_and_warnings_before_the_rest(story):
    story.app = replace(story.app, routes={})
    story.declare().as_("linh").ack()
    story.leap(hours=40)
    ring(story.app)
    story.app = replace(story.app, routes=ROUTES)
    story.leap(minutes=20)
    tried = [attempt for attempt in deliver(story.app, limit=500) if attempt.row["route"] == "slack"]
    lanes = [attempt.row["lane"] for attempt in tried]
    assert lanes == sorted(lanes)
    assert len(set(lanes)) == 3


def test_a_round_of_the_bell_delivers_what_its_own_plan_put_out(story):
    what = Declaration("A key in a repository")
    story.key = actions.declare(story.app, story.actor("linh"), what).incident.key
    assert ring(story.app).delivered == 4


@pytest.mark.parametrize("who", ["linh", "unknown"])
def test_who_may_be_paged_is_known(story, who):
    story.declare()
    if who == "unknown":
        with pytest.raises(Refused, match="no person or role 'unknown'"):
            story.as_("an").page(who)
    else:
        story.as_("an").page(who, because="the gateway is down")
        assert len(story.mails_to("linh")) == 2
