"""The 3 a.m. card: what now, what blocks, who is untold, what is down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.delivery.told import untold
from tocsin.domain.aiming import Aim, aims
from tocsin.domain.asking import NextQuestion
from tocsin.domain.escalation import nobody_reached, unanswered
from tocsin.domain.grounds import Doubt, doubts
from tocsin.domain.incident import Incident
from tocsin.domain.letters import letters_of
from tocsin.domain.notice import letter_states
from tocsin.domain.order import Disorder, out_of_order
from tocsin.domain.reached import all_ways
from tocsin.domain.rhythm import Update, next_update
from tocsin.domain.setback import SET_BACK
from tocsin.domain.telling import awaited
from tocsin.domain.unsupported import waits_for_judgement
from tocsin.record import plan_or_none
from tocsin.rendering.message import Line, line
from tocsin.views.access import apart, seen
from tocsin.views.alone import Alone, Lone, lone, may_be_alone
from tocsin.views.calls import DownRoute, down_routes, perhaps_untold, silence
from tocsin.views.duties import DutyView, owed
from tocsin.views.newer import asks_more
from tocsin.views.room import RoomView, room_of
from tocsin.views.steps import StepView, is_theirs, next_step, steps
from tocsin.views.triage import Waiting, waiting


@dataclass(frozen=True)
class Blocked:
    """What holds the incident up, and the command that moves it on. `said` is `what` for any reader's language."""

    what: str
    command: str
    said: Line


@dataclass(frozen=True)
class Deadline:
    """An open duty of an incident that was set apart; `due_at` is None where nobody can tell."""

    duty: str
    cite: str
    due_at: datetime | None


@dataclass(frozen=True)
class Card:
    """One incident at a glance. `untold` is None while nobody knows how many people were hit.

    `deadlines` are those of an incident that was set apart, whose duties no other verb can show.
    """

    key: str
    code_name: str
    severity: str
    status: str
    drill: bool
    commander: str | None
    untold: tuple[int, int] | None
    open_duties: int
    down: tuple[DownRoute, ...]
    soonest: DutyView | None = None
    next: StepView | None = None
    yours: bool = False
    next_for: str | None = None
    blocked: Blocked | None = None
    pending: int = 0
    overdue: int = 0
    undecided: int = 0
    #: The question that settles most of what cannot be told yet.
    asked_first: NextQuestion | None = None
    #: Moments that contradict each other, while something can still be learned.
    disorder: tuple[Disorder, ...] = ()
    #: The status update that is due, if one is.
    update: Update | None = None
    #: Decisions that the facts no longer carry.
    doubts: tuple[Doubt, ...] = ()
    #: Reports that the authorities have, the latest supplement of each with it.
    filed: tuple[DutyView, ...] = ()
    #: Why it was set apart. Its plan fails then, and nothing that needs one is on the card.
    quarantined: str | None = None
    deadlines: tuple[Deadline, ...] = ()
    #: Laws newer than those of the incident ask more of it, and nobody has accepted them.
    newer_laws: bool = False
    #: Set while nobody has said whether it is an incident.
    triage: Waiting | None = None
    #: People whom the scope no longer supports and on whom nobody has decided; so many of them had a letter.
    held: int = 0
    held_told: int = 0
    #: Letters that one person released alone and nobody has countersigned, and those that one person may release.
    alone: tuple[Lone, ...] = ()
    may_be_alone: tuple[Alone, ...] = ()
    #: Where the risk is high: by when letters that have not left should have.
    aims: tuple[Aim, ...] = ()
    #: Who signed the latest revision of the scope.
    signed_by: tuple[str, ...] = ()
    #: Its channel in Slack; None where nothing is known of one.
    room: RoomView | None = None
    #: People are to be called, and no route has taken a call.
    nobody_reached: bool = False
    #: Whom something was written of which nobody knows whether it arrived, as often as that was so.
    perhaps_untold: tuple[str, ...] = ()
    #: By how much the declaration lies ahead of the clock, while nobody has stated when it was.
    ahead: timedelta | None = None
    #: How many people the letters reached by which way.
    ways: Mapping[str, int] = field(default_factory=dict)


