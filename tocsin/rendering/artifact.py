"""What managers see in Prefect: one page for each incident, one board of all. Markdown, in absolute moments.

A parked run cannot count down, so nothing here is relative to now but the moment of writing itself. Code names, ids and
counts only: the dashboard has one shared login.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tocsin.domain.approving import alone_words, approvals_words, standing
from tocsin.domain.asking import NextQuestion
from tocsin.domain.catalog import Catalog
from tocsin.domain.checklist import applicable, step_due_at
from tocsin.domain.escalation import nobody_reached
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.message import route_name
from tocsin.domain.notice import CUSTOMERS, letter_states
from tocsin.domain.owing import assessment
from tocsin.domain.plan import Plan, facts_of

#: So many laws that wait for one fact are named; more are counted.
_FEW = 3
#: What is said first where no route has taken a call.
_NOBODY = "**NOBODY HAS BEEN REACHED. Call somebody by telephone.**"
#: What Markdown, its tables and its HTML give a meaning to.
_MARKS = re.compile(r"[\\`*_{}\[\]<>#!|~]")


def incident_page(
    incident: Incident, plan: Plan, catalog: Catalog, now: datetime, down: Mapping[str, datetime | None]
) -> str:
    """One incident: what it waits for, every duty with its moment and owner, how far the steps are, the routes.

    `down` has every route that our people are called by, and since when it takes nothing; None for one that does.
    """
    zone = ZoneInfo(catalog.contacts.organisation.zone)
    commander = incident.holder("incident-commander") or "nobody yet"
    drill = "DRILL - " if incident.drill else ""
    silent = [_NOBODY, ""] if nobody_reached(incident, catalog.contacts) else []
    if incident.status == "triage":
        return _triage_page(incident, plan, now, down, zone, silent)
    name = f"{incident.key} {incident.code_name} - {incident.severity.upper()} - commander {commander}"
    waits = f"Waiting: {plan.waiting_for}" if incident.open else incident.status.capitalize()
    lines = [
        f"# {drill}{_plain(name)}",
        *silent,
        f"**{_plain(waits)}**",
        "",
        "| due | duty | owner | state |",
        "|---|---|---|---|",
        *(_duty_lines(incident, catalog) or ["| - | none is known yet | - | - |"]),
        "",
        f"{_steps_line(incident, catalog, now)} {_routes(down, zone)}",
        "",
        _as_of(now, zone) if incident.open else f"_As of {moment_words(now, zone)}: {incident.status}._",
    ]
    return "\n".join(lines) + "\n"


def _triage_page(
    incident: Incident,
    plan: Plan,
    now: datetime,
    down: Mapping[str, datetime | None],
    zone: ZoneInfo,
    silent: Sequence[str],
) -> str:
    """What waits for a person to say whether it is an incident: no duty and no step is due before that."""
    drill = "DRILL - " if incident.drill else ""
    who = incident.holder("triage") or "nobody yet"
    urgent = "urgent, " if incident.urgent else ""
    came = f"Came in {moment_words(incident.opened_at, zone)}: {urgent}from a {incident.source}"
    lines = [
        f"# {drill}{_plain(f'{incident.key} {incident.code_name} - TRIAGE - {who} looks at it')}",
        *silent,
        f"**{_plain(f'Waiting: {plan.waiting_for}')}**",
        "",
        f"{came}, messages {len(incident.messages)}. {_routes(down, zone)}",
        "",
        _as_of(now, zone),
    ]
    return "\n".join(lines) + "\n"


def board_page(
    rows: Sequence[Mapping[str, Any]], zone_name: str, now: datetime, unreached: Collection[str] = ()
) -> str:
    """Open incidents, the soonest deadline first, then closed ones. `rows` is what `storage.timeline.board` gives.

    `unreached` are the keys of those for which nobody has been reached, which is said first.
    """
    zone = ZoneInfo(zone_name)
    lines = [
        "# Incidents",
        "",
        *(part for key in unreached for part in (f"{key}: {_NOBODY}", "")),
        "| next due | incident | severity | status | waits for |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        due = f"**{moment_words(row['next_due'], zone)}**" if row["next_due"] and row["open"] else "-"
        waits = f"quarantined: tocsin verify {row['key']}" if row["quarantined"] else row["waiting_for"]
        waits = _plain(waits if row["open"] else "-")
        name = f"{row['key']} {row['code_name']}" + (" (drill)" if row["drill"] else "")
        lines.append(f"| {due} | {_plain(name)} | {_rank(row)} | {row['status']} | {waits} |")
    if not rows:
        lines.append("| - | none | - | - | - |")
    return "\n".join([*lines, "", _as_of(now, zone)]) + "\n"


def _rank(row: Mapping[str, Any]) -> str:
    return "TRIAGE" if row["status"] == "triage" else str(row["severity"])


def moment_words(moment: datetime, zone: ZoneInfo) -> str:
    """A moment in the company's zone with UTC beside it: `Fri 27 Nov 02:40 +07 (19:40Z)`."""
    there = moment.astimezone(zone)
    utc = moment.astimezone(ZoneInfo("UTC"))
    return f"{there:%a %d %b %H:%M} {there.tzname()} ({utc:%H:%M}Z)"


