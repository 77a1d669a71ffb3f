"""How easily a letter reads: figures worked out by hand, and what they mean."""

import pytest

from tests.rendering.companies import TEMPLATES
from tests.rendering.test_letter import LETTERS, READER
from tocsin.catalog.letterwords import Lint
from tocsin.rendering.letterwords import lint_of
from tocsin.rendering.readability import (
    FORMULAS,
    LONG,
    english_syllables,
    german_syllables,
    harder,
    readability,
)


@pytest.mark.parametrize(("word", "syllables"), [
    ("the", 1), ("make", 1), ("makes", 1), ("data", 2), ("table", 2), ("revoked", 2), ("added", 2), ("breaches", 2),
    ("happened", 2), ("information", 4), ("password", 2), ("notice", 2), ("security", 4), ("free", 1), ("called", 1),
])  # fmt: skip
def test_english_syllables(word: str, syllables: int) -> None:
    assert english_syllables(word) == syllables


@pytest.mark.parametrize(("word", "syllables"), [
    ("wir", 1), ("Daten", 2), ("Schlüssel", 2), ("Verletzung", 3), ("Sie", 1), ("betreffen", 3), ("Frau", 1),
    ("personenbezogener", 7), ("Haus", 1), ("Häuser", 2), ("Information", 5),
])  # fmt: skip
def test_german_syllables(word: str, syllables: int) -> None:
    assert german_syllables(word) == syllables


def test_flesch_of_a_sentence_worked_out_by_hand() -> None:
    # Six words of one syllable in one sentence: 206.835 - 1.015 * 6 - 84.6 and 0.39 * 6 + 11.8 - 15.59.
    found = readability("The cat sat on the mat.", "en", "flesch")
    assert found is not None
    assert found.figures == {"Flesch reading ease": 116.1, "Flesch-Kincaid grade": -1.4}
    assert (found.words_per_sentence, found.sentences, found.meaning) == (6.0, 1, "plain: 1st grade")


def test_the_german_formula_of_a_sentence_worked_out_by_hand() -> None:
    # Four words, of which "Schlüssel" and "gesperrt" have more than 6 letters, none three syllables, two one syllable:
    # 0.1672 * 4 + 0.1297 * 50 - 0.0327 * 50 - 0.875.
    found = readability("Der Schlüssel ist gesperrt.", "de", "wiener")
    assert found is not None
    assert found.figures == {"Wiener Sachtextformel": 4.6}
    assert found.meaning == "plain: 5th grade"


def test_vietnamese_is_measured_by_its_sentences_alone() -> None:
    found = readability(f"Chúng tôi xin lỗi.\n{'từ ' * LONG}cuối.\n", "vi", "sentences")
    assert found is not None
    assert found.figures == {}
    assert (found.words_per_sentence, found.long_sentences, found.sentences) == (15.0, 1, 2)


def test_what_is_no_sentence_is_not_measured_and_the_dot_of_a_day_ends_none() -> None:
    text = "WAS GESCHEHEN IST\n\n  - Kontodaten\n\nDies geschah am 20. November 2026 um 5 Uhr.\nstreamonapi.example\n"
    found = readability(text, "de", "wiener")
    assert found is not None
    assert (found.sentences, found.words_per_sentence) == (1, 6.0)
    assert readability("NOTHING HERE\n", "en", "flesch") is None


def test_a_text_that_is_harder_is_said_to_be() -> None:
    plain = readability("We shut it. We are sorry.", "en", "flesch")
    hard = readability(
        "Organisational countermeasures necessitate considerable administrative preparation.", "en", "flesch"
    )
    assert plain is not None
    assert hard is not None
    assert hard.meaning == "hard: beyond school"
    assert harder(plain, hard) is harder(hard, plain) is hard


def test_our_own_letters_are_plain() -> None:
    for locale in LETTERS.locales:
        for language, text in LETTERS.texts(LETTERS.variant_of(READER, locale)).items():
            found = readability(text, language, lint_of(TEMPLATES, language)["readability"])
            assert found is not None
            assert found.long_sentences == 0, (language, found)
            assert found.meaning.startswith(("plain", "short")), (language, found)


def test_every_formula_that_a_file_may_name_is_there() -> None:
    assert {*Lint.model_fields["readability"].annotation.__args__} == {*FORMULAS}
