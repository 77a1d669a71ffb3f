"""One channel for each incident and one card in it, whoever dies, races, forgets to answer or tidies up by hand."""

import json
import threading
from collections import Counter, deque
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from tests.child import keep_rooms_and_die, keep_rooms_often, together
from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.app import open_app
from tocsin.bell import Hands, ring
from tocsin.delivery import rooms as passes
from tocsin.delivery.outbox import deliver
from tocsin.delivery.rooms import keep_rooms
from tocsin.domain.ladder import Guest
from tocsin.domain.offers import Offer
from tocsin.domain.room import room_name
from tocsin.engine import advance
from tocsin.engine.setback import heed_the_clock
from tocsin.sinks.mail import Fault
from tocsin.sinks.slack import SlackFault, SlackSink, _refusal
from tocsin.storage import jobs, rooms, tables
from tocsin.views.room import room_of

pytestmark = pytest.mark.rooms

WHAT = {"type": "credential-leak", "drill": True}
LINH, MINH, AN, HOA = "U0SAMPLE001", "U0SAMPLE002", "U0SAMPLE003", "U0SAMPLE008"
#: Who is in every room: the scribe and the investigator of `contacts/escalation.yaml`.
INVITED = ["U0SAMPLE009", "U0SAMPLE007"]


def channels(story):
    """The channels that we made."""
    return [room for room in story.slack.workspace.rooms.values() if room.ours]


def the_room(story):
    [room] = channels(story)
    return room


def posts(story):
    """What was posted into our channels, as it stands."""
    ours = {room.id for room in channels(story)}
    return [message for message in story.slack.messages if message.channel in ours]


def cards(story):
    """The cards among it; what is said at a milestone is plain text."""
    return [message for message in posts(story) if message.blocks]


def words(card):
    return json.dumps(card.blocks, ensure_ascii=False)


def buttons(card):
    return [
        element["value"]
        for block in card.blocks
        for element in [block.get("accessory"), *block.get("elements", ())]
        if element and element.get("type") == "button"
    ]


def row(story):
    with story.app.database.read() as connection:
        return rooms.of(connection, story.key)


def declared(story, **what):
    """Declared, and nobody has looked after the room yet."""
    story.key = actions.declare(
        story.app, story.actor("linh"), Declaration("A key in a repository", **WHAT, **what)
    ).incident.key
    advance(story.app, story.key)
    return story


def kept(story, **later):
    """So much later the rooms are looked after, and nothing else happens."""
    story.leap(**later)
    keep_rooms(story.app)
    return story


def calls(story, method):
    return story.slack.calls.count(method)


def whole(story):
    """One channel and one card in it, pinned; and both are in our books."""
    room, [card] = the_room(story), cards(story)
    assert room.pins == [card.ts]
    assert [(body.channel, body.name) for body in story.told("RoomOpened")] == [(room.id, room.name)]
    assert (row(story)["channel"], row(story)["card_ts"], row(story)["pinned"]) == (room.id, card.ts, True)
    assert room.purpose.startswith(story.key)
    assert room.topic
    return room


# --- what a room is


def test_an_incident_has_a_private_channel_with_its_people_a_topic_and_a_pinned_card(story):
    story.declare()
    room = whole(story)
    assert room.private
    assert room.name == f"drill-0001-{story.incident.code_name.lower().replace(' ', '-')}"
    assert room.members == [LINH, AN, *INVITED]
    assert "02 giờ 40 ngày 27/11/2026 (UTC+07:00) = 19:40Z" in room.topic
    assert len(room.topic) <= 250
    [card] = cards(story)
    assert "A key in a public place" not in words(card) + card.text  # restricted: code name only
    assert story.incident.code_name in card.text
    assert Offer("take", story.key, "incident-commander").value in buttons(card)
    assert Offer("done", story.key, "1.1").value in buttons(card)


def test_a_second_pass_calls_nobody(story):
    story.declare()
    before = list(story.slack.calls)
    kept(story)
    kept(story, minutes=4)  # a look, since what stands elsewhere may have changed
    assert story.slack.calls == before


def test_without_slack_nothing_happens(tale):
    tale.app = replace(tale.app, routes={})
    assert keep_rooms(declared(tale).app) == 0
    slack = tale.app.settings.slack.model_copy(update={"token": None})
    settings = tale.app.settings.model_copy(update={"slack": slack})
    assert keep_rooms(replace(tale.app, settings=settings)) == 0
    assert row(tale) is None


