"""The page of an incident, for those who are signed in: the card, its duties, its roles, its papers. It only reads.

Nobody without a session learns anything, not even whether there is such an incident. What a restricted incident keeps
from somebody at the shell, it keeps from them here: the same views answer.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.responses import Response

from tocsin.actors import Actor, reads_words
from tocsin.app import App
from tocsin.console.asked import Asked
from tocsin.console.doors import refused
from tocsin.console.letters import letters_page
from tocsin.console.pages import Page, Row, Rows, answer, moment, say
from tocsin.console.sessions import shut_out, signed_in
from tocsin.domain.errors import Refused
from tocsin.domain.escalation import unanswered
from tocsin.domain.incident import Incident
from tocsin.domain.message import route_name
from tocsin.domain.room import PAPERS
from tocsin.domain.whom import whom
from tocsin.rendering.words import Words
from tocsin.storage.texts import shown
from tocsin.views.card import Card, card
from tocsin.views.document import words_of
from tocsin.views.duties import owed

#: Duties that are shown one by one; the rest is counted.
_MOST = 40


def nobody(asked: Asked) -> Response:
    """What everybody sees who is not signed in, whatever they asked for."""
    words = asked.words(None)
    # A link in a mail is another site's, which brings no cookie; one on this page does. What was posted has no page.
    here = asked.request.url.path.rpartition("/")[2] or "."
    again = (Row("", say(words, "go_on"), f"../../{asked.part('key')}" if asked.posted else here),)
    lead = (say(words, "get_link"), say(words, "already"))
    return answer(Page(words.language, say(words, "no_session"), lead=lead, links=again), 401)


def all_incidents(asked: Asked) -> Response:
    """The incidents that somebody may know of, soonest deadline first."""
    from tocsin.views.access import visible
    from tocsin.views.calls import unreached

    app, session = asked.app, signed_in(asked.app, asked.request)
    if session is None:
        return nobody(asked)
    actor = session.actor
    words = asked.words(actor)
    shut = shut_out(app, session)
    listed = [each for each in visible(app, actor, only_open=True) if each["key"] not in shut]
    silent = unreached(app, without=shut) if listed else ()
    rows = tuple(_listed(app, words, each, unreached=each["key"] in silent) for each in listed)
    lead = () if rows else (say(words, "none_open"),)
    return answer(Page(words.language, "Tocsin", lead=lead, tables=(Rows(rows),) if rows else ()))


def _listed(app: App, words: Words, row: Mapping[str, Any], *, unreached: bool) -> Row:
    """An incident in the list: how bad, which, that nobody has been reached for it, and until when."""
    triage, due = row["status"] == "triage", row["next_due"]
    rank = words.choice("status", "triage") if triage else row["severity"].upper()
    named = " ".join(filter(None, ("DRILL" if row["drill"] else "", row["key"], row["code_name"])))
    nobody = say(words, "nobody_reached") if unreached else ""
    by = f"{say(words, 'due')}: {moment(app, words, due)}" if due else ""
    note = " · ".join(filter(None, (nobody, by)))
    return Row(rank, named, f"inc/{row['key']}", note=note, alarm=unreached or bool(due and due < app.now()))


def incident_page(asked: Asked) -> Response:
    """One incident as it stands."""
    app, session = asked.app, signed_in(asked.app, asked.request)
    if session is None:
        return nobody(asked)
    actor, now = session.actor, app.now()
    words = asked.words(actor)
    try:
        key = asked.part("key")
        if key in shut_out(app, session):
            return nobody(asked)
        found = card(app, actor, key, now, words.language)
    except Refused as error:
        return refused(words, error, 404)
    tables = [_now(app, found, words)]
    if found.quarantined is None:
        incident = app.incident(key)
        tables += [_roles(app, incident, words), _duties(app, incident, words, now)]
        tables += [_letters(incident, words), _papers(incident, words)]
    name = f"{found.key} {found.code_name}"
    unreached = say(words, "nobody_reached") if found.nobody_reached else ""
    drill = "DRILL" if found.drill else ""
    banner = " · ".join(filter(None, (unreached, drill, found.quarantined)))
    state = f"{found.severity.upper()}, {words.choice('status', found.status)}"
    page = Page(
        words.language,
        name,
        banner,
        lead=tuple(filter(None, (_named(app, actor, found), state))),
        tables=tuple(each for each in tables if each.rows),
        links=(Row("", say(words, "all"), ".."),),
        foot=(say(words, "as_of", moment=moment(app, words, now)),),
    )
    return answer(page)


def letters(asked: Asked) -> Response:
    """The letters of a notice, for those who are signed in."""
    app, session = asked.app, signed_in(asked.app, asked.request)
    if session is None:
        return nobody(asked)
    words = asked.words(session.actor)
    try:
        key, notice = asked.part("key"), asked.part("notice")
        if key in shut_out(app, session):
            return nobody(asked)
        back = Row("", key, f"../../{key}")
        return answer(letters_page(app, session.actor, words, key, notice, back))
    except Refused as error:
        return refused(words, error, 404)


def paper(asked: Asked) -> Response:
    """A copy of a paper from the vault; the timeline says who took it, so that only a form fetches it."""
    from tocsin.actions.proving import hand_out

    app, session = asked.app, signed_in(asked.app, asked.request)
    if session is None:
        return nobody(asked)
    try:
        key, item = asked.part("key"), asked.part("item")
        if key in shut_out(app, session):
            return nobody(asked)
        content = hand_out(app, session.actor, key, item)
    except Refused as error:
        return refused(asked.words(session.actor), error)
    ending = "pdf" if content.startswith(b"%PDF") else "json" if content[:1] in (b"{", b"[") else "html"
    named = {"Content-Disposition": f'attachment; filename="{key}-{item}.{ending}"'}
    return Response(content, media_type="application/octet-stream", headers=named)


def _named(app: App, actor: Actor, found: Card) -> str:
    """What somebody called it, for those who may read what people wrote."""
    if found.quarantined is not None or not reads_words(actor, incident := app.incident(found.key)):
        return ""
    return str(shown(incident.title, words_of(app, actor, incident)))


def _now(app: App, found: Card, words: Words) -> Rows:
    rows = [
        Row(
            say(words, "commander"),
            app.catalog.contacts.name_of(found.commander) if found.commander else say(words, "nobody"),
            alarm=not found.commander,
        )
    ]
    if found.soonest and found.soonest.soonest:
        due = found.soonest.soonest
        rows.append(Row(say(words, "due"), moment(app, words, due), alarm=due < app.now()))
    if found.next:
        whom = say(words, "for", role=words.choice("office", found.next.role))
        rows.append(Row(say(words, "next"), f"{found.next.id} {found.next.title} ({whom})"))
    if found.blocked:
        rows.append(Row(say(words, "waits"), found.blocked.said.said(words), alarm=True))
    if found.untold is not None:
        untold, total = found.untold
        told = say(words, "told_of", told=words.number(total - untold), total=words.number(total))
        rows.append(Row(say(words, "told"), told, alarm=bool(untold)))
    elif found.quarantined is None:
        rows.append(Row(say(words, "told"), say(words, "unmeasured")))
    rows += [Row(words.choice("reached_by", way), words.number(count)) for way, count in found.ways.items()]
    rows += [
        Row(say(words, "down"), f"{route_name(each.route)}: {each.why}", alarm=True) for each in found.down
    ]
    rows += [Row(each.duty, moment(app, words, each.due_at)) for each in found.deadlines if each.due_at]
    return Rows(tuple(rows))


def _roles(app: App, incident: Incident, words: Words) -> Rows:
    held = [
        Row(words.choice("office", role), app.catalog.contacts.name_of(holder))
        for role, holder in incident.roles.items()
    ]
    silent = unanswered(incident, app.catalog.contacts) if incident.open else []
    held += [Row(words.choice("office", role), say(words, "silent"), alarm=True) for role in silent]
    return Rows(tuple(held), say(words, "roles"))


def _duties(app: App, incident: Incident, words: Words, now: datetime) -> Rows:
    duties, book = owed(app, incident, now).duties, app.catalog.contacts.authorities
    rows = [
        Row(
            f"{words.whom(whom(each, book))} ({each.cite})",
            f"{moment(app, words, each.soonest) if each.soonest else say(words, 'no_date')}: {words.state(each.state)}",
            alarm=each.open and each.soonest is not None and each.soonest < now,
        )
        for each in duties[:_MOST]
    ]
    if len(duties) > _MOST:
        rows.append(Row("…", f"+{len(duties) - _MOST}"))
    return Rows(tuple(rows), say(words, "duties"))


def _letters(incident: Incident, words: Words) -> Rows:
    rows = [
        Row(
            notice,
            say(words, "read_letters", count=state.variants, people=words.number(state.recipients)),
            f"{incident.key}/letters/{notice}",
        )
        for notice, state in incident.notices.items()
        if state.mark != "void"
    ]
    return Rows(tuple(rows), say(words, "letters"))


def _papers(incident: Incident, words: Words) -> Rows:
    rows = [
        Row(duty.opened.key, item, f"{incident.key}/papers/{item}", posts=True)
        for duty in incident.duties.values()
        for item in (*duty.papers, *duty.other_papers)
    ]
    return Rows(tuple(rows), say(words, "papers"), PAPERS)
