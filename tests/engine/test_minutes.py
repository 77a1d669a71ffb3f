"""Minutes (biên bản, Law 91/2025/QH15 Art. 23(2)): a paper of the law's own folder, drawn up from the timeline."""

import io
import json

import pypdf
import pytest

from tests.engine.test_papers import FORM_08, GERMANY, answer, content, owed
from tests.story import Story
from tocsin.domain.errors import Refused
from tocsin.engine.papers import make
from tocsin.evidence.verify import verify


def minutes(story: Story) -> dict:
    return json.loads(make(story.app, story.key, FORM_08, "json", "minutes").content)


def text(story: Story, name: str, language: str = "vi") -> str:
    return str(answer(minutes(story), name, language)["text"])


def test_they_tell_who_took_part_and_what_was_done_when_by_whom(tale: Story) -> None:
    owed(tale).as_("khoa").take("scribe")
    tale.as_("bao").assess("risk", because="few people")
    assert "Hồ Đăng Khoa, Kỹ sư hỗ trợ khách hàng (thư ký)" in text(tale, "minutes.present")
    rows = answer(minutes(tale), "minutes.handling")["table"]["rows"]
    assert rows[0][1:] == ["Khai báo sự cố", "Trần Mỹ Linh"]
    assert rows[-1][1:] == ["Quyết định: có rủi ro đối với con người", "Võ Quốc Bảo"]
    english = answer(minutes(tale), "minutes.handling", "en")["table"]["rows"]
    assert english[0][1:] == ["Incident declared", "Trần Mỹ Linh"]


def test_a_late_filing_stands_in_them_with_its_reasons_and_no_other_law_does(tale: Story) -> None:
    owed(tale).leap(hours=80).settle()
    assert answer(minutes(tale), "minutes.told")["state"] == "open"
    tale.as_("an").filed(FORM_08, reference="A05-77", because="Cổng bị lỗi.")
    told = text(tale, "minutes.told")
    assert "số A05-77." in told
    assert told.endswith("Lý do: Cổng bị lỗi.")
    assert "BfDI" not in told
    assert text(tale, "minutes.lateness") == "Gửi sau thời hạn. Lý do: Cổng bị lỗi."


def test_what_is_unknown_is_being_verified_and_who_signs_stands_by_name(tale: Story) -> None:
    owed(tale)
    made = minutes(tale)
    assert answer(made, "minutes.occurred")["text"] == "đang xác minh"
    assert answer(made, "minutes.drawn_up")["state"] == "blank"
    signers = [(each["title"], each["name"]) for each in made["parts"][0]["signers"]]
    assert signers == [
        ("NGƯỜI LẬP BIÊN BẢN", ".........."),
        ("NHÂN SỰ BẢO VỆ DỮ LIỆU CÁ NHÂN", "Phạm Hoài An"),
        ("TM. TỔ CHỨC, DOANH NGHIỆP", "Võ Quốc Bảo"),
    ]


def test_they_are_kept_and_neither_make_the_report_drafted_nor_go_along_unsigned(tale: Story) -> None:
    owed(tale)
    _, paper = tale.as_("an").make_report(FORM_08, paper="minutes")
    assert paper.supplement == 0
    duty = tale.incident.duties[FORM_08]
    assert (len(duty.other_papers), duty.papers) == (1, ())
    assert answer(content(tale, FORM_08), "f08.3")["text"] == "không có"
    page = pypdf.PdfReader(io.BytesIO(paper.content)).pages[0].extract_text()
    assert "BIÊN BẢN XÁC NHẬN VỀ VIỆC XẢY RA" in " ".join(page.split())
    assert verify(tale.app, tale.key).fault is None


def test_the_web_page_shows_who_signs_them(tale: Story) -> None:
    owed(tale)
    page = make(tale.app, tale.key, FORM_08, "html", "minutes").content.decode()
    assert "<p>NGƯỜI LẬP BIÊN BẢN<br>" in page
    assert "cùng ký tên dưới đây" in page


@pytest.mark.parametrize("lines", [1, 13, 16, 19, 22])
def test_the_signatures_come_last_on_one_page_with_the_words_that_are_signed(tale: Story, lines: int) -> None:
    owed(tale).as_("an").learn({"consequences": {"vi": "\n".join(["Dài."] * lines)}}, source="the team")
    file = make(tale.app, tale.key, FORM_08, "pdf", "minutes").content
    pages = [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(file)).pages]
    (signed,) = (page for page in pages if "NGƯỜI LẬP BIÊN BẢN" in page)
    assert "Biên bản này được lập thành" in signed
    assert (
        signed.index("cùng ký tên dưới đây")
        < signed.index("NGƯỜI LẬP BIÊN BẢN")
        < signed.rindex("Phạm Hoài An")
    )
    assert "Về văn bản này" not in signed.partition("Biên bản này được lập thành")[2]
    english = " ".join(pages)
    assert english.index("About this paper") < english.index("sign below.")


def test_a_paper_that_the_law_does_not_have_is_refused_with_the_nearest(tale: Story) -> None:
    owed(tale)
    with pytest.raises(Refused, match="vn-pdpl has no paper 'minuts'; did you mean minutes"):
        make(tale.app, tale.key, FORM_08, "pdf", "minuts")
    with pytest.raises(Refused, match="eu-gdpr has no paper 'minutes'"):
        make(tale.app, tale.key, GERMANY, "pdf", "minutes")
