"""What a letter takes from a language beside its templates: how days are written, a few phrases, and one line.

`notices/words.<language>.yaml` has the words of a language that letters are written in; `notices/instead.yaml` has the
line that says in a language that the letter is in English. A language is added as files. One without words of its own
has its days in figures (ISO 8601) and the phrases in English.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tocsin.catalog.yamlfile import read_document
from tocsin.domain.languages import ENGLISH, shorter
from tocsin.rendering.words import Words

INSTEAD = "notices/instead.yaml"
#: A language of which we have no such line: BCP 47's word for one that is not determined.
UNDETERMINED = "und"
_FIGURES = {
    "date": "{year}-{month}-{day:02}",
    "moment": "{year}-{month}-{day:02} {hour:02}:{minute:02} ({zone})",
    "months": [f"{number:02}" for number in range(1, 13)],
}


@lru_cache(maxsize=64)
def letter_words(templates: Path, language: str) -> Words:
    """The words of letters in this language, or in its parent (`pt` for `pt-BR`)."""
    for tag in shorter(language):
        path = templates / "notices" / f"words.{tag}.yaml"
        if path.is_file():
            return Words(language, read_document(path).value)
    english: dict[str, Any] = read_document(templates / "notices" / f"words.{ENGLISH}.yaml").value
    return Words(language, english | _FIGURES)


@lru_cache(maxsize=64)
def lint_of(templates: Path, language: str) -> Mapping[str, Any] | None:
    """What `notices/lint.<language>.yaml` says, or that of its parent; None where nobody wrote one."""
    paths = (templates / "notices" / f"lint.{tag}.yaml" for tag in shorter(language))
    return next((read_document(path).value for path in paths if path.is_file()), None)


@lru_cache(maxsize=8)
def lines_instead(templates: Path) -> Mapping[str, str]:
    """Language, as a lower-case tag, to the line that says in it why the letter is in English."""
    path = templates / INSTEAD
    return read_document(path).value if path.is_file() else {}


def instead_of(templates: Path, tag: str) -> str:
    """The language of the line for readers of `tag`: their own, or `und` where we have none in it."""
    lines = lines_instead(templates)
    return next((each for each in shorter(tag) if each in lines), UNDETERMINED)
