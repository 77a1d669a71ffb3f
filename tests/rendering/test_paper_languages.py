"""Papers speak one language: titles, articles and places too; what exists in another only is marked as such."""

import pytest

from tests.rendering.companies import COMPANY, DIRECTOR, DPO, TEMPLATES, VN_DUTY, letter_facts, own, paper
from tests.rendering.test_letter import READER
from tests.rendering.test_paper import content, field
from tocsin.domain.catalog import Catalog
from tocsin.domain.contacts import Identifier, Person
from tocsin.drill import script
from tocsin.rendering.answers import ANSWERS
from tocsin.rendering.letter import Letters
from tocsin.rendering.words import load_words

OFFICER = DPO.model_copy(update={"title": {"en": "Privacy lead", "vi": "Trưởng bộ phận dữ liệu"}})
ENGLISH_ONLY = DPO.model_copy(update={"title": {"en": "Privacy lead"}})


def test_a_title_stands_in_the_language_of_the_paper() -> None:
    made = content(dpo=OFFICER, signatory=OFFICER)
    assert field(made, "f08.1.dpo.title")["text"] == "Trưởng bộ phận dữ liệu"
    assert field(made, "f08.2.dpo.title")["text"] == "Trưởng bộ phận dữ liệu"
    assert field(made, "f08.1.dpo.title", "en")["text"] == "Privacy lead"
    assert made["parts"][0]["signature"]["office"] == "Trưởng bộ phận dữ liệu"
    assert "Privacy lead" in field(content("eu-gdpr", dpo=OFFICER), "art33.dpo")["text"]


def test_a_title_that_exists_in_english_only_is_marked_and_asked_for() -> None:
    title = field(content(dpo=ENGLISH_ONLY), "f08.1.dpo.title")
    assert title["text"] == "[chỉ có bản tiếng Anh] Privacy lead"
    assert title["needs"] == ["people.an.title"]
    assert field(content(dpo=ENGLISH_ONLY), "f08.1.dpo.title", "en")["needs"] == []


def test_a_title_in_plain_words_stays_what_it_is() -> None:
    plain = DPO.model_copy(update={"title": "Giám đốc dữ liệu"})
    assert field(content(dpo=plain), "f08.1.dpo.title")["text"] == "Giám đốc dữ liệu"
    assert content()["parts"][0]["signature"]["office"] == DIRECTOR.title


def test_a_title_without_english_is_refused() -> None:
    with pytest.raises(ValueError, match="add the words in English"):
        Person.model_validate(DPO.model_dump() | {"title": {"vi": "Giám đốc"}})


def test_letters_call_the_people_of_the_house_by_their_title_in_the_readers_language() -> None:
    letters = Letters("customer", TEMPLATES, letter_facts(dpo=OFFICER, signer=OFFICER))
    assert "Trưởng bộ phận dữ liệu: Phạm Hoài An" in letters.letter(READER, "vi").text
    assert "Privacy lead" not in own(letters.letter(READER, "vi").text)
    assert "Privacy lead: Phạm Hoài An" in letters.letter(READER, "en").text


def test_the_article_is_cited_as_the_papers_language_cites_it() -> None:
    from dataclasses import replace

    cited = replace(VN_DUTY, cited={"vi": "Điều 23 khoản 1 Luật số 91/2025/QH15"})
    made = content(duty=cited)
    assert "Điều 23 khoản 1 Luật số 91/2025/QH15; tính từ" in field(made, "annex.deadline")["text"]
    assert VN_DUTY.cite in field(made, "annex.deadline", "en")["text"]
    assert f"[chỉ có bản tiếng Anh] {VN_DUTY.cite}" in field(content(), "annex.deadline")["text"]


def test_every_rule_whose_paper_is_vietnamese_is_cited_in_vietnamese(catalog: Catalog) -> None:
    rules = [rule for regime in catalog.regimes.values() for rule in regime.rules if rule.language == "vi"]
    assert rules
    assert all("Điều" in rule.cited["vi"] for rule in rules)


def test_the_contacts_that_ship_have_vietnamese_titles(catalog: Catalog) -> None:
    assert all(isinstance(person.title, dict) and person.title["vi"] for person in catalog.contacts.people)


def test_numbers_of_the_company_are_named_in_the_language_of_the_paper() -> None:
    licence = Identifier(scheme="business registration", value="0312345678")
    company = COMPANY.model_copy(update={"licence": licence})
    text = field(content(organisation=company), "f08.1.licence")["text"]
    assert text == "Giấy chứng nhận đăng ký kinh doanh: 0312345678"
    named = ANSWERS["organisation.identifiers"](paper(), load_words(TEMPLATES, "vi")).text
    assert named == "mã số thuế: 0312345678"


def test_the_drill_writes_both_languages_and_addresses_no_customer_in_what_the_ministry_reads() -> None:
    texts = {**script.FACTS, **script.TEXTS}
    for name in ("systems", "place_of_systems", "consequences"):
        assert set(texts[name]) == {"en", "vi", "de"}, name
    assert "bạn" not in script.TEXTS["consequences"]["vi"]
    assert "you" not in script.TEXTS["consequences"]["en"].lower().split()
