"""Nonces that were used: a click or a link does one deed, whoever sends it again and however often.

None is ever forgotten, though its door refuses it by its age too: a clock that was wrong for an hour and is set right
would make it young again, and its row is a hundred bytes.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from tocsin.storage.database import is_unique_violation
from tocsin.storage.tables import spent
from tocsin.storage.timeline import Outrun


class Use(NamedTuple):
    """When a nonce was used, and by whom."""

    at: datetime
    by: str


def used(connection: Connection, nonce: str) -> Use | None:
    """The use of the nonce with this digest; None while it is good."""
    found = connection.execute(select(spent.c.at, spent.c.by).where(spent.c.nonce == nonce)).first()
    return Use(*found) if found else None


def spend(
    connection: Connection, nonce: str, incident: str, by: str, at: datetime, expires: datetime
) -> None:
    """Use a nonce up, in the transaction of its deed. Raises Outrun where somebody was faster: decide again."""
    row = {"nonce": nonce, "incident": incident, "at": at, "by": by, "expires": expires}
    try:
        with connection.begin_nested():
            connection.execute(insert(spent).values(row))
    except IntegrityError as error:
        if is_unique_violation(error):
            raise Outrun(incident) from error
        raise
