"""The verbs of /tocsin: the same actions as at the shell, answered to who typed, within Slack's three seconds."""

import pytest

from tests.slackapp.conftest import House, room_of
from tocsin.actions.declaring import Triage
from tocsin.actors import Actor
from tocsin.slackapp.wording import words_for
from tocsin.storage import timeline
from tocsin.storage.texts import read_texts


@pytest.fixture
def declared(house: House) -> House:
    house.story.declare("A key in a public place <!channel>", restricted=False)
    house.hush()
    return house


def typed(house: House, text: str, by: str = "linh", channel: str = "incidents") -> str:
    """What somebody reads who typed this; it was answered within three seconds, and whispered."""
    answer = house.member(by).type(text, channel)
    assert (answer.status, answer.body) == (200, "")
    assert answer.seconds < 3
    heard = house.workspace.expect(house.id(by), whisper=True)
    house.settled()
    return heard.text


def test_the_card_is_shown_to_who_asks(declared: House) -> None:
    for text in ("card", "now", "", f"card {declared.story.key}", "CARD"):
        assert declared.story.key in typed(declared, text)


def test_answers_are_in_the_readers_language(declared: House) -> None:
    heard = typed(declared, "card")
    assert "Chưa có ai chỉ huy" in heard
    assert "chưa trả lời, đã" in heard
    for english in ("silent for", "Confirm", "individuals"):
        assert english not in heard, heard
    linh = declared.app.catalog.contacts.person("linh").model_copy(update={"languages": ("en",)})
    assert words_for(declared.app, Actor("linh", linh)).phrase("say_slack_nobody") == "Nobody commands."


def test_an_answer_takes_the_role_and_the_next_step_follows(declared: House) -> None:
    heard = typed(declared, "ack")
    assert "linh" in heard
    assert declared.story.incident.roles["incident-commander"] == "linh"
    # Those who were called sleep on.
    for person in ("linh", "an"):
        declared.workspace.expect(declared.id(person), "Tình hình", whisper=False)
    declared.workspace.expect(room_of(declared, declared.story.key), "Tình trạng")


def test_roles_are_taken_and_handed_over_also_to_a_mention(declared: House) -> None:
    typed(declared, "take incident-commander")
    typed(declared, f"hand incident-commander <@{declared.id('minh')}|minh>")
    assert declared.story.incident.roles["incident-commander"] == "minh"
    declared.hush()


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("incident-commander --back I'm ill, sorry", "I'm ill, sorry"),
        ("incident-commander —back --because 'I am ill'", "I am ill"),
        ("incident-commander back I am ill", "I am ill"),
        ("--back incident-commander I am ill", "I am ill"),
        ("incident-commander — back I am ill", "I am ill"),
        ("incident-commander – back ill — back tomorrow", "ill — back tomorrow"),
        ("— back incident-commander I am ill", "I am ill"),
        ("incident-commander back an old wound hurts", "an old wound hurts"),
    ],
)
def test_a_role_is_given_back_with_a_reason(declared: House, text: str, because: str) -> None:
    declared.story.as_("linh").ack()
    declared.hush()
    heard = declared.member("linh").type(f"hand {declared.story.key} {text}")
    declared.workspace.expect(declared.id("linh"), "Đã trả lại vai trò", whisper=True)
    declared.hush()
    assert heard.status == 200
    assert declared.story.incident.roles == {}
    [given] = declared.story.told("RoleGivenBack")
    with declared.app.database.read() as connection:
        record_key = declared.app.record_key(declared.story.key)
        found = read_texts(connection, declared.story.key, record_key, [given.because])
    assert [*found.values()] == [because]


@pytest.mark.parametrize(
    "whom", ["to minh", "minh", "to Minh, please", "to {name}", "cho <@{minh}>", "<@{minh}|minh>"]
)
def test_a_role_that_is_meant_for_somebody_is_not_given_back(declared: House, whom: str) -> None:
    declared.story.as_("linh").ack()
    declared.hush()
    minh = declared.app.catalog.contacts.person("minh")
    heard = typed(declared, f"hand incident-commander back {whom.format(minh=minh.slack, name=minh.name)}")
    assert "/tocsin hand incident-commander minh" in heard
    assert declared.story.incident.roles == {"incident-commander": "linh"}


def test_a_dash_before_back_leaves_the_role_to_be_named(declared: House) -> None:
    assert "hand [INC] ROLE TO" in typed(declared, "hand — back")


def test_a_role_is_not_given_back_without_a_reason(declared: House) -> None:
    declared.story.as_("linh").ack()
    declared.hush()
    assert "say why you give incident-commander back" in typed(declared, "hand incident-commander back")
    assert "ROLE back WHY" in typed(declared, "help")


