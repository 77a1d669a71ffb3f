"""Papers: every field is there, nothing is invented, and the PDF is what it says it is."""

import io
import json
import re
from datetime import UTC, datetime
from typing import get_args

import pypdf
import pytest

from tests.rendering.companies import AS_OF, CELLS, DE_DUTY, KNOWN, NOTHING, TEMPLATES, VN_DUTY, paper
from tocsin.catalog.forms import ANSWER_NAMES
from tocsin.domain.contacts import Authority, Person
from tocsin.domain.errors import Refused
from tocsin.domain.facts import FACTS, read_facts
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.clauses import KINDS
from tocsin.domain.scope.gaps import Gap, GapKind, Stretch
from tocsin.domain.scope.why import Ground, Way
from tocsin.rendering.answers import ANSWERS
from tocsin.rendering.answers.breach import account
from tocsin.rendering.content import paper_content
from tocsin.rendering.form import Form, load_form
from tocsin.rendering.glyphs import COVERED, is_shown, printable
from tocsin.rendering.paper import canonical_json, render_page, render_paper
from tocsin.rendering.paperfacts import Filing, Owed, PaperFacts, Telling
from tocsin.rendering.words import load_words

CODES = {"vn-pdpl": VN_DUTY, "eu-gdpr": DE_DUTY}
BERLIN = Authority.model_validate(
    {
        "id": "de-be",
        "place": "DE-BE",
        "name": {"en": "Berlin authority"},
        "short": "BlnBDI",
        "verification": "recalled",
    }
)

#: Decree 356/2025/NĐ-CP, Appendix, Form 08: every field that is filled, in order.
FORM_08 = (
    "f08.1.name f08.1.head_office f08.1.trading_office f08.1.licence f08.1.tax_code f08.1.phone_web f08.1.dpo.name "
    "f08.1.dpo.title f08.1.dpo.phone f08.1.dpo.email f08.2.time f08.2.place f08.2.act f08.2.parties f08.2.data "
    "f08.2.dpo.name f08.2.dpo.title f08.2.dpo.phone f08.2.dpo.email f08.2.consequences f08.2.measures f08.3 f08.4"
)


def form(code: str) -> Form:
    return load_form(TEMPLATES / "regimes" / code / "authority.yaml")


def content(code: str = "vn-pdpl", **changes: object) -> dict:
    return paper_content(form(code), paper(**{"duty": CODES[code], **changes}), TEMPLATES)


def pdf(content: dict, code: str = "vn-pdpl") -> bytes:
    template = TEMPLATES / "regimes" / code / "authority.typ"
    return render_paper(template, content, at=AS_OF, language=form(code).language, root=TEMPLATES)


def words_of(file: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file)).pages).split())


def field(content: dict, name: str, language: str | None = None) -> dict:
    wanted = language or content["language"]
    parts = (part for part in content["parts"] if part["language"] == wanted)
    return next(f for part in parts for s in part["sections"] for f in s["fields"] if f["id"] == name)


def test_form_08_holds_every_field_of_the_decree_in_order() -> None:
    ids = [question.id for section in form("vn-pdpl").form for question in section.fields]
    assert " ".join(ids) == FORM_08
    vietnamese = content()["parts"][0]
    assert vietnamese["title"] == "THÔNG BÁO VI PHẠM QUY ĐỊNH BẢO VỆ DỮ LIỆU CÁ NHÂN"
    assert vietnamese["addressee"] == "Kính gửi: Cơ quan chuyên trách bảo vệ dữ liệu cá nhân, Bộ Công an."
    assert vietnamese["signature"]["title"] == "TM. TỔ CHỨC, DOANH NGHIỆP"
    assert vietnamese["recipients"]["lines"][0] == "Như trên;"
    assert vietnamese["head"]["number"].startswith("Số: ...")


def test_form_08_comes_with_its_annex_and_an_english_reading_copy() -> None:
    parts = [(part["kind"], part["language"]) for part in content()["parts"]]
    assert parts == [("form", "vi"), ("annex", "vi"), ("form", "en"), ("annex", "en")]
    assert "Reading copy" in content()["parts"][2]["note"]


