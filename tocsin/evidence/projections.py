"""Projections against the timeline: what lists and the bell look up is what fold and plan give.

They can always be made again. A wake that is too early costs one look; one that is too late would miss a deadline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.domain.errors import TocsinError
from tocsin.domain.fold import fold
from tocsin.domain.incident import Incident
from tocsin.domain.timeline import from_row
from tocsin.evidence.case import Bad, Case, Check
from tocsin.record import attention, plan_or_none
from tocsin.storage import timeline

#: Said of a row by its plan, and changed by the clock or by a new word in a later release.
_MOVING = ("wake_at", "waiting_for")


class Unreadable(TocsinError):
    """This release cannot fold or plan the incident: its projections cannot be checked, nor the incident be worked."""


@dataclass(frozen=True)
class Made:
    """Projections as fold and plan give them now."""

    incident: Incident
    row: Mapping[str, Any]
    wake_at: datetime | None


def make(case: Case) -> Made:
    """Fold the whole timeline and plan. Unreadable where this release cannot."""
    if case.story.unknown:
        seq, kind = case.story.unknown
        raise Unreadable(
            f"entry {seq} is a {kind}, which this release does not know; install the newer Tocsin"
        )
    try:
        state = fold(from_row(row) for row in timeline.raw_rows(case.connection, case.key))
    except Exception as poison:  # any failure at all: a sound chain may still tell a story nobody can follow
        # Only our own words: those of a library may quote what they could not read.
        why = str(poison) if isinstance(poison, TocsinError) else type(poison).__name__
        raise Unreadable(f"its timeline cannot be folded ({why})") from poison
    now = case.app.now()
    found = plan_or_none(case.app, state, now)
    if found is None:
        raise Unreadable("its plan fails; see the log of the bell")
    wake_at, waiting_for = attention(found, now)
    return Made(state, timeline.incident_row(state, wake_at=wake_at, waiting_for=waiting_for), wake_at)


def differences(case: Case, made: Made) -> list[str]:
    """What the live projections say otherwise, each in a few words."""
    try:
        live, duties = timeline.projected(case.connection, case.key)
    except ValueError:  # a column holds what is no moment
        return ["they cannot be read"]
    if live is None:
        return ["it is missing from the list of incidents"]
    wrong = [
        f"{name} is {live[name]} instead of {value}"
        for name, value in made.row.items()
        if name not in _MOVING and live[name] != value
    ]
    wake_at = made.row["wake_at"]
    if wake_at is not None and (live["wake_at"] is None or live["wake_at"] > wake_at):
        wrong.append(f"wake_at is {live['wake_at']}, too late for {wake_at}")
    wanted = {key: timeline.duty_row(state) for key, state in made.incident.duties.items()}
    for key in sorted(set(wanted) | set(duties)):
        if key not in wanted:
            wrong.append(f"duty {key} is listed, and no entry opened it")
        elif key not in duties:
            wrong.append(f"duty {key} is not listed")
        else:
            wrong += [
                f"duty {key}: {name} is {duties[key][name]} instead of {value}"
                for name, value in wanted[key].items()
                if duties[key][name] != value
            ]
    return wrong


def projections(case: Case) -> Check:
    """The rows of `incident` and `duty` as they are looked up. Bad at the first that differs."""
    made = make(case)
    for wrong in differences(case, made)[:1]:
        raise Bad(f"{case.key} projections: {wrong}; tocsin verify {case.key} --rebuild makes them anew")
    count = len(made.incident.duties)
    return Check("projections", 1 + count, f"the incident and {count} duties as fold and plan give them")


def rebuild(case: Case) -> tuple[Check, tuple[str, ...]]:
    """Make the projections anew; returns what they said wrongly before."""
    made = make(case)
    wrong = tuple(differences(case, made))
    with case.app.database.write() as connection:
        if timeline.head(connection, case.key) != made.incident.head_seq:
            raise Bad(f"{case.key} grew while it was verified; say it again")
        number = None if timeline.is_listed(connection, case.key) else int(case.key.rpartition("-")[2])
        timeline.project(connection, made.incident, made.row, number=number)
    return Check("projections", 1 + len(made.incident.duties), "projections made anew"), wrong
