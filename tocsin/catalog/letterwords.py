"""What letters take from languages, checked when it is read.

`notices/words.<language>.yaml`, `notices/lint.<language>.yaml` and `notices/instead.yaml`.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import Field

from tocsin.catalog.forms import refuse_blanks
from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import Document, parse_document
from tocsin.domain.errors import Refused
from tocsin.domain.languages import ENGLISH, language_tag
from tocsin.domain.records import Line, Record

WORDS = "notices/words.*.yaml"
LINT = "notices/lint.*.yaml"
INSTEAD = "notices/instead.yaml"
_DAY = frozenset({"day", "month", "year"})
_MOMENT = _DAY | {"hour", "minute", "zone"}


class Phrases(Record):
    """The phrases of one language; `below` is read of English alone."""

    dpo_title: Line
    estimated: Line
    beside: Line
    below: Line | None = None


class LetterWords(Record):
    """One language's words for letters, as they are written."""

    language: Line
    date: Line
    moment: Line
    months: tuple[Line, ...] = Field(min_length=12, max_length=12)
    phrases: Phrases


class Lint(Record):
    """What the second reader looks for in one language, and the figure by which it says how easily letters read."""

    language: Line
    readability: Literal["flesch", "wiener", "sentences"]
    never: dict[
        Literal["unproven", "blame", "others", "marketing", "login", "waiver", "no-reply"], tuple[Line, ...]
    ]


def check_letter_words(paths: Mapping[str, Path], contents: Mapping[str, bytes]) -> None:
    """Refuse words that lack one, or leave a blank that nobody fills; BadFile says where.

    Both mappings have paths inside the templates folder as keys. Refused where the English words are missing.
    """
    for name in (f"notices/words.{ENGLISH}.yaml", INSTEAD):
        if name not in paths:
            raise Refused(f"incident_templates: {name} is missing; restore it from the release")
    for name, content in contents.items():
        if PurePosixPath(name).match(WORDS):
            _check_words(name, parse_document(paths[name], content))
        elif PurePosixPath(name).match(LINT):
            document = parse_document(paths[name], content)
            _check_language(name, validated(Lint, document).language, document)
    _check_lines(paths[INSTEAD], contents[INSTEAD])


def _check_language(name: str, language: str, document: Document) -> None:
    if language != name.split(".")[1]:
        raise document.bad(("language",), f"language {language!r} is not the one of {name}")


def _check_words(name: str, document: Document) -> None:
    words = validated(LetterWords, document)
    _check_language(name, words.language, document)
    if words.language == ENGLISH and not words.phrases.below:
        raise document.bad(
            ("phrases",), "phrase 'below' is missing, which letters in other languages begin with"
        )
    refuse_blanks(document, ("date",), words.date, _DAY)
    refuse_blanks(document, ("moment",), words.moment, _MOMENT)


def _check_lines(path: Path, content: bytes) -> None:
    document = parse_document(path, content)
    lines = document.value if isinstance(document.value, dict) else {}
    if ENGLISH not in lines:
        raise document.bad((), "write the line in each language under its tag, and under en")
    for tag, line in lines.items():
        if not isinstance(tag, str) or language_tag(tag) != tag:
            raise document.bad((tag,), f"{tag!r} is no language tag in small letters, such as pt or pt-br")
        if not isinstance(line, str) or not line.strip():
            raise document.bad((tag,), "write one line of text")
        refuse_blanks(document, (tag,), line, frozenset({"mail", "phone"}))