def _duty_lines(incident: Incident, catalog: Catalog) -> list[str]:
    organisation = catalog.contacts.organisation
    zone, owner = ZoneInfo(organisation.zone), _plain(incident.holder("dpo") or "dpo")
    duties = sorted(
        incident.duties.values(),
        key=lambda d: (d.mark != "open", d.soonest is None, d.soonest or incident.declared_at, d.opened.key),
    )
    lines = []
    for duty in duties:
        due = moment_words(duty.soonest, zone) if duty.soonest else "as soon as possible"
        due = f"**{due}**" if duty.mark == "open" and incident.open else due
        to = duty.opened.authority or duty.opened.recipient
        # Of an article that is cited by several texts the first is enough: the table must fit beside Prefect's menus.
        name = f"{duty.opened.regime} {duty.opened.cite.split(';')[0]}, to {to}"
        state = _state(incident, duty, catalog)
        lines.append(f"| {due} | {_plain(name)} | {owner} | {_plain(state)} |")
    questions = assessment(incident, catalog).questions if incident.open else ()
    return [*lines, *(_open_question(question, owner) for question in questions)]


def _open_question(question: NextQuestion, owner: str) -> str:
    """The laws that wait for one fact: by name where they are few."""
    laws = ", ".join(question.laws) if len(question.laws) <= _FEW else f"{len(question.laws)} laws"
    return f"| ? | {_plain(laws)} | {owner} | cannot tell: needs {_plain(question.fact)} |"


def _state(incident: Incident, duty: DutyState, catalog: Catalog) -> str:
    if duty.mark == "met":
        late = ", late" if duty.late else ""
        return f"met{late}" + (f", supplement {len(duty.supplements)} filed" if duty.supplements else "")
    if duty.mark == "released":
        return "no longer owed"
    if duty.mark == "not-notified":
        return "not notified, as decided"
    if not incident.open:
        return "withdrawn"
    words = ["open"]
    if duty.assumed:
        words.append("clock assumed")
    if duty.doubted is not None:
        words.append("in doubt")
    for notice in letter_states(incident) if duty.opened.recipient == "individuals" else ():
        told = sum(notice.counts.get(state, 0) for state in ("handed_over", "delivered"))
        mark = standing(notice, incident, catalog)
        given = f" ({approvals_words(notice, incident, catalog)})" if mark == "in-review" else ""
        name = "letter" if notice.id == CUSTOMERS else notice.id
        words.append(f"{name} {mark}{given}, told {told:,} of {notice.recipients:,}")
        words += [f"**{alone_words(each)}**" for each in notice.alone if each.lacking]
    return ", ".join(words)


def _steps_line(incident: Incident, catalog: Catalog, now: datetime) -> str:
    type_ = catalog.type(incident.type)
    facts, organisation = facts_of(incident, catalog), catalog.contacts.organisation
    steps = [step for step in type_.steps if applicable(step, facts, organisation).answer is not False]
    late = 0
    for step in steps:
        due = step_due_at(step, incident.moments)
        late += step.id not in incident.steps and due is not None and due < now
    done = sum(step.id in incident.steps for step in steps)
    return f"Steps {done} of {len(steps)}, overdue {late}."


def _routes(down: Mapping[str, datetime | None], zone: ZoneInfo) -> str:
    """`Slack ok, mail DOWN since Tue 24 Nov 02:34 +07 (19:34Z).`"""
    said = (
        f"{route_name(route)} " + (f"**DOWN since {moment_words(since, zone)}**" if since else "ok")
        for route, since in sorted(down.items())
    )
    words = ", ".join(said)
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def _as_of(now: datetime, zone: ZoneInfo) -> str:
    return (
        f"_As of {moment_words(now, zone)}. If this is older than 3 minutes, the engine is dead: RUNBOOK 6._"
    )


def _plain(words: str) -> str:
    """Words as nothing but words: no mark of Markdown in them counts, no cell and no line ends with them."""
    return _MARKS.sub(r"\\\g<0>", " ".join(words.split()))
