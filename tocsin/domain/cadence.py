"""Cadence: how often those outside the room are owed a status update, and who they are.

A room of the heart: pure values, read from `contacts/escalation.yaml`. When the next update of an incident is due says
`rhythm`.
"""

from pydantic import Field

from tocsin.domain.kinds import Severity, Status
from tocsin.domain.ladder import Target
from tocsin.domain.records import Id, Record

#: From here on the leak is stopped: what is left takes hours and days, and so does what there is to tell.
CONTAINED: tuple[Status, ...] = ("eradication", "recovery", "stable")
#: Statuses in which nobody waits for news: it is not yet an incident, or only its file is open.
QUIET: tuple[Status, ...] = ("triage", "review", "closed", "declined")


class Cadence(Record):
    """How many minutes may pass between two status updates at one severity; left out, none is asked for."""

    id: Severity
    every_minutes: int | None = Field(default=None, gt=0)
    #: The same once the incident is contained; as before where nothing is said.
    contained_minutes: int | None = Field(default=None, gt=0)

    def minutes(self, status: Status) -> int | None:
        """The minutes that count in this status; None where nobody is asked."""
        if status in QUIET or self.every_minutes is None:
            return None
        return self.contained_minutes or self.every_minutes if status in CONTAINED else self.every_minutes


class Stakeholder(Target):
    """Who reads status updates without working on the incident: a person, all of a role, or who is on call."""

    id: Id
