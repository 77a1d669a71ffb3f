"""Every file of the packs is read and checked, also those that nothing needs until a paper or a page is set.

What is wrong in them would otherwise be found when the incident is declared already and somebody waits for the page.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from tocsin.catalog.forms import check_form, check_proof, check_register
from tocsin.catalog.letterwords import check_letter_words
from tocsin.catalog.words import ENGLISH, check_words
from tocsin.catalog.yamlfile import parse_document
from tocsin.domain.errors import BadFile, Refused

#: Without these nobody could be paged.
_NEEDED = (ENGLISH, "messages/frame.en.j2", "messages/page.en.j2", "messages/mail.html.j2")
_TEXTS = (".j2", ".typ", ".yaml")


def check_packs(paths: Mapping[str, Path], contents: Mapping[str, bytes]) -> None:
    """Refuse the first file that is missing, empty, no text, or not what its name says; BadFile says where.

    Both mappings have paths inside the templates folder as keys.
    """
    for name in _NEEDED:
        if name not in paths:
            raise Refused(f"incident_templates: {name} is missing; restore it from the release")
    for name, content in contents.items():
        if name.endswith(_TEXTS):
            _check_text(paths[name], content)
        inside = PurePosixPath(name)
        if inside.name == "authority.yaml" or _is_paper(inside, contents):
            check_form(paths[name], content)
        else:
            _check_kind(inside, paths[name], content)
    check_words(paths, contents)
    check_letter_words(paths, contents)


def _check_text(path: Path, content: bytes) -> None:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadFile(path, line, "is not UTF-8; save it as UTF-8") from None
    if not text.strip():
        raise BadFile(path, 1, "is empty; write it, or take it away and the shipped one counts")


def _is_paper(inside: PurePosixPath, contents: Mapping[str, bytes]) -> bool:
    """Whether a file says what stands on one of a law's papers: Typst sets it under the same name."""
    of_a_law = inside.suffix == ".yaml" and inside.parts[0] == "regimes"
    return of_a_law and inside.with_suffix(".typ").as_posix() in contents


def _check_kind(inside: PurePosixPath, path: Path, content: bytes) -> None:
    if inside.as_posix() == "papers/register.yaml":
        check_register(path, content)
    elif inside.as_posix() == "papers/proof.yaml":
        check_proof(path, content)
    elif inside.name == "examples.yaml":
        _check_examples(path, content)
    elif inside.suffix == ".yaml":
        parse_document(path, content)


def _check_examples(path: Path, content: bytes) -> None:
    document = parse_document(path, content)
    if not isinstance(document.value, list):
        raise document.bad((), "write a list of examples, each with a name, facts and what to expect")
    for index, example in enumerate(document.value):
        for key in ("name", "facts", "expect"):
            if not isinstance(example, dict) or key not in example:
                raise document.bad((index,), f"example {index + 1} lacks {key!r}")
