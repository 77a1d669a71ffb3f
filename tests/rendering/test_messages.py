"""Messages to our own people: short, in the reader's language, safe for Slack, silent about restricted titles."""

import json
import re
import shutil
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import tocsin
from tests.rendering.companies import TEMPLATES
from tocsin.domain.message import LONGEST_SHORT
from tocsin.domain.offers import Offer, parsed
from tocsin.domain.whom import Whom
from tocsin.rendering.buttons import buttons
from tocsin.rendering.late import said_anew
from tocsin.rendering.message import KINDS, Brief, Kind, Links, RenderedMessage, line, render_message
from tocsin.rendering.words import Words, load_words

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
BRIEF = Brief(
    kind="warning",
    incident_key="INC-2026-0007",
    code_name="Copper Heron",
    severity="sev1",
    lines=("Report to the authority of Berlin",),
    head=(42, "ab" * 32),
    now=NOW,
    zone="Asia/Ho_Chi_Minh",
    due=NOW + timedelta(hours=11, minutes=31),
    next_action="tocsin report INC-2026-0007",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "vi"])
def test_every_message_says_what_how_long_and_what_next(kind: Kind, language: str) -> None:
    message = render_message(replace(BRIEF, kind=kind), language, TEMPLATES)
    blocks = json.dumps(message.slack_blocks, ensure_ascii=False)
    for part in (message.text, message.html, blocks):
        assert "Copper Heron" in part
        assert "Berlin" in part
        assert "tocsin report INC-2026-0007" in part
        assert "26" in part
        assert "42 abababababab" in part
    assert "\n" not in message.subject
    assert len(message.text.split("\n")) < 25


def test_time_left_and_time_gone_are_told_apart() -> None:
    left = render_message(BRIEF, "en", TEMPLATES)
    assert "Due 27 November 2026, 02:31 (UTC+07:00): 11 h 31 min left." in left.text
    assert left.subject.startswith("11 h 31 min left")
    gone = render_message(replace(BRIEF, due=NOW - timedelta(minutes=5)), "vi", TEMPLATES)
    assert "Đã quá hạn 5 phút" in gone.text


def test_what_leaves_late_says_anew_how_much_is_left_and_nothing_else() -> None:
    title, since = (
        "<Keys> & a 'table' of accounts " * 9,
        line("silent", since=timedelta(hours=11, minutes=31)),
    )
    written = asdict(render_message(replace(BRIEF, title=title, lines=(since, "x")), "en", TEMPLATES))
    content, english = json.loads(json.dumps(written)), load_words(TEMPLATES, "en")
    late = said_anew(content, english, NOW, NOW + timedelta(hours=6))
    names = ("subject", "text", "html", "slack_text", "slack_blocks", "short")
    for name in names:
        before, after = (json.dumps(each[name]) for each in (content, late))
        assert before.count("11 h 31 min left") == after.count("5 h 31 min left") > 0, name
        assert after.replace("5 h 31 min left", "11 h 31 min left") == before, name
    gone = said_anew(content, english, NOW, NOW + timedelta(hours=12))
    assert "0 min left" in gone["text"]
    assert "11 h 31 min left" not in json.dumps(gone["slack_blocks"])


def test_a_telephone_hears_by_when_and_the_command_whatever_the_title_is() -> None:
    title, command = (
        "Somebody sells the whole table of accounts " * 9,
        "tocsin page INC-2026-0007 incident-commander",
    )
    said = render_message(replace(BRIEF, title=title, next_action=command), "en", TEMPLATES).short
    assert said.endswith(f"… Due 27 November 2026, 02:31 (UTC+07:00): 11 h 31 min left. {command}")
    assert len(said) == LONGEST_SHORT


def test_a_restricted_incident_goes_by_its_code_name_and_another_by_its_title() -> None:
    assert "Leak of tokens" in render_message(replace(BRIEF, title="Leak of tokens"), "en", TEMPLATES).subject
    assert "Copper Heron" in render_message(BRIEF, "en", TEMPLATES).subject


def test_what_people_typed_is_never_markup() -> None:
    hostile = replace(
        BRIEF,
        title="<!channel> *x* <script>",
        lines=("<@U123> & {{7*7}}\nsecond",),
        next_action="tocsin show `x`<!here>",
    )
    message = render_message(hostile, "en", TEMPLATES)
    marked = [b["text"]["text"] for b in message.slack_blocks if b.get("text", {}).get("type") == "mrkdwn"]
    assert marked
    for text in (*marked, message.slack_text):
        assert "<" not in text
    assert "<script>" not in message.html
    assert "&lt;!channel&gt;" in message.html
    assert "{{7*7}} second" in message.text