def test_somebody_is_called_now(declared: House) -> None:
    before = declared.story.paged()
    declared.member("linh").type("page counsel we need the contract")
    declared.workspace.expect(declared.id("linh"), "chi", whisper=True)
    declared.workspace.expect(declared.id("chi"), "Gọi khẩn SEV1")
    declared.settled()
    assert declared.story.paged()[len(before) :] == [("counsel", "chi")]


@pytest.mark.parametrize(
    "text",
    [
        'we don\'t know "who" it was',
        "a < b &amp; c",
        "'half a quote",
        "<!channel> look",
        "1 of 2 tokens",
        "it's John's \"quoted",
        '6" pipe',
    ],
)
def test_a_note_is_taken_as_it_was_typed(declared: House, text: str) -> None:
    typed(declared, f"note {declared.story.key} {text}")
    typed(declared, f"note {text}")
    typed(declared, f"note {declared.story.key}\n{text}")
    found = declared.story.told("Noted")
    assert len(found) == 3
    assert len({each.text for each in found}) == 1


def test_a_note_is_kept_to_its_last_character_or_refused_with_how_long_it_may_be(declared: House) -> None:
    longest = "x" * 3997 + "end"
    typed(declared, f"note {longest}")
    heard = typed(declared, f"note {longest}!")
    assert "4001" in heard
    assert "tối đa 4000" in heard
    [kept] = declared.story.told("Noted")
    with declared.app.database.read() as connection:
        record_key = declared.app.record_key(declared.story.key)
        assert longest in read_texts(connection, declared.story.key, record_key, [kept.text]).values()


def test_facts_are_learned_with_their_source(declared: House) -> None:
    typed(declared, "learn our_role=controller call with the DPO")
    assert declared.story.incident.facts.known("our_role")
    assert "say where this is known from" in typed(declared, "learn our_role=processor")


def test_the_address_of_a_source_is_no_fact(declared: House) -> None:
    source = 'https://jira.example/x?id=5 says "controller'
    typed(declared, f"learn our_role=controller {source}")
    [learned] = declared.story.told("FactLearned")
    with declared.app.database.read() as connection:
        record_key = declared.app.record_key(declared.story.key)
        words = read_texts(connection, declared.story.key, record_key, [learned.source])
    assert [*words.values()] == [source]
    assert "expected /tocsin learn" in typed(declared, "learn https://jira.example/x?id=5")


def test_no_file_of_this_machine_is_read(declared: House) -> None:
    assert "no file of this machine" in typed(declared, "learn nature=@/etc/passwd somebody")


def test_a_step_is_done_and_another_skipped_with_a_reason(declared: House) -> None:
    typed(declared, "take incident-commander")
    declared.hush()
    assert "C2" in typed(declared, "done C2 all are here")
    assert "C3" in typed(declared, "skip C3 --because 'there is one already'")
    marks = {step: state.mark for step, state in declared.story.incident.steps.items()}
    assert marks == {"C2": "done", "C3": "skipped"}


@pytest.mark.parametrize("verb", ["next", "duties", "list", "oncall", "status", "help"])
def test_what_is_read_is_read(declared: House, verb: str) -> None:
    assert typed(declared, verb)


