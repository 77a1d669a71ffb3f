"""Owing: the duties of an incident beside what the law says to its facts now, and what their clocks ask for.

Pure. The law's answer is recomputed on every change; each difference is a move that names the facts behind it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from tocsin.domain.catalog import Catalog
from tocsin.domain.facts import Facts
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.kinds import DutyAmended, DutyOpened
from tocsin.domain.law.regime import Assessment, Duty, Regime, assess
from tocsin.domain.moves import (
    AmendDuty,
    AskSignature,
    AskToLookAgain,
    DoubtDuty,
    Move,
    MoveDuty,
    OpenDuty,
    PreparePaper,
    WarnOfDeadline,
)

#: Parts of a duty's time at which its owner is warned, in percent.
WARNINGS = (50, 75, 90, 100)
#: How long before a report is due its signatory and seal are asked for.
SIGNATURE_LEAD = timedelta(hours=24)


def assessment(incident: Incident, catalog: Catalog) -> Assessment:
    """What the law says to the facts of this moment, under the regimes that were in force at the declaration.

    A change asks several times, each time before anything new is known: the answer is kept beside the facts.
    """
    discharged = _discharged(incident)
    asked = ("law", incident.declared_at, incident.reported_at, *sorted(discharged.items()))
    catalog_then, kept = incident.facts.found.get(asked, (None, None))
    if kept is None or catalog_then is not catalog:
        kept = _assessed(incident, catalog, discharged, catalog.regimes.values())
        incident.facts.found[asked] = catalog, kept
    return cast("Assessment", kept)


def owed_at_once(incident: Incident, catalog: Catalog) -> Assessment:
    """What is owed already, for a page that leaves before the laws are read.

    Where no fact is stated, all laws but a few can only say that they cannot tell yet: those few are asked.
    """
    if catalog.first_laws is None or incident.facts.values:
        return assessment(incident, catalog)
    laws = [catalog.regimes[law] for law in catalog.first_laws]
    return _assessed(incident, catalog, _discharged(incident), laws)


def _assessed(
    incident: Incident, catalog: Catalog, discharged: Mapping[str, datetime], laws: Iterable[Regime]
) -> Assessment:
    return assess(
        facts_of(incident, catalog),
        catalog.contacts.organisation,
        laws,
        authorities=catalog.contacts.authorities,
        at=incident.declared_at,
        declared_at=incident.declared_at,
        reported_at=incident.reported_at,
        discharged=discharged,
    )


def _discharged(incident: Incident) -> dict[str, datetime]:
    """For `regime/rule` the moment at which it was first told, for the clocks that follow it."""
    met: dict[str, datetime] = {}
    for duty in incident.duties.values():
        if duty.met_at is not None:
            rule = f"{duty.opened.regime}/{duty.opened.rule}"
            met[rule] = min(duty.met_at, met.get(rule, duty.met_at))
    return met


def facts_of(incident: Incident, catalog: Catalog) -> Facts:
    """The incident's facts, with the categories that its kinds of data have in the data map."""
    return mapped(incident.facts, catalog)


def mapped(facts: Facts, catalog: Catalog) -> Facts:
    """These facts, with the categories that their kinds of data have in the data map."""
    return facts.with_categories({kind.id: kind.categories for kind in catalog.data_map.kinds})


@dataclass(frozen=True)
class Clock:
    """A duty that is still to be met, in so far as a message tells of it."""

    of: Duty | DutyOpened
    assumed: bool
    soonest: datetime | None


def clocks(incident: Incident, found: Assessment | None) -> list[Clock]:
    """The duties that stand open, and those that the law names and nobody has opened yet; the soonest first."""
    running = [
        Clock(duty.opened, duty.assumed, duty.soonest)
        for duty in incident.duties.values()
        if duty.mark == "open"
    ]
    running += [
        Clock(duty, duty.assumed, duty.soonest)
        for duty in (found.duties if found else ())
        if duty.key not in incident.duties
    ]
    last = datetime.max.replace(tzinfo=UTC)
    return sorted(running, key=lambda each: each.soonest or last)