def test_who_takes_a_role_later_is_invited_then_and_the_excluded_never(tale):
    tale.declare(excluded=("minh",))
    tale.fast_forward(minutes=11)  # the third rung calls operations too
    assert MINH not in the_room(tale).members
    tale.as_("hoa").take("liaison")
    assert HOA in the_room(tale).members
    assert MINH not in the_room(tale).members


def test_who_is_invited_to_every_room_stands_in_the_contacts(tale):
    contacts = tale.app.catalog.contacts
    assert contacts.guests(tale.clock()) == ("khoa", "giang")
    guests = (Guest(id="first", rotation="primary"), Guest(id="counsel", person="chi"))
    assert contacts.model_copy(update={"invited": guests}).guests(tale.clock()) == ("linh", "chi")


def test_the_topic_changes_with_what_it_says_and_not_otherwise(tale):
    tale.declare()
    assert calls(tale, "conversations.setTopic") == 1
    tale.as_("linh").note("looked at the logs")
    tale.fast_forward(seconds=30)
    assert calls(tale, "conversations.setTopic") == 1
    tale.as_("linh").ack()
    assert "Trần Mỹ Linh" in the_room(tale).topic
    assert calls(tale, "conversations.setTopic") == 2


def test_a_card_is_edited_in_its_place_every_ten_seconds_at_most(tale):
    tale.declare().as_("linh").ack()
    assert calls(tale, "chat.update") == 0  # it was posted at this very moment
    kept(tale, seconds=9)
    assert calls(tale, "chat.update") == 0
    kept(tale, seconds=1)
    [card] = cards(tale)
    assert card.edits == 1
    assert "Trần Mỹ Linh" in words(card)
    assert Offer("take", tale.key, "incident-commander").value not in buttons(card)
    kept(tale, minutes=2)
    assert calls(tale, "chat.update") == 1  # it says the same


def test_a_card_that_was_edited_before_the_clock_was_set_back_waits_for_no_clock(tale):
    tale.leap(hours=1)
    kept(tale.declare(), seconds=15)
    with tale.app.database.write() as connection:
        rooms.wait(connection, "chat.update", tale.clock.moment + timedelta(seconds=30))
        rooms.keep(connection, tale.key, hold_until=tale.clock.moment + timedelta(minutes=1))
    tale.leap(hours=-1)
    tale.as_("linh").ack()
    heed_the_clock(tale.app, None)
    kept(tale)
    kept(tale, seconds=10)
    assert "Trần Mỹ Linh" in words(cards(tale)[0])
    assert row(tale)["look_at"] < tale.clock.moment + timedelta(minutes=1)


def test_a_letter_that_waits_is_offered_with_the_digest_of_exactly_this_draft(tale):
    kept(tale.drafted(), seconds=10)
    [card] = cards(tale)
    assert Offer("approve", tale.key, "customers", tale.letter.digest).value in buttons(card)
    assert "Chưa được thông báo: 6 trong số 6" in words(card)
    kept(tale.approve(), seconds=10)
    assert "approve" not in "".join(buttons(cards(tale)[0]))


def test_a_route_that_is_down_stands_on_the_card(tale):
    tale.mail.misbehave(Fault("connect", "drop"))
    tale.declare()
    kept(tale, seconds=15)
    assert "KHÔNG HOẠT ĐỘNG: mail" in words(cards(tale)[0])


def test_a_closed_incident_has_the_last_word_at_once_and_its_channel_stays(tale):
    tale.declare().as_("linh").ack()
    tale.as_("linh").decline(because="an old key")
    [card], room = cards(tale), the_room(tale)
    assert buttons(card) == []
    assert "không phải là sự cố" in words(card)
    assert "không phải là sự cố" in room.topic
    assert not room.archived
    before = list(tale.slack.calls)
    kept(tale, hours=2)
    assert tale.slack.calls == before
    tale.as_("linh").reopen(because="it is not so old")
    assert "không phải là sự cố" not in the_room(tale).topic
    assert buttons(cards(tale)[0])
    whole(tale)


def test_bookmarks_lead_to_the_console_and_follow_it(tale):
    def at(url):
        tale.app = replace(tale.app, settings=tale.app.settings.model_copy(update={"console_url": url}))

    at("https://tocsin.example/")
    tale.declare()
    links = [link for _, link in the_room(tale).bookmarks.values()]
    page = f"https://tocsin.example/inc/{tale.key}"
    assert links == [page, f"{page}#papers"]
    at("https://elsewhere.example")
    kept(tale, seconds=15)
    moved = [link for _, link in the_room(tale).bookmarks.values()]
    assert moved == [link.replace("tocsin", "elsewhere") for link in links]