def test_words_of_others_call_nobody(declared: House) -> None:
    heard = typed(declared, "list", by="giang")
    assert "&lt;!channel&gt;" in heard
    assert "<!channel>" not in heard


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("nosuch", "there is no verb"),
        ("car", "did you mean card"),
        ("take", "expected /tocsin take"),
        ('take "incident-commander', "a quote is left open"),
        ("take captain", "there is no role"),
        ("card INC-2026-0999", "không có sự cố nào tên như vậy"),
        ("done nosuchstep", "no step"),
        ("learn nosuch=1 me", "nosuch"),
        ("note", "expected /tocsin note"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(declared: House, text: str, answer: str) -> None:
    heard = typed(declared, text)
    assert answer in heard
    assert "Traceback" not in heard


def test_a_stranger_is_told_how_to_be_added_and_nothing_else(declared: House) -> None:
    before = declared.story.incident.head_seq
    stranger = declared.workspace.member("U0STRANGER")
    for text in ("card", "ack", f"note {declared.story.key} hello", "list"):
        assert stranger.type(text).status == 200
        heard = declared.workspace.expect(
            "U0STRANGER", "U0STRANGER", "contacts/people.yaml", "slack: U0STRANGER"
        )
        assert declared.story.key not in heard.text
    assert declared.story.incident.head_seq == before


def test_who_is_excluded_hears_what_all_hear_of_an_incident_that_is_not_there(house: House) -> None:
    house.story.declare(excluded=("giang",))
    house.hush()
    key = house.story.key
    there = typed(house, f"card {key}", by="giang")
    nowhere = typed(house, "card INC-2026-0999", by="giang")
    assert there == nowhere.replace("INC-2026-0999", key)
    assert key not in typed(house, "list", by="giang")


def test_an_update_is_told_or_skipped(declared: House) -> None:
    typed(declared, "take incident-commander")
    declared.hush()
    assert "expected /tocsin update" in typed(declared, "update only one part")
    typed(declared, "update contained | tokens revoked | none")
    declared.hush()
    [told] = declared.story.told("StatusUpdated")
    assert told is not None
    typed(declared, "update skip nothing new")
    declared.hush()
    assert len(declared.story.told("UpdateSkipped")) == 1


def test_where_slack_is_silenced_nothing_is_said_or_done_there(declared: House) -> None:
    key, room = declared.story.key, room_of(declared, declared.story.key)
    assert "slack" in typed(declared, "silence slack the attacker reads along")
    declared.hush()
    before = declared.story.incident.head_seq
    for text in ("card", "ack", "note x", "duties"):
        assert "no incident is open" in typed(declared, text)
        assert "không dành cho Slack" in typed(declared, text, channel=room)
    assert key not in typed(declared, "list")
    assert declared.story.incident.head_seq == before


NEEDED = {"take": "ROLE", "hand": "ROLE TO", "page": "WHO", "note": "x", "learn": "a=b c", "done": "1", "skip": "1 x",
          "undo": "1 x", "set": "type x y", "decline": "x", "update": "a | b | c", "silence": "slack x"}  # fmt: skip


def test_a_silenced_incident_is_answered_for_as_one_that_is_not_there(declared: House) -> None:
    key, nowhere = declared.story.key, "INC-2026-0999"
    declared.story.as_("linh").silence("slack", because="the attacker reads along")
    declared.hush()
    for verb in ("card", "ack", "next", "confirm", "duties", *NEEDED):
        behind = NEEDED.get(verb, "")
        silent, unknown = (typed(declared, f"{verb} {named} {behind}") for named in (key, nowhere))
        assert silent == unknown.replace(nowhere, key)


def test_a_silenced_incident_is_neither_named_nor_counted_beside_others(declared: House) -> None:
    first = declared.story.key
    for title in ("A second one", "A third one"):
        declared.story.declare(title, restricted=False)
    hidden, code_name = declared.story.key, declared.story.incident.code_name
    declared.hush()
    typed(declared, f"silence {hidden} slack the attacker reads along")
    declared.hush()

    def nothing_of_it() -> None:
        for text in ("card", "list", "note x", "decline no breach"):
            heard = typed(declared, text)
            assert hidden not in heard
            assert code_name not in heard
        assert "không dành cho Slack" in typed(declared, f"card {hidden}")
        assert "2 incidents are open" in typed(declared, "card")
        assert "Sự cố còn mở: 2" in typed(declared, "status")

    nothing_of_it()
    assert first in typed(declared, "list")
    with declared.app.database.write() as connection:
        timeline.quarantine(connection, hidden, "KeyError")
    nothing_of_it()


def test_of_what_is_set_apart_the_card_does_not_say_that_nobody_commands(declared: House) -> None:
    declared.story.as_("linh").ack()
    with declared.app.database.write() as connection:
        timeline.quarantine(connection, declared.story.key, "KeyError")
    declared.hush()
    heard = typed(declared, "card")
    assert "Chưa rõ ai đang chỉ huy" in heard
    assert "Chưa có ai chỉ huy" not in heard


def test_what_waits_in_triage_is_confirmed_or_declined_from_slack(house: House) -> None:
    house.story.declare(triage=Triage())
    house.hush()
    key = house.story.key
    assert "name the incident" in typed(house, "decline no breach")
    assert key in typed(house, f"decline {key} a test key, no breach")
    assert house.story.incident.status == "declined"
    house.story.declare(triage=Triage())
    house.hush()
    assert house.story.key in typed(house, "confirm")
    house.hush()
    assert house.story.incident.status != "triage"


def test_a_step_is_taken_back_and_the_severity_is_set(declared: House) -> None:
    typed(declared, "take incident-commander")
    declared.hush()
    typed(declared, "skip C3 there is one already")
    assert "C3" in typed(declared, "undo C3 it is another one")
    assert "C3" not in declared.story.incident.steps
    assert "sev2" in typed(declared, "set severity sev2 fewer people than we thought")
    assert declared.story.incident.severity == "sev2"
    assert "cannot be set" in typed(declared, "set weather fine today")
    declared.hush()
