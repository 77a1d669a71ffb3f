"""The customer's letter: the same words for all, a few facts of each, and nothing a stranger wrote is believed."""

import html
import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tests.rendering.companies import DIRECTOR, TEMPLATES, letter_facts, own
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.errors import BadFile, Refused
from tocsin.rendering.letter import FRAMED, Letter, Letters, Reader
from tocsin.rendering.letter_lint import lint_letter, load_never
from tocsin.rendering.spoken import FACT_OF
from tocsin.rendering.text import check
from tocsin.rendering.written import clean_name

BOTH = ("account-info", "auth-tokens")
READER = Reader(BOTH, "confirmed", "Nguyễn Thị Hoa", date(2026, 11, 20), date(2026, 11, 24))
ONE_DAY = Reader(("account-info",), "cannot-exclude", None, date(2026, 11, 20), date(2026, 11, 20))
LETTERS = Letters("customer", TEMPLATES, letter_facts())
NEVER = load_never(TEMPLATES)
LOCALES = ("en", "vi", "de")
HOLDING = Letters("holding", TEMPLATES, letter_facts(consequences={}, measures_taken={}))


def visible(page: str) -> list[str]:
    body = re.sub(r"<[^>]*>", " ", page.partition("<body>")[2])
    return re.findall(r"\w+", html.unescape(body).lower())


@pytest.mark.parametrize(
    ("locale", "order"),
    [
        ("en", ["NOTICE", "25 November 2026", "WHAT HAPPENED", "WHAT INFORMATION", "MAY MEAN", "WE ARE DOING",
                "YOU CAN DO", "FOR MORE INFORMATION", "WHO WE ARE", "Võ Quốc Bảo"]),
        ("vi", ["THÔNG BÁO", "ngày 25 tháng 11 năm 2026", "ĐÃ XẢY RA", "DỮ LIỆU NÀO", "ẢNH HƯỞNG", "ĐANG LÀM GÌ",
                "CÓ THỂ LÀM GÌ", "HỎI AI", "CHÚNG TÔI LÀ AI", "Võ Quốc Bảo"]),
        ("de", ["MITTEILUNG", "25. November 2026", "WAS GESCHEHEN IST", "UM WELCHE DATEN", "FÜR SIE BEDEUTEN",
                "WAS WIR TUN", "WAS SIE TUN KÖNNEN", "WEITERE INFORMATIONEN", "WER WIR SIND", "Võ Quốc Bảo"]),
    ],
)  # fmt: skip
def test_the_parts_stand_in_their_order(locale: str, order: list[str]) -> None:
    text = own(LETTERS.letter(READER, locale).text)
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_a_letter_says_which_data_of_this_reader_and_when() -> None:
    text = LETTERS.letter(READER, "en").text
    assert "  - account information\n  - API keys\n" in text
    assert "between 20 November 2026 and 24 November 2026" in text
    one = LETTERS.letter(ONE_DAY, "en")
    assert "API keys\n" not in one.text
    assert "cannot rule out" in one.text
    assert "The requests in question were made on 20 November 2026." in one.text
    assert "Dear customer," in one.text


def test_advice_follows_the_kinds_of_data() -> None:
    assert "Change your password" in LETTERS.letter(READER, "en").text
    assert "Change your password" not in LETTERS.letter(Reader(("account-info",)), "en").text


@pytest.mark.parametrize("locale", ["VI", "vi_VN", "vi-vn", "Vi_vn.UTF-8", " vi ", "vi@latin", "vie", "VN"])
def test_a_language_is_known_however_a_customer_table_spells_it(locale: str) -> None:
    assert LETTERS.spoken(READER, locale).locale == "vi"
    assert LETTERS.letter(READER, locale).text == LETTERS.letter(READER, "vi").text


@pytest.mark.parametrize("notice", [LETTERS, HOLDING])
@pytest.mark.parametrize("locale", LOCALES)
def test_text_and_html_say_the_same(notice: Letters, locale: str) -> None:
    letter = notice.letter(READER, locale)
    assert sorted(visible(letter.html)) == sorted(re.findall(r"\w+", letter.text.lower()))


@pytest.mark.parametrize("notice", [LETTERS, HOLDING])
@pytest.mark.parametrize("locale", LOCALES)
def test_our_own_letters_are_clean(notice: Letters, locale: str) -> None:
    assert lint_letter(notice.letter(READER, locale), NEVER) == []


