"""The incident as it stands, now or at any past hour: the shape that `fold` makes of a timeline.

Everything here is derived. Nothing here is stored but as a projection that can be made again. One small shape for each
thing that an incident holds, hence long.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from tocsin.domain.canonical import digest
from tocsin.domain.decisions import Decision, Dissent, Ground
from tocsin.domain.doubt import fate
from tocsin.domain.facts import Facts
from tocsin.domain.kinds import Alone, CommandEnded, DutyOpened, RoomOpened, ScopeMeasured, Severity, Status
from tocsin.domain.moments import MOMENT_NAMES

StepMark = Literal["done", "skipped"]
#: `released`: found not owed. `not-notified`: a choice to be silent, under which the law still stands.
DutyMark = Literal["open", "met", "released", "not-notified"]
NoticeMark = Literal["in-review", "approved", "released", "sending", "paused", "sent", "rejected", "void"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Learned:
    """The present value of a fact: what, from where (a commitment), by whom, when, by which entry."""

    value: Any
    source: str
    by: str
    at: datetime
    seq: int
    scope_revision: int | None = None


@dataclass(frozen=True)
class StepState:
    """A step of the checklist that somebody ticked or skipped."""

    mark: StepMark
    by: str
    at: datetime
    seq: int
    evidence: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class RunState:
    """The latest run of a command for a step: who had it run, when, for how long at most, and how it ended."""

    command: str
    by: str
    at: datetime
    seq: int
    limit: timedelta
    ended: CommandEnded | None = None


@dataclass(frozen=True)
class Page:
    """One call to one person, and how each of its messages fared."""

    seq: int
    role: str
    person: str
    level: int
    round: int
    at: datetime
    routes: tuple[str, ...]
    asked_by: str | None = None
    #: The how manieth call of the same rung it is, from 0.
    repeat: int = 0
    #: By route, also by one that was taken instead of another.
    outcomes: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def reached(self) -> bool:
        """Whether some route took the message, and said so. It says nothing about a human having read it."""
        return any(fate(outcome).reached for outcome in self.outcomes.values())


@dataclass(frozen=True)
class Ringing:
    """Since when, and by which entry, a role's ladder calls, and who gave the role back."""

    since: datetime
    seq: int
    gave_back: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rhythm:
    """Since when, and by which entry, the next status update counts; when it was last asked for, and told."""

    since: datetime
    seq: int
    asked_at: datetime | None = None
    asked_seq: int = 0
    #: The last update that was told, and by whom; one that was skipped is none.
    told_at: datetime | None = None
    told_by: str | None = None
    #: Everybody who was ever told: they hear of the end too.
    readers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tenure:
    """Who holds a role, or held it last, since when, by which entry; when somebody was asked to take it over."""

    holder: str
    since: datetime
    seq: int
    asked_at: datetime | None = None
    asked_seq: int = 0


@dataclass(frozen=True)
class Message:
    """A message from outside, by its number in the vault; received `at`, and taken in some time after that."""

    item: str
    at: datetime
    taken_at: datetime
    seq: int
    urgent: bool
    automatic: bool
    whole: bool
    held_back: str | None


@dataclass(frozen=True)
class Supplement:
    """A follow-up to a report, as it was filed; reference and receipt as with the first."""

    number: int
    at: datetime
    reference: str
    receipt: str | None = None


