"""Everything in incident_templates/ and contacts/, read, cross-checked and put together.

The first bad line is refused with its place, and nothing is half loaded. With a cache, files that were found good
before are not parsed again, which spares a command the parsers too; where only the contacts changed, only they are.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from tocsin.catalog.cache import contacts_key, keep, packs_key, recall
from tocsin.catalog.folders import overlaid
from tocsin.catalog.letter import ADDED, LETTER
from tocsin.domain.catalog import Catalog
from tocsin.domain.errors import Refused

#: What laws may want said: read when they are checked.
PARTS = "regimes/parts.yaml"
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
    packs, people = packs_key(contents), contacts_key(contacts)
    kept, whose = recall(cache, packs, files) or (None, "")
    if kept and whose == people:
        return kept
    catalog = _with_contacts(kept, contacts) if kept else _read(paths, contents, files, contacts)
    keep(cache, packs, people, catalog, files)
    return catalog


def _read(
    paths: Mapping[str, Path],
    contents: Mapping[str, bytes],
    files: Mapping[str, bytes],
    contacts: Sequence[Path],
) -> Catalog:
    # Imported here, as below: who finds everything in the cache needs no parser.
    from tocsin.catalog.reading import read_catalog

    return read_catalog(paths, contents, files, contacts)


def _with_contacts(packs: Catalog, contacts: Sequence[Path]) -> Catalog:
    from tocsin.catalog.reading import read_people
    from tocsin.domain.law.regime import owing_at_once

    people = read_people(contacts, packs.data_map, packs.types)
    first_laws = owing_at_once(packs.regimes.values(), people.organisation, people.authorities)
    return packs.with_contacts(people).knowing(first_laws)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise Refused(
                f"{path}: is larger than {LARGEST} bytes; templates are small, so move it elsewhere"
            )
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}); check its permissions") from None


def _is_parsed(name: str) -> bool:
    """Whether a file lives on in a model, or is only for tests: then it is no template."""
    inside = PurePosixPath(name)
    if name == LETTER or inside.match(ADDED):
        return True
    if name in ("data_map.yaml", PARTS) or inside.name in ("examples.yaml", "variables.yaml"):
        return True
    return inside.suffix == ".yaml" and (inside.parts[0] == "types" or inside.name == "regime.yaml")
