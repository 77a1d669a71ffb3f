"""What was read and found good is kept, so that the next command need not parse and check the same files again.

The cache is one file, keyed by the content of every file read and of the code that checks them: a changed byte on
either side is read anew. Packs and contacts have a key each, since people change numbers during an incident: then only
the contacts are read. Beside it lies the same catalog whole, with its templates: it serves when somebody's edit has
made a file that cannot be read, since an alarm must not wait until that is mended. Both hold names and numbers of the
people of the house, so that only their owner may read them. One that is missing, damaged or cannot be written costs
time, and nothing else.
"""

import hashlib
import json
import os
import tempfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from tocsin.catalog.folders import COMMANDS, must_be_there
from tocsin.domain.canonical import digest
from tocsin.domain.catalog import FILES, Catalog, catalog_from_documents
from tocsin.domain.contacts import Contacts

_CODE = (Path(__file__).parent, Path(__file__).parent.parent / "domain")


def packs_key(contents: Mapping[str, bytes]) -> str:
    """The key of these templates (name to content), and of the code that checks them."""
    return digest(_digests({f"templates/{name}": content for name, content in contents.items()}) | _code())


@lru_cache(maxsize=1)
def _code() -> dict[str, str]:
    """The digests of the code, as this process found it: what is installed meanwhile is not what checks here."""
    paths = {f"code/{path.relative_to(root.parent)}": path for root in _CODE for path in root.rglob("*.py")}
    return _digests({name: path.read_bytes() for name, path in paths.items()})


def contacts_key(contacts: Sequence[Path]) -> str:
    """The key of the contacts in these folders."""
    parts: dict[str, bytes] = {}
    for order, folder in enumerate(contacts):
        # Without this a folder that is gone has the key of no folder at all, and yesterday's people would be called.
        must_be_there(folder)
        parts |= {f"{order}/{path.name}": _bytes(path) for path in folder.glob("*.yaml")}
    return digest(_digests(parts))


def _digests(parts: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}


def _bytes(path: Path) -> bytes:
    """The content of a file. Commands that cannot be read are no content, since they stop nothing but themselves."""
    with suppress(*([OSError] if path.name == COMMANDS else [])):
        return path.read_bytes()
    return b""


def recall(cache: Path, packs: str, files: Mapping[str, bytes]) -> tuple[Catalog, str] | None:
    """The catalog kept under this key of its packs, its templates out of `files`, and the key of its contacts.

    None when there is none that can be used.
    """
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        return _understood(cache.read_bytes(), packs, tuple(files.items()))
    return None


@lru_cache(maxsize=2)
def _understood(content: bytes, packs: str, files: tuple[tuple[str, bytes], ...]) -> tuple[Catalog, str]:
    """The catalog that the bytes of a cache hold, and the key of its contacts; KeyError when its packs have another.

    A process that lives long asks for the same one again and again, and is given the very same: what it has read of
    the laws by then, and what it has found out by them, stays good.
    """
    kept = json.loads(content)
    if kept["packs"] != packs:
        raise KeyError(packs)
    templates = dict(files)
    made = {name: text.encode() for name, text in kept["made"].items()}
    catalog = _catalog(kept, {name: templates[name] for name in kept["files"]} | made)
    return catalog, str(kept["people"])


def _catalog(kept: Mapping[str, Any], templates: Mapping[str, bytes]) -> Catalog:
    documents = {name: text.encode() for name, text in kept["documents"].items()}
    documents |= {f"{FILES}{name}": content for name, content in templates.items()}
    catalog = catalog_from_documents(documents, Contacts.model_validate(kept["contacts"]))
    return catalog.knowing(kept["first_laws"])


def keep(cache: Path, packs: str, people: str, catalog: Catalog, files: Mapping[str, bytes]) -> None:
    """Put the catalog under the keys of its packs and contacts, and beside it whole; each file whole or not at all.

    Those of its templates that are among `files`, as they were read, are kept by their names alone.
    """
    documents = {
        name: content.decode() for name, content in catalog.documents.items() if not name.startswith(FILES)
    }
    made = {name: content.decode() for name, content in catalog.files.items() if name not in files}
    whole = {name: b64encode(content).decode() for name, content in catalog.files.items()}
    kept = {
        "documents": documents,
        "contacts": catalog.contacts.model_dump(mode="json", by_alias=True),
        "first_laws": catalog.first_laws,
    }
    with suppress(OSError):
        cache.parent.mkdir(parents=True, exist_ok=True)
        _put(_last_good(cache), zlib.compress(json.dumps(kept | {"files": whole}).encode()))
        here = {"packs": packs, "people": people, "files": [name for name in catalog.files if name in files]}
        _put(cache, json.dumps(kept | here | {"made": made}).encode())


def last_good(cache: Path) -> Catalog | None:
    """The catalog that was read last without a fault, templates and all; None where none was, or it is damaged."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, zlib.error):
        whole = json.loads(zlib.decompress(_last_good(cache).read_bytes()))
        return _catalog(whole, {name: b64decode(text) for name, text in whole["files"].items()})
    return None


def _last_good(cache: Path) -> Path:
    return cache.with_name(f"{cache.name}-last-good")


def _put(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
