"""All incidents, one line each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.storage import arrivals
from tocsin.storage.texts import read_texts
from tocsin.views.access import visible
from tocsin.views.calls import unreached


@dataclass(frozen=True)
class Listed:
    """One incident in a list. `title` is None where the code name must do."""

    key: str
    code_name: str
    title: str | None
    type: str
    severity: str
    status: str
    drill: bool
    restricted: bool
    open: bool
    declared_at: datetime
    next_due: datetime | None
    waiting_for: str
    quarantined: str | None
    #: People are to be called, and no route has taken a call.
    nobody_reached: bool
    #: Whether it waits in triage and is urgent.
    urgent: bool

    @property
    def rank(self) -> str:
        """How bad it is, as far as anybody has said."""
        if self.status != "triage":
            return self.severity.upper()
        return "TRIAGE urgent" if self.urgent else "TRIAGE"


def listing(app: App, actor: Actor, *, only_open: bool = False) -> list[Listed]:
    """The incidents that this person may know of: the soonest deadline first, then the newest."""
    asked = {"title", "nobody_reached", "urgent"}
    fields = [name for name in Listed.__dataclass_fields__ if name not in asked]
    silent = unreached(app)
    with app.database.read() as connection:
        urgent = arrivals.urgent(connection)
    return [
        Listed(
            title=_title(app, row),
            nobody_reached=row["key"] in silent,
            urgent=row["key"] in urgent,
            **{name: row[name] for name in fields},
        )
        for row in visible(app, actor, only_open=only_open)
    ]


def _title(app: App, row: dict[str, Any]) -> str | None:
    # A list is read over shoulders: a restricted incident stands in it by its code name only. So does one that was set
    # apart, whose timeline nobody may be able to read.
    if row["restricted"] or row["quarantined"] is not None:
        return None
    words = app.incident(row["key"]).title
    with app.database.read() as connection:
        return read_texts(connection, row["key"], app.record_key(row["key"]), [words]).get(words)
