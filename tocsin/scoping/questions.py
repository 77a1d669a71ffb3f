"""A question as a file: `scope.yaml`, or the canonical JSON that is kept as evidence.

What somebody writes is YAML, JSON too: a value `"@leaked.txt"` stands for the lines of a file, whose path starts at the
folder of the question. A question that was kept is known by its bytes, which are its own canonical ones and no others:
there every value is meant as it stands. What is wrong is named by file and line, and by the place of a value in its
list: never by a value, which may be a secret or somebody's address.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import Document, parse_document
from tocsin.domain.errors import BadFile, Refused
from tocsin.domain.scope.clauses import KINDS
from tocsin.domain.scope.question import Question, read_question
from tocsin.scoping.declaration import read_list
from tocsin.scoping.wordfiles import read_lines

#: A kept question holds its indicators itself, a million tokens of them perhaps.
_LARGEST = 1 << 30
#: Words of a complaint that may quote what stands in the file.
_QUOTED = re.compile(r"(?<=key )'[^']*'|^\S+(?= is no number)")
#: What YAML calls half of a character; and two halves of one, behind whole escapes.
_HALF = "Unicode character escape"
_HALVES = re.compile(rb"(?<!\\)((?:\\\\)*)((?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})+)")
_KEYS = "tokens, sessions, accounts, ips, agents, where, since, until, sources, people or exposed"


@dataclass(frozen=True)
class HandedIn:
    """A question, and the bytes in which it was handed in."""

    question: Question
    content: bytes


def read_question_file(path: Path) -> HandedIn:
    """The question that a file asks; BadFile names the first bad line, Refused says why it cannot be read."""
    try:
        if path.exists() and not path.is_file():
            raise Refused(f"{path}: is no file; name a file")
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}); check its path and permissions") from None
    if len(content) > _LARGEST:
        raise Refused(f"{path}: is larger than {_LARGEST} bytes; put the indicators into files of their own")
    return HandedIn(question_of(path, content), content)


def question_of(path: Path, content: bytes) -> Question:
    """The question in these bytes, which are said to stand in `path`."""
    if kept := _kept(content):
        return kept
    document = _as_yaml(path, content)
    if not isinstance(document.value, dict):
        raise BadFile(path, 1, f"asks nothing; write {_KEYS}")
    value = document.value | {"people": _listed(document)} if "people" in document.value else document.value
    filled = Document(path, _filled(value, document, ()), document.lines)
    try:
        return validated(Question, filled)
    except BadFile as error:
        raise BadFile(path, error.line, _unknown(error.what)) from None


def _kept(content: bytes) -> Question | None:
    """The question whose canonical bytes these are; None for whatever else, which somebody wrote."""
    if not content.startswith(b"{"):
        return None
    try:
        question = read_question(json.loads(content))
    except (ValueError, RecursionError, Refused):
        return None
    return question if question.canonical() == content else None


def _as_yaml(path: Path, content: bytes) -> Document:
    try:
        return parse_document(path, content)
    except BadFile as error:
        what = _QUOTED.sub("...", error.what)
        if _HALF in what:
            if (whole := _with_whole_characters(content)) != content:
                return _as_yaml(path, whole)
            what = "holds half of a character; write the character itself, not its \\u codes"
        elif "cannot start any token" in what or "a tag" in what or "refers to nothing" in what:
            what = 'put quotes around a value that begins with @, *, & or !, like "@leaked.txt"'
        elif "larger than" in what or "more than" in what:
            what += '; put indicators into files of their own, like tokens: ["@leaked.txt"]'
        raise BadFile(path, error.line, what) from None


def _with_whole_characters(content: bytes) -> bytes:
    """JSON in which no character is escaped as two halves (RFC 8259, 7), which YAML knows nothing of; all else as it
    is.
    """
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return content
    return _HALVES.sub(lambda pair: pair[1] + json.loads(b'"%b"' % pair[2]).encode(), content)


def _filled(value: Any, document: Document, loc: tuple[str | int, ...]) -> Any:
    """The same question with the lines of files in place of their names."""
    if isinstance(value, dict):
        return {
            key: _values(below, document, (*loc, key))
            if key in KINDS
            else _filled(below, document, (*loc, key))
            for key, below in value.items()
        }
    if isinstance(value, list):
        return [_filled(below, document, (*loc, place)) for place, below in enumerate(value)]
    return value


def _values(value: Any, document: Document, loc: tuple[str | int, ...]) -> Any:
    if not isinstance(value, list):
        # One file needs no brackets.
        return _lines(value, document, loc) if _names_file(value) else value
    found: list[Any] = []
    for place, each in enumerate(value):
        found += _lines(each, document, (*loc, place)) if _names_file(each) else [each]
    return found


def _listed(document: Document) -> Any:
    value = document.value["people"]
    if not isinstance(value, list):
        value = [value]
    found: list[Any] = []
    for place, each in enumerate(value):
        if _names_file(each):
            found += [listed.model_dump() for listed in read_list(_path(each, document, ("people", place)))]
        else:
            found.append({"who": each} if isinstance(each, str) else each)
    return found


def _names_file(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("@")


def _lines(name: str, document: Document, loc: tuple[str | int, ...]) -> tuple[str, ...]:
    return read_lines(_path(name, document, loc))


def _path(name: str, document: Document, loc: tuple[str | int, ...]) -> Path:
    path = document.path.resolve().parent / name[1:]
    try:
        if path.is_file():
            return path
    except OSError:
        pass  # A name that is longer than any file's.
    raise document.bad(loc, f"there is no file for value {_number(loc)}; its path starts at this folder")


def _number(loc: tuple[str | int, ...]) -> int:
    return loc[-1] + 1 if isinstance(loc[-1], int) else 1


def _unknown(what: str) -> str:
    """A key that is like none of ours may be an indicator at the wrong place."""
    if "unknown key" not in what:
        return what
    if meant := re.search(r"; did you mean [a-z]+\?$", what):
        return f"a key that nobody knows here{meant[0]}"
    return f"a key that nobody knows here; write {_KEYS}, and in a clause {', '.join(KINDS)}, name or own"
