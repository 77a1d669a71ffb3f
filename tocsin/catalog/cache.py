"""What was read and found good is kept, so that the next command need not parse and check the same files again.

The cache is one file, keyed by the content of every file read and of the code that checks them: a changed byte on
either side is read anew. Beside it lies the same catalog whole, with its templates: it serves when somebody's edit has
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
from tocsin.domain.catalog import FILES, Catalog, catalog_from_documents
from tocsin.domain.contacts import Contacts
from tocsin.domain.timeline import digest

_CODE = (Path(__file__).parent, Path(__file__).parent.parent / "domain")


def cache_key(contents: Mapping[str, bytes], contacts: Sequence[Path]) -> str:
    """The key of these templates (name to content) and of the contacts in these folders."""
    parts = {f"templates/{name}": content for name, content in contents.items()}
    for order, folder in enumerate(contacts):
        # Without this a folder that is gone has the key of no folder at all, and yesterday's people would be called.
        must_be_there(folder)
        parts |= {f"contacts/{order}/{path.name}": _bytes(path) for path in folder.glob("*.yaml")}
    for folder in _CODE:
        root = folder.parent
        parts |= {f"code/{path.relative_to(root)}": path.read_bytes() for path in folder.rglob("*.py")}
    return digest({name: hashlib.sha256(content).hexdigest() for name, content in parts.items()})


def _bytes(path: Path) -> bytes:
    """The content of a file. Commands that cannot be read are no content, since they stop nothing but themselves."""
    with suppress(*([OSError] if path.name == COMMANDS else [])):
        return path.read_bytes()
    return b""


def recall(cache: Path, key: str, files: Mapping[str, bytes]) -> Catalog | None:
    """The catalog kept under this key, its templates out of `files`; None when there is none that can be used."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        return _understood(cache.read_bytes(), key, tuple(files.items()))
    return None


@lru_cache(maxsize=2)
def _understood(content: bytes, key: str, files: tuple[tuple[str, bytes], ...]) -> Catalog:
    """The catalog that the bytes of a cache hold; KeyError when they are of another key.

    A process that lives long asks for the same one again and again, and is given the very same: what it has read of
    the laws by then, and what it has found out by them, stays good.
    """
    kept = json.loads(content)
    if kept["key"] != key:
        raise KeyError(key)
    templates = dict(files)
    made = {name: text.encode() for name, text in kept["made"].items()}
    return _catalog(kept, {name: templates[name] for name in kept["files"]} | made)


def _catalog(kept: Mapping[str, Any], templates: Mapping[str, bytes]) -> Catalog:
    documents = {name: text.encode() for name, text in kept["documents"].items()}
    documents |= {f"{FILES}{name}": content for name, content in templates.items()}
    catalog = catalog_from_documents(documents, Contacts.model_validate(kept["contacts"]))
    return catalog.knowing(kept["first_laws"])


def keep(cache: Path, key: str, catalog: Catalog, files: Mapping[str, bytes]) -> None:
    """Put the catalog under this key, and beside it whole; each file as a whole or not at all.

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
        as_read = [name for name in catalog.files if name in files]
        _put(cache, json.dumps(kept | {"key": key, "files": as_read, "made": made}).encode())


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