@dataclass(frozen=True)
class DutyState:
    """A duty with its present clock and where it stands."""

    opened: DutyOpened
    mark: DutyMark
    seq: int
    due_at: datetime | None
    target_at: datetime | None
    clock_from: str
    clock_start: datetime | None
    assumed: bool
    because: tuple[str, ...]
    clock_seq: int
    #: The entry that last opened, moved or doubted it.
    last_seq: int
    doubted: tuple[str, ...] | None = None
    #: Counsel found that this candidate is owed.
    confirmed: bool = False
    warned: int = 0
    met_at: datetime | None = None
    late: bool = False
    late_because: str | None = None
    reference: str | None = None
    receipt: str | None = None
    signature_asked: bool = False
    papers: tuple[str, ...] = ()
    #: Other papers of the same law, such as minutes.
    other_papers: tuple[str, ...] = ()
    #: What was filed after the duty was met, in order: each supplements the first.
    supplements: tuple[Supplement, ...] = ()

    @property
    def candidate(self) -> bool:
        """Whether counsel must still confirm or lift it; it runs and pages meanwhile."""
        return self.opened.candidate and not self.confirmed

    @property
    def soonest(self) -> datetime | None:
        """The moment to work towards: the due moment, else the company's own aim."""
        return self.due_at or self.target_at


@dataclass(frozen=True)
class Repetition:
    """One person measured a revision of the scope again: whether it gave the same people, byte for byte."""

    revision: int
    by: str
    at: datetime
    same: bool
    seq: int


@dataclass(frozen=True)
class Signature:
    """One person stands for a revision of the scope."""

    revision: int
    by: str
    at: datetime
    because: str
    seq: int


@dataclass(frozen=True)
class Approval:
    """One person's yes to one digest."""

    person: str
    at: datetime
    seq: int


#: A sender that was told to stop writes its last entry within this time, or is dead.
STOPS_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True)
class Edition:
    """A draft that somebody let leave: its number, its digest, and what it was made of."""

    number: int
    digest: str
    inputs: str


@dataclass(frozen=True)
class Correction:
    """A letter that is proposed to those who got a wrong one: which one, found wrong by whom, when, why."""

    id: str
    of: str
    digests: tuple[str, ...]
    got: int
    by: str
    at: datetime
    seq: int
    because: str
    #: When who got the wrong one is known: once its sender has stopped.
    ready_at: datetime


@dataclass(frozen=True)
class ReleasedAlone:
    """One person let a letter leave that lacked approvals, which `given` of `needed` had given by then.

    Others stand for it afterwards. `asked` is how often they were asked again.
    """

    edition: int
    digest: str
    person: str
    ground: Alone
    needed: int
    given: tuple[str, ...]
    at: datetime
    seq: int
    because: str | None = None
    due_at: datetime | None = None
    facts: tuple[str, ...] = ()
    countersigned: tuple[Approval, ...] = ()
    asked: int = 0

    @property
    def said_yes(self) -> tuple[str, ...]:
        """Who approved or countersigned these letters."""
        return (*self.given, *(each.person for each in self.countersigned))

    @property
    def lacking(self) -> int:
        """How many must still countersign: who released it counts for one, and one other must in any case."""
        lacked = self.needed - len({*self.given, self.person})
        return max(max(1, lacked) - len(self.countersigned), 0)


class LastHours(NamedTuple):
    """That deputies were told of a letter that lacks approvals: one may release it; `after` so many releases."""

    after: int
    at: datetime
    seq: int
    needed: int


#: Mail systems give up after so long (RFC 5321, 4.5.4.1: at least 4 to 5 days), and say so then.
COMES_BACK = timedelta(days=5)


