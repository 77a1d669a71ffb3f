"""Every message fits the screen of a phone, in both languages, with the longest titles and the most to say.

A screen is 37 rows of 40 columns: 390 by 844 points at our 15, as a mail of ours is set. Slack's own rows are shorter.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.rendering.companies import TEMPLATES
from tocsin.actions.updating import LONGEST_PART
from tocsin.domain.offers import Offer
from tocsin.domain.whom import Whom
from tocsin.rendering.message import KINDS, ROWS, Brief, Kind, Line, line, render_message, rows_of

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
TITLE = (
    "Lộ khóa truy cập của khách hàng doanh nghiệp trong một kho mã nguồn công khai của nhà thầu phụ tại "
    "Thành phố Hồ Chí Minh và Đà Nẵng"
)
STEP = {
    "en": "Revoke the leaked token at its issuer, and prove by the gateway's log that it no longer opens anything",
    "vi": "Thu hồi mã truy cập bị lộ tại nơi cấp, và chứng minh bằng nhật ký cổng rằng mã đó không còn mở được gì",
}
DUTY = line(
    "duty_assumed",
    whom=Whom("individuals"),
    cite="Decree 356/2025/ND-CP Art. 8(3)",
)
ROLE = "accountable-officer"
TYPE = {"en": "Message to the wrong recipient", "vi": "Gửi nhầm thông tin cho người nhận khác"}
PART = ("Các khóa bị lộ đã bị thu hồi; chúng tôi đang đo phạm vi ảnh hưởng. " * 9)[:LONGEST_PART]


def overdue(step: str) -> Line:
    return line("step_overdue", step=step, title=STEP, role=ROLE)


def steps(count: int) -> tuple[Line, ...]:
    return tuple(line("step", step=f"1.{n}", title=STEP) for n in range(count))


#: The most that each kind has to say.
MOST: dict[Kind, tuple[Line | str, ...]] = {
    "page": (
        line("called_again", role=ROLE, number=12),
        TITLE,
        line("kind", type=TYPE),
        *(line("clock", duty=DUTY) for _ in range(3)),
    ),
    "ack": (line("has_it", who="nguyen-thi-minh-khai", role=ROLE),),
    "hand-over": (
        line("shift_over", role=ROLE, holder="linh", to="minh"),
        line("happened", type=TYPE, status="containment", since=timedelta(hours=71)),
        line("open", steps=steps(3)),
        line(
            "deadlines",
            duties=tuple(
                line("deadline", key="vn-pdpl/finance-merchant", left=timedelta(hours=9)) for _ in range(3)
            ),
        ),
        line(
            "asked",
            asked=(line("asked_answer", role="dpo"), line("asked_letter", notice="customers-sg-pdpa")),
        ),
        line("holders", holders=tuple(line("holder", role=ROLE, who="minh") for _ in range(4))),
        line("steps_done_last", count=12, last=steps(1)),
    ),
    "warning": tuple(line("warned", duty=DUTY, percent=90) for _ in range(7)),
    "overdue": tuple(overdue(f"1.{n}") for n in range(9)),
    "update-due": (
        line("update_due", readers="accountable-officer-1, counsel-1, liaison-1, liaison-2"),
        line("updates_missed", count=15),
        line("nothing_new", command="tocsin update INC-2026-0007 --skip --because ..."),
    ),
    "update": (
        line("conditions", text=PART),
        line("actions", text=PART),
        line("needs_of", text=PART),
        line("told_by", who="nguyen-thi-minh-khai"),
    ),
    "status": (line("status", status="containment"), line("head", seq=4210, hash="ab" * 32)),
    "approval": (
        line("draft", notice="customers-sg-pdpa", edition=12, people=1_204_812, variants=72),
        line("digest", digest="ab" * 6, needed=2),
    ),
    "alone": (
        line("broke_glass", who="nguyen-thi-minh-khai", notice="customers-sg-pdpa", given=0, needed=2),
        line("reason", text="w" * 300),
        line("countersign", digest="ab" * 6),
        line("stop_it", notice="customers-sg-pdpa"),
    ),
    "deputy": (
        line("deputy_may", notice="customers-sg-pdpa", given=1, needed=2),
        line("deputy_reads", digest="ab" * 6),
        line("deputy_waits", duty="vn-pdpl/finance-merchant/authority/controller"),
    ),
    "wrong": (
        line("found_wrong", who="nguyen-thi-minh-khai", notice="customers-sg-pdpa"),
        line("reason", text="w" * 300),
        line("got_wrong", people=1_204_812, correction="correction-2"),
    ),
    "all-clear": (
        line("status", status="closed"),
        line("affected", count=1_204_812),
        line("head", seq=4, hash="a" * 64),
    ),
    "trouble": (line("cannot_move", move="ask-approval/customers-sg-pdpa"), "x" * 300),
    "triage": (
        line("called", role="triage"),
        line("held_back", count=1200),
        line("message_urgent"),
        line("whether"),
    ),
    "newer-law": (TITLE, TITLE, line("judged")),
}
#: The longest command that stands below a message; of a hand-over, that which gives the role on.
LONG_COMMAND = (
    "tocsin duties INC-2026-0007 --release vn-pdpl/finance-merchant/individuals/controller --because ..."
)

COMMANDS = {"ack": "", "update": "", "all-clear": ""}
COMMANDS |= {"hand-over": "tocsin hand INC-2026-0007 accountable-officer nguyen-thi-minh-khai"}
#: The most deeds that each kind offers.
OFFERS = {
    "page": (Offer("ack", "INC-2026-0007", ROLE),),
    "hand-over": (Offer("take", "INC-2026-0007", ROLE, "minh"),),
    "overdue": (Offer("done", "INC-2026-0007", "1.0"),),
    "update-due": (Offer("update", "INC-2026-0007"),),
    "alone": (Offer("countersign", "INC-2026-0007", "customers-sg-pdpa", "ab" * 32),),
    "approval": tuple(
        Offer(deed, "INC-2026-0007", notice, "ab" * 32)
        for notice in ("customers", "customers-sg-pdpa")
        for deed in ("approve", "reject")
    ),
}


def brief(kind: Kind, *, title: str | None = TITLE) -> Brief:
    return Brief(
        kind=kind,
        incident_key="INC-2026-0007",
        code_name="Copper Heron",
        severity="SEV1",
        lines=MOST[kind],
        head=(4210, "ab" * 32),
        now=NOW,
        zone="Asia/Ho_Chi_Minh",
        title=title,
        due=NOW + timedelta(hours=11, minutes=31)
        if kind in ("page", "warning", "overdue", "approval", "deputy")
        else None,
        next_action=COMMANDS.get(kind, LONG_COMMAND),
        offers=OFFERS.get(kind, ()),
        drill=True,
        console_url="https://tocsin.streamonapi.example/i/INC-2026-0007",
    )


@pytest.mark.parametrize("language", ["en", "vi"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_message_fits_the_screen_of_a_phone(kind: Kind, language: str) -> None:
    message = render_message(brief(kind), language, TEMPLATES)
    # Between two paragraphs a phone puts half a row; the text of the mail puts a whole one.
    rows = rows_of(message.text.strip()) - message.text.strip().count("\n\n") / 2
    assert rows <= ROWS, message.text
    blocks = [block["text"]["text"] for block in message.slack_blocks if "text" in block]
    assert sum(map(rows_of, blocks)) <= ROWS
    assert rows_of(message.subject) <= 4


@pytest.mark.parametrize("language", ["en", "vi"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_how_bad_and_the_one_command(kind: Kind, language: str) -> None:
    found = brief(kind, title=None)
    message = render_message(found, language, TEMPLATES)
    for part in (message.text, json.dumps(message.slack_blocks, ensure_ascii=False)):
        assert "Copper Heron" in part
        assert "SEV1" in part
        assert ("11 h 31 min" in part or "11 giờ 31 phút" in part) is (found.due is not None)
        assert part.count("tocsin ") == found.next_action.count("tocsin ") + part.count("tocsin update")
        assert found.next_action in part


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_persons_own_words_in_an_update_are_never_cut(language: str) -> None:
    message = render_message(brief("update"), language, TEMPLATES)
    assert message.text.count(PART.strip()) == 3
    assert json.dumps(message.slack_blocks, ensure_ascii=False).count(PART.strip()) == 3


@pytest.mark.parametrize("language", ["en", "vi"])
def test_nothing_of_a_hand_over_brief_is_left_out(language: str) -> None:
    found = replace(
        brief("hand-over"), next_action="tocsin hand INC-2026-0007 accountable-officer nguyen-thi-minh-khai"
    )
    assert "… +" not in render_message(found, language, TEMPLATES).text


def test_every_kind_has_its_own_words_in_both_languages() -> None:
    for kind in KINDS:
        for language in ("en", "vi"):
            assert (TEMPLATES / "messages" / f"{kind}.{language}.j2").is_file(), (kind, language)


def test_what_does_not_fit_is_counted() -> None:
    said = render_message(
        replace(brief("overdue"), lines=tuple(overdue(f"1.{n}") for n in range(30))), "vi", TEMPLATES
    )
    shown = said.text.count("đã quá hạn (")
    assert 3 < shown < 9
    assert f"… +{30 - shown}" in said.text
