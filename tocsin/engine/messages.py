"""What the engine says to our own people: a brief per occasion, rendered in each reader's language, sealed.

Few and good. Staff are named; affected people never are.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.escalation import ways
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.kinds import Paged
from tocsin.rendering.message import Brief, Kind, Line, line, render_message
from tocsin.storage.texts import read_texts


def page_message(
    app: App, change: Change, page: Paged, seq: int, because: str | None = None, number: int = 1
) -> None:
    """Call one person for a role, by the routes of this page; `seq` is its entry, `number` counts the calls."""
    incident, role = change.incident, page.role
    called = line("called_again", role=role, number=number) if number > 1 else line("called", role=role)
    lines: list[str | Line] = [called]
    if because:
        lines.append(because)
    lines += _clocks(app, incident)
    tell(
        app,
        change,
        "page",
        [page.person],
        lines,
        subject=f"page/{seq}",
        lane="page",
        cause=seq,
        due=_soonest(incident),
        action=f"tocsin ack {incident.key}",
        routes=page.routes,
        page=seq,
    )


def tell(
    app: App,
    change: Change,
    kind: Kind,
    people: Iterable[str],
    lines: Sequence[str | Line],
    *,
    subject: str,
    lane: str,
    cause: int,
    due: datetime | None = None,
    action: str = "",
    routes: Sequence[str] = (),
    loud: bool = False,
    page: int | None = None,
) -> None:
    """Put one message for each person into the outbox: by `routes`, else `loud` by each there is, else by one."""
    incident, contacts = change.incident, app.catalog.contacts
    ids = {person.id for person in contacts.people} - set(incident.excluded)
    brief = Brief(
        kind=kind,
        incident_key=incident.key,
        code_name=incident.code_name,
        severity=incident.severity.upper(),
        lines=tuple(lines),
        head=(incident.head_seq, incident.head_hash),
        now=change.now,
        zone=contacts.organisation.zone,
        title=None if incident.restricted else _title(app, incident),
        due=due,
        next_action=action,
        drill=incident.drill,
        console_url=app.settings.console_url,
    )
    for who in dict.fromkeys(people):
        if who not in ids:
            continue
        content = written_to(app, brief, who)
        for route in routes or ways(contacts.person(who), incident.silenced, loud=loud):
            change.send(f"{subject}/{who}/{route}", lane, route, who, content, cause=cause, page=page)


def written_to(app: App, brief: Brief, who: str) -> bytes:
    """A brief in a person's own language, for every route at once, as the outbox keeps it."""
    person = app.catalog.contacts.person(who)
    message = render_message(brief, person.languages[0], app.pack_folder(app.catalog))
    return json.dumps(asdict(message), ensure_ascii=False).encode()


def role_or_standin(app: App, incident: Incident, *roles: str) -> list[str]:
    """Who answers for these roles: the holder, else all who are listed for the role; nobody who is excluded or gone."""
    contacts = app.catalog.contacts
    here = {person.id for person in contacts.people} - set(incident.excluded)
    people: list[str] = []
    for role in roles:
        holder = incident.roles.get(role)
        listed = [person.id for person in contacts.with_role(role) if person.id in here]
        people += [holder] if holder in here else listed
    return list(dict.fromkeys(people))


def duty_line(duty: DutyState) -> Line:
    """A duty in one line: to whom, by which article, how sure the clock is."""
    return line("duty_assumed" if duty.assumed else "duty", key=duty.opened.key, cite=duty.opened.cite)


def _clocks(app: App, incident: Incident) -> list[Line]:
    return [line("clock", duty=duty_line(duty)) for duty in incident.duties.values() if duty.mark == "open"][
        :3
    ]


def _soonest(incident: Incident) -> datetime | None:
    open_ = [duty.soonest for duty in incident.duties.values() if duty.mark == "open" and duty.soonest]
    return min(open_, default=None)


def _title(app: App, incident: Incident) -> str | None:
    with app.database.read() as connection:
        texts = read_texts(connection, incident.key, app.record_key(incident.key), [incident.title])
    return texts.get(incident.title)
