"""What the engine says to our own people: a brief per occasion, rendered in each reader's language, sealed.

Few and good. Staff are named; affected people never are.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial

from tocsin.app import App
from tocsin.catalog import default_folders
from tocsin.change import Change
from tocsin.domain.escalation import unanswered
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.kinds import Paged
from tocsin.domain.offers import Offer
from tocsin.domain.owing import Clock, clocks, owed_at_once
from tocsin.domain.roads import roads, ways
from tocsin.domain.routes import COMMAND, kind_of
from tocsin.domain.whom import whom
from tocsin.engine.joining import Said, together
from tocsin.engine.triage import whether
from tocsin.logs import Log, place_of
from tocsin.rendering.message import NO_LINKS, Brief, Kind, Line, Links, RenderedMessage, line, render_message
from tocsin.storage import outbox
from tocsin.storage.texts import read_texts

log = Log("tocsin.engine")


def page_message(
    app: App, change: Change, page: Paged, seq: int, because: str | Line | None = None, number: int = 1
) -> None:
    """Call one person for a role, by the routes of this page; `seq` is its entry, `number` counts the calls.

    Of what waits in triage and is not urgent somebody is told, and nobody woken, unless a person asked for it.
    """
    incident, role = change.incident, page.role
    calm = incident.waits_calmly and page.asked_by is None
    called = line("called_again", role=role, number=number) if number > 1 else line("called", role=role)
    lines: list[str | Line] = [called]
    if because:
        lines.append(because)
    if incident.status == "triage":
        about, running = whether(incident), clocks(incident, None)
    else:
        about, running = _about(app, incident)
    lines += [*about, *(line("clock", duty=duty_line(app, each)) for each in running[:3])]
    waits = role in unanswered(incident, app.catalog.contacts)
    offers = [Offer("ack", incident.key, role)] if waits else []
    offers += [Offer("confirm", incident.key)] if incident.status == "triage" else []
    tell(
        app,
        change,
        "triage" if calm else "page",
        [page.person],
        lines,
        subject=f"page/{seq}",
        lane="warning" if calm else "page",
        cause=seq,
        due=running[0].soonest if running else None,
        action=f"tocsin ack {incident.key}" if waits else f"tocsin card {incident.key}",
        routes=page.routes,
        page=seq,
        offers=offers,
    )


def tell_answered(app: App, change: Change, who: str, roles: Sequence[str]) -> None:
    """Tell everybody whom calls for these roles reached since nobody answered that somebody has: they may sleep.

    By what woke them, but for a telephone, which would wake them again. Whoever was not reached hears nothing.
    """
    incident, seq = change.incident, change.incident.head_seq + len(change.drafts)
    with app.database.read() as connection:
        left = outbox.left(connection, incident.key)
    for role in roles:
        since = max(incident.ringing(role).seq, incident.answered.get(role, 0))
        rang: dict[str, list[str]] = {}
        for page in incident.pages:
            if page.role == role and page.seq > since and page.seq in left and page.person != who:
                rang[page.person] = [route for route in page.routes if route in left[page.seq]]
        for person, by in rang.items():
            quiet = [route for route in by if kind_of(route) not in {COMMAND, *incident.silenced}][:1]
            said, about = [line("has_it", who=who, role=role)], f"ack/{role}/{seq}"
            tell(app, change, "ack", [person], said, subject=about, lane="warning", cause=seq, routes=quiet)


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
    routes: Sequence[str] | None = None,
    loud: bool = False,
    in_mail: bool = False,
    page: int | None = None,
    offers: Sequence[Offer] = (),
) -> None:
    """Tell each person once: by `routes`, else `loud` by each that there is, else by one; `in_mail`, by mail too.

    What one change tells one person is one message, under the most pressing of its headlines. Pages stand alone, since
    each is answered or taken back for itself. `offers` are what its reader may do at once, the next action first.
    """
    contacts = app.catalog.contacts
    ids = contacts.here(change.incident.excluded)
    for who in dict.fromkeys(people):
        if who in ids:
            by = ways(contacts.person(who), change.incident.silenced, loud=loud)
            if in_mail and "email" in roads(contacts.person(who), change.incident.silenced):
                by = tuple(dict.fromkeys((*by, "email")))
            by = by if routes is None else tuple(routes)
            said = Said(who, kind, tuple(lines), subject, lane, cause, due, action, by, page, tuple(offers))
            change.said.append(said)
    change.put_together = partial(_put_together, app, change)


def _put_together(app: App, change: Change) -> None:
    """Put one message for each person and route into the outbox."""
    frame = _frame(app, change)
    for each in together(change.said):
        brief = replace(frame, kind=each.kind, lines=each.lines, due=each.due)
        brief = replace(brief, next_action=each.action, offers=each.offers)
        content = written_to(app, brief, each.who, each.about)
        for route in each.routes:
            change.send(
                f"{each.subject}/{each.who}/{route}",
                each.lane,
                route,
                each.who,
                content,
                cause=each.cause,
                page=each.page,
            )
    change.said.clear()


def _frame(app: App, change: Change) -> Brief:
    """What every message of this change has in common."""
    incident = change.incident
    return Brief(
        kind="status",
        incident_key=incident.key,
        code_name=incident.code_name,
        severity="TRIAGE" if incident.status == "triage" else incident.severity.upper(),
        lines=(),
        head=(incident.head_seq, incident.head_hash),
        now=change.now,
        zone=app.catalog.contacts.organisation.zone,
        title=None if incident.restricted else _title(app, incident),
        drill=incident.drill,
        console_url=page_of(app, incident.key),
    )


def written_to(app: App, brief: Brief, who: str, about: Sequence[tuple[str, int]] = ()) -> bytes:
    """A brief in a person's own language, for every route at once, as the outbox keeps it, with what it is `about`."""
    person = app.catalog.contacts.person(who)
    links = _links(app, brief, who) if brief.console_url else NO_LINKS
    message = _rendered(app, brief, person.languages[0], links)
    return json.dumps(asdict(message) | {"about": about}, ensure_ascii=False).encode()