def test_the_time_of_form_08_gives_occurrence_and_finding_apart() -> None:
    text = field(content(), "f08.2.time")["text"]
    assert "Xảy ra: từ 22 giờ 10 ngày 20/11/2026 (UTC+07:00) (ước tính)" in text
    assert "Phát hiện: 02 giờ 31 ngày 24/11/2026 (UTC+07:00)." in text


def test_nothing_known_prints_as_being_verified_and_never_as_a_number_or_a_no() -> None:
    for code in CODES:
        empty = content(code, facts=NOTHING, what_happened={})
        for section in empty["parts"][0]["sections"]:
            for each in section["fields"]:
                if ANSWERED_BY_MASTER_DATA.search(each["id"]):
                    continue
                assert each["state"] == "open", each
                assert each["needs"], each
                assert not re.search(r"\b0\b|1970", each["text"]), each


ANSWERED_BY_MASTER_DATA = re.compile(
    r"f08\.1|dpo|f08\.[34]$|submission|deadline|late|controller|contact|identifier|representative|reporter|more"
    r"|lead|eea_authorities|attachments"
)


def test_what_happened_is_a_suspicion_until_somebody_says_that_it_did() -> None:
    for known in (NOTHING, KNOWN.learn("aware_at", None)):
        told = account(paper(facts=known), load_words(TEMPLATES, "vi"))
        assert told.text.startswith("Nghi ngờ, đang xác minh: Mã truy cập bị lộ")
        assert told.state == "estimated"
    assert account(paper(), load_words(TEMPLATES, "en")).text == "Tokens were exposed and used."


def test_each_open_answer_is_listed_with_the_question_that_would_settle_it() -> None:
    for code in CODES:
        empty = content(code, facts=NOTHING, what_happened={})
        closing = next(part for part in empty["parts"] if part["closes"])
        listed = {item["need"] for item in closing["open"]}
        assert set(empty["open"]) == listed
        assert {"occurred_from", "kinds", "measures_taken"} <= listed
        assert all(item["question"] for item in closing["open"])
        assert not empty["complete"]


def test_every_fact_that_a_paper_can_miss_has_a_question() -> None:
    empty = content("eu-gdpr", facts=NOTHING, what_happened={})
    english = load_words(TEMPLATES, "en").entries["questions"]
    for item in empty["parts"][0]["open"]:
        if item["need"] in FACTS:
            assert item["question"] in (FACTS[item["need"]].question, english.get(item["need"]))


def test_a_sample_number_of_the_company_is_never_printed() -> None:
    shown = content()
    assert field(shown, "f08.1.licence")["state"] == "open"
    assert "organisation.licence" in shown["open"]
    assert "0000000000" not in canonical_json(shown).decode()
    assert field(shown, "f08.1.tax_code")["text"] == "0312345678"


def test_a_text_that_lacks_the_papers_language_is_marked_and_asked_for() -> None:
    place = field(content(), "f08.2.place")
    assert "[chỉ có bản tiếng Anh] Data centre in Singapore" in place["text"]
    assert "place_of_systems" in place["needs"]
    assert "[given in" not in field(content(), "f08.2.place", "en")["text"]


