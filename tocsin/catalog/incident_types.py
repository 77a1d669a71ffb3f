"""incident_templates/types/: one folder per type of incident, and parts of checklists that types share.

`types/<id>/type.yaml` is a type; `types/<name>.yaml` is a fragment, which types take in with
`includes: [<name>]` instead of copying its steps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import Field

from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import Document, parse_document
from tocsin.domain.answers import nearest
from tocsin.domain.checklist import IncidentType, Step, in_order_of_work
from tocsin.domain.datamap import DataMap
from tocsin.domain.errors import BadFile, Refused
from tocsin.domain.facts import parse_fact
from tocsin.domain.moments import MOMENT_NAMES
from tocsin.domain.records import Id, Record, Texts

#: The moments that a step may count from.
_MOMENTS = ("declared_at", *MOMENT_NAMES)


class Fragment(Record):
    """Steps that several types share."""

    steps: tuple[Step, ...]


class TypeFile(Record):
    """A type as it is written: its own steps, and the names of the fragments that it takes in."""

    id: Id
    title: Texts
    summary: Texts
    includes: tuple[Id, ...] = ()
    data_at_risk: tuple[Id, ...] = ()
    default_facts: dict[str, Any] = Field(default_factory=dict)
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class _Written:
    """A step, and the node of the file that it was read from."""

    step: Step
    document: Document
    index: int

    def bad(self, key: str, what: str) -> BadFile:
        return self.document.bad(("steps", self.index, key), f"step {self.step.id}: {what}")


def read_types(
    paths: Mapping[str, Path], contents: Mapping[str, bytes], data_map: DataMap
) -> dict[str, IncidentType]:
    """Every type by its id, with what it includes; BadFile names the first line that does not fit.

    Both mappings have paths inside the templates folder as keys.
    """
    fragments: dict[str, list[_Written]] = {}
    files: list[Document] = []
    for name in paths:
        inside = PurePosixPath(name)
        if inside.match("types/*/type.yaml") and len(inside.parts) == 3:
            files.append(parse_document(paths[name], contents[name]))
        elif inside.match("types/*.yaml") and len(inside.parts) == 2:
            document = parse_document(paths[name], contents[name])
            fragments[inside.stem] = _steps(validated(Fragment, document).steps, document)
    types = (_type(document, fragments, data_map) for document in files)
    return {each.id: each for each in types}


def _steps(steps: Iterable[Step], document: Document) -> list[_Written]:
    return [_Written(step, document, index) for index, step in enumerate(steps)]


def _type(document: Document, fragments: Mapping[str, list[_Written]], data_map: DataMap) -> IncidentType:
    file = validated(TypeFile, document)
    folder = document.path.parent.name
    if file.id != folder:
        raise document.bad(
            ("id",), f"id {file.id!r} stands in the folder {folder!r}; give both the same name"
        )
    own, included = _steps(file.steps, document), []
    for index, name in enumerate(file.includes):
        if name not in fragments:
            raise document.bad(
                ("includes", index), f"there is no types/{name}.yaml{nearest(name, fragments)}"
            )
        included += fragments[name]
    _check_steps([*included, *own])
    _check_data_at_risk(file, document, data_map)
    return IncidentType(
        id=file.id,
        title=file.title,
        summary=file.summary,
        data_at_risk=file.data_at_risk,
        default_facts=_facts(file.default_facts, document),
        steps=in_order_of_work((each.step for each in own), (each.step for each in included)),
    )


def _check_steps(written: list[_Written]) -> None:
    found: dict[str, _Written] = {}
    for each in written:
        if each.step.id in found:
            other = found[each.step.id].document
            raise each.bad(
                "id", f"this id is taken ({other.path}:{other.line(('steps', found[each.step.id].index))})"
            )
        found[each.step.id] = each
    for each in written:
        for before in each.step.depends_on:
            if before not in found:
                raise each.bad("depends_on", f"there is no step {before!r}{nearest(before, found)}")
        for key, clock in (("due", each.step.due), ("perishes", each.step.perishes)):
            if clock is not None and clock.from_ not in _MOMENTS:
                raise each.bad(key, f"there is no moment {clock.from_!r}{nearest(clock.from_, _MOMENTS)}")
    _refuse_circles(found)


def _refuse_circles(found: Mapping[str, _Written]) -> None:
    clear: set[str] = set()

    def follow(id_: str, way: tuple[str, ...]) -> None:
        if id_ in way:
            circle = " -> ".join((*way[way.index(id_) :], id_))
            raise found[id_].bad("depends_on", f"waits for itself: {circle}")
        if id_ not in clear:
            for before in found[id_].step.depends_on:
                follow(before, (*way, id_))
            clear.add(id_)

    for id_ in found:
        follow(id_, ())


def _check_data_at_risk(file: TypeFile, document: Document, data_map: DataMap) -> None:
    known = [kind.id for kind in data_map.kinds]
    for index, kind in enumerate(file.data_at_risk):
        if kind not in known:
            raise document.bad(
                ("data_at_risk", index), f"the data map has no kind {kind!r}{nearest(kind, known)}"
            )


def _facts(stated: Mapping[str, Any], document: Document) -> dict[str, Any]:
    found = {}
    for name, raw in stated.items():
        try:
            found[name] = parse_fact(name, raw)
        except Refused as error:
            raise document.bad(("default_facts", name), str(error)) from None
    return found