def duty_moves(incident: Incident, found: Assessment) -> Iterable[Move]:
    """Where the law's answer differs from what the timeline holds: duties opened, moved, doubted."""
    cause = max(incident.facts_seq, incident.accepted_seq, 1)
    owed = {duty.key: duty for duty in found.duties}
    undecided = {(each.regime, each.rule) for each in found.undecided}
    for key, duty in owed.items():
        known = incident.duties.get(key)
        if known is None:
            yield OpenDuty(cause, duty)
        elif _runs_otherwise(known, duty):
            yield MoveDuty(max(cause, known.last_seq), duty)
        if known and _asks_otherwise(incident, known, duty):
            yield AmendDuty(max(cause, known.last_seq), duty)
    for key, known in incident.duties.items():
        gone = key not in owed and (known.opened.regime, known.opened.rule) not in undecided
        if gone and known.mark == "open" and known.doubted is None:
            because = tuple(
                line
                for each in found.not_owed
                if (each.regime, each.rule) == (known.opened.regime, known.opened.rule)
                for line in each.because
            )
            yield DoubtDuty(
                max(cause, known.last_seq),
                key,
                because or ("the facts no longer name anybody it is owed to",),
            )


def _runs_otherwise(known: DutyState, duty: Duty) -> bool:
    """Whether the law now says something else of a duty that stands, or was let go because the facts denied it."""
    if known.mark == "open" and known.doubted is None:
        clocks = ("due_at", "target_at", "clock_from", "clock_start", "assumed")
        return any(getattr(known, name) != getattr(duty, name) for name in clocks)
    return known.mark != "met" and known.doubted is not None


def _asks_otherwise(incident: Incident, known: DutyState, duty: Duty) -> bool:
    """Whether laws that were accepted since ask something else of a duty that stands."""
    terms = (name for name in DutyAmended.model_fields if name != "key")
    accepted = incident.accepted_seq > known.seq and known.mark == "open"
    return accepted and any(getattr(known.opened, name) != getattr(duty, name) for name in terms)


def look_again_moves(incident: Incident, now: datetime) -> Iterable[Move]:
    """The decisions not to notify whose day has come, each once; also of a closed file, for that is where they end."""
    for of, decision in incident.decisions.items():
        if decision.overdue(now) and not decision.asked:
            yield AskToLookAgain(decision.seq, of)


def deadline_moves(incident: Incident, catalog: Catalog, now: datetime) -> Iterable[Move]:
    """What the clocks of open duties ask for by now: warnings, the report, signatory and seal."""
    for key, duty in incident.duties.items():
        soonest = duty.soonest
        if duty.mark != "open" or soonest is None:
            continue
        passed = [percent for percent, at in warnings(duty) if at <= now]
        if passed and passed[-1] > duty.warned:
            yield WarnOfDeadline(duty.clock_seq, key, passed[-1])
        if duty.opened.recipient == "authority" and now >= soonest - SIGNATURE_LEAD:
            if not duty.papers and f"regimes/{duty.opened.regime}/authority.yaml" in catalog.files:
                yield PreparePaper(duty.clock_seq, key)
            if not duty.signature_asked:
                yield AskSignature(duty.clock_seq, key)


def owes_reasons(incident: Incident, duty: DutyState, now: datetime) -> bool:
    """Whether a duty is late, or was met late, its law asks why (Art. 33(1) GDPR), and nobody has said it yet."""
    overdue = incident.open and duty.mark == "open" and duty.due_at is not None and duty.due_at <= now
    told = duty.late_because is not None or incident.facts.known("reasons_for_delay")
    return (duty.late or overdue) and duty.opened.reasons_when_late and not told


def warnings(duty: DutyState) -> list[tuple[int, datetime]]:
    """The warnings of a duty, as (percent of its time, moment), soonest first."""
    soonest = duty.soonest
    if soonest is None:
        return []
    start = duty.clock_start or soonest
    return [(percent, start + (soonest - start) * percent // 100) for percent in WARNINGS]
