"""The language of a letter: the reader's own with English beside it, or English that says why; a language is files."""

import re
import shutil
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.rendering.companies import COMPANY, TEMPLATES, letter_facts, own
from tests.rendering.test_letter import BOTH, HOLDING, LETTERS, LOCALES, READER, visible
from tocsin.catalog import default_folders, load_catalog
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.catalog import Catalog
from tocsin.domain.certainty import Certainty
from tocsin.domain.errors import BadFile
from tocsin.domain.facts import Facts, read_facts
from tocsin.domain.languages import LANGUAGES, language_tag
from tocsin.rendering.account import account
from tocsin.rendering.letter import Letters, Reader
from tocsin.rendering.letter_lint import CLIPPED, lint_languages, lint_letter, load_never
from tocsin.rendering.letterwords import lines_instead
from tocsin.rendering.mime import Mold
from tocsin.rendering.spoken import FACT_OF
from tocsin.rendering.words import load_words

TYPES = sorted(path.name for path in (TEMPLATES / "types").iterdir() if path.is_dir())
ENGLISH = LETTERS.letter(READER, "en")


class Languages(HTMLParser):
    """The words of a page by the language that the nearest `lang` around them states."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.stack: list[tuple[str, str]] = []
        self.words: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.stack.append((tag, dict(attrs).get("lang") or (self.stack[-1][1] if self.stack else "")))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop()[0] == tag, "every element is closed where it was opened"

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1][0] != "style":
            language = self.stack[-1][1]
            self.words[language] = f"{self.words.get(language, '')} {data}"


@pytest.mark.parametrize("notice", [LETTERS, HOLDING])
@pytest.mark.parametrize("locale", [each for each in LOCALES if each != "en"])
def test_a_letter_in_another_language_has_the_whole_english_letter_beside_it(
    notice: Letters, locale: str
) -> None:
    letter, english = notice.letter(READER, locale), notice.letter(READER, "en")
    assert letter.text.endswith(english.text)
    assert own(letter.text).count("Nguyễn Thị Hoa") == english.text.count("Nguyễn Thị Hoa") == 1
    assert "This letter in English" in letter.text.partition("-" * 60)[2]
    assert letter.subject != english.subject
    by_language = Languages(letter.html).words
    assert {*by_language} == {locale, "en"}
    written = re.findall(r"\w+", by_language["en"])
    assert " ".join(re.findall(r"\w+", english.text)[:40]).lower() in " ".join(written).lower()
    assert not set(re.findall(r"\w+", by_language[locale])) & {"Dear", "What", "Reference"}


def test_days_stand_in_each_language_as_it_writes_them() -> None:
    letter = LETTERS.letter(READER, "de")
    german, _, english = letter.text.partition("-" * 60)
    assert "zwischen dem 20. November 2026 und dem 24. November 2026" in german
    assert "between 20 November 2026 and 24 November 2026" in english
    one = LETTERS.letter(Reader(BOTH, Certainty.LIKELY, None, date(2026, 3, 5), None), "de").text
    assert ("am 5. März 2026." in one, "on 5 March 2026." in one) == (True, True)


def test_the_mail_of_a_letter_in_two_languages_reads_as_it_was_meant() -> None:
    for locale in LOCALES:
        letter = LETTERS.letter(READER, locale)
        mold = Mold(sender=("StreamOnApi", "notices@streamonapi.example"), subject=letter.subject)
        mail = mold.letter(
            message_id="a@streamonapi.example",
            date=read_facts({"aware_at": "2026-11-24T03:05+07:00"}).moment("aware_at"),
            to=("Nguyễn Thị Hoa", "hoa@example.org"),
            text=letter.text,
            html=letter.html,
        )
        assert max(map(len, mail.content.split(b"\r\n"))) <= 78
        assert mail.content.isascii()


@pytest.mark.parametrize(("locale", "begins"), [
    ("fr", "Cette lettre est en anglais"), ("fr-CA", "Cette lettre"), ("FR_be.UTF-8", "Cette lettre"),
    ("zh_TW", "由於我們沒有"), ("zh-Hans-CN", "由于我们没有"), ("jp", "お客様の言語の版"), ("nld", "Deze brief"),
    ("ar", "هذه الرسالة"), ("cy", "This letter is in English, because"), ("xx", "This letter is in English, because"),
])  # fmt: skip
def test_who_reads_a_language_that_we_do_not_write_gets_english_that_says_so(
    locale: str, begins: str
) -> None:
    letter = LETTERS.letter(READER, locale)
    assert letter.text.startswith(begins)
    assert letter.text.endswith(ENGLISH.text)
    assert letter.text.count("This letter is in English, because we have no version in your language.") == 1
    assert "ask us: help@streamonapi.example, +84 28 0000 0000." in letter.text
    assert letter.subject == ENGLISH.subject
    assert sorted(visible(letter.html)) == sorted(re.findall(r"\w+", letter.text.lower()))
    assert lint_letter(letter, load_never(TEMPLATES)) == []


@pytest.mark.parametrize(
    "locale", ["", "N/A", "-", "null?", "English", "en", "EN_us", "eng", "<script>", "a" * 400]
)
def test_nothing_is_said_of_the_language_of_who_reads_english_or_named_none(locale: str) -> None:
    assert LETTERS.letter(READER, locale) == ENGLISH


@pytest.mark.parametrize(
    "text", ["measures_taken", "what_happened", "advice", "consequences", "measures_planned"]
)
def test_a_text_that_nobody_wrote_in_the_readers_language_makes_the_letter_english(text: str) -> None:
    letters = Letters("customer", TEMPLATES, letter_facts(**{text: {"en": "Said.", "vi": "Đã nói."}}))
    assert letters.spoken(READER, "de-AT").lacking == (FACT_OF.get(text, text),)
    assert letters.letter(READER, "de-AT").text.startswith("Dieser Brief ist auf Englisch, weil")
    assert letters.spoken(READER, "vi").lacking == ()


def test_what_only_some_letters_say_makes_only_these_english() -> None:
    letters = Letters(
        "customer", TEMPLATES, letter_facts(additions={"place": ({"en": "Where"}, {"en": "Here."})})
    )
    assert letters.spoken(READER, "de").locale == "de"
    assert letters.spoken(Reader(BOTH, added=("place",)), "de").lacking == ("place",)


def test_the_holding_letter_needs_no_word_that_it_does_not_print() -> None:
    advice = letter_facts(advice={"en": "Look."}, measures_planned={"en": "Later."})
    assert Letters("holding", TEMPLATES, advice).spoken(READER, "de").locale == "de"
    assert Letters("customer", TEMPLATES, advice).spoken(READER, "de").lacking == (
        "measures_planned",
        "advice_to_people",
    )


def test_the_line_stands_in_many_languages_under_tags_that_are_looked_up() -> None:
    lines = lines_instead(TEMPLATES)
    assert len(lines) > 25
    for tag, line in lines.items():
        assert language_tag(tag) == tag
        assert tag.partition("-")[0] in LANGUAGES
        assert "{mail}" in line, tag
        assert "{phone}" in line, tag
    assert {"de", "vi"} < lines.keys(), "a text may be lacking in a language that we write"


def test_what_ships_says_everything_in_every_language_of_the_letters(catalog: Catalog) -> None:
    for locale in LETTERS.locales:
        assert all(locale in kind.name for kind in catalog.data_map.kinds)
        assert all(locale in each.title and locale in each.text for each in catalog.letter.added.values())
        assert all(
            isinstance(person.title, dict) and person.title[locale] for person in catalog.contacts.people
        )
        assert all((TEMPLATES / "types" / each / f"what_happened.{locale}.j2").is_file() for each in TYPES)
        for notice in ("customer", "holding"):
            assert all(
                (TEMPLATES / "notices" / f"{notice}.{locale}.{part}.j2").is_file()
                for part in ("subject", "txt", "html")
            )
        assert lint_languages(Letters("customer", TEMPLATES, letter_facts()), [locale]) == []


def test_letters_and_papers_write_days_alike() -> None:
    for language in ("en", "vi"):
        words, papers = (
            read_document(TEMPLATES / folder / f"words.{language}.yaml").value
            for folder in ("notices", "papers")
        )
        assert [words[key] for key in ("date", "moment", "months")] == [
            papers[key] for key in ("date", "moment", "months")
        ]
        assert words["phrases"]["estimated"] == load_words(TEMPLATES, language).phrase("estimated")
        assert words["phrases"]["dpo_title"] == load_words(TEMPLATES, language).phrase("dpo_title")


@pytest.mark.parametrize("type_id", TYPES)
def test_an_account_is_told_in_german_with_german_moments(type_id: str) -> None:
    facts = read_facts(
        {"occurred_from": "2026-11-20T22:10+07:00 estimated", "detected_at": "2026-11-24T02:31+07:00",
         "occurred_to": "2026-11-23T22:10+07:00", "contained_at": "2026-11-24T05:00+07:00"}
    )  # fmt: skip
    told = account(TEMPLATES, type_id, facts, COMPANY.name, COMPANY.zone)
    assert {*told} == {"en", "vi", "de"}
    assert "20. November 2026, 22:10 Uhr (UTC+07:00) (geschätzt)" in told["de"]
    assert "24. November 2026, 5:00" not in told["de"]
    assert told["de"].count("\n\n") == told["en"].count("\n\n")
    nothing = account(TEMPLATES, type_id, Facts({}), COMPANY.name, COMPANY.zone)
    assert "am ." not in nothing["de"]


def test_a_language_is_added_as_files(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(TEMPLATES, folder)
    for path in [*(folder / "notices").glob("*.en.*.j2"), *(folder / "types").glob("*/what_happened.en.j2")]:
        words = path.read_text(encoding="utf-8").replace("WHAT HAPPENED", "CE QUI S’EST PASSÉ")
        path.with_name(path.name.replace(".en.", ".fr.")).write_text(words, encoding="utf-8")
    load_catalog([folder], [default_folders()[1]])
    texts = ("what_happened", "consequences", "measures_taken", "measures_planned", "advice")
    letters = Letters(
        "customer", folder, letter_facts(**{text: {"en": "Said.", "fr": "Dit."} for text in texts})
    )
    letter = letters.letter(READER, "fr_CA")
    assert "CE QUI S’EST PASSÉ\n\nDit.\n" in own(letter.text)
    assert letter.text.endswith(letters.letter(READER, "en").text)
    assert '<html lang="fr" dir="ltr">' in letter.html
    # Without words of its own it names days in figures, and the second reader says what nobody looks at.
    assert "2026-11-25" in own(letter.text)
    assert lint_languages(letters, ["fr"]) == [
        "nobody but you looks for wrong words in fr; add notices/lint.fr.yaml, as lint.en.yaml is",
        "account-info, auth-tokens: named in English in letters in fr; see data_map.yaml",
    ]
    words = (
        (folder / "notices/words.de.yaml").read_text(encoding="utf-8").replace("language: de", "language: fr")
    )
    (folder / "notices/words.fr.yaml").write_text(words.replace("November", "novembre"), encoding="utf-8")
    copy = shutil.copytree(folder, tmp_path / "again")
    load_catalog([copy], [default_folders()[1]])
    letters = Letters("customer", copy, letters.facts)
    assert "25. novembre 2026" in letters.letter(READER, "fr").text


def test_a_language_that_is_written_from_the_right_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(TEMPLATES, folder)
    for path in (folder / "notices").glob("customer.en.*.j2"):
        shutil.copy(path, path.with_name(path.name.replace(".en.", ".ar.")))
    texts = ("what_happened", "consequences", "measures_taken", "measures_planned", "advice")
    letters = Letters(
        "customer", folder, letter_facts(**{text: {"en": "Said.", "ar": "قيل."} for text in texts})
    )
    page = letters.letter(READER, "ar").html
    assert '<html lang="ar" dir="rtl">' in page
    assert '<section lang="en" dir="ltr">' in page


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("words.de.yaml", "{month}", "{moth}", "nobody fills the blank 'moth'"),
        ("words.de.yaml", "language: de", "language: en", "is not the one of notices/words.de.yaml"),
        ("words.en.yaml", "  below:", "  # below:", "phrase 'below' is missing"),
        ("lint.de.yaml", "readability: wiener", "readability: guess", "'guess' is unknown"),
        ("instead.yaml", "{mail}", "{mial}", "nobody fills the blank 'mial'"),
        ("instead.yaml", "\nfr:", "\nFR:", "'FR' is no language tag in small letters"),
    ],
)
def test_a_slip_in_the_words_of_letters_is_refused_where_it_stands(
    tmp_path: Path, name: str, old: str, new: str, said: str
) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(TEMPLATES, folder)
    path = folder / "notices" / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(BadFile, match=re.escape(said)) as refused:
        load_catalog([folder], [default_folders()[1]])
    assert name in str(refused.value)


def test_a_page_that_gmail_would_cut_is_named() -> None:
    long = letter_facts(consequences=dict.fromkeys(LOCALES, "Something. " * 4000))
    german = Letters("customer", TEMPLATES, long).letter(READER, "de")
    assert len(german.html.encode()) < CLIPPED
    assert not [each for each in lint_letter(german, load_never(TEMPLATES)) if "Gmail" in each]
    longer = letter_facts(consequences=dict.fromkeys(LOCALES, "Something. " * 5000))
    cut = Letters("customer", TEMPLATES, longer)
    problems = [
        [each for each in lint_letter(cut.letter(READER, locale), load_never(TEMPLATES)) if "Gmail" in each]
        for locale in ("en", "de")
    ]
    assert [len(each) for each in problems] == [0, 1], "the English beside it counts, too"