@dataclass(frozen=True)
class NoticeState:
    """A letter: its latest draft, who approved it, and how far its sending came."""

    id: str
    mark: NoticeMark
    edition: int
    digest: str
    inputs: str
    recipients: int
    recipients_digest: str
    variants: int
    sender: str
    dated: str
    drafted_seq: int
    #: How many problems the linter finds in the draft.
    problems: int = 0
    approvals: tuple[Approval, ...] = ()
    asked_seq: int | None = None
    #: Why an earlier draft is void, until those who may approve were asked anew.
    void_because: tuple[str, ...] = ()
    filled: int | None = None
    last_seq: int = 0
    resume_at: datetime | None = None
    #: How long the last stop rests; doubled by the next one while the relay takes nothing.
    rest: timedelta = timedelta(0)
    #: Why it stopped the last time; empty where it did not, or goes on by a person's word.
    why: str = ""
    counts: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    root: str | None = None
    #: Letters that a person settled by hand after the last stop; the next stop counts them.
    settled: int = 0
    #: People whom the scope added since this draft, and whom it no longer supports.
    newcomers: int = 0
    leavers: int = 0
    #: What the draft leaves out, and its readers with what stands in theirs besides.
    left_out: tuple[str, ...] = ()
    added: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NOTHING)
    #: How many of its readers, by what the laws call them, are still to be told, and since which moment.
    untold: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    #: How many people are told by which way.
    ways: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    untold_at: datetime | None = None
    #: When the first sending ended, and the latest: a further batch moves only the second.
    told_at: datetime | None = None
    finished_at: datetime | None = None
    #: When letters last stopped leaving, for whatever reason.
    stopped_at: datetime | None = None
    #: What was let leave, the latest last.
    editions: tuple[Edition, ...] = ()
    #: Releases by one person alone, of this draft or an earlier one, the latest last.
    alone: tuple[ReleasedAlone, ...] = ()
    #: When deputies were last told that one of them may; None where they never were.
    last_hours: LastHours | None = None

    @property
    def may_come_back_until(self) -> datetime | None:
        """Until when letters may come back; None where each is known to have arrived, or not to have."""
        unknown = self.counts.get("handed_over", 0) + self.counts.get("ambiguous", 0)
        return self.stopped_at + COMES_BACK if self.stopped_at and unknown else None


