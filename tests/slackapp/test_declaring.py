"""Declaring from Slack: a title is enough, people are called, and a modal that is sent off twice is one incident."""

import time

from tests.slackapp.conftest import House
from tocsin.views.access import visible


def incidents(house: House) -> list[str]:
    return [row["key"] for row in visible(house.app, house.story.actor("linh"))]


def test_only_a_title_is_needed_and_people_are_called(house: House) -> None:
    linh = house.member("linh")
    answer = linh.type("declare")
    assert (answer.status, answer.body) == (200, "")
    assert answer.seconds < 3
    needed = [block["block_id"] for block in linh.modal()["blocks"] if not block["optional"]]
    assert needed == ["title"]

    answer = linh.submit(title="Tokens in a public repository")
    assert (answer.status, answer.body) == (200, "")
    assert answer.seconds < 3

    heard = house.workspace.expect(linh.user, "INC-", "Đã gọi", "Hạn")
    for person in ("linh", "an"):
        house.workspace.expect(house.id(person), "Gọi khẩn SEV1")
    [key] = incidents(house)
    assert key in heard.text
    incident = house.app.incident(key)
    assert (incident.type, incident.severity, incident.restricted, incident.declared_by) == (
        "unclassified", "sev1", True, "linh",
    )  # fmt: skip


def test_what_was_typed_behind_the_verb_stands_in_the_modal(house: House) -> None:
    linh = house.member("linh")
    linh.type("declare Tokens &lt;here&gt;")
    assert linh.modal()["blocks"][0]["element"]["initial_value"] == "Tokens <here>"


def test_everything_else_may_be_said(house: House) -> None:
    linh = house.member("linh")
    linh.type("declare")
    aware = int(house.app.now().timestamp()) - 3600
    linh.submit(
        title="x",
        type="credential-leak",
        severity="sev3",
        restricted="no",
        excluded=["giang"],
        aware_at=aware,
    )
    house.hush()
    incident = house.app.incident(incidents(house)[0])
    assert (incident.type, incident.severity, incident.restricted, incident.excluded) == (
        "credential-leak", "sev3", False, ("giang",),
    )  # fmt: skip
    assert incident.moments["aware_at"].timestamp() == aware


def test_a_mistake_is_shown_beside_the_field_and_the_modal_stays_open(house: House) -> None:
    linh = house.member("linh")
    linh.type("declare")
    said = linh.submit(title="a\x07b", aware_at=int(house.app.now().timestamp()) + 86_400).json
    assert said["response_action"] == "errors"
    assert set(said["errors"]) == {"title", "aware_at"}
    assert "one line" in said["errors"]["title"]
    assert incidents(house) == []


def test_a_modal_that_is_sent_off_twice_is_one_incident(house: House) -> None:
    linh = house.member("linh")
    linh.type("declare")
    view = linh.modal()
    first = linh.submission(view, title="x")
    again = linh.submission({**view, "hash": "another"}, title="x")
    assert [linh.send(each).status for each in (first, again)] == [200, 200]
    house.hush()
    assert len(incidents(house)) == 1


def test_anybody_may_declare_and_stands_there_by_the_id_of_slack(house: House) -> None:
    stranger = house.workspace.member("U0STRANGER")
    stranger.type("declare")
    stranger.submit(title="I see customer data on a website")
    house.workspace.expect("U0STRANGER", "INC-")
    house.hush()
    assert house.app.incident(incidents(house)[0]).declared_by == "slack:U0STRANGER"


def test_a_modal_that_does_not_open_is_said_and_nothing_is_lost(house: House) -> None:
    from tocsin.sinks.slack import SlackFault

    house.workspace.misbehave(SlackFault("error", "views.open", "internal_error", times=1))
    linh = house.member("linh")
    began = time.monotonic()
    assert linh.type("declare").status == 200
    assert time.monotonic() - began < 3
    house.workspace.expect(linh.user, "Không mở kịp biểu mẫu")
