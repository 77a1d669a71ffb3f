"""The catalog from its files: each parsed, checked against its model and against the others."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from tocsin.catalog.commands import with_commands
from tocsin.catalog.contacts import read_contacts
from tocsin.catalog.incident_types import read_types
from tocsin.catalog.lawfile import read_regimes, read_vocabulary
from tocsin.catalog.letter import read_letter
from tocsin.catalog.packs import check_packs
from tocsin.catalog.templates import check_templates
from tocsin.catalog.validation import validated
from tocsin.catalog.words import quick_to_read
from tocsin.catalog.yamlfile import parse_document
from tocsin.domain.catalog import Catalog
from tocsin.domain.checklist import IncidentType, Types
from tocsin.domain.contacts import Contacts
from tocsin.domain.datamap import DataMap
from tocsin.domain.errors import Refused
from tocsin.domain.law.laws import Laws
from tocsin.domain.law.regime import owing_at_once


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
    people = _contacts(contacts, data_map)
    check_packs(paths, contents)
    check_templates(paths, contents)
    types = read_types(paths, contents, data_map)
    words = read_vocabulary(paths, contents)
    regimes = read_regimes(paths, contents, words)
    own = {part for regime in regimes.values() for part in regime.parts}
    organisation, authorities = people.organisation, people.authorities
    return Catalog(
        types=Types.of(types),
        regimes=Laws.of(regimes),
        data_map=data_map,
        letter=read_letter(paths, contents, {*words, *own}),
        files=MappingProxyType(quick_to_read(files)),
        contacts=with_commands(people, contacts, types),
        first_laws=owing_at_once(regimes.values(), organisation, authorities),
    )


def read_people(folders: Sequence[Path], data_map: DataMap, types: Mapping[str, IncidentType]) -> Contacts:
    """The contacts of these folders, beside packs that were read before: checked as with them."""
    return with_commands(_contacts(folders, data_map), folders, types)


def _contacts(folders: Sequence[Path], data_map: DataMap) -> Contacts:
    return read_contacts(folders, [kind.id for kind in data_map.kinds])


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