def test_each_milestone_and_each_update_is_one_message_in_the_room(tale):
    tale.declare().as_("linh").ack()
    assert [message.text for message in posts(tale)[1:]] == ["[DRILL] Tình trạng: ngăn chặn"]
    tale.as_("linh").update("Tokens are <revoked>", "Logs are read", "none")
    text = posts(tale)[-1].text
    assert "Tokens are &lt;revoked&gt;" in text
    assert text.count("\n") == 3
    assert {row["state"] for row in tale.outbox if row["person"] == "room"} == {"handed_over"}


def test_nothing_goes_to_the_room_of_an_incident_that_slack_must_not_hear_of(tale):
    tale.declare()
    tale.as_("linh").silence("slack", because="the attacker reads it")
    before = list(tale.slack.calls)
    tale.as_("linh").ack()
    tale.as_("hoa").take("liaison")
    kept(tale, minutes=2)
    assert tale.slack.calls == before
    tale.as_("linh").lift("slack", because="it was not him")
    kept(tale, seconds=10)
    assert HOA in the_room(tale).members


def test_silenced_during_a_pass_it_makes_no_further_call(tale):
    declared(tale)

    def read_by_the_attacker(app):
        channel = tale.app.routes["slack"](app)
        before = channel.call

        async def call(method, **arguments):
            if method == "conversations_invite" and "slack" not in tale.incident.silenced:
                actions.silence(tale.app, tale.actor("linh"), tale.key, "slack", because="he reads it")
            return await before(method, **arguments)

        channel.call = call
        return channel

    keep_rooms(replace(tale.app, routes={"slack": read_by_the_attacker}))
    assert tale.slack.calls == ["conversations.create", "conversations.invite"]
    assert row(tale)["trouble"] is None
    kept(tale, minutes=20)
    assert posts(tale) == []


def test_the_room_is_said_to_be_there_to_come_or_to_be_none(tale):
    declared(tale)
    name = room_name(tale.incident)
    assert room_of(tale.app, tale.incident).words == f"#{name} is being opened"
    keep_rooms(tale.app)
    assert room_of(tale.app, tale.incident).words == f"#{name}"
    tale.slack.misbehave(SlackFault("error", error="invalid_auth"))
    deliver(declared(tale).app)
    assert room_of(tale.app, tale.incident).words == "none: Slack is DOWN"


# --- whoever dies


@pytest.mark.parametrize(
    "fatal",
    [
        "conversations_create",
        "conversations_invite",
        "chat_postMessage",
        "pins_add",
        "conversations_setTopic",
    ],
)
def test_killed_after_any_call_the_next_one_finds_one_channel_and_one_card(fatal, tale):
    declared(tale)
    settings, moment = tale.app.settings, tale.clock()
    assert together((keep_rooms_and_die, (settings, moment, fatal))) == [-9]
    later = replace(tale.app, clock=lambda: tale.app.clock() + timedelta(seconds=jobs.LEASE + 1))
    keep_rooms(later)
    tale.clock.moment += timedelta(seconds=10)
    keep_rooms(later)
    assert whole(tale).members == [LINH, AN, *INVITED]


def test_two_bells_at_once_make_one_channel_and_one_card(story):
    declared(story)
    words = story.app.settings, story.clock(), 3
    assert together((keep_rooms_often, words), (keep_rooms_often, words)) == [0, 0]
    kept(story, seconds=10)
    whole(story)


def test_whoever_lost_the_lease_makes_no_more_calls(tale):
    declared(tale)

    def taken_over(app):
        channel = tale.app.routes["slack"](app)
        before = channel.call

        async def call(method, **arguments):
            with tale.app.database.write() as connection:
                late = tale.app.clock() + timedelta(seconds=jobs.LEASE + 1)
                jobs.take(connection, tale.key, rooms.JOB, "another bell", late)
            return await before(method, **arguments)

        channel.call = call
        return channel

    keep_rooms(replace(tale.app, routes={"slack": taken_over}))
    assert tale.slack.calls == ["conversations.create"]
    assert tale.told("RoomOpened") == []
    keep_rooms(replace(tale.app, clock=lambda: tale.app.clock() + timedelta(minutes=3)))
    whole(tale)


