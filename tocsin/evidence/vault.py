"""The vault: evidence and papers, sealed, one file each, named by a keyed hash.

Evidence may hold anything about customers, and is sealed with the people's key: erasing takes it. What proves that an
authority was told, the paper and its receipt, is sealed with the record's key, and stays.

The file is written and synced, and its folder, before the entry that speaks of it, so that an entry never names what is
not there; a file without an entry is what a crash left, and harms nobody.
"""

import os
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import EvidenceKept
from tocsin.sealing import keyed_digest, seal, unseal
from tocsin.storage.keys import Purpose
from tocsin.storage.tables import vault

#: The name under which a question of the scope lies here, by its revision. It holds tokens and customers' numbers.
QUESTION = "scope-question-{}.json"
#: And the declaration of the sources that it was put to.
SOURCES = "scope-sources-{}.json"
#: The same as it was handed in, byte for byte, where it was a file.
HANDED_IN = "scope-question-{}-as-handed-in"
#: Lines of the logs that nobody could read, with file, number and reason, as NDJSON.
UNREAD = "scope-unreadable-lines-{}.ndjson"


@dataclass(frozen=True)
class Sealed:
    """Bytes that lie in the vault folder, not yet spoken of in the timeline."""

    content: str
    size: int
    path: str
    purpose: Purpose


def put_file(app: App, incident: str, plain: bytes, *, purpose: Purpose = "people") -> Sealed:
    """Seal bytes into the vault folder; the same bytes twice are one file, mended if the disk has changed it."""
    key = app.key(incident, purpose)
    content = keyed_digest(key, plain)
    folder = app.vault_folder / incident
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / content
    sealed = Sealed(content, len(plain), str(Path(incident) / content), purpose)
    if not _lies_sound(app, incident, sealed):
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{content[:12]}.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(seal(key, plain, f"vault/{incident}/{content}"))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    # After a power cut, a file with a new name is there only if its folder was synced, and so is a new folder.
    for place in (folder, app.vault_folder, app.settings.home):
        _sync(place)
    return sealed


def _lies_sound(app: App, incident: str, sealed: Sealed) -> bool:
    if not (app.vault_folder / sealed.path).exists():
        return False
    try:
        _open(app, {"incident": incident, **sealed.__dict__})
    except Refused:
        return False
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep(change: Change, sealed: Sealed, name: str, *, by: str, step: str | None = None) -> str:
    """Speak of a sealed file in the timeline; returns its number in the vault, such as `E3`."""
    drafted = sum(isinstance(draft.body, EvidenceKept) for draft in change.drafts)
    item = f"E{len(change.incident.evidence) + drafted + 1}"
    words = change.keep(name)
    change.add(
        EvidenceKept(
            item=item,
            name=words,
            content=sealed.content,
            size=sealed.size,
            purpose=sealed.purpose,
            step=step,
        )
    )

    def write(connection: Connection) -> None:
        row = {
            "incident": change.incident.key,
            "item": item,
            "name": words,
            "kept_by": by,
            # As the entry is dated, whatever the clock did.
            "kept_at": max(change.now, change.incident.recorded_at),
        }
        connection.execute(insert(vault).values(**row, **sealed.__dict__))

    change.also.append(write)
    return item


def read(app: App, incident: str, item: str) -> bytes:
    """The plain bytes of an item, checked against the hash that the timeline holds."""
    with app.database.read() as connection:
        query = select(vault).where(vault.c.incident == incident, vault.c.item == item)
        row = connection.execute(query).mappings().first()
    if row is None:
        raise Refused(
            f"{incident} has no evidence {item}; tocsin evidence list {incident} shows what there is"
        )
    return _open(app, dict(row))


def _open(app: App, row: Mapping[str, Any]) -> bytes:
    incident, content, path = row["incident"], row["content"], row["path"]
    key = app.key(incident, row["purpose"])
    try:
        sealed = (app.vault_folder / path).read_bytes()
    except OSError as error:
        raise Refused(f"vault file {path}: {error.strerror}; restore it from a backup") from None
    plain = unseal(key, sealed, f"vault/{incident}/{content}")
    if keyed_digest(key, plain) != content:
        raise Refused(f"vault file {path} is not what was kept; restore it from a backup")
    return plain


def first_fault(app: App, incident: str, purposes: Collection[Purpose] = ("people", "record")) -> str | None:
    """The first item sealed for these purposes that cannot be opened or is not what was kept, in one line, or None."""
    with app.database.read() as connection:
        rows = connection.execute(select(vault).where(vault.c.incident == incident).order_by(vault.c.kept_at))
        items = [dict(row) for row in rows.mappings()]
    for row in items:
        if row["purpose"] not in purposes:
            continue
        try:
            _open(app, row)
        except Refused as fault:
            return f"{incident} evidence {row['item']}: {fault}"
    return None


def items_of(connection: Connection, incident: str) -> list[dict[str, object]]:
    """What the vault holds of an incident, in the order in which it was kept."""
    query = select(vault).where(vault.c.incident == incident).order_by(vault.c.kept_at, vault.c.item)
    return [dict(row) for row in connection.execute(query).mappings()]
