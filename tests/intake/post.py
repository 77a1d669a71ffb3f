"""Messages as strangers write them, and what a home has of them."""

from typing import Any

from sqlalchemy import select

from tocsin.actions.intake import Taken, take_in
from tocsin.app import App
from tocsin.domain.kinds import MessageReceived
from tocsin.storage import timeline
from tocsin.storage.tables import arrival, incident

SENDER = "Käthe Kanarienvogel <kanarienvogel@example.org>"


def message(
    subject: str = "Your keys are public",
    *,
    id_: str | None = "m1@example.org",
    sender: str = SENDER,
    body: str = "They are on a forum.",
    **fields: str,
) -> bytes:
    """A message in RFC 5322; `fields` with `_` for `-` in their names."""
    head = {"From": sender, "To": "help@streamonapi.example", "Subject": subject}
    head |= {"Message-ID": f"<{id_}>"} if id_ else {}
    head |= {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}" for name, value in head.items()]
    return "\r\n".join([*lines, "", body, ""]).encode()


def hand_over(app: App, *messages: bytes) -> list[Taken]:
    """Take these in, one after the other."""
    return [take_in(app, raw) for raw in messages]


def items(app: App) -> list[str]:
    """The keys of all incidents, in order."""
    with app.database.read() as connection:
        return list(connection.scalars(select(incident.c.key).order_by(incident.c.number)))


def received(app: App, key: str) -> list[MessageReceived]:
    """The messages in the timeline of an incident."""
    with app.database.read() as connection:
        entries = timeline.entries(connection, key)
    return [entry.body for entry in entries if isinstance(entry.body, MessageReceived)]


def arrivals(app: App) -> list[Any]:
    """What is noted of messages."""
    with app.database.read() as connection:
        return list(connection.execute(select(arrival).order_by(arrival.c.taken_at)))
