"""Papers as pages: what a reader's eye, a screen reader and an authority's desk get of them."""

import html
import re

import pytest

from tests.rendering.companies import NOTHING, TEMPLATES
from tests.rendering.test_paper import content, pdf, words_of
from tocsin.rendering.paper import render_page


def marked(page: str) -> list[str]:
    """What the web page sets in red."""
    return [html.unescape(found) for found in re.findall(r'<em class="open">(.*?)</em>', page)]


def test_every_vietnamese_word_of_the_form_can_be_read_out_of_the_pdf() -> None:
    text = words_of(pdf(content()))
    assert "Nơi nhận: • Như trên;" in text
    assert "Nơơi" not in text


def test_the_web_page_of_form_08_bears_the_national_motto() -> None:
    page = render_page(content(), TEMPLATES)
    assert page.index("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM") < page.index("<h1>")
    assert "Độc lập - Tự do - Hạnh phúc" in page
    assert 'class="motto"' not in render_page(content("eu-gdpr"), TEMPLATES)


@pytest.mark.parametrize("code", ["vn-pdpl", "eu-gdpr"])
def test_the_web_page_marks_only_the_words_that_are_open(code: str) -> None:
    found = marked(render_page(content(code, facts=NOTHING, what_happened={}), TEMPLATES))
    words = {"vn-pdpl": {"đang xác minh", "to be determined"}, "eu-gdpr": {"to be determined"}}[code]
    assert words <= set(found)
    assert all(len(each) < 40 for each in found), found


def test_a_known_beginning_is_not_marked_because_the_end_is_open() -> None:
    from tocsin.domain.facts import read_facts

    page = render_page(content(facts=read_facts({"occurred_from": "2026-11-20T22:10+07:00"})), TEMPLATES)
    line = next(line for line in page.splitlines() if "từ 22 giờ 10" in line)
    assert "thời điểm kết thúc <em" in line
    assert "22 giờ 10" not in " ".join(marked(page))


def test_whose_doing_it_was_is_open_though_it_is_known_that_it_was_meant() -> None:
    from tocsin.domain.facts import read_facts

    page = render_page(content("eu-gdpr", facts=read_facts({"intent": "malicious"})), TEMPLATES)
    [line] = [line for line in page.splitlines() if "malicious" in line]
    assert "to be determined" in line


def test_two_open_answers_under_one_label_say_so_once() -> None:
    from tocsin.rendering.paperfacts import joined, open_answer
    from tocsin.rendering.words import load_words

    words = load_words(TEMPLATES, "vi")
    both = joined(open_answer(words, "discovered_by"), open_answer(words, "discovered_how"))
    assert (both.text, both.needs) == ("đang xác minh", ("discovered_by", "discovered_how"))
