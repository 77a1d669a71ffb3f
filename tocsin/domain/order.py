"""Moments that contradict each other: a breach is not noticed before it began, nor over before its leak was stopped.

Pure. What may be true all the same (an hour that was estimated, a signal of something else) is refused nowhere: it is
said, with both moments, so that somebody looks before an authority does.
"""

from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.facts import FACTS, Facts

#: Moment, and those that do not come before it. Only what must be so in every incident: a leak may be stopped before
#: anybody knew of it, and we may know before our processor tells us.
_NOT_BEFORE: dict[str, tuple[str, ...]] = {
    "occurred_from": (
        "detected_at",
        "suspected_at",
        "aware_at",
        "violation_found_at",
        "processor_aware_at",
        "contained_at",
        "restored_at",
        "incident_ended_at",
        "handled_at",
        "ransom_paid_at",
    ),
    "occurred_to": ("contained_at", "incident_ended_at"),
    "detected_at": (
        "suspected_at",
        "aware_at",
        "violation_found_at",
        "significant_at",
        "classified_major_at",
        "assessed_notifiable_at",
        "materiality_determined_at",
        "harm_ruled_out_at",
        "statement_prepared_at",
    ),
    "suspected_at": ("aware_at", "assessed_notifiable_at"),
    "processor_aware_at": ("told_by_processor_at",),
    "materiality_determined_at": ("missing_item_at",),
    "contained_at": ("incident_ended_at", "handled_at"),
}
#: Every moment that stands in the order.
ORDERED = frozenset(_NOT_BEFORE) | {name for later in _NOT_BEFORE.values() for name in later}


@dataclass(frozen=True)
class Disorder:
    """A moment that was stated before another one which it cannot precede."""

    name: str
    at: datetime
    after: str
    after_at: datetime


def ahead(facts: Facts, now: datetime) -> tuple[tuple[str, datetime], ...]:
    """Every stated moment, with its name, that must have happened and lies after `now`: `aware_at` and the like."""
    moments = ((name, facts.moment(name)) for name in facts.values if FACTS[name].past)
    return tuple((name, at) for name, at in moments if at is not None and at > now)


def out_of_order(facts: Facts) -> tuple[Disorder, ...]:
    """Every pair of stated moments that contradicts the order of things; what nobody stated contradicts nothing."""
    stated = {name: at for name in facts.values if name in ORDERED and (at := facts.moment(name))}
    return tuple(
        Disorder(name, stated[name], first, stated[first])
        for first, later in _NOT_BEFORE.items()
        for name in later
        if first in stated and name in stated and stated[name] < stated[first]
    )