@dataclass(frozen=True)
class Incident:
    """One incident as it stands after `head_seq` entries."""

    key: str
    code_name: str
    title: str
    type: str
    severity: Severity
    status: Status
    drill: bool
    restricted: bool
    excluded: tuple[str, ...]
    catalog: str
    #: When and by whom it was declared; in triage, opened: `declared_seq` is 0 until somebody has declared it.
    declared_at: datetime
    declared_by: str
    #: The first that anybody of the house could know of it: what waited in triage was there before its declaration.
    opened_at: datetime
    opened_by: str
    head_seq: int
    head_hash: str
    recorded_at: datetime
    #: Since when, and by which entry, the ladders call.
    called_from: datetime
    rhythm: Rhythm
    called_seq: int = 1
    #: The entry since which what the clock left behind counts anew, where it was set back.
    clock_seq: int = 1
    #: Roles that somebody gave back: their ladders began anew.
    given_back: Mapping[str, Ringing] = field(default_factory=lambda: _NOTHING)
    #: Routes by which nothing is said any more: somebody reads them who must not.
    silenced: frozenset[str] = frozenset()
    declared_seq: int = 1
    #: Whether what waits in triage calls until somebody answers.
    urgent: bool = False
    quiet: bool = False
    source: Literal["person", "message"] = "person"
    messages: tuple[Message, ...] = ()
    status_seq: int = 1
    #: Since when it has this status; None while it has that of its declaration.
    status_at: datetime | None = None
    learned: Mapping[str, Learned] = field(default_factory=lambda: _NOTHING)
    facts_seq: int = 0
    roles: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    tenures: Mapping[str, Tenure] = field(default_factory=lambda: _NOTHING)
    pages: tuple[Page, ...] = ()
    answered: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    #: Types that it had before its present one, the latest last, each once.
    former_types: tuple[str, ...] = ()
    steps: Mapping[str, StepState] = field(default_factory=lambda: _NOTHING)
    runs: Mapping[str, RunState] = field(default_factory=lambda: _NOTHING)
    undone: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    reminded: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    duties: Mapping[str, DutyState] = field(default_factory=lambda: _NOTHING)
    notices: Mapping[str, NoticeState] = field(default_factory=lambda: _NOTHING)
    #: Letters that are proposed to those who got a wrong one, by the notice that they are.
    corrections: Mapping[str, Correction] = field(default_factory=lambda: _NOTHING)
    #: Not to notify: what each is about, to the decision that stands.
    decisions: Mapping[str, Decision] = field(default_factory=lambda: _NOTHING)
    dissents: tuple[Dissent, ...] = ()
    #: What each of these, and the decision on the `risk`, stands on.
    grounds: Mapping[str, Ground] = field(default_factory=lambda: _NOTHING)
    scope: ScopeMeasured | None = None
    scope_seq: int = 0
    #: People whom an earlier revision of the scope told and this one does not, undecided, by place; those of them for
    #: whom a letter had left; and the entry by which a decision was asked for.
    held: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    held_told: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    held_asked: int = 0
    #: Those of whom a person found that they are owed a letter all the same, by readers, and a digest of who they are.
    upheld: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    upheld_digest: str = ""
    #: Who measured which revision again, and who signed it, in order.
    repetitions: tuple[Repetition, ...] = ()
    signatures: tuple[Signature, ...] = ()
    evidence: tuple[str, ...] = ()
    #: The entry by which newer laws were accepted; 0 while the incident is judged by those of its declaration.
    accepted_seq: int = 0
    #: The packs with newer, stricter laws that the DPO was told of.
    told_of: tuple[str, ...] = ()
    published: int = 0
    erased: bool = False
    #: Its channel in Slack.
    room: RoomOpened | None = None
    closed_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether there is still something to do or to wait for."""
        return self.status not in ("closed", "declined")

    @property
    def declared(self) -> bool:
        """Whether somebody ever said that it is an incident; until then it waits in triage, or was declined there."""
        return self.declared_seq > 0

    @property
    def waits_calmly(self) -> bool:
        """Whether it waits in triage and nobody called it urgent."""
        return self.status == "triage" and not self.urgent

    @property
    def by_message(self) -> bool:
        """Whether a message from outside is what waits, or waited, in triage."""
        return self.source == "message"

    @property
    def reported_at(self) -> datetime | None:
        """When it came in, where it waited in triage before it was declared."""
        return self.opened_at if self.opened_at < self.declared_at else None

    @cached_property
    def facts(self) -> Facts:
        """What is known, by the names of the vocabulary."""
        return Facts({name: learned.value for name, learned in self.learned.items()})

    @cached_property
    def moments(self) -> dict[str, datetime]:
        """Every known moment by name, `declared_at` included: what checklists and clocks start from."""
        facts = self.facts
        known = {name: facts.moment(name) for name in MOMENT_NAMES}
        begun = {"declared_at": self.declared_at}
        if self.reported_at is not None:
            begun["reported_at"] = self.reported_at
        return begun | {name: at for name, at in known.items() if at is not None}

    @property
    def signed_by(self) -> tuple[Signature, ...]:
        """Who signed the latest revision of the scope."""
        latest = self.scope.revision if self.scope else 0
        return tuple(each for each in self.signatures if each.revision == latest)

    @property
    def owed_letters(self) -> int:
        """How many people are owed a letter: whom the scope found, and whom a person upheld."""
        return (self.scope.total if self.scope else 0) + sum(self.upheld.values())

    @property
    def recipients(self) -> str:
        """The digest of all who are owed a letter, and of how they are spoken to; empty before there is a scope."""
        if self.scope is None:
            return ""
        besides = {"upheld": self.upheld_digest, "addressed": self.scope.addressed}
        found = {name: said for name, said in besides.items() if said}
        return digest({"of": self.scope.set_digest} | found) if found else self.scope.set_digest

    @property
    def held_untold(self) -> Mapping[str, int]:
        """Those who are held and had no letter, by place: a duty to tell people is not met before it is decided."""
        left = {place: count - self.held_told.get(place, 0) for place, count in self.held.items()}
        return {place: count for place, count in left.items() if count > 0}

    def ringing(self, role: str) -> Ringing:
        """Since when the ladder of a role calls."""
        back = self.given_back.get(role)
        if back is not None and back.seq > self.called_seq:
            return back
        return Ringing(self.called_from, self.called_seq)

    def holder(self, role: str) -> str | None:
        """Who holds this role, if somebody does."""
        return self.roles.get(role)
