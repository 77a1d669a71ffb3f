"""Triage: what may be an incident waits until a person has said whether it is one."""

from collections.abc import Mapping
from typing import Any

from tocsin.actions.asking import act, command_of
from tocsin.actions.declaring import checked_facts, severity_of, stated_facts, title_of
from tocsin.actors import Actor, known, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.contacts import Person
from tocsin.domain.errors import Refused
from tocsin.domain.escalation import TRIAGE
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import Confirmed
from tocsin.record import Recorded
from tocsin.storage import outbox


def confirm(
    app: App,
    actor: Actor,
    key: str,
    *,
    type: str | None = None,  # noqa: A002 - what the verb and the entry call it
    severity: str | None = None,
    title: str | None = None,
    facts: Mapping[str, Any] | None = None,
    command: str | None = None,
) -> Recorded:
    """Say that what waits in triage is an incident: by this it is declared. Anybody known may, as anybody may declare.

    What is not said again stays as it was opened. The caller advances it, which pages as a declaration does.
    """
    stated = checked_facts(app, facts or {})
    worse = severity_of(severity) if severity is not None else None

    def decide(change: Change) -> None:
        incident = change.incident
        known(actor, incident)
        refuse_declared(incident)
        if type is not None:
            app.catalog_of(incident).type(type)
        body = Confirmed(
            type=type or incident.type,
            severity=worse or incident.severity,
            title=change.keep(title_of(title)) if title is not None else None,
        )
        change.add(body)
        for fact in stated_facts(stated, change.texts):
            change.add(fact)
        _withdraw(change)

    said = command_of(command, "confirm", [type, severity, title, stated])
    return act(app, actor, key, decide, command=said)


def refuse_declared(incident: Incident) -> None:
    """Refused for what waits in no triage."""
    if incident.status != "triage":
        raise Refused(
            f"{incident.key} is declared already ({incident.status}); tocsin card {incident.key} says what now"
        )


#: Whose office it is to say whether something is an incident, beside whoever is on call.
_OFFICES = (TRIAGE, "incident-commander", "deputy", "dpo")


def need_triage(app: App, actor: Actor, incident: Incident) -> None:
    """Refused unless this person may say that it is no incident."""
    if not may_triage(app, incident, known(actor, incident)):
        need(actor, incident, *_OFFICES)


def may_triage(app: App, incident: Incident, person: Person) -> bool:
    """Whether somebody may look at what waits in triage and say what it is: by office, or by the ladder."""
    contacts = app.catalog.contacts
    called = {page.person for page in incident.pages if page.role == TRIAGE}
    ladder = contacts.ladder(TRIAGE, incident.severity)
    for level in ladder.levels if ladder else ():
        called.update(contacts.called(level, app.now()))
    offices = {role for role, holder in incident.roles.items() if holder == person.id}.union(person.roles)
    return person.id in called or not offices.isdisjoint(_OFFICES)


def _withdraw(change: Change) -> None:
    """Calls to look at it that have not left: those of the incident follow."""
    pages = [page.seq for page in change.incident.pages if page.role == TRIAGE]
    key, now = change.incident.key, change.now
    change.also.append(lambda connection: outbox.withdraw(connection, key, pages, now))
