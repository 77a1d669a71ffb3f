"""A list in `contacts/`: entries by id, each with the place where it stands, those of a later folder over earlier ones.

`_LISTS` names the lists of a file that may hold more than one. It holds at least one; a list that it leaves out adds
nothing to those of the other folders.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from tocsin.catalog.folders import layers
from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import Document, Loc, read_document
from tocsin.domain.answers import nearest
from tocsin.domain.cadence import Cadence, Stakeholder
from tocsin.domain.commands import Command
from tocsin.domain.contacts import Authority, Person, Processor
from tocsin.domain.errors import BadFile, Refused
from tocsin.domain.ladder import Guest, Ladder
from tocsin.domain.rota import Absence, Rotation
from tocsin.domain.routes import Gateway

#: The lists that a file of contacts may hold, where there are more than one.
_LISTS: Mapping[str, tuple[str, ...]] = {
    "oncall.yaml": ("rotations", "absences"),
    "escalation.yaml": ("ladders", "gateways", "updates", "stakeholders", "invited"),
}

_Named = TypeVar(
    "_Named", Person, Rotation, Ladder, Guest, Cadence, Stakeholder, Authority, Processor, Command, Gateway
)
_Entry = TypeVar(
    "_Entry",
    Person,
    Rotation,
    Ladder,
    Guest,
    Cadence,
    Stakeholder,
    Authority,
    Processor,
    Command,
    Gateway,
    Absence,
)


@dataclass(frozen=True)
class Listed(Generic[_Entry]):
    """One entry of a list, and where it stands."""

    entry: _Entry
    document: Document
    loc: Loc

    def bad(self, below: Loc, what: str) -> BadFile:
        """The complaint about a node inside this entry."""
        return self.document.bad((*self.loc, *below), what)


def last(folders: Sequence[Path], name: str) -> Path:
    """The file of this name that wins. Refused where there is none."""
    found = layers(folders, name)
    if not found:
        raise Refused(f"{folders[-1] if folders else 'contacts'}: {name} is missing; tocsin init writes one")
    return found[-1]


def listed(folders: Sequence[Path], name: str, key: str, model: type[_Named]) -> Mapping[str, Listed[_Named]]:
    """The entries under `key` in every folder's file of this name, by id; a later folder's entry wins."""
    last(folders, name)
    found: dict[str, Listed[_Named]] = {}
    for path in layers(folders, name):
        here: dict[str, Listed[_Named]] = {}
        for listed in _inside(path, name, key, model):
            if listed.entry.id in here:
                raise listed.bad(("id",), f"id {listed.entry.id!r} stands here twice; keep one")
            here[listed.entry.id] = listed
        found |= here
    return found


def nameless(folders: Sequence[Path], name: str, key: str, model: type[_Entry]) -> list[Listed[_Entry]]:
    """The entries under `key` of a list without ids: all of every folder, since none stands for another."""
    return [each for path in layers(folders, name) for each in _inside(path, name, key, model)]


def _inside(path: Path, name: str, key: str, model: type[_Entry]) -> Iterator[Listed[_Entry]]:
    document = read_document(path)
    for index in range(_length(document, name, key)):
        loc: Loc = (key, index)
        yield Listed(validated(model, document, loc), document, loc)


def _length(document: Document, name: str, key: str) -> int:
    top = document.value if isinstance(document.value, dict) else {}
    known = _LISTS.get(name, (key,))
    for other in top:
        if other not in known:
            raise document.bad((other,), f"unknown key {other!r}{nearest(other, known)}")
    if top and key not in top:
        return 0
    if not isinstance(top.get(key), list):
        raise document.bad((key,), f"write one list under the key {key!r}")
    return len(top[key])


def entries(found: Mapping[str, Listed[_Named]]) -> tuple[_Named, ...]:
    """What is listed, without its places."""
    return tuple(listed.entry for listed in found.values())
