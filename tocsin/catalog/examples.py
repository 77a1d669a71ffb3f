"""The worked examples that stand beside a law, read from their file and held against it."""

from dataclasses import dataclass
from pathlib import Path

from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import Document, read_document
from tocsin.domain.contacts import Contacts
from tocsin.domain.errors import BadFile, Refused
from tocsin.domain.law.examples import Case, Examples, cases, uncovered
from tocsin.domain.law.rules import Regime


@dataclass(frozen=True)
class Failed:
    """A case in which the law gives something else than the example states. `line` is that of the example."""

    line: int
    name: str
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """One law held against its examples."""

    code: str
    path: Path
    examples: int
    cases: int
    failed: tuple[Failed, ...]
    #: Rules, and how no example shows them: owed, not owed, at their boundary.
    unshown: tuple[tuple[str, str], ...]


def held_against(regime: Regime, path: Path, contacts: Contacts) -> Held:
    """A law and its examples. BadFile for a file that is no file of examples, with the line."""
    document = read_document(path)
    validated(Examples, document)
    tried, failed = 0, list[Failed]()
    for index in range(len(document.value)):
        for case in _cases(regime, document, index, contacts):
            tried += 1
            if differences := tuple(case.differences(regime)):
                failed.append(Failed(document.line((index,)), case.name, differences))
    unshown = tuple(uncovered(regime, document.value))
    return Held(regime.id, path, len(document.value), tried, tuple(failed), unshown)


def _cases(regime: Regime, document: Document, index: int, contacts: Contacts) -> list[Case]:
    try:
        return list(cases(regime.id, [document.value[index]], contacts))
    except BadFile:
        raise
    except (Refused, ValueError) as error:
        first = str(error).splitlines()[0]
        raise document.bad((index,), f"{document.value[index]['name']!r}: {first}; correct it") from None