def test_a_room_whose_row_was_lost_is_the_one_that_the_timeline_names(tale):
    tale.declare()
    with tale.app.database.write() as connection:
        connection.execute(delete(tables.room))
    tale.as_("linh").ack()
    assert row(tale)["channel"] == the_room(tale).id


# --- whatever Slack does


@pytest.mark.parametrize("method", ["conversations.create", "chat.postMessage", "conversations.invite"])
@pytest.mark.parametrize("do", ["drop", "error", "html"])
def test_a_doubt_is_resolved_by_asking_before_anything_is_made_again(method, do, tale):
    declared(tale)
    tale.slack.misbehave(SlackFault(do, method=method, stored=True, times=1, status=500))
    keep_rooms(tale.app)
    kept(tale, seconds=10)
    kept(tale, seconds=10)
    assert whole(tale).members == [LINH, AN, *INVITED]


def test_what_slack_asks_us_to_wait_with_waits_for_every_room_and_the_rest_goes_on(tale):
    tale.slack.misbehave(
        SlackFault("status", method="conversations.setTopic", status=429, retry_after="30", times=1)
    )
    declared(tale)
    keep_rooms(tale.app)
    assert len(cards(tale)) == 1
    assert "wait" in row(tale)["trouble"] or "ratelimited" in row(tale)["trouble"]
    declared(tale)
    kept(tale, seconds=10)
    assert calls(tale, "conversations.setTopic") == 1
    assert len(channels(tale)) == 2
    kept(tale, seconds=20)
    assert calls(tale, "conversations.setTopic") == 3
    assert row(tale)["trouble"] is None


def test_a_channel_that_may_not_be_made_yet_is_made_when_it_may(tale):
    declared(tale)
    tale.slack.misbehave(
        SlackFault("status", method="conversations.create", status=429, retry_after="7", times=1)
    )
    for _ in range(3):
        keep_rooms(tale.app)
    kept(tale, seconds=6)
    assert calls(tale, "conversations.create") == 1
    kept(tale, seconds=1)
    whole(tale)


def test_a_name_in_other_hands_gets_a_number(tale):
    declared(tale)
    name = room_name(tale.incident)
    tale.slack.workspace.add("C", name, []).private = True  # one that we cannot see
    keep_rooms(tale.app)
    assert the_room(tale).name == f"{name}-2"
    whole(tale)


def test_a_channel_of_the_same_name_that_another_home_of_ours_made_is_not_taken(tale):
    declared(tale)
    theirs = tale.slack.workspace.add("C", room_name(tale.incident), [])
    theirs.private, theirs.ours, theirs.purpose = True, True, "INC-2026-0001 Somebody Else. [0123abcd]"
    keep_rooms(tale.app)
    assert [room.name for room in channels(tale)] == [theirs.name, f"{theirs.name}-2"]
    assert row(tale)["channel"] == channels(tale)[1].id


def test_a_channel_that_somebody_archived_is_said_so_and_no_other_one_is_made(tale):
    tale.declare()
    the_room(tale).archived = True
    tale.as_("linh").ack()
    kept(tale, seconds=10)
    assert "unarchive it" in row(tale)["trouble"]
    before = list(tale.slack.calls)
    kept(tale, minutes=5)
    assert tale.slack.calls == before  # no storm
    the_room(tale).archived = False
    kept(tale, minutes=6)
    assert row(tale)["trouble"] is None
    whole(tale)


def test_a_card_that_somebody_deleted_is_posted_and_pinned_anew(tale):
    tale.declare()
    [old] = cards(tale)
    tale.slack.workspace.messages.remove(old)
    tale.as_("linh").ack()
    kept(tale, seconds=10)
    [card], room = cards(tale), the_room(tale)
    assert card.ts != old.ts
    assert room.pins == [old.ts, card.ts]
    assert row(tale)["trouble"] is None


def test_who_cannot_be_invited_keeps_nobody_out_and_is_not_asked_for_again(tale):
    tale.slack.workspace.people.remove(AN)
    tale.declare()
    assert the_room(tale).members == [LINH, *INVITED]
    assert row(tale)["guests"] == dict.fromkeys([LINH, AN, *INVITED], "in") | {AN: "user_not_found"}
    found = room_of(tale.app, tale.incident)
    assert found.left_out == (("an", "user_not_found"),)
    assert "Slack does not let us invite an (user_not_found)" in found.words
    before = calls(tale, "conversations.invite")
    kept(tale, hours=1)
    assert calls(tale, "conversations.invite") == before