def card(app: App, actor: Actor, key: str, now: datetime, language: str = "en") -> Card:
    """The card of an incident for one reader. Of one that was set apart it says that, and which clocks run on.

    Refused for those who may not know of the incident.
    """
    broken = apart(app, actor, key)
    if broken is not None:
        return _broken(app, *broken, now)
    incident = seen(app, actor, key)
    # Of a file that is closed, or was no incident, nothing is left to do.
    waits = waiting(app, actor, incident)
    found = steps(app, incident, language) if incident.open else []
    law, catalog = owed(app, incident, now), app.catalog_of(incident)
    upcoming = next_step(found, incident, actor)
    open_duties = [duty for duty in law.duties if duty.open]
    return Card(
        key=incident.key,
        code_name=incident.code_name,
        severity=incident.severity,
        status=incident.status,
        drill=incident.drill,
        commander=incident.holder("incident-commander"),
        soonest=next((duty for duty in open_duties if duty.soonest), None),
        next=upcoming,
        yours=upcoming is not None and is_theirs(upcoming, incident, actor),
        next_for=incident.roles.get(upcoming.role) if upcoming else None,
        blocked=blocked(app, incident, now) if incident.open else None,
        pending=sum(step.pending for step in found),
        overdue=sum(step.pending and step.due_at is not None and step.due_at <= now for step in found),
        untold=untold(app, incident),
        open_duties=len(open_duties),
        held=sum(incident.held.values()) if incident.open else 0,
        held_told=sum(incident.held_told.values()) if incident.open else 0,
        alone=tuple(each for each in lone(app, actor, incident) if each.command) if incident.open else (),
        aims=aims(incident, catalog, letters_of(incident, catalog)) if incident.open and not waits else (),
        may_be_alone=tuple(may_be_alone(app, incident, now)) if incident.open else (),
        signed_by=tuple(each.by for each in incident.signed_by),
        filed=tuple(each for each in law.duties if each.state == "filed" and each.recipient == "authority"),
        undecided=len({each.name for each in law.undecided}),
        asked_first=next(iter(law.questions), None),
        disorder=out_of_order(incident.facts) if incident.open else (),
        update=_update(app, incident, now),
        doubts=doubts(incident, catalog),
        down=tuple(down_routes(app, now)),
        newer_laws=asks_more(app, incident) and not waits,
        triage=waits,
        room=room_of(app, incident),
        nobody_reached=nobody_reached(incident, app.catalog.contacts),
        perhaps_untold=perhaps_untold(app, incident.key) if incident.open else (),
        ahead=_ahead(incident, now),
        ways=all_ways(letter_states(incident)),
    )


def _ahead(incident: Incident, now: datetime) -> timedelta | None:
    unsaid = incident.open and incident.facts.moment("aware_at") is None
    return incident.declared_at - now if unsaid and incident.declared_at - now > SET_BACK else None


def _update(app: App, incident: Incident, now: datetime) -> Update | None:
    update = next_update(incident, app.catalog.contacts, now)
    return update if update and update.due_at <= now else None


def _broken(app: App, row: Mapping[str, Any], duties: Mapping[str, Mapping[str, Any]], now: datetime) -> Card:
    """From the projections alone: the timeline may be what cannot be read."""
    open_ = [
        Deadline(key, duty["cite"], duty["due_at"]) for key, duty in duties.items() if duty["state"] == "open"
    ]
    open_.sort(key=lambda each: (each.due_at is None, each.due_at or now, each.duty))
    return Card(
        key=row["key"],
        code_name=row["code_name"],
        severity=row["severity"],
        status=row["status"],
        drill=row["drill"],
        commander=None,
        untold=None,
        open_duties=len(open_),
        down=tuple(down_routes(app, now)),
        quarantined=row["quarantined"],
        deadlines=tuple(open_),
    )


def blocked(app: App, incident: Incident, now: datetime) -> Blocked | None:
    """The person whose answer is missing, else what the plan waits for from people."""
    silent = unanswered(incident, app.catalog.contacts)
    if silent and not incident.waits_calmly:
        role = silent[0]
        long = silence(incident, role, now) or timedelta(0)
        name = role.upper() if role == "dpo" else role.replace("-", " ")
        return Blocked(
            f"{name} silent for {int(long.total_seconds()) // 60} min",
            f"tocsin page {incident.key} {role}",
            line("waits_silent", role=role, since=long),
        )
    plan = plan_or_none(app, incident, now)
    if plan is None:
        said = line("waits_mending")
        return Blocked("the plan of this incident fails", f"tocsin verify {incident.key}", said)
    letter = awaited(incident, app.catalog_of(incident))
    if letter is not None and plan.waiting_for == letter.what:
        verb, _, rest = letter.command.partition(" ")
        said = line(f"waits_{letter.phrase}", **letter.blanks)
        return Blocked(letter.what, f"tocsin {verb} {incident.key} {rest}".rstrip(), said)
    if plan.waiting_for == waits_for_judgement(incident):
        said = line("waits_judgement", count=sum(incident.held.values()))
        return Blocked(plan.waiting_for, f"tocsin affected {incident.key} --changes", said)
    if plan.waiting_for.startswith("scope"):
        return Blocked(plan.waiting_for, f"tocsin scope {incident.key}", line("waits_scope"))
    return None
