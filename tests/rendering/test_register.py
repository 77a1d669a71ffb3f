"""The register on paper and as a table: nothing reckons, nothing breaks out, the same breaches give the same bytes."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pypdf
import pytest

from tests.rendering.companies import AS_OF, COMPANY, NOTHING, TEMPLATES, paper
from tocsin.rendering.casefacts import (
    Advice,
    CaseFacts,
    DecisionLine,
    DutyLine,
    Ending,
    RiskDecision,
    TakenBack,
)
from tocsin.rendering.paperfacts import Owed, PaperFacts
from tocsin.rendering.register import Kept, register_content, register_csv, register_pdf
from tocsin.rendering.spreadsheet import cell, spreadsheet

MET = DutyLine(
    "eu-gdpr/authority/de/controller", "authority", "Art. 33(1) GDPR", "filed", "BfDI", "DE",
    due_at=AS_OF, met_at=AS_OF + timedelta(hours=2), reference="4711", late=True, late_because="The portal was down.",
)  # fmt: skip
SILENT = DecisionLine(
    "breach",
    "No key was used.",
    "Võ Quốc Bảo",
    AS_OF,
    ("Phạm Hoài An",),
    AS_OF - timedelta(days=1),
    overdue=True,
)


def breach(**changes: Any) -> PaperFacts:
    case = CaseFacts(
        title="Khóa API trong kho mã công khai",
        declared_at=AS_OF,
        declared_by="Trần Mỹ Linh",
        duties=(MET,),
        decisions=(SILENT,),
    )
    return paper(**{"duty": Owed("", "", "primary"), "case": case} | changes)


def kept(*breaches: PaperFacts, **changes: Any) -> Kept:
    return Kept(**{"breaches": breaches, "organisation": COMPANY, "as_of": AS_OF} | changes)


def table(of: Kept, language: str = "en") -> list[list[str]]:
    text = register_csv(of, TEMPLATES, language).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def words_of(file: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file)).pages).split())


def test_each_breach_is_a_line_whose_columns_are_the_questions() -> None:
    head, row = table(kept(breach()))
    told = dict(zip(head, row, strict=True))
    assert told["Breach"] == "INC-2026-0007\nCopper Heron"
    assert told["Look again"] == "2026-11-23: OVERDUE"
    assert "BfDI (Art. 33(1) GDPR): notified" in told["Duties, what was told, when"]
    assert "Reasons: The portal was down." in told["Duties, what was told, when"]
    assert "The whole breach: not notified, decided" in told["Decisions not to notify"]
    assert "Berlin, Germany | controller and processor | customers | 640" in told["By place of residence"]


def test_a_table_begins_with_a_mark_by_which_spreadsheets_know_utf_8_and_ends_lines_as_the_rfc_says() -> None:
    made = register_csv(kept(breach()), TEMPLATES, "vi")
    assert made.startswith(b'\xef\xbb\xbf"')
    assert made.endswith(b'"\r\n')
    assert "Sự việc" not in made.decode("utf-8-sig")
    assert "Vụ việc" in made.decode("utf-8-sig")


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ("=1+1", "'=1+1"),
        ("+84 28", "'+84 28"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("＝1+1", "'＝1+1"),
        ("a;=1", "a;'=1"),
        ("a\n =1", "a\n '=1"),
        ("a = b, c - d", "a = b, c - d"),
        ("02:31 (UTC+07:00)", "02:31 (UTC+07:00)"),
        ("", ""),
    ],
)  # fmt: skip
def test_no_cell_is_taken_for_a_formula(said: str, stands: str) -> None:
    assert cell(said) == stands
    (row,) = list(csv.reader(io.StringIO(spreadsheet([said], []).decode("utf-8-sig"), newline="")))
    assert row == [stands]


def test_a_title_cannot_reckon_nor_break_out_of_its_cell_or_page() -> None:
    nasty = "=cmd|' /C calc'!A0\";#pagebreak() $x$"
    one = replace(breach(), case=replace(breach().case, title=nasty))
    assert len(table(kept(one))) == 2
    assert "#pagebreak() $x$" in words_of(register_pdf(kept(one), TEMPLATES, "en"))


def test_the_same_breaches_give_the_same_bytes() -> None:
    for write in (register_pdf, register_csv):
        assert write(kept(breach()), TEMPLATES, "vi") == write(kept(breach()), TEMPLATES, "vi")


def test_an_empty_register_says_so() -> None:
    assert "Chưa ghi nhận vụ việc nào." in words_of(register_pdf(kept(), TEMPLATES, "vi"))
    assert len(table(kept())) == 1


def test_where_no_duty_to_the_people_is_left_they_were_not_told() -> None:
    letter = DutyLine(
        "policy-promise/customers/individuals/controller", "individuals", "Policy", "not-notified"
    )
    for duty, says in ((letter, "They were not told."), (replace(letter, state="open"), "to be determined")):
        one = breach(case=replace(breach().case, duties=(duty,)))
        head, row = table(kept(one))
        assert says in row[head.index("The people concerned")]


def test_the_period_and_what_is_overdue_stand_at_its_head() -> None:
    of = kept(breach(), since=date(2026, 1, 1), until=date(2026, 12, 31))
    status = dict(register_content(of, TEMPLATES, "en")["parts"][0]["status"])
    assert status["Period"] == "Declared from 1 January 2026 to 31 December 2026"
    assert (status["Breaches"], status["Decisions to be looked at again, overdue"]) == ("1", "1")


def test_many_breaches_with_long_words_run_over_pages_under_numbers() -> None:
    long = replace(breach(), case=replace(breach().case, title="Nguyễn Thị Hồng Phượng " * 30))
    file = register_pdf(kept(*[long] * 30), TEMPLATES, "vi")
    pages = pypdf.PdfReader(io.BytesIO(file)).pages
    assert len(pages) > 20
    assert f"trang {len(pages)}/{len(pages)}" in pages[-1].extract_text()


def test_of_what_was_no_incident_nothing_is_still_to_be_determined() -> None:
    end = Ending("declined", AS_OF, "Trần Mỹ Linh", "a false alarm")
    case = CaseFacts(status="declined", declared_at=AS_OF, ending=end)
    nothing = breach(facts=NOTHING, what_happened={}, telling=None, case=case)
    (one,) = register_content(kept(nothing), TEMPLATES, "en")["parts"][0]["breaches"]
    texts = [field["text"] for section in one["sections"] for field in section["fields"]]
    assert any("Reasons: a false alarm" in text for text in texts)
    assert not any("to be determined" in text for text in texts)


def test_what_cannot_be_read_is_named_and_not_left_out() -> None:
    of = kept(broken={"INC-2026-0009": "set apart"})
    assert table(of)[1][0] == "INC-2026-0009 cannot be read: set apart"
    assert "INC-2026-0009 cannot be read: set apart" in words_of(register_pdf(of, TEMPLATES, "en"))


def owed(law: str, rule: str = "individuals", **changes: Any) -> DutyLine:
    given: dict[str, Any] = {"recipient": rule, "cite": f"Law {law}", "state": "open", "due_at": AS_OF}
    return DutyLine(f"{law}/{rule}/{changes.get('to', rule)}/controller", **given | changes)


def told(
    *duties: DutyLine, language: str = "en", column: str = "Duties, what was told, when", **case: Any
) -> str:
    one = breach(case=replace(breach().case, duties=duties, **case))
    head, row = table(kept(one), language)
    return row[head.index(column)]


def test_duties_that_stand_alike_are_one_line_with_whom_how_many_and_until_when() -> None:
    many = [owed(f"us-{n}", due_at=AS_OF + timedelta(days=n)) for n in range(5, 0, -1)]
    said = told(MET, *many)
    assert "BfDI (Art. 33(1) GDPR): notified" in said.splitlines()[0]
    assert "The people concerned, under 5 laws: owed, not yet sent, the first due 25 November 2026" in said
    assert "Law us-1" not in said
    assert told(MET, *many, column="Each duty").count("Law us-") == 5
    assert "Chủ thể dữ liệu, theo 5 luật: " in told(
        *many, language="vi", column="Nghĩa vụ, nội dung đã thông báo, thời điểm"
    )


def test_what_was_filed_or_is_late_stands_alone_with_its_moment_number_and_reasons() -> None:
    filed = [
        replace(MET, key=f"eu-gdpr/authority/{n}/controller", to=f"SA{n}", reference=str(n)) for n in range(5)
    ]
    said = told(*filed)
    assert all(f"SA{n} (Art. 33(1) GDPR): notified" in said and f"reference {n}." in said for n in range(5))
    assert said.count("Reasons: The portal was down.") == 5
    asked = [owed("eu-gdpr", "authority", to=f"SA{n}") for n in range(5)]
    assert "5 authorities (SA0, SA1, SA2 and 2 more): owed, not yet sent, the first due" in told(*asked)


def test_laws_of_which_it_cannot_be_told_are_named_while_few_and_counted_else_with_each_in_the_table() -> (
    None
):
    laws = [{"en": f"Act {n}", "vi": f"Luật {n}"} for n in range(49)]
    assert "under: Act 0; Act 1." in told(MET, undecided=tuple(laws[:2]))
    assert "whether anything is owed under 49 laws" in told(MET, undecided=tuple(laws))
    each = told(MET, undecided=tuple(laws), column="Laws of which it cannot be told yet")
    assert each.splitlines() == [f"Act {n}" for n in range(49)]
    one = breach(case=replace(breach().case, undecided=tuple(laws)))
    assert "Act 7" not in words_of(register_pdf(kept(one), TEMPLATES, "en"))
    (shown,) = register_content(kept(one), TEMPLATES, "en")["parts"][0]["breaches"]
    assert shown["details"][1]["text"].endswith("Act 48")


def test_whom_it_was_told_says_nobody_yet_or_that_this_was_decided() -> None:
    assert told(owed("x"), decisions=(), column="Told") == "nobody yet"
    assert told(owed("x", state="not-notified"), column="Told") == "nobody, as decided"
    assert told(decisions=(), column="Told") == "none"


def test_each_place_of_the_world_has_a_name_in_each_language() -> None:
    from tocsin.domain.places import PLACES
    from tocsin.rendering.words import load_words

    for language in ("en", "vi"):
        words = load_words(TEMPLATES, language)
        assert [code for code in PLACES if code in words.place(code).replace("(", " ").split()] == []
        assert words.place("US-TX").startswith("Texas, ")


@pytest.mark.parametrize(
    ("language", "then", "today", "fallen"),
    [
        (
            "en",
            "Advice of the method when it was decided: a risk to people is unlikely.",
            "Advice of the method today: a high risk to people.",
            "no longer.\nReasons: No key was used.\nTaken back ",
        ),
        (
            "vi",
            "Khuyến nghị theo phương pháp tại thời điểm quyết định: khó có rủi ro đối với con người.",
            "Khuyến nghị theo phương pháp hiện nay: có rủi ro cao đối với con người.",
            "không còn hiệu lực.\nLý do: No key was used.\nQuyết định lại ",
        ),
    ],
)
def test_the_advice_of_then_stands_beside_that_of_today_and_what_was_taken_back_is_told(
    language: str, then: str, today: str, fallen: str
) -> None:
    case = CaseFacts(
        advice=Advice("unlikely", "1.25"),
        advice_today=Advice("high", "4.5"),
        risk=RiskDecision("Phạm Hoài An", AS_OF, "nobody kept it", doubted=True),
        taken_back=(TakenBack(SILENT, AS_OF, "Võ Quốc Bảo", "a log turned up"),),
    )
    (line,) = table(kept(breach(case=case)), language)[1:]
    said = "\n".join(line)
    assert said.index(then) < said.index("nobody kept it") < said.index(today)
    assert fallen in said
    assert "a log turned up" in said