def test_art_33_names_all_contents_of_paragraph_3_and_is_complete_when_all_is_known() -> None:
    told = Telling(3567, 3500, datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
    facts = KNOWN.learn("notice_planned_for", "2026-11-24T09:00:00+00:00")
    full = content("eu-gdpr", facts=facts, telling=told, authority=BERLIN)
    titles = " ".join(section["title"] for section in full["parts"][0]["sections"])
    assert all(f"Art. 33(3)({letter})" in titles for letter in "abcd")
    assert full["complete"], full["open"]
    assert ["Completeness", "complete"] in full["parts"][0]["status"]


def test_people_are_counted_per_country_with_the_world_total_labelled() -> None:
    table = field(content("eu-gdpr"), "art33.by_country")["table"]
    assert table["rows"] == [
        ["Germany", "640"],
        ["France", "310"],
        ["place unknown", "5"],
        ["Of these, in the European Economic Area", "950"],
        ["World total", "3,567"],
    ]
    assert field(content("eu-gdpr"), "art33.here")["text"] == "640 in Germany"


def test_people_of_whom_we_are_only_processor_are_not_in_an_art_33_paper() -> None:
    processed = {**CELLS[1], "role": "processor", "count": 90_000}
    facts = read_facts({"cells": [*CELLS, processed]})
    assert field(content("eu-gdpr", facts=facts), "art33.people")["text"] == "3,567"
    assert "93.567" in field(content(facts=facts), "annex.people")["text"]


def test_gaps_make_every_count_a_lower_bound_that_says_so() -> None:
    uncounted = Gap(kind="people-not-counted", source="data-map", count=1200, detail="ask them how many")
    hours = Gap(
        kind="missing-hours", source="gateway", count=2, detail="2026-11-21T03:00Z to 2026-11-21T05:00Z"
    )
    shown = content("eu-gdpr", gaps=(hours, uncounted))
    assert field(shown, "art33.people")["text"] == "at least 3,567"
    not_seen = field(shown, "art33.coverage")["text"]
    assert f"gateway: hours without any entry (2) {hours.detail}; data-map: customers" in not_seen
    assert "(1,200) ask them how many." in not_seen


def test_a_paper_names_its_gaps_in_its_own_language() -> None:
    named = [load_words(TEMPLATES, language).entries["choices"]["gap"] for language in ("en", "vi")]
    assert set(named[0]) == set(named[1]) == set(get_args(GapKind))
    gap = Gap(kind="people-not-counted", source="data-map", count=1200, detail="ask them how many")
    said = field(content(gaps=(gap,)), "annex.coverage")["text"]
    assert said.endswith(f"data-map: {named[1][gap.kind]} (1.200).")


def test_a_paper_says_by_what_people_were_found_and_not_what_somebody_calls_it() -> None:
    named = [load_words(TEMPLATES, language).entries["choices"] for language in ("en", "vi")]
    assert all(set(each["indicator"]) == set(KINDS) for each in named)
    assert all(set(each["way"]) == {Way.OPEN, Way.LISTED} for each in named)
    grounds = (
        Ground(clause=1, name="Mai's key", kinds={"tokens": 2, "ips": 1},
               buckets={Bucket.CONFIRMED: 1200, Bucket.LIKELY: 34, Bucket.ATTEMPTED: 5}),
        Ground(clause=2, kinds={"agents": 1}, buckets={Bucket.EXCLUDED: 7}),
        Ground(way=Way.LISTED, buckets={Bucket.LISTED: 3}),
    )  # fmt: skip
    said = field(content("eu-gdpr", grounds=grounds), "art33.coverage")["text"]
    assert said.endswith(
        "By what people were found, some by several of these: access tokens and network addresses (1,234); "
        "a list of people (3)."
    )
    assert "mã truy cập và địa chỉ mạng (1.234)" in field(content(grounds=grounds), "annex.coverage")["text"]


def test_a_paper_in_any_language_names_the_hours_and_files_of_a_gap() -> None:
    hours = [datetime(2026, 11, 21, hour, tzinfo=UTC) for hour in (3, 5)]
    stretch = Stretch(since=hours[0], until=hours[1])
    thin = Gap(kind="thin-hours", source="gateway", count=2, detail="In English.", hours=(stretch,))
    damaged = Gap(kind="damaged-file", source="gateway", count=1, detail="In English.", files=("a.gz",))
    said = field(content(gaps=(thin, damaged)), "annex.coverage")["text"]
    assert (
        "thường lệ (nghi ngờ) (2) 2026-11-21T03:00Z to 2026-11-21T05:00Z; gateway: tệp bị hỏng (1) a.gz."
        in said
    )


def test_a_late_paper_gives_its_reasons_or_says_that_they_are_open() -> None:
    late = content("eu-gdpr", late=True)
    assert field(late, "art33.late_reasons")["state"] == "open"
    facts = KNOWN.learn("reasons_for_delay", {"en": "The logs were restored late."})
    given = field(content("eu-gdpr", late=True, facts=facts), "art33.late_reasons")["text"]
    assert given == "Sent after the time limit. Reasons: The logs were restored late."
    assert field(content("eu-gdpr"), "art33.late_reasons")["text"] == "Within the time limit."


def test_a_supplement_names_its_number_and_the_authoritys_reference() -> None:
    second = content(supplement=2, earlier_reference="123/A05")
    assert field(second, "annex.submission")["text"] == "Bổ sung lần 2 cho thông báo đã tiếp nhận số 123/A05."
    without = content(supplement=1)
    assert "authority-reference" in without["open"]


def test_other_authorities_are_listed_in_and_outside_the_eea() -> None:
    filings = (
        Filing("CNIL", "FR", "open"),
        Filing("A05", "VN", "filed", "123/A05", datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),
    )
    shown = content("eu-gdpr", filings=filings)
    assert field(shown, "art33.eea_authorities")["text"] == "CNIL: owed, not yet sent"
    assert "reference 123/A05" in field(shown, "art33.other_authorities")["text"]


def test_how_sure_we_are_stays_with_the_company_and_whose_numbers_these_are_on_the_paper() -> None:
    part = content("eu-gdpr", authority=BERLIN)["parts"][0]
    own, said = " ".join(part["own_notes"]), " ".join(part["notes"])
    assert "How to reach the authority: not confirmed" in own
    assert "the authority works in German" in own
    assert "CC BY 4.0" in said
    assert "How to reach" not in said
    assert "thông lệ" in " ".join(content()["parts"][1]["own_notes"])


def test_the_same_content_gives_the_same_bytes_and_carries_itself() -> None:
    made = content()
    first, second = pdf(made), pdf(made)
    assert first == second
    attached = pypdf.PdfReader(io.BytesIO(first)).attachments["content.json"][0]
    assert attached == canonical_json(made)
    assert json.loads(attached)["incident"] == "INC-2026-0007"


@pytest.mark.parametrize(("code", "language"), [("vn-pdpl", "vi"), ("eu-gdpr", "en")])
def test_the_file_declares_pdf_a_3a_and_pdf_ua_1_and_its_language(code: str, language: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf(content(code), code)))
    root = reader.trailer["/Root"]
    xmp = root["/Metadata"].get_data().decode()
    assert re.search(r"<pdfaid:part>3</pdfaid:part>", xmp)
    assert re.search(r"<pdfaid:conformance>A</pdfaid:conformance>", xmp)
    assert re.search(r"<pdfuaid:part>1</pdfuaid:part>", xmp)
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert reader.metadata.title == content(code)["document_title"]
    assert reader.metadata.creation_date == AS_OF