def _rendered(app: App, brief: Brief, language: str, links: Links) -> RenderedMessage:
    """The message by the templates of the house; by the shipped ones where those fail, for they cost nobody a page."""
    try:
        return render_message(brief, language, app.pack_folder(app.catalog), links)
    except Exception as trouble:  # any failure at all: `doctor` names its line
        log.error(
            "a message template fails, the shipped one is used: tocsin doctor",
            incident=brief.incident_key,
            message=brief.kind,
            error=type(trouble).__name__,
            at=place_of(trouble),
        )
        return render_message(brief, language, default_folders()[0], links)


def by_link(app: App, incident: Incident) -> bool:
    """Whether a mail leads by a link of its own to letters that its reader is to read: no button in Slack does."""
    return app.settings.console_url is not None and "email" not in incident.silenced


def page_of(app: App, key: str) -> str | None:
    """Where the console shows an incident to those who are signed in; None where there is no console."""
    base = app.settings.console_url
    return f"{base.rstrip('/')}/inc/{key}" if base else None


def _links(app: App, brief: Brief, who: str) -> Links:
    from tocsin.links import expiry, link

    linked = [each for each in brief.offers if not each.with_file]
    offers = {each: link(app, who, each, expiry(app, each, brief.due)) for each in linked}
    return Links(offers, link(app, who, brief.incident_key, expiry(app, None, None)))


def role_or_standin(app: App, incident: Incident, *roles: str) -> list[str]:
    """Who answers for these roles: the holder, else all who are listed for the role; nobody who is excluded or gone."""
    contacts = app.catalog.contacts
    here = contacts.here(incident.excluded)
    people: list[str] = []
    for role in roles:
        holder = incident.roles.get(role)
        listed = [person.id for person in contacts.with_role(role) if person.id in here]
        people += [holder] if holder in here else listed
    return list(dict.fromkeys(people))


def duty_line(app: App, duty: DutyState | Clock) -> Line:
    """A duty in one line: to whom, by which article, how sure the clock is."""
    of = duty.opened if isinstance(duty, DutyState) else duty.of
    to = whom(of, app.catalog.contacts.authorities)
    return line("duty_assumed" if duty.assumed else "duty", whom=to, cite=of.cite)


def _about(app: App, incident: Incident) -> tuple[list[Line], list[Clock]]:
    """What kind of incident it is, and which clocks run: the first page leaves before any duty is opened.

    Neither keeps a page: what cannot be read is left out.
    """
    try:
        catalog = app.catalog_of(incident)
        kind = line("kind", type=catalog.type(incident.type).title)
        return [kind], clocks(incident, owed_at_once(incident, catalog))
    except Exception:  # any failure at all: somebody is called all the same
        return [], clocks(incident, None)


def _title(app: App, incident: Incident) -> str | None:
    with app.database.read() as connection:
        texts = read_texts(connection, incident.key, app.record_key(incident.key), [incident.title])
    return texts.get(incident.title)
