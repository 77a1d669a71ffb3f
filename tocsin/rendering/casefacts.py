"""What a paper may say of the case beyond one duty: what was owed, told and decided, and what was done when, by whom.

Pure values. Staff stand by name, affected people never; a text that was erased says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.domain.contacts import Person
from tocsin.domain.records import Texts


@dataclass(frozen=True)
class DutyLine:
    """One duty and where it stands. `to` is the authority's short name, None for other recipients."""

    key: str
    recipient: str
    cite: str
    #: A word of the vocabulary of notification.
    state: str
    to: str | None = None
    place: str | None = None
    #: How other languages than English cite it.
    cited: Mapping[str, str] = field(default_factory=dict)
    due_at: datetime | None = None
    met_at: datetime | None = None
    reference: str | None = None
    #: The number of each supplement, and when it was filed.
    supplements: tuple[tuple[int, datetime], ...] = ()
    late: bool = False
    late_because: str | None = None


@dataclass(frozen=True)
class DecisionLine:
    """A decision not to notify. `duty` is what it is about where that is a duty or a rule; `of` is `breach` for all."""

    of: str
    because: str
    decided_by: str
    at: datetime
    advised_by: tuple[str, ...] = ()
    look_again: datetime | None = None
    overdue: bool = False
    not_owed: bool = False
    #: The level on which it rests, and the one of today, where the facts no longer carry it.
    doubt: tuple[str, str] | None = None
    #: A duty was opened after it, so that it no longer says all.
    overtaken: bool = False
    duty: DutyLine | None = None


@dataclass(frozen=True)
class TakenBack:
    """A decision not to notify that no longer stands: taken back by a person with reasons, or overtaken by facts."""

    decision: DecisionLine
    at: datetime
    by: str | None = None
    because: str | None = None


@dataclass(frozen=True)
class DissentLine:
    """Another view of a decision, and who wrote it down."""

    of: str
    because: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Advice:
    """What the method advised on the risk, on the facts that were known when a person decided, or are known now."""

    level: str
    score: str | None = None
    reasons: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class RiskDecision:
    """What a person decided of the risk; `doubted` where the facts no longer carry it."""

    by: str
    at: datetime
    because: str
    doubted: bool = False


@dataclass(frozen=True)
class Event:
    """One thing that was done: the phrase that says it (`event_<what>`), its values, and by whom."""

    at: datetime
    what: str
    by: str
    values: Mapping[str, str] = field(default_factory=dict)
    #: A text that stands for the phrase, per language: the title of a step.
    title: Texts | None = None


@dataclass(frozen=True)
class Ending:
    """How the file was closed, or that it was no incident after all."""

    status: str
    at: datetime
    by: str
    because: str | None = None


@dataclass(frozen=True)
class CaseFacts:
    """The case as a whole."""

    title: str | None = None
    status: str = "declared"
    declared_at: datetime | None = None
    declared_by: str = ""
    ending: Ending | None = None
    duties: tuple[DutyLine, ...] = ()
    #: Names of the laws of which it cannot be told yet whether they ask for anything.
    undecided: tuple[Texts, ...] = ()
    advice: Advice | None = None
    #: What it advises on the facts that are known by now.
    advice_today: Advice | None = None
    risk: RiskDecision | None = None
    decisions: tuple[DecisionLine, ...] = ()
    taken_back: tuple[TakenBack, ...] = ()
    dissents: tuple[DissentLine, ...] = ()
    #: (role, person) of those who worked on it.
    present: tuple[tuple[str, Person], ...] = ()
    events: tuple[Event, ...] = ()