def test_the_vietnamese_pdf_reads_as_written() -> None:
    text = words_of(pdf(content()))
    said = (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Mã truy cập bị lộ",
        "đang xác minh",
    )
    assert all(words in text for words in said)


def test_text_cannot_become_markup() -> None:
    hostile = '#strong[x] $y$ *z* "q" \\ #read("/etc/passwd") <script>'
    text = words_of(pdf(content(what_happened={"vi": hostile, "en": hostile})))
    assert '#strong[x] $y$ *z* "q" \\ #read("/etc/passwd") <script>' in text


def test_a_japanese_name_stands_by_number_and_is_listed() -> None:
    named = Person(id="bao", name="山田 太郎 \u202e", email="bao@streamonapi.example")
    made = content(signatory=named)
    text = words_of(pdf(made))
    assert "[U+5C71][U+7530] [U+592A][U+90CE] [U+202E]" in text
    assert "U+5C71 CJK UNIFIED IDEOGRAPH-5C71" in text
    assert "山田 太郎" in canonical_json(made).decode()


def test_marks_that_no_font_holds_together_never_fail_a_paper() -> None:
    odd = "a\u0363\u20dd Ж\u0489 e\u0302\u0301 \U0001f600 \x00"
    assert pdf(content(what_happened={"vi": odd, "en": odd})).startswith(b"%PDF")


def test_every_character_that_we_call_covered_is_in_every_style_of_our_fonts() -> None:
    import typst

    characters = [chr(code) for low, high in COVERED for code in range(low, high + 1) if is_shown(chr(code))]
    for style in ("", 'style: "italic"', 'weight: "bold"', 'weight: "bold", style: "italic"'):
        source = (
            '#set document(title: "x")\n'
            f'#set text(font: ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono"), {style})\n'
            "#for one in json(bytes(sys.inputs.all)) [#one #h(1pt)]"
        )
        typst.compile(
            source.encode(),
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"all": json.dumps(characters)},
            pdf_standards=["a-3a", "ua-1"],
            timestamp=0,
        )


