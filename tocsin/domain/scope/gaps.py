"""Gaps: what a scope cannot know. Their words stand in `incident_templates/papers/words.*.yaml`."""

from typing import Literal

from pydantic import AwareDatetime

from tocsin.domain.records import Record

GapKind = Literal[
    "unreadable-lines",
    "unreadable-addresses",
    "missing-hours",
    "damaged-file",
    "changed-file",
    "unread-file",
    "late-file",
    "missing-column",
    "ids-nobody-owns",
    "listed-differently",
    "requests-without-account",
    "unknown-outcome",
    "unmapped-endpoint",
    "unknown-listed",
    "no-customers",
    "people-not-counted",
]
#: Gaps in which a request may hide: while one is open, nobody is excluded.
HIDING: frozenset[GapKind] = frozenset(
    {
        "unreadable-lines",
        "unreadable-addresses",
        "missing-hours",
        "damaged-file",
        "changed-file",
        "unread-file",
        "late-file",
        "missing-column",
    }
)


class Stretch(Record):
    """A stretch of time, from `since` (included) to `until` (not included)."""

    since: AwareDatetime
    until: AwareDatetime


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
