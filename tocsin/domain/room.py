"""The room of an incident: what its Slack channel should be called, who belongs there, and what its card says.

Pure. What the channel is at this moment, and how it becomes what it should be, is `delivery.rooms`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.approving import standing
from tocsin.domain.catalog import Catalog
from tocsin.domain.checklist import applicable, step_due_at, waits_for
from tocsin.domain.contacts import Contacts
from tocsin.domain.escalation import unanswered
from tocsin.domain.incident import Incident
from tocsin.domain.owing import facts_of
from tocsin.domain.playbook import playbook
from tocsin.domain.whom import Whom, whom

#: So many deadlines, steps and letters a phone shows; the rest is counted.
DEADLINES, STEPS, LETTERS = 3, 3, 2
COMMANDER = "incident-commander"
#: Where on the console's page of an incident its papers are.
PAPERS = "papers"


@dataclass(frozen=True)
class Deadline:
    """An open duty with a moment to work towards."""

    whom: Whom
    cite: str
    due_at: datetime
    assumed: bool


@dataclass(frozen=True)
class Todo:
    """A step that can be done now; `title` per language."""

    step: str
    title: Mapping[str, str]
    role: str
    due_at: datetime | None


@dataclass(frozen=True)
class Letter:
    """A letter that waits for approval: exactly the one with this digest."""

    notice: str
    digest: str
    people: int


@dataclass(frozen=True)
class Card:
    """What the pinned card says. `untold` is (still to be told, all), None while nobody knows how many people were hit.

    `roles` are held by people, by their ids; of `silent` roles nobody has answered. `down` are routes.
    """

    incident: str
    code_name: str
    severity: str
    status: str
    open: bool
    drill: bool
    roles: Mapping[str, str]
    silent: tuple[str, ...]
    deadlines: tuple[Deadline, ...]
    more_duties: int
    steps: tuple[Todo, ...]
    more_steps: int
    letters: tuple[Letter, ...]
    untold: tuple[int, int] | None = None
    down: tuple[str, ...] = ()
    #: None where the incident goes by its code name.
    title: str | None = None

    @property
    def commander(self) -> str | None:
        """Who has command."""
        return self.roles.get(COMMANDER)

    @property
    def soonest(self) -> Deadline | None:
        """The first deadline."""
        return next(iter(self.deadlines), None)


def room_name(incident: Incident, number: int = 1) -> str:
    """`inc-0007-copper-heron`, `drill-0007-copper-heron`; a `number` from 2 on where the name is taken.

    Small letters, digits and hyphens, 80 characters at most (docs.slack.dev/reference/methods/conversations.create).
    """
    kind = "drill" if incident.drill else "inc"
    words = f"{kind}-{incident.key.rpartition('-')[2]}-{incident.code_name}".lower()
    name = re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:76]
    return name if number == 1 else f"{name}-{number}"


def members(incident: Incident, contacts: Contacts, now: datetime) -> tuple[str, ...]:
    """Ids of who belongs in the room: was called, holds a role, or is invited to every room. Never the excluded."""
    called = [page.person for page in incident.pages]
    wanted = dict.fromkeys([*called, *incident.roles.values(), *contacts.guests(now)])
    here = contacts.here(incident.excluded)
    return tuple(who for who in wanted if who in here)


def card_of(
    incident: Incident,
    catalog: Catalog,
    *,
    untold: tuple[int, int] | None = None,
    down: Iterable[str] = (),
    title: str | None = None,
) -> Card:
    """The card as it should be now. Of a closed incident it keeps what was, and offers nothing."""
    dated = _deadlines(incident, catalog)
    open_duties = sum(duty.mark == "open" for duty in incident.duties.values())
    todo = _todo(incident, catalog) if incident.open else []
    return Card(
        incident=incident.key,
        code_name=incident.code_name,
        severity=incident.severity,
        status=incident.status,
        open=incident.open,
        drill=incident.drill,
        roles=dict(incident.roles),
        silent=tuple(unanswered(incident, catalog.contacts)) if incident.open else (),
        deadlines=dated[:DEADLINES],
        more_duties=open_duties - len(dated[:DEADLINES]),
        steps=tuple(todo[:STEPS]),
        more_steps=len(todo[STEPS:]),
        letters=tuple(_letters(incident, catalog)) if incident.open else (),
        untold=untold,
        down=tuple(down),
        title=title,
    )


def _deadlines(incident: Incident, catalog: Catalog) -> tuple[Deadline, ...]:
    """The open duties that have a moment, the soonest first."""
    open_ = [(key, duty) for key, duty in incident.duties.items() if duty.mark == "open"]
    dated = sorted((duty.soonest, key, duty) for key, duty in open_ if duty.soonest is not None)
    book = catalog.contacts.authorities
    return tuple(
        Deadline(whom(duty.opened, book), duty.opened.cite, due, duty.assumed) for due, _, duty in dated
    )


def _todo(incident: Incident, catalog: Catalog) -> list[Todo]:
    """The steps that can be done now, the soonest due first; among those without a clock, gates first."""
    facts, organisation = facts_of(incident, catalog), catalog.contacts.organisation
    asked = [item.step for item in playbook(incident, catalog) if item.asked]
    answers = {step.id: applicable(step, facts, organisation).answer for step in asked}
    ready = []
    for order, step in enumerate(asked):
        settled = step.id in incident.steps or answers[step.id] is False
        if not settled and not waits_for(step, asked, incident.steps, answers):
            due = step_due_at(step, incident.moments)
            urgency = (due is None, due.timestamp() if due else 0.0, not step.gate, order)
            ready.append((urgency, Todo(step.id, step.title, step.role, due)))
    return [todo for _, todo in sorted(ready, key=lambda each: each[0])]


def _letters(incident: Incident, catalog: Catalog) -> Iterable[Letter]:
    waiting = [
        state for state in incident.notices.values() if standing(state, incident, catalog) == "in-review"
    ]
    for state in waiting[:LETTERS]:
        yield Letter(state.id, state.digest, state.recipients)
