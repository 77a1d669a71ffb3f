"""What is filed reads as an official paper; what the company must still do stands apart from it."""

import io

import pypdf
import pytest

from tests.rendering.companies import NOTHING, TEMPLATES
from tests.rendering.test_paper import BERLIN, content, field, pdf
from tocsin.domain.facts import FACTS
from tocsin.rendering.paper import render_page

CODES = ("vn-pdpl", "eu-gdpr")
#: What a paper must not say to an authority: orders to ourselves, names of facts, paths of files, points of an advice.
INTERNAL = (
    "before sending", "before signing", "trước khi gửi", "trước khi ký", "in the contacts", "trong danh bạ",
    "occurred_from", "measures_taken", "people_by_country", "organisation.licence", "ENISA", "read in the legal text",
    "How sure", "Độ chắc chắn", "by custom", "thông lệ", "Write it in", "?",
)  # fmt: skip
REASONS = ("H2: many people, ENISA 2013: 4.0",)


def pages(code: str, **changes: object) -> list[str]:
    file = pdf(content(code, facts=NOTHING, what_happened={}, risk_reasons=REASONS, **changes), code)
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(file)).pages]


def filed(code: str, **changes: object) -> list[str]:
    return [page for page in pages(code, **changes) if "NOT PART OF THE FILING" not in page]


@pytest.mark.parametrize("code", CODES)
def test_nothing_in_the_filing_is_said_to_ourselves(code: str) -> None:
    for changes in ({}, {"authority": BERLIN}):
        text = " ".join(filed(code, **changes))
        assert [words for words in INTERNAL if words in text] == []


@pytest.mark.parametrize(
    ("code", "title", "rows"),
    [
        ("vn-pdpl", "Nội dung đang xác minh", ("2. Thời gian đang xác minh", "C. Tổng số người đang xác minh",
                                              "1. Địa chỉ trụ sở giao dịch sẽ bổ sung")),
        ("eu-gdpr", "What is still being verified", ("3. When it happened to be determined",
                                                    "4. Data affected to be determined")),
    ],
)  # fmt: skip
def test_what_is_open_is_listed_at_the_end_by_its_label_in_official_words(
    code: str, title: str, rows: tuple[str, ...]
) -> None:
    text = " ".join(filed(code))
    closing = text[text.index(title) :]
    assert all(row in closing for row in rows), closing


@pytest.mark.parametrize("code", CODES)
def test_every_open_field_is_in_the_list_and_no_other(code: str) -> None:
    for made in (content(code, facts=NOTHING, what_happened={}), content(code)):
        parts = [part for part in made["parts"] if part["language"] == made["language"]]
        fields = [(s["no"], f) for part in parts for s in part["sections"] for f in s["fields"]]
        waiting = [f"{no}. {f['label']}" for no, f in fields if f["state"] == "open"]
        assert [item["label"] for item in parts[-1]["pending"]] == waiting


def test_the_reading_copy_begins_on_a_page_of_its_own_that_says_it_is_not_part_of_the_filing() -> None:
    shown = pages("vn-pdpl")
    own = [number for number, page in enumerate(shown) if "NOT PART OF THE FILING" in page]
    assert own == list(range(own[0], len(shown)))
    assert len(own) > 1
    assert "SOCIALIST" not in " ".join(shown[: own[0]]).upper()
    assert "Notification of a violation" not in " ".join(shown[: own[0]])
    assert "Reading copy in English, for the company's own use" in shown[own[0]]
    assert "THÔNG BÁO" not in shown[own[0]]


def test_the_pages_of_the_filing_are_counted_without_the_reading_copy() -> None:
    shown = pages("vn-pdpl")
    count = len(filed("vn-pdpl"))
    assert [page for page in shown if f"trang 1/{count}" in page] == shown[:1]
    assert f"trang {count}/{count}" in shown[count - 1]
    assert f"trang 1/{len(shown) - count}" in shown[count]


def test_the_reading_copy_says_what_the_company_must_still_do() -> None:
    text = " ".join(pages("vn-pdpl")[len(filed("vn-pdpl")) :])
    for words in ("occurred_from", FACTS["occurred_from"].question, "Complete organisation.licence in the contacts.",
                  "find out where to send it", "by custom", "H2: many people"):  # fmt: skip
        assert words in text, words


def test_the_web_page_keeps_the_same_things_apart() -> None:
    page = render_page(content(facts=NOTHING, what_happened={}), TEMPLATES)
    filing, mark, own = page.partition("NOT PART OF THE FILING")
    assert mark
    body = filing.partition("<body>")[2]
    assert [words for words in INTERNAL if words in body] == []
    assert "organisation.licence" in own


def test_the_reasons_of_the_advice_on_risk_are_no_part_of_the_notification() -> None:
    made = content("eu-gdpr", risk_reasons=REASONS)
    assert field(made, "art33.risk")["text"] == "Decision of the controller: a high risk to people."
    assert "H2: many people" in " ".join(made["parts"][-1]["own_notes"])


def test_the_attached_content_holds_what_the_page_leaves_out() -> None:
    made = content("eu-gdpr", facts=NOTHING, what_happened={}, authority=BERLIN)
    closing = made["parts"][-1]
    assert {item["need"] for item in closing["open"]} == set(made["open"])
    assert "the authority works in German" in " ".join(closing["own_notes"])