def test_slacks_limits_hold_and_what_is_cut_is_counted() -> None:
    long = replace(BRIEF, title="t" * 5000, lines=tuple("y" * 5000 for _ in range(320)))
    message = render_message(long, "vi", TEMPLATES)
    assert len(message.slack_blocks) <= 50
    for block in message.slack_blocks:
        limit = 150 if block["type"] == "header" else 3000
        assert len(block.get("text", {}).get("text", "")) <= limit
    assert "… +317" in message.text


def test_a_drill_says_so_everywhere() -> None:
    for language in ("en", "vi"):
        message = render_message(replace(BRIEF, drill=True), language, TEMPLATES)
        blocks = json.dumps(message.slack_blocks)
        assert all(
            "DRILL" in part
            for part in (message.subject, message.text, message.html, message.slack_text, blocks)
        )


def test_a_language_that_we_do_not_speak_gets_english() -> None:
    assert render_message(BRIEF, "ja", TEMPLATES) == render_message(BRIEF, "en", TEMPLATES)


@pytest.mark.parametrize(
    ("language", "subject"), [("en", "Tocsin is stuck: Copper Heron"), ("vi", "Tocsin bị kẹt: Copper Heron")]
)
def test_trouble_speaks_of_no_deadline_of_its_own(language: str, subject: str) -> None:
    message = render_message(replace(BRIEF, kind="trouble", due=None), language, TEMPLATES)
    assert message.subject == message.slack_text == subject
    assert all(" :" not in part for part in (message.text, str(message.slack_blocks)))


def test_no_deadline_no_command_and_no_console_leave_nothing_behind() -> None:
    message = render_message(replace(BRIEF, kind="status", due=None, next_action=""), "en", TEMPLATES)
    assert "Due" not in message.text
    assert "Next" not in message.text
    assert "href" not in message.html
    assert {block["type"] for block in message.slack_blocks} == {"header", "section", "context"}


def test_a_console_address_becomes_one_button() -> None:
    message = render_message(replace(BRIEF, console_url="http://127.0.0.1:8080/i/INC"), "en", TEMPLATES)
    buttons = [e for b in message.slack_blocks if b["type"] == "actions" for e in b["elements"]]
    assert [button["url"] for button in buttons] == ["http://127.0.0.1:8080/i/INC"]


INC = "INC-2026-0007"
OFFERS = (
    Offer("ack", INC, "incident-commander"),
    Offer("take", INC, "scribe"),
    Offer("done", INC, "1.3"),
    Offer("approve", INC, "customers", "ab" * 32),
    Offer("reject", INC, "customers", "ab" * 32),
    Offer("update", INC),
    Offer("confirm", INC),
)


def buttons_of(message: RenderedMessage) -> list[dict[str, Any]]:
    return [e for b in message.slack_blocks if b["type"] == "actions" for e in b["elements"]]


@pytest.mark.parametrize("language", ["en", "vi"])
def test_an_offer_is_a_button_in_slack_and_a_link_in_the_mail_from_one_source(language: str) -> None:
    links = Links(
        {each: f"https://c.example/o/{n}" for n, each in enumerate(OFFERS)}, "https://c.example/o/open"
    )
    brief = replace(BRIEF, offers=OFFERS, console_url="https://c.example/inc/INC-2026-0007")
    message = render_message(brief, language, TEMPLATES, links)
    *offered, opens = buttons_of(message)
    assert [parsed(each["value"]) for each in offered] == list(OFFERS)
    assert [each["action_id"] for each in offered] == [f"tocsin:{each.deed}" for each in OFFERS]
    assert opens["url"] == "https://c.example/inc/INC-2026-0007", "no personal link stands in Slack"
    assert "/o/" not in json.dumps(message.slack_blocks)
    for n, each in enumerate(offered):
        named = each["text"]["text"]
        assert len(named) <= 75
        assert f"{named}\n  https://c.example/o/{n}\n" in message.text
        look = "act danger" if each.get("style") == "danger" else "act"
        assert f'<a class="{look}" href="https://c.example/o/{n}">{named}</a>' in message.html
    (n,) = [n for n, each in enumerate(OFFERS) if each.deed == "approve"]
    first = message.html.index(f'<a class="read" href="https://c.example/o/{n}/letters">')
    assert first < message.html.index(f'href="https://c.example/o/{n}"'), "to be read before it is approved"
    assert "https://c.example/o/open" in message.text
    assert "https://c.example/o/open" in message.html


