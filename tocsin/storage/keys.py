"""The keys of incidents, wrapped by the master key, and what happens when one is destroyed."""

from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from tocsin.domain.errors import Refused
from tocsin.sealing import Keyring
from tocsin.storage.tables import incident_key

Purpose = Literal["record", "people"]


def add_key(connection: Connection, ring: Keyring, incident: str, purpose: Purpose, key: bytes) -> None:
    """Keep a new incident's key, wrapped."""
    wrapped = ring.wrap(key, incident, purpose)
    connection.execute(insert(incident_key).values(incident=incident, purpose=purpose, wrapped=wrapped))


def any_key(connection: Connection) -> bool:
    """Whether some incident's key is wrapped here: then only the master key that wrapped it will do."""
    query = select(incident_key.c.incident).where(incident_key.c.wrapped.is_not(None)).limit(1)
    return connection.scalar(query) is not None


def key_of(
    connection: Connection, ring: Keyring, incident: str, purpose: Purpose, *, held: bool = False
) -> bytes:
    """The key again; `held`, nobody destroys it before this transaction ends. Raises Refused when it is no more."""
    query = select(incident_key).where(incident_key.c.incident == incident, incident_key.c.purpose == purpose)
    if held:
        query = query.with_for_update(read=True)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise Refused(f"{incident} has no {purpose} key; is this the right database?")
    if row["wrapped"] is None:
        raise Refused(
            f"the {purpose} key of {incident} was destroyed on {row['destroyed_at']:%Y-%m-%d}; counts and proofs remain"
        )
    return ring.unwrap(row["wrapped"], incident, purpose)


def destroy_key(connection: Connection, incident: str, purpose: Purpose, now: datetime) -> None:
    """Overwrite a key. What it sealed cannot be read again by anybody, from backups neither once those have aged."""
    connection.execute(
        update(incident_key)
        .where(incident_key.c.incident == incident, incident_key.c.purpose == purpose)
        .values(wrapped=None, destroyed_at=now)
    )
