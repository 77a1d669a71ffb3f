"""The catalog from its files: each parsed, checked against its model and against the others."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from tocsin.catalog.contacts import read_contacts
from tocsin.catalog.incident_types import read_types
from tocsin.catalog.packs import check_packs
from tocsin.catalog.templates import check_templates
from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import parse_document
from tocsin.domain.catalog import Catalog
from tocsin.domain.datamap import DataMap
from tocsin.domain.errors import Refused
from tocsin.domain.regime import Regime


def read_catalog(
    paths: Mapping[str, Path],
    contents: Mapping[str, bytes],
    files: Mapping[str, bytes],
    contacts: Sequence[Path],
) -> Catalog:
    """The catalog of these files. BadFile names file and line of the first thing that does not fit.

    `paths` and `contents` have names inside the templates folder as keys; `files` are the contents that stay templates.
    """
    data_map = _data_map(paths, contents)
    check_packs(paths, contents)
    check_templates(paths, contents)
    return Catalog(
        types=MappingProxyType(read_types(paths, contents, data_map)),
        regimes=MappingProxyType(_regimes(paths, contents)),
        data_map=data_map,
        files=MappingProxyType(dict(files)),
        contacts=read_contacts(contacts, [kind.id for kind in data_map.kinds]),
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
    """Every folder under regimes/ that has a regime.yaml, by the name of the folder."""
    found = {}
    for name, path in paths.items():
        inside = PurePosixPath(name)
        if inside.match("regimes/*/regime.yaml") and len(inside.parts) == 3:
            document = parse_document(path, contents[name])
            regime = validated(Regime, document)
            if regime.id != inside.parts[1]:
                wrong, right = regime.id, inside.parts[1]
                raise document.bad(
                    ("id",), f"id {wrong!r} stands in the folder {right!r}; give both the same name"
                )
            found[regime.id] = regime
    return found