def test_a_drill_says_so_in_subject_text_and_html() -> None:
    drill = Letters("customer", TEMPLATES, letter_facts(drill=True))
    for locale in LOCALES:
        letter = drill.letter(READER, locale)
        assert all("DRILL" in part for part in (letter.subject, letter.text[:90], letter.html))
        assert "DRILL" not in LETTERS.letter(READER, locale).text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("{{7*7}}", "{{7*7}}"),
        ("{% include 'x' %}", "{% include 'x' %}"),
        ("An\r\nBcc: everybody", "An Bcc: everybody"),
        ("\u202egnab", "gnab"),
        ("\ue000\ue001", None),
        ("   ", None),
        ("www.example.com/prize", None),
        ("https://example.com", None),
        ("x" * 101, None),
        ("Nguye\u0302\u0303n Văn A", "Nguyễn Văn A"),
        ("O'Brien, Jr.", "O'Brien, Jr."),
    ],
)
def test_a_name_is_data(raw: str, shown: str | None) -> None:
    assert clean_name(raw) == shown
    letter = LETTERS.letter(Reader(BOTH, name=raw), "en")
    assert (f"Dear {shown}," if shown else "Dear customer,") in letter.text


@settings(max_examples=times(200))
@given(st.text(max_size=150))
def test_no_name_breaks_out_of_its_line_or_into_the_page(raw: str) -> None:
    letter, plain = LETTERS.letter(Reader(BOTH, name=raw), "en"), LETTERS.letter(Reader(BOTH), "en")
    assert letter.subject == plain.subject
    assert letter.text.count("\n") == plain.text.count("\n")
    assert letter.html.count("<") == plain.html.count("<")
    assert not re.search("[\ue000-\ue002]", letter.text + letter.html)


def test_each_distinct_combination_is_shown_once_for_approval() -> None:
    readers = [
        (
            Reader(BOTH, "confirmed", f"Reader {index}", date(2026, 11, 1 + index % 9), date(2026, 11, 20)),
            locale,
        )
        for index in range(50)
        for locale in ("en", "vi", "fr", "fr-CA", "xx", "yy", "N/A")
    ]
    readers.append((Reader(("account-info",), "likely"), "vi"))
    samples = LETTERS.variants(readers)
    assert sorted((variant.locale, variant.instead, variant.certainty) for variant in samples) == [
        ("en", "", "confirmed"),
        ("en", "fr", "confirmed"),
        ("en", "und", "confirmed"),
        ("vi", "", "confirmed"),
        ("vi", "", "likely"),
    ]


def test_the_digest_covers_texts_sender_and_templates_and_nothing_else(tmp_path) -> None:
    assert LETTERS.digest == Letters("customer", TEMPLATES, letter_facts()).digest
    changes = (
        {"measures_taken": {"en": "Other.", "vi": "Khác.", "de": "Anderes."}},
        {"dated": date(2026, 11, 26)},
        {"drill": True},
        {"signer": DIRECTOR.model_copy(update={"title": "Chair"})},
    )
    digests = {Letters("customer", TEMPLATES, letter_facts(**change)).digest for change in changes}
    assert len(digests | {LETTERS.digest}) == len(changes) + 1
    copy = copied(tmp_path)
    assert Letters("customer", copy, letter_facts()).digest == LETTERS.digest
    for number, (name, old, new) in enumerate(
        (
            ("customer.en.subject.j2", "Notice", "Notes"),
            ("frame.txt.j2", "-----", "====="),
            ("words.de.yaml", "Dieser Brief", "Das Schreiben"),
            ("instead.yaml", "Veuillez", "Merci de"),
        )
    ):
        other = copied(tmp_path / str(number)) / "notices" / name
        other.write_text(other.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        assert Letters("customer", other.parents[1], letter_facts()).digest != LETTERS.digest, name
    sought = copied(tmp_path / "lint") / "notices/lint.de.yaml"
    sought.write_text(sought.read_text(encoding="utf-8").replace("Rabatt", "Preis"), encoding="utf-8")
    assert Letters("customer", sought.parents[1], letter_facts()).digest == LETTERS.digest


def copied(folder):
    import shutil

    for name in ("notices", "papers"):
        shutil.copytree(TEMPLATES / name, folder / name)
    return folder


@pytest.mark.parametrize("text", ["measures_taken", "consequences", "advice"])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_text_that_is_missing_in_english_is_named(text: str, locale: str) -> None:
    letters = Letters("customer", TEMPLATES, letter_facts(**{text: {"vi": "Xong.", "de": "Fertig."}}))
    with pytest.raises(Refused, match=f"has no {FACT_OF.get(text, text)} in 'en'"):
        letters.letter(READER, locale)


def test_an_unknown_kind_of_data_is_refused() -> None:
    with pytest.raises(Refused, match="no kind 'shoe-size'"):
        LETTERS.letter(Reader(("shoe-size",)), "en")


def test_the_list_of_variables_is_what_letters_are_given() -> None:
    listed = read_document(TEMPLATES / "notices/variables.yaml").value
    for notice in ("customer", "holding", "correction", "follow-up"):
        assert set(listed[notice]) == LETTERS.variables
    assert set(listed["frame"]) == FRAMED | {"locale"}


LOOPS = "".join(f"{{% for {one} in kinds %}}" for one in "abc") + "{% endfor %}" * 3


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("Dear {{ nmae }},", r":2: unknown variable 'nmae'; did you mean name\?"),
        ("{{ name.upper() }}", ":2: a call has no place"),
        ("{{ 'a' * 200000000 }}", ":2: a multiplication has no place"),
        ("{{ name|center(9) }}", ":2: unknown filter 'center'"),
        (LOOPS, ":2: loops nested more than 2 deep"),
        ("{% if %}", ":2: Expected an expression"),
        ("{% for a in range(1000000000) %}{% endfor %}", ":2: a call has no place"),
        ("{{ '%1000000000d' % 1 }}", ":2: a format has no place"),
        ("{{ name + name }}", ":2: an addition has no place"),
        ("{{ name ~ name }}", ":2: a concatenation has no place"),
        ("{{ 9 ** 9999999 }}", ":2: a power has no place"),
        ("{% set a = [name, name]|join %}", ":2: a variable of its own has no place"),
        ("{% set a %}{{ name }}{{ name }}{% endset %}", ":2: a variable of its own has no place"),
        ("{% with a = name %}{% endwith %}", ":2: a variable of its own has no place"),
        ("{% macro m() %}{% endmacro %}", ":2: a macro has no place"),
        ("{% autoescape false %}{{ name }}{% endautoescape %}", ":2: a change of how text is escaped"),
        ("{{ name.__class__.__mro__ }}", ":2: a variable here is plain text"),
        ("{{ name['__class__'] }}", ":2: a variable here is plain text"),
        ("{{ ''.__class__ }}", ":2: a variable here is plain text"),
        ("{% include name %}", ":2: another template is named in quotes"),
        ("{% extends name %}", ":2: another template is named in quotes"),
        ("{% import 'customer.en.txt.j2' as c %}", ":2: an import has no place"),
    ],
)
def test_a_template_that_does_more_than_print_is_refused_by_line(tmp_path, line: str, complaint: str) -> None:
    folder = copied(tmp_path)
    path = folder / "notices/customer.en.txt.j2"
    path.write_text(f"Hello\n{line}\n", encoding="utf-8")
    with pytest.raises(BadFile, match=complaint):
        Letters("customer", folder, letter_facts())