@pytest.mark.parametrize(("error", "said"), [("already_in_channel", "in"), ("cant_invite_self", "self")])
def test_an_invitation_that_is_needless_is_no_trouble(error, said, tale):
    tale.slack.misbehave(SlackFault("error", method="conversations.invite", error=error))
    tale.declare()
    assert row(tale)["guests"] == dict.fromkeys([LINH, AN, *INVITED], said)
    assert row(tale)["trouble"] is None


def test_without_the_right_to_make_channels_pages_go_on_and_slack_is_left_alone_for_a_minute(tale):
    tale.slack.misbehave(SlackFault("error", method="conversations.create", error="missing_scope"))
    tale.declare()
    declared(tale)
    kept(tale, seconds=30)
    assert calls(tale, "conversations.create") == 1
    assert len(tale.heard("linh")) == 1
    tale.slack.behave()
    kept(tale, minutes=1)
    assert len(channels(tale)) == 2


class Tiered(SlackSink):
    """A workspace that counts calls by the minute, as Slack does, on the story's clock."""

    def __init__(self, clock, **more):
        super().__init__(**more)
        self.clock = clock
        self.tiers = {"conversations.create": 20, "chat.update": 50, "conversations.setTopic": 50}
        self.refused = Counter()
        self._made = {method: deque() for method in self.tiers}

    def _answer(self, request, method, call):
        made, now = self._made.get(method), self.clock()
        if made is not None:
            while made and made[0] <= now - 60:
                made.popleft()
            if len(made) >= self.tiers[method]:
                self.refused[method] += 1
                return _refusal("ratelimited", 429, str(int(made[0] + 60 - now) + 1))
            made.append(now)
        return super()._answer(request, method, call)


def test_fifty_incidents_at_once_keep_to_slacks_pace(tale, catalog):
    people = [person.slack for person in catalog.contacts.people]
    with Tiered(lambda: tale.clock().timestamp(), people=people) as sink:
        slack = tale.app.settings.slack.model_copy(update={"base_url": sink.base_url})
        tale.app = replace(tale.app, settings=tale.app.settings.model_copy(update={"slack": slack}))
        tale.slack = sink
        for _ in range(50):
            declared(tale)
        minutes = 0
        while minutes < 6 and len(cards(tale)) < 50:
            for _ in range(3):
                kept(tale, seconds=20)
            minutes += 1
        assert len(channels(tale)) == len(cards(tale)) == 50
        # Once a minute Slack says no, to no more calls than were under way: no storm.
        assert max(sink.refused.values()) <= minutes * passes.AT_A_TIME


# --- beside everything else


def test_a_slack_that_hangs_holds_up_the_rooms_and_nothing_else(tale):
    declared(tale)
    tale.slack.misbehave(SlackFault("hang", method="conversations.create"))
    hands = Hands()
    ring(tale.app, hands=hands)
    assert len(tale.heard("linh")) == 1
    [waits] = [thread for thread in threading.enumerate() if thread.name == "rooms"]
    actions.take(tale.app, tale.actor("giang"), tale.key, "investigation")
    ring(tale.app, hands=hands)
    assert [thread for thread in threading.enumerate() if thread.name == "rooms"] == [waits]


def test_a_room_that_cannot_be_made_keeps_no_other_from_its_own(tale, monkeypatch):
    declared(tale)
    poison = tale.key
    keeper = passes.Keeper.keep

    async def poisoned(self):
        if self.key == poison:
            raise ValueError("a name of a customer")
        return await keeper(self)

    monkeypatch.setattr(passes.Keeper, "keep", poisoned)
    declared(tale)
    keep_rooms(tale.app)
    whole(tale)
    tale.key = poison
    assert "ValueError" in row(tale)["trouble"]
    assert "customer" not in row(tale)["trouble"]


def test_a_restored_home_touches_no_room(tale):
    declared(tale)
    tale.app.settings.restored_file.touch()
    assert keep_rooms(tale.app) == 0
    assert channels(tale) == []


def test_the_channel_says_whose_room_it_is(story):
    story.declare()
    with story.app.database.read() as connection:
        assert rooms.incident_of(connection, the_room(story).id) == story.key
        assert rooms.incident_of(connection, "C99") is None


def test_a_home_that_is_opened_anew_makes_nothing_twice(tale):
    tale.declare()
    with closing(open_app(tale.app.settings, now=tale.clock)) as again:
        keep_rooms(again)
    whole(tale)
