"""The card of a room: within Slack's limits, on one phone screen, in both languages, and never anybody's markup."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.rendering.companies import TEMPLATES
from tocsin.domain.room import Card, Deadline, Letter, Todo
from tocsin.domain.whom import Whom
from tocsin.rendering.room import Speaker, bookmarks, pinned, purpose, topic
from tocsin.rendering.words import load_words
from tocsin.sinks.workspace import check_message

NOW = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
LONG = "Khôi phục từ bản sao lưu đã kiểm tra, rồi đối chiếu từng bảng dữ liệu 72"
CARD = Card(
    incident="INC-2026-0007",
    code_name="Copper Heron",
    severity="sev1",
    status="containment",
    open=True,
    drill=False,
    roles={"incident-commander": "linh", "dpo": "an"},
    silent=("counsel",),
    deadlines=tuple(
        Deadline(Whom("authority", authority), "Art. 33(1) GDPR", NOW + timedelta(hours=n), assumed=n == 1)
        for n, authority in enumerate(("CNIL", "", "AEPD"), 1)
    ),
    more_duties=4,
    steps=tuple(Todo(f"{n}.1", {"en": LONG, "vi": LONG}, "operations", NOW) for n in (1, 2, 3)),
    more_steps=21,
    letters=(Letter("customers", "ab" * 32, 4812), Letter("customers-de", "cd" * 32, 12)),
    untold=(4812, 4812),
    down=("email",),
)
NAMES = {"linh": "Trần Mỹ Linh", "an": "<!channel> & Phạm Hoài An"}


def by(language):
    return Speaker(load_words(TEMPLATES, language), "Asia/Ho_Chi_Minh", NAMES)


def texts(card):
    return json.dumps(card.blocks, ensure_ascii=False)


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_full_card_fits_into_slack_and_onto_a_phone(language):
    for card in (CARD, replace(CARD, title="T" * 400, drill=True), replace(CARD, roles={})):
        said = pinned(card, by(language), NOW)
        check_message({"text": said.text, "blocks": said.blocks})
        assert len(said.blocks) <= 12
        lines = sum(1 + text.count("\\n") for text in (json.dumps(block) for block in said.blocks))
        assert lines <= 24
        assert len(topic(card, by(language))) <= 250
        assert len(purpose(card, by(language), "0123abcd")) <= 250


def test_a_card_says_how_bad_until_when_in_both_clocks_who_and_what_is_down():
    said = texts(pinned(CARD, by("en"), NOW))
    assert "SEV1 Copper Heron" in said
    assert "24 November 2026, 03:40 (UTC+07:00) = 20:40Z: CNIL (Art. 33(1) GDPR) (ASSUMED)" in said
    assert "Commander: Trần Mỹ Linh" in said
    assert "No answer yet: counsel" in said
    assert "Untold: 4,812 of 4,812" in said
    assert "DOWN: mail" in said
    assert "More duties open: 4" in said


def test_what_names_are_called_is_no_markup():
    for block in pinned(replace(CARD, title="<!here> a key"), by("en"), NOW).blocks:
        if block["type"] == "section" and block["text"]["type"] == "mrkdwn":
            assert "<" not in block["text"]["text"]
    assert "<" not in pinned(replace(CARD, title="<!here> a key"), by("en"), NOW).text


def test_the_digest_is_over_what_is_said_and_not_over_when():
    first, later = (pinned(CARD, by("en"), NOW + timedelta(minutes=n)) for n in (0, 5))
    assert first.digest == later.digest
    assert first.blocks != later.blocks
    assert pinned(CARD, by("en"), NOW + timedelta(hours=1)).digest != first.digest  # a deadline has passed
    assert pinned(replace(CARD, untold=(1, 4812)), by("en"), NOW).digest != first.digest


def test_a_closed_incident_says_so_and_offers_nothing():
    over = replace(CARD, open=False, status="closed", steps=(), letters=(), silent=(), roles={})
    said = pinned(over, by("vi"), NOW)
    assert '"button"' not in texts(said)
    assert topic(over, by("vi")) == "INC-2026-0007 Copper Heron: đã đóng hồ sơ."


def test_bookmarks_need_a_console():
    assert bookmarks("INC-2026-0007", None, by("en")) == {}
    assert bookmarks("INC-2026-0007", "https://t.example", by("en")) == {
        "Console": "https://t.example/inc/INC-2026-0007",
        "Papers": "https://t.example/inc/INC-2026-0007#papers",
    }