def test_check_accepts_what_we_ship() -> None:
    for path in (TEMPLATES / "notices").glob("*.j2"):
        check(path, LETTERS.variables | (FRAMED if path.name.startswith("frame.") else frozenset()))


CLEAN = LETTERS.letter(READER, "en")


@pytest.mark.parametrize(
    ("added", "named"),
    [
        ("Your data were encrypted.", "claims what the letter does not prove"),
        ("There is no evidence of misuse.", "claims what the letter does not prove"),
        ("Write to no-reply@streamonapi.example", "nobody reads"),
        ("Sign in: https://streamonapi.example/login", "place to sign in"),
        ("See https://streamonapi.example/news", "holds a link"),
        ("Your key was sk-live0123456789abcdef", "leaked key"),
        ("Your card 4111 1111 1111 1111", "card number"),
        ("A sophisticated attack", "praises the attacker"),
        ("By accepting you waive your claims", "give up rights"),
        ("Enjoy a discount", "advertises"),
        ("Ihre Daten waren verschlüsselt.", "claims what the letter does not prove"),
        ("Die verschlüsselten Daten", "claims what the letter does not prove"),
        ("Es gibt keine  Hinweise auf Missbrauch.", "claims what the letter does not prove"),
        ("Ein ausgeklügelter Angriff", "praises the attacker"),
        ("Das war Ihr Fehler.", "blames somebody"),
        ("Zum Trost 10 % Rabatt!", "advertises"),
        ("Damit verzichten Sie auf Ansprüche.", "give up rights"),
        ("Bitte nicht auf diese E-Mail antworten.", "nobody reads"),
        ("Không có bằng chứng lạm dụng.", "claims what the letter does not prove"),
    ],
)
def test_the_linter_names_what_must_not_stand_in_a_letter(added: str, named: str) -> None:
    problems = lint_letter(Letter(CLEAN.subject, f"{CLEAN.text}\n{added}", CLEAN.html), NEVER)
    assert any(named in problem for problem in problems), problems


def test_the_linter_sees_pixels_and_missing_contacts() -> None:
    assert any("loads" in p for p in lint_letter(Letter("s", CLEAN.text, '<img src="cid:x">'), NEVER))
    bare = lint_letter(Letter("s", "Nothing here.", ""), NEVER)
    assert any("mailbox" in p for p in bare)
    assert any("telephone" in p for p in bare)
