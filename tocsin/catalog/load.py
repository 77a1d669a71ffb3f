"""Everything in incident_templates/ and contacts/, read, cross-checked and put together.

The first bad line is refused with its place, and nothing is half loaded. With a cache, files that were found good
before are not parsed again, which spares a command the parsers too.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from tocsin.catalog.cache import cache_key, keep, recall
from tocsin.catalog.contacts import read_contacts
from tocsin.catalog.folders import overlaid
from tocsin.catalog.incident_types import read_types
from tocsin.catalog.packs import check_packs
from tocsin.catalog.templates import check_templates
from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import parse_document
from tocsin.domain.catalog import Catalog
from tocsin.domain.datamap import DataMap
from tocsin.domain.errors import Refused
from tocsin.domain.regime import Regime

LARGEST = 5_000_000  # bytes of one template


def load_catalog(
    templates: Sequence[Path], contacts: Sequence[Path], *, cache: Path | None = None
) -> Catalog:
    """The catalog of these folders, of which later ones overlay earlier ones. `cache` is a file to keep it in.

    BadFile names file and line of the first thing that does not fit; Refused, a folder or file that is missing.
    """
    paths = overlaid(templates)
    contents = {name: _content(path) for name, path in paths.items()}
    files = {name: content for name, content in contents.items() if not _is_parsed(name)}
    if cache is None:
        return _read(paths, contents, files, contacts)
    key = cache_key(contents, contacts)
    kept = recall(cache, key, files)
    if kept is not None:
        return kept
    catalog = _read(paths, contents, files, contacts)
    keep(cache, key, catalog)
    return catalog


def _read(
    paths: Mapping[str, Path],
    contents: Mapping[str, bytes],
    files: Mapping[str, bytes],
    contacts: Sequence[Path],
) -> Catalog:
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


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise Refused(
                f"{path}: is larger than {LARGEST} bytes; templates are small, so move it elsewhere"
            )
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}); check its permissions") from None


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


def _is_parsed(name: str) -> bool:
    """Whether a file lives on in a model, or is only for tests: then it is no template."""
    inside = PurePosixPath(name)
    if name == "data_map.yaml" or inside.name in ("examples.yaml", "variables.yaml"):
        return True
    return inside.suffix == ".yaml" and (inside.parts[0] == "types" or inside.name == "regime.yaml")
