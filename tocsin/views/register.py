"""The register of breaches: every one, notified or not, with facts, effects and measures (Art. 33(5) GDPR).

For known people. A restricted breach stands in it only for those who may read its words; exercises have a register of
their own. Affected people are numbers here, and nothing else.
"""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from tocsin.actors import Actor, known, reads_words
from tocsin.app import App
from tocsin.domain.decisions import RISK
from tocsin.domain.errors import Refused, TocsinError
from tocsin.domain.facts import Facts
from tocsin.domain.fold import as_of, fold
from tocsin.domain.incident import Incident
from tocsin.domain.questions import FACTS
from tocsin.engine.paperfacts import breach_facts
from tocsin.rendering.paperfacts import PaperFacts
from tocsin.storage import timeline
from tocsin.views.access import visible

#: What of the facts is an effect, and what a measure; the rest are the circumstances.
_EFFECTS = (
    "consequences",
    "consequence_kinds",
    "impact_kinds",
    "impact_severity",
    "misuse",
    "service_impact",
)
_MEASURES = (
    "measures_before",
    "measures_before_kinds",
    "measures_taken",
    "measures_planned",
    "measures_after_kinds",
    "advice_to_people",
    "contained_at",
    "restored_at",
    "remedy_effective",
)
#: Names and addresses of people of other houses: for the papers that ask for them.
_LEFT_OUT = ("involved_parties", "hold", "cells")


@dataclass(frozen=True)
class Breach:
    """One breach: the incident, and what papers say of it."""

    incident: Incident
    paper: PaperFacts

    @property
    def overdue(self) -> list[str]:
        """What was not notified and should have been looked at again by now."""
        return [each.of for each in self.paper.case.decisions if each.overdue]


@dataclass(frozen=True)
class Register:
    """The breaches in the order of their declaration, and what was left out of them and why."""

    as_of: datetime
    since: date | None
    until: date | None
    drills: bool
    breaches: tuple[Breach, ...] = ()
    #: Incidents that cannot be read, and why.
    broken: dict[str, str] = field(default_factory=dict)
    drills_left_out: int = 0
    restricted_left_out: int = 0

    def as_json(self) -> dict[str, Any]:
        """The register as one document."""
        return {
            "as_of": self.as_of,
            "since": self.since,
            "until": self.until,
            "drills": self.drills,
            "breaches": [_plain(breach) for breach in self.breaches],
            "broken": self.broken,
            "left_out": {"drills": self.drills_left_out, "restricted": self.restricted_left_out},
        }


def register(
    app: App,
    actor: Actor,
    *,
    only: str | None = None,
    since: date | None = None,
    until: date | None = None,
    drills: bool = False,
    moment: datetime | None = None,
) -> Register:
    """Every breach declared on these days, as known now or at a past `moment`; `only` is the key of a single one."""
    known(actor)
    now = moment or app.now()
    if since and until and until < since:
        raise Refused(f"--until {until} lies before --since {since}; no breach can be declared between them")
    found, broken, exercises, restricted = [], {}, 0, 0
    for row in sorted(visible(app, actor), key=lambda row: int(row["number"])):
        if not _wanted(app, row, only, since, until, now):
            continue
        if only is None and row["drill"] is not drills:
            exercises += bool(row["drill"])
            continue
        breach = _breach(app, row, moment, now)
        if isinstance(breach, str):
            broken[str(row["key"])] = breach
        elif not breach.incident.declared:
            # What waits in triage, or was declined there, nobody ever called a breach.
            continue
        elif not reads_words(actor, app.incident(row["key"])):
            restricted += 1
        else:
            found.append(breach)
    exercise = drills or any(breach.incident.drill for breach in found)
    return Register(now, since, until, exercise, tuple(found), broken, exercises, restricted)


def _wanted(
    app: App, row: dict[str, Any], only: str | None, since: date | None, until: date | None, now: datetime
) -> bool:
    if only is not None:
        return bool(row["key"] == only)
    day = row["declared_at"].astimezone(app.zone).date()
    return row["declared_at"] <= now and (not since or day >= since) and (not until or day <= until)


def _breach(app: App, row: dict[str, Any], moment: datetime | None, now: datetime) -> Breach | str:
    """The breach, or why it cannot be read: one poisoned timeline must not hide the others."""
    if row["quarantined"] is not None:
        return f"set apart: {row['quarantined']}"
    try:
        incident = app.incident(row["key"])
        if moment is not None:
            with app.database.read() as connection:
                incident = fold(as_of(timeline.entries(connection, incident.key), moment))
        return Breach(incident, breach_facts(app, incident, now))
    except Exception as poison:  # any failure at all: the register says so and goes on
        # Only our own words: those of a library may quote what they could not read.
        return str(poison) if isinstance(poison, TocsinError) else type(poison).__name__


def _plain(breach: Breach) -> dict[str, Any]:
    incident, case, facts = breach.incident, breach.paper.case, breach.paper.facts
    values = _values(facts)
    return {
        "key": incident.key,
        "code_name": incident.code_name,
        "title": case.title,
        "type": incident.type,
        "severity": incident.severity,
        "status": incident.status,
        "restricted": incident.restricted,
        "drill": incident.drill,
        "declared_at": incident.declared_at,
        "declared_by": incident.declared_by,
        "ending": asdict(case.ending) if case.ending else None,
        "facts": {name: value for name, value in values.items() if name not in (*_EFFECTS, *_MEASURES)},
        "effects": {name: values[name] for name in _EFFECTS if name in values},
        "measures": {name: values[name] for name in _MEASURES if name in values},
        "affected": {
            "people": facts.get("people"),
            "by_place": facts.get("people_by_country"),
            "lower_bound": bool(breach.paper.gaps) or any(cell.lower_bound for cell in facts.cells),
        },
        "risk": {
            "advice": asdict(case.advice) if case.advice else None,
            "advice_today": asdict(case.advice_today) if case.advice_today else None,
            "decided": _risk(breach),
        },
        "duties": [asdict(duty) for duty in case.duties],
        "cannot_tell": [name["en"] for name in case.undecided],
        "not_notified": [_decision(breach, each.of) for each in case.decisions],
        "taken_back": [asdict(each) for each in case.taken_back],
        "dissents": [
            asdict(line) | {"by": kept.by}
            for line, kept in zip(case.dissents, incident.dissents, strict=True)
        ],
        "told": asdict(breach.paper.telling) if breach.paper.telling else None,
    }


def _risk(breach: Breach) -> dict[str, Any] | None:
    """What a person decided; as everywhere in a document for machines, people stand by id."""
    decided = breach.paper.case.risk
    if decided is None:
        return None
    by = breach.incident.grounds[RISK].by
    return {"level": breach.paper.facts.get("risk"), **asdict(decided), "by": by}


def _values(facts: Facts) -> dict[str, Any]:
    """What is known, by name, in the order in which it is asked; a moment as such."""
    return {
        name: facts.moment(name) if definition.type == "moment" else facts.get(name)
        for name, definition in FACTS.items()
        if definition.same_as is None and name not in _LEFT_OUT and facts.known(name)
    }


def _decision(breach: Breach, of: str) -> dict[str, Any]:
    line = next(each for each in breach.paper.case.decisions if each.of == of)
    kept = breach.incident.decisions[of]
    told = {name: value for name, value in asdict(line).items() if name != "duty"}
    return {
        **told,
        "decided_by": kept.decided_by,
        "advised_by": list(kept.advised_by),
        "written_down_by": kept.by,
    }
