"""Gaps: what a scope cannot know. Their words stand in `incident_templates/papers/words.*.yaml`."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime

from tocsin.domain.records import Record

GapKind = Literal[
    "unreadable-lines",
    "unreadable-addresses",
    "unplaced-moments",
    "missing-hours",
    "thin-hours",
    "silent-stretches",
    "logging-switched-off",
    "empty-source",
    "clock-disorder",
    "clock-doubt",
    "damaged-file",
    "changed-file",
    "unread-file",
    "late-file",
    "other-days",
    "missing-column",
    "ids-nobody-owns",
    "listed-differently",
    "customers-changed",
    "uncertain-merges",
    "shared-ids",
    "unreadable-birth-dates",
    "unexplained-flags",
    "requests-without-account",
    "unknown-outcome",
    "unmapped-endpoint",
    "subject-unknown",
    "own-requests-set-aside",
    "unknown-listed",
    "unproven-deletions",
    "deletion-contradicted",
    "incomplete-list",
    "no-customers",
    "people-not-counted",
    "deleted-since-exposure",
    "controllers-unknown",
]
#: Gaps in which a request may hide: while one is open, nobody is excluded.
HIDING: frozenset[GapKind] = frozenset(
    {
        "unreadable-lines",
        "unreadable-addresses",
        "unplaced-moments",
        "missing-hours",
        "thin-hours",
        "silent-stretches",
        "logging-switched-off",
        "empty-source",
        "clock-disorder",
        "damaged-file",
        "changed-file",
        "unread-file",
        "late-file",
        "missing-column",
        "subject-unknown",
        "requests-without-account",
    }
)


#: A detail shows so many places at most.
SHOWN = 5


def some(places: Sequence[object]) -> str:
    """The first few places in words, and how many more there are."""
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    return "; ".join(map(str, places[:SHOWN])) + more


def _clock(moment: datetime) -> str:
    """The moment in UTC, as exactly as it is known."""
    clock = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{clock.isoformat(timespec='auto' if clock.second or clock.microsecond else 'minutes')}Z"


class Stretch(Record):
    """A stretch of time, from `since` (included) to `until` (not included)."""

    since: AwareDatetime
    until: AwareDatetime

    def __str__(self) -> str:
        return " to ".join(_clock(edge) for edge in (self.since, self.until))


class Gap(Record):
    """Something the result cannot know. `detail` names files, hours and line numbers, never a person.

    `detail` shows the first few places to a person; `hours` and `files` hold them all, to be compared and counted.
    """

    kind: GapKind
    source: str
    count: int
    detail: str = ""
    hours: tuple[Stretch, ...] = ()
    files: tuple[str, ...] = ()


def hiding(gaps: Iterable[Gap]) -> bool:
    """Whether a request may hide in one of these gaps: then no silence excludes anybody."""
    return any(gap.kind in HIDING for gap in gaps)
