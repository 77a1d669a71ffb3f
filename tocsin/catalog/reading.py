"""The catalog from its files: each parsed, checked against its model and against the others."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from tocsin.catalog.commands import with_commands
from tocsin.catalog.contacts import read_contacts
from tocsin.catalog.incident_types import read_types
from tocsin.catalog.letter import read_letter
from tocsin.catalog.loose_ends import at_its_rule, refuse_loose_ends
from tocsin.catalog.packs import check_packs
from tocsin.catalog.templates import check_templates
from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import Document, parse_document
from tocsin.domain.catalog import Catalog
from tocsin.domain.datamap import DataMap
from tocsin.domain.errors import BadFile, Refused
from tocsin.domain.laws import Laws
from tocsin.domain.rules import Regime, first_circle, in_a_circle


def read_catalog(
    paths: Mapping[str, Path],
    contents: Mapping[str, bytes],
    files: Mapping[str, bytes],
    contacts: Sequence[Path],
) -> Catalog:
    """The catalog of these files. BadFile names file and line of the first thing that does not fit.

    But a mistake in the commands is kept as a value: see `with_commands`.

    `paths` and `contents` have names inside the templates folder as keys; `files` are the contents that stay templates.
    """
    data_map = _data_map(paths, contents)
    people = read_contacts(contacts, [kind.id for kind in data_map.kinds])
    check_packs(paths, contents)
    check_templates(paths, contents)
    types = read_types(paths, contents, data_map)
    return Catalog(
        types=MappingProxyType(types),
        regimes=Laws.of(_regimes(paths, contents).values()),
        data_map=data_map,
        letter=read_letter(paths, contents),
        files=MappingProxyType(dict(files)),
        contacts=with_commands(people, contacts, types),
    )


def _data_map(paths: Mapping[str, Path], contents: Mapping[str, bytes]) -> DataMap:
    if "data_map.yaml" not in paths:
        raise Refused("incident_templates: data_map.yaml is missing; tocsin init writes one")
    document = parse_document(paths["data_map.yaml"], contents["data_map.yaml"])
    data_map = validated(DataMap, document)
    seen: set[str] = set()
    for index, kind in enumerate(data_map.kinds):
        if kind.id in seen:
            raise document.bad(("kinds", index, "id"), f"kind {kind.id!r} stands here twice; keep one")
        seen.add(kind.id)
    return data_map


def _regimes(paths: Mapping[str, Path], contents: Mapping[str, bytes]) -> dict[str, Regime]:
    """Every folder under regimes/ with a regime.yaml, by its name."""
    found: dict[str, Regime] = {}
    documents: dict[str, Document] = {}
    for name, path in sorted(paths.items()):
        inside = PurePosixPath(name)
        if inside.match("regimes/*/regime.yaml") and len(inside.parts) == 3:
            document = parse_document(path, contents[name])
            try:
                regime = validated(Regime, document)
            except BadFile as error:
                raise at_its_rule(document, error) from None
            if regime.id != inside.parts[1]:
                wrong, right = regime.id, inside.parts[1]
                raise document.bad(
                    ("id",), f"id {wrong!r} stands in the folder {right!r}; give both the same name"
                )
            found[regime.id], documents[regime.id] = regime, document
    for code, regime in found.items():
        refuse_loose_ends(regime, documents[code], found)
    ahead = {rule: others for regime in found.values() for rule, others in regime.ahead.items()}
    if circle := first_circle(ahead):
        document = documents[circle[0].partition("/")[0]]
        raise at_its_rule(document, document.bad(("rules",), in_a_circle(circle)))
    return found
