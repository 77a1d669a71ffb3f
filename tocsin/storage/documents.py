"""Documents by the hash of their content: the packs an incident stays bound to, whatever is edited later."""

import hashlib
import json
from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

from tocsin.domain.canonical import canonical
from tocsin.domain.errors import Refused
from tocsin.storage.tables import document

_LOST = "is not in this database; restore it from the backup of that time"


def put_pack(connection: Connection, files: Mapping[str, bytes]) -> str:
    """Keep a set of named documents; the digest of its table of contents names it. Known content costs nothing."""
    contents = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    table = canonical(contents)
    digest = hashlib.sha256(table).hexdigest()
    wanted = {contents[name]: content for name, content in files.items()} | {digest: table}
    known = set(connection.scalars(select(document.c.digest).where(document.c.digest.in_(wanted))))
    rows = [{"digest": key, "content": content} for key, content in wanted.items() if key not in known]
    if rows:
        connection.execute(insert(document), rows)
    return digest


def get_pack(connection: Connection, digest: str) -> dict[str, bytes]:
    """The named documents of a pack. Raises Refused when they are not here."""
    table = connection.scalar(select(document.c.content).where(document.c.digest == digest))
    if table is None:
        raise Refused(f"pack {digest[:12]} {_LOST}")
    contents: dict[str, str] = json.loads(table)
    query = select(document.c.digest, document.c.content).where(document.c.digest.in_(contents.values()))
    by_digest = {row.digest: row.content for row in connection.execute(query)}
    for name, key in contents.items():
        if key not in by_digest:
            raise Refused(f"{name} of pack {digest[:12]} {_LOST}")
    return {name: by_digest[key] for name, key in contents.items()}
