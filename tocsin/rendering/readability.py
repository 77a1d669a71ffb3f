"""How easily a letter reads: the figure that suits its language, and what that figure means.

Only sentences are measured: headings, lists of data, addresses and other lines that end in no full stop say nothing
of how plain the words are. Syllables are counted as groups of vowels, which is an estimate; a figure is a hint to a
person, and no proof. Sources: R. Flesch, A New Readability Yardstick (Journal of Applied Psychology 32, 1948); J. P.
Kincaid and others, Research Branch Report 8-75 (1975), for the grade; R. Bamberger and E. Vanecek, Lesen – Verstehen –
Lernen – Schreiben (1984), the first Wiener Sachtextformel; all as remembered.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

#: Words in a sentence from which on it counts as long: the limit that GOV.UK sets its writers.
LONG = 25
#: The dot of a German day, `25. November`, ends none.
_SENTENCE = re.compile(r"(?<!\b\d)(?<!\b\d\d)[.!?:]+(?=\s|$)")
_VOWELS = re.compile(r"[aeiouyäöüáéíóú]+", re.IGNORECASE)
#: At the end of an English word: `make`, `revoked`, `makes`, but neither `table` nor `added` nor `breaches`.
_SILENT = re.compile(
    r"(?<![aeiouyl])e$|(?<![aeiouytd])ed$|(?<![aeioucgsxz])(?<!sh)(?<!ch)es$|(?<=[aeiou]l)e[ds]?$"
)
#: Written with two letters and more, and spoken as one; after them a vowel begins a new syllable.
_GERMAN_VOWELS = re.compile(r"aa|ah|ai|au|äu|ay|ee|ei|eu|ey|ie|oo|oi|ou|ui(?=$)|[aeiouyäöü]", re.IGNORECASE)


@dataclass(frozen=True)
class Readability:
    """How easily the letters in one language read.

    `figures` are those of the formula, by name; `words_per_sentence` the mean, `long_sentences` of `sentences` those of
    more than 25 words; `meaning` says it in words.
    """

    language: str
    figures: Mapping[str, float]
    words_per_sentence: float
    long_sentences: int
    sentences: int
    meaning: str


def readability(text: str, language: str, formula: str) -> Readability | None:
    """The figures of one text; None where it has no sentence. A `formula` nobody knows measures sentences alone."""
    sentences = [words for words in map(_words, _sentences(text)) if words]
    if not sentences:
        return None
    figures, meaning = FORMULAS.get(formula, _sentences_alone)(sentences)
    long = sum(len(words) > LONG for words in sentences)
    return Readability(language, figures, round(_mean(sentences), 1), long, len(sentences), meaning)


def harder(one: Readability, other: Readability) -> Readability:
    """The one that asks more of its reader: by its last figure (a grade), or by the length of its sentences."""
    return max(one, other, key=lambda each: (*list(each.figures.values())[-1:], each.words_per_sentence))


def _flesch(sentences: list[list[str]]) -> tuple[dict[str, float], str]:
    words, mean = list(chain.from_iterable(sentences)), _mean(sentences)
    syllables = sum(map(english_syllables, words)) / len(words)
    ease = 206.835 - 1.015 * mean - 84.6 * syllables
    grade = 0.39 * mean + 11.8 * syllables - 15.59
    return {"Flesch reading ease": round(ease, 1), "Flesch-Kincaid grade": round(grade, 1)}, _school(grade)


def _wiener(sentences: list[list[str]]) -> tuple[dict[str, float], str]:
    words, mean = list(chain.from_iterable(sentences)), _mean(sentences)
    counts = [german_syllables(word) for word in words]

    def share(fit: Iterable[bool]) -> float:
        return 100 * sum(fit) / len(words)

    grade = (
        0.1935 * share(count >= 3 for count in counts)
        + 0.1672 * mean
        + 0.1297 * share(len(word) > 6 for word in words)
        - 0.0327 * share(count == 1 for count in counts)
        - 0.875
    )
    return {"Wiener Sachtextformel": round(grade, 1)}, _school(grade)


def _sentences_alone(sentences: list[list[str]]) -> tuple[dict[str, float], str]:
    mean = _mean(sentences)
    return (
        {},
        "short sentences" if mean <= 15 else "sentences of middle length" if mean <= 20 else "long sentences",
    )


#: Formula, as `lint.<language>.yaml` names it, to how it is worked out of sentences, each a list of words.
FORMULAS: Mapping[str, Callable[[list[list[str]]], tuple[dict[str, float], str]]] = {
    "flesch": _flesch,
    "wiener": _wiener,
    "sentences": _sentences_alone,
}


def english_syllables(word: str) -> int:
    """Groups of vowels, but for a silent e at the end of the word or before its ending -d or -s."""
    word = _SILENT.sub("", word.lower()) or word
    return max(1, len(_VOWELS.findall(word)))


def german_syllables(word: str) -> int:
    """Vowels, where two that are spoken as one count once: `Schlüssel` 2, `Daten` 2, `Familie` 3 (it is 4)."""
    return max(1, len(_GERMAN_VOWELS.findall(word)))


def _sentences(text: str) -> Iterable[str]:
    """The sentences of those lines that end as sentences do."""
    for line in text.splitlines():
        if re.search(r"[.!?:]\s*$", line):
            yield from _SENTENCE.split(line)


def _words(sentence: str) -> list[str]:
    return re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", sentence)


def _mean(sentences: list[list[str]]) -> float:
    return sum(map(len, sentences)) / len(sentences)


def _school(grade: float) -> str:
    """A grade in words: GDPR Art. 12(1) asks for clear and plain language."""
    year = max(1, round(grade))
    how = "plain" if grade <= 9 else "fairly hard" if grade <= 12 else "hard"
    return f"{how}: {_ordinal(year)} grade" if year <= 12 else f"{how}: beyond school"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number in (11, 12, 13) else ending}"