def test_a_companys_own_mail_that_is_older_than_the_looks_is_written_as_it_stands(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    own = templates / "messages" / "mail.html.j2"
    page = own.read_text(encoding="utf-8").replace(
        "for label, link, look in links", "for label, link in actions"
    )
    own.write_text(page.replace('class="{{ look }}"', 'class="act"'), encoding="utf-8")
    links = Links({each: f"https://c.example/o/{n}" for n, each in enumerate(OFFERS)})
    message = render_message(replace(BRIEF, offers=OFFERS), "en", templates, links)
    assert message.html.count('<a class="act" href="https://c.example/o/') == len(OFFERS) + 1
    assert message.text == render_message(replace(BRIEF, offers=OFFERS), "en", TEMPLATES, links).text


def test_what_weighs_is_asked_once_more_and_a_rejection_looks_like_one() -> None:
    offered = buttons_of(render_message(replace(BRIEF, offers=OFFERS), "en", TEMPLATES))
    found = {parsed(each["value"]).deed: each for each in offered}
    assert {deed for deed, each in found.items() if "confirm" in each} == {"take", "approve", "confirm"}
    assert "abababababab" in found["approve"]["confirm"]["text"]["text"]
    assert found["reject"]["style"] == "danger"
    assert found["ack"]["text"]["text"] == "Acknowledge as incident commander"


def test_two_buttons_of_one_deed_stand_in_two_blocks_since_slack_takes_each_id_once() -> None:
    twice = (Offer("done", INC, "1.3"), Offer("done", INC, "1.4"))
    brief = replace(BRIEF, offers=twice, console_url="https://c.example/inc/INC-2026-0007")
    message = render_message(brief, "en", TEMPLATES)
    rows = [block["elements"] for block in message.slack_blocks if block["type"] == "actions"]
    assert [len(row) for row in rows] == [2, 1]
    for row in rows:
        ids = [each.get("action_id") for each in row]
        assert len(ids) == len(set(ids))


def test_without_a_console_the_command_stays_and_no_link_is_made() -> None:
    message = render_message(replace(BRIEF, offers=OFFERS), "vi", TEMPLATES)
    assert "href" not in message.html
    assert "tocsin report INC-2026-0007" in message.text


def test_words_of_a_company_that_are_older_than_an_offer_still_name_it() -> None:
    words = Words("en", {"phrases": {}, "choices": {}})
    assert [each["text"]["text"] for each in buttons(OFFERS, words)][:3] == [
        "ack incident-commander",
        "take scribe",
        "done 1.3",
    ]


def test_what_the_engine_says_is_said_in_the_readers_language() -> None:
    duty = line("duty_assumed", whom=Whom("individuals", place="DE"), cite="Art. 33(1) GDPR")
    said = replace(
        BRIEF,
        lines=(
            line("called_again", role="dpo", number=2),
            line("clock", duty=duty),
            line("status", status="stable"),
            line("risk_worse", risk="high"),
            line(
                "step_overdue",
                step="1.3",
                title={"en": "Revoke the token", "vi": "Thu hồi mã"},
                role="operations",
            ),
        ),
    )
    english, vietnamese = (render_message(said, language, TEMPLATES).text for language in ("en", "vi"))
    assert "- You are called as data protection officer, call 2\n" in english
    assert "- Clock: the people concerned in Germany (Art. 33(1) GDPR, ASSUMED)\n" in english
    assert "no longer agrees with what is known by now: a high risk to people\n" in english
    assert "- Thời hạn: chủ thể dữ liệu tại Đức (Art. 33(1) GDPR, TẠM TÍNH)\n" in vietnamese
    assert "- Tình trạng: ổn định\n" in vietnamese
    assert "không còn phù hợp với những gì đã biết: có rủi ro cao đối với con người\n" in vietnamese
    assert "- Bước 1.3 đã quá hạn (vận hành): Thu hồi mã\n" in vietnamese
    for word in ("called", "Clock", "ASSUMED", "Status", "overdue:", "Revoke"):
        assert word not in vietnamese


def test_each_line_that_the_engine_says_has_its_words_in_each_language() -> None:
    root = Path(tocsin.__file__).parent
    asked = {
        phrase
        for path in (root / "engine").glob("*.py")
        for phrase in re.findall(r'\bline\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 20
    for language in ("en", "vi"):
        assert {f"say_{phrase}" for phrase in asked} <= set(
            load_words(TEMPLATES, language).entries["phrases"]
        )


@pytest.mark.parametrize("language", ["en", "vi"])
def test_what_looks_like_a_customers_is_left_out_of_slack_and_whole_in_the_mail(language: str) -> None:
    typed = ("zeisig@example.org", "+84 912 345 678", "198.51.100.77", "soa_live_7Hd82kLmN0pQrS3tUv")
    said = (
        f"{typed[1]} called",
        line("conditions", text=" ".join(typed[2:])),
        line("digest", digest="ab" * 32, needed=2),
    )
    message = render_message(
        replace(BRIEF, kind="update", title=f"Key of {typed[0]}", lines=said), language, TEMPLATES
    )
    slack = message.slack_text + json.dumps(message.slack_blocks, ensure_ascii=False)
    for each in typed:
        assert each not in slack
        assert each in message.text
        assert each in message.html
    assert "ab" * 32 in slack, "what we say ourselves stays"
    assert slack.count("tocsin timeline") == 1
    assert "███" not in message.text