def test_a_decomposed_vietnamese_name_is_not_replaced() -> None:
    assert printable({"name": "Nguye\u0302\u0303n"}) == ({"name": "Nguyễn"}, [])


def test_a_drill_says_so_on_each_page() -> None:
    pages = pypdf.PdfReader(io.BytesIO(pdf(content(drill=True)))).pages
    assert len(pages) > 3
    assert all("DRILL" in page.extract_text() for page in pages)
    assert "DRILL" not in words_of(pdf(content()))
    assert "DRILL" in render_page(content(drill=True), TEMPLATES)


def test_the_web_page_holds_the_same_fields_and_escapes_them() -> None:
    made = content(what_happened={"vi": "<script>x</script>", "en": "y"})
    page = render_page(made, TEMPLATES)
    assert "<script>" not in page
    assert "&lt;script&gt;x" in page
    assert all(f'id="vi-{name}"' in page for name in FORM_08.split())


def test_a_paper_without_a_template_is_refused_with_the_way_out() -> None:
    with pytest.raises(Refused, match=r"no such paper; .*authority\.typ"):
        render_paper(TEMPLATES / "none.typ", content(), at=AS_OF, language="vi", root=TEMPLATES)


def test_an_unknown_answer_in_a_form_is_refused_by_name(tmp_path) -> None:
    source = (TEMPLATES / "regimes/vn-pdpl/authority.yaml").read_text(encoding="utf-8")
    bad = tmp_path / "authority.yaml"
    bad.write_text(source.replace("answer: breach.time,", "answer: breach.tiem,"), encoding="utf-8")
    with pytest.raises(Refused, match=r"unknown answer 'breach\.tiem'; did you mean breach\.time\?"):
        load_form(bad)


def test_a_form_may_ask_for_exactly_what_the_papers_can_answer() -> None:
    assert frozenset(ANSWERS) == ANSWER_NAMES


def test_all_languages_of_the_papers_have_the_same_words() -> None:
    english, vietnamese = (load_words(TEMPLATES, language).entries for language in ("en", "vi"))
    for group in ("phrases", "states", "places", "languages"):
        assert english[group].keys() == vietnamese[group].keys()
    for fact, choices in english["choices"].items():
        assert choices.keys() == vietnamese["choices"][fact].keys(), fact
    blanks = re.compile(r"\{(\w+)")
    for key, phrase in english["phrases"].items():
        if isinstance(phrase, str):
            assert set(blanks.findall(phrase)) == set(blanks.findall(vietnamese["phrases"][key])), key


def test_every_choice_of_a_printed_fact_has_a_word() -> None:
    for fact, choices in load_words(TEMPLATES, "en").entries["choices"].items():
        asked = {"group": "groups", "role": "our_role"}.get(fact, fact)
        if asked in FACTS:
            assert set(choices) == set(FACTS[asked].choices), fact


def test_every_answer_copes_with_nothing_known() -> None:
    nothing: PaperFacts = paper(facts=NOTHING, what_happened={}, duty=Owed("k", "c", "recalled"))
    for language in ("en", "vi"):
        for name, answer in ANSWERS.items():
            assert isinstance(answer(nothing, load_words(TEMPLATES, language)).text, str), name


def test_a_paper_says_who_repeated_and_signed_its_figures_and_who_still_waits_for_a_decision() -> None:
    signed = (("An Nguyen", datetime(2026, 11, 24, 2, 0, tzinfo=UTC)),)
    said = field(content("eu-gdpr", signed=signed, held=12), "art33.coverage")["text"]
    assert "repeated and signed by An Nguyen on 24 November 2026" in said
    assert "12 more people whom an earlier measurement named await a decision." in said
    vietnamese = field(content(signed=signed, held=12), "annex.coverage")["text"]
    assert "đã được An Nguyen xác định lại và ký xác nhận" in vietnamese
    assert "Còn 12 người" in vietnamese
