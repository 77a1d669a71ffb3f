"""Turning: what does not get through by one route goes by the person's next one, at once and once.

When it turns, `domain.doubt` says: a page for every failure, better twice than late; everything else where its route
takes nothing at all, or this person nowhere on it, or has left it in doubt twice.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.change import message_id, sealed_message
from tocsin.domain.contacts import Person
from tocsin.domain.errors import TocsinError
from tocsin.domain.roads import roads, ways
from tocsin.domain.routes import COMMAND, kind_of
from tocsin.sealing import unseal
from tocsin.storage import outbox
from tocsin.storage.outbox import LANES, Outgoing

_NAMES = {number: name for name, number in LANES.items()}


def content_of(app: App, row: Mapping[str, Any]) -> dict[str, Any]:
    """What a message says, for each route, and what it is about."""
    sealed = unseal(app.record_key(row["incident"]), row["sealed"], outbox.sealed_for(row))
    content: dict[str, Any] = json.loads(sealed)
    return content


def instead(app: App, row: Mapping[str, Any], *, silenced: frozenset[str] | None = None) -> Outgoing | None:
    """The same message by the next route that was not tried with it yet; None where there is none.

    `silenced` are the routes that are, or are about to be; those of the incident if left out.
    """
    message = str(row["key"]).rpartition("/")[0]
    try:
        route = _next_route(app, row, message, silenced)
        if route is None:
            return None
        record_key = app.record_key(row["incident"])
        content = unseal(record_key, row["sealed"], outbox.sealed_for(row))
    except TocsinError:  # an incident that cannot be read: its messages were written by every route
        return None
    key = f"{message}/{route}"
    blank = Outgoing(
        message_id(record_key, key),
        key,
        row["incident"],
        row["cause"],
        _NAMES[row["lane"]],
        route,
        row["person"],
        b"",
        row["page"],
        turned=True,
    )
    return sealed_message(record_key, blank, content)


def _next_route(
    app: App, row: Mapping[str, Any], message: str, silenced: frozenset[str] | None
) -> str | None:
    person = _addressed(app, row)
    if person is None:
        return None
    silenced = app.incident(row["incident"]).silenced if silenced is None else silenced
    with app.database.read() as connection:
        tried = outbox.written(connection, message, roads(person, frozenset()))
    left = [each for each in roads(person, silenced) if each not in tried]
    if row["lane"] != LANES["page"]:
        # A telephone rings at night for a page, and for nothing else, unless nothing else is left.
        quiet = [each for each in left if kind_of(each) != COMMAND]
        left = quiet or ([] if ways(person, silenced, loud=False) != tuple(left[:1]) else left)
    return next(iter(left), None)


def _addressed(app: App, row: Mapping[str, Any]) -> Person | None:
    """Whom a message is for; None for the room, and for somebody who left the house."""
    return next((each for each in app.catalog.contacts.people if each.id == row["person"]), None)


def went(app: App, connection: Connection, row: Mapping[str, Any], now: datetime) -> None:
    """One copy of a message got through: what still waits of those that were written instead of it is not needed.

    Where the one that got through was itself written instead, nor is the one that it stands for.
    """
    message, _, route = str(row["key"]).rpartition("/")
    if person := _addressed(app, row):
        others = [each for each in roads(person, frozenset()) if each != route]
        outbox.take_back(connection, message, others, now, turned_only=not row["turned"])
