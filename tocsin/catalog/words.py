"""The words of a language, `papers/words.<language>.yaml`, checked when they are read.

A page is set with them too: a phrase that is missing would be missed when somebody is to be called. What is needed is
what the release's own English words have, so that a list of phrases is kept in one place.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from pydantic import Field

from tocsin.catalog.folders import default_folders
from tocsin.catalog.forms import named_blanks, refuse_blanks
from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import Document, Loc, parse_document, read_document
from tocsin.domain.errors import BadFile
from tocsin.domain.records import Language, Record

WORDS = "papers/words.*.yaml"
AS_JSON = "papers/words.*.json"
ENGLISH = "papers/words.en.yaml"
_DAY = frozenset({"day", "month", "year"})
#: Which blanks each way of writing a moment may leave.
_WRITTEN = {
    "date": _DAY,
    "moment": _DAY | {"hour", "minute", "zone"},
    "place_date": _DAY | {"place"},
    "place_date_blank": frozenset({"place", "year"}),
}


class WordsFile(Record):
    """One language's words, as they are written."""

    language: Language
    thousands: str
    list_and: str
    date: str
    moment: str
    months: tuple[str, ...] = Field(min_length=12, max_length=12)
    place_date: str
    place_date_blank: str
    attachment_letters: str = Field(min_length=1)
    phrases: dict[str, str | tuple[str, ...]]
    questions: dict[str, str]
    languages: dict[str, str]
    states: dict[str, str]
    choices: dict[str, dict[str, str]]
    places: dict[str, str]


def check_words(paths: Mapping[str, Path], contents: Mapping[str, bytes]) -> None:
    """Refuse words that lack a phrase, or leave a blank that nobody fills; BadFile says where.

    Both mappings have paths inside the templates folder as keys.
    """
    own = validated(WordsFile, read_document(default_folders()[0] / ENGLISH))
    for name, content in contents.items():
        if PurePosixPath(name).match(AS_JSON):
            raise BadFile(
                paths[name], 1, f"words are written as YAML; call it {PurePosixPath(name).stem}.yaml"
            )
        if PurePosixPath(name).match(WORDS):
            document = parse_document(paths[name], content)
            words = validated(WordsFile, document)
            if words.language != name.split(".")[1]:
                raise document.bad(("language",), f"language {words.language!r} is not the one of {name}")
            _check(words, own, document)


def quick_to_read(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The templates with their words as JSON, which a page is set with before a parser of YAML is loaded."""
    quick = dict(files)
    for name, content in files.items():
        if PurePosixPath(name).match(WORDS):
            words = parse_document(Path(name), content).value
            quick[str(PurePosixPath(name).with_suffix(".json"))] = json.dumps(
                words, ensure_ascii=False
            ).encode()
            del quick[name]
    return quick


def _check(words: WordsFile, own: WordsFile, document: Document) -> None:
    for key in sorted(own.phrases.keys() - words.phrases.keys()):
        raise document.bad(("phrases",), f"phrase {key!r} is missing; see {ENGLISH}")
    for key, phrase in words.phrases.items():
        if isinstance(phrase, str) != isinstance(own.phrases.get(key, phrase), str):
            raise document.bad(("phrases", key), "is one phrase in English or a list there; write the same")
    for loc, pattern, known in _patterns(words, own):
        refuse_blanks(document, loc, pattern, known)


def _patterns(words: WordsFile, own: WordsFile) -> Iterator[tuple[Loc, str, frozenset[str]]]:
    for key, known in _WRITTEN.items():
        yield (key,), getattr(words, key), known
    for key, phrase in words.phrases.items():
        english = own.phrases.get(key)
        if isinstance(phrase, str) and isinstance(english, str):
            yield ("phrases", key), phrase, named_blanks(english)
