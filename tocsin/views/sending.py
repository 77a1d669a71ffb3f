"""How far a sending is, and whom it did not surely reach."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.app import App
from tocsin.domain.approving import standing
from tocsin.domain.incident import Incident
from tocsin.domain.noticenames import LEAVING
from tocsin.storage import affected, ledger
from tocsin.views.guardians import to_decide
from tocsin.views.slowed import slowed


@dataclass(frozen=True)
class Course:
    """How far a sending is. `counts` are the ledger's, of this moment; `people` its recipients."""

    notice: str
    mark: str
    edition: int
    digest: str
    people: int
    counts: dict[str, int]
    resume_at: datetime | None
    told_at: datetime | None
    root: str | None
    settled: int
    #: People whom the letter will not reach, and for whom nobody has accounted: who can be told in another way, who is
    #: held for a decision, and whom the scope no longer supports.
    untold: int
    undecided: int
    unsupported: int
    #: What slows or stops it, each in words; empty where nothing does.
    slowed: tuple[str, ...]
    #: How many people were told by which way, and how many are on the list for one and not yet told by it.
    ways: dict[str, int]
    listed: dict[str, int]
    #: While letters leave: of how many a sender that dies leaves nobody knowing whether they left; else 0.
    window: int

    @property
    def ended(self) -> int:
        """Letters with which nothing more will happen by itself."""
        waits = ("pending", "sending")
        return sum(n for state, n in self.counts.items() if state not in (*waits, "possible_duplicates"))

    @property
    def unreached(self) -> int:
        """Letters that did not surely reach a server: their people must be told otherwise."""
        states = ("refused", "bounced", "ambiguous", "excluded")
        return sum(self.counts[state] for state in states)


def course(app: App, incident: Incident, notice: str) -> Course:
    """The ledger of a notice as it stands now."""
    state = incident.notices[notice]
    with app.database.read() as connection:
        found = ledger.counts(connection, incident.key, notice)
        left = ledger.unaccounted(connection, incident.key, notice)
        ways = ledger.ways(connection, incident.key, notice)
        listed = ledger.listed(connection, incident.key, notice)
    return Course(
        notice,
        standing(state, incident, app.catalog_of(incident)),
        state.edition,
        state.digest,
        state.recipients,
        found,
        state.resume_at,
        state.told_at,
        state.root,
        state.settled,
        sum(left.elsewise.values()),
        sum(left.undecided.values()),
        sum(left.unsupported.values()),
        slowed(app, incident, notice),
        ways,
        listed,
        app.settings.ledger.batch if state.mark in LEAVING else 0,
    )


def unreached(app: App, incident: Incident, notice: str) -> list[dict[str, Any]]:
    """Everybody whom the letter did not surely reach, by the id of the customer database, with what the relay said."""
    key, scope = app.people_key(incident.key), incident.scope
    with app.database.read() as connection:
        rows = ledger.rows_of(
            connection, incident.key, notice, states=("refused", "bounced", "ambiguous", "excluded")
        )
        wanted = {row.person for row in rows}
        people = affected.people(connection, incident.key, scope.revision if scope else 0, key)
        named = {hidden: person for hidden, person in people if hidden in wanted}
    return [
        {
            "id": person.id if (person := named.get(row.person)) else row.person,
            "email": person.email if person else None,
            "state": ledger.standing(row),
            "reason": row.reason,
            "reply": row.reply,
            "decide": to_decide(app, incident, row, person),
        }
        for row in rows
    ]
