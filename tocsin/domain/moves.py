"""Moves: what the plan asks for next. Data only; the engine performs them. One class for each kind, hence long.

A move's key is `kind/subject/causing seq`, unique among an incident's entries, so that a moved deadline, a restarted
ladder or an undone step may fire again, and nothing else. `words` are for dashboards and hold no free text.

Long, since every kind of move is a few lines of one list.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from tocsin.domain.checklist import Phase, phase_of
from tocsin.domain.kinds import Status
from tocsin.domain.law.regime import Duty

#: The phases of a checklist, and that of the reports.
MovePhase = Phase | Literal["report"]


@dataclass(frozen=True)
class Move:
    """One thing to do now, and the entry that gave rise to it. `about` and `says` are filled from its fields."""

    cause: int

    kind: ClassVar[str]
    stage: ClassVar[MovePhase]
    about: ClassVar[str]
    says: ClassVar[str]
    #: Long jobs run under a lease; all others are one transaction.
    long: ClassVar[bool] = False
    #: Calls somebody, or stops something: never waits for a flow to wake up.
    urgent: ClassVar[bool] = False

    @property
    def phase(self) -> MovePhase:
        """Where it is shown."""
        return self.stage

    @property
    def subject(self) -> str:
        """What the move is about."""
        return self.about.format(**self.__dict__)

    @property
    def words(self) -> str:
        """The move in plain words."""
        return self.says.format(**self.__dict__)

    @property
    def key(self) -> str:
        """What makes it happen once."""
        return f"{self.kind}/{self.subject}/{self.cause}"


@dataclass(frozen=True)
class CallPerson(Move):
    """Call somebody for a role, by these routes."""

    role: str
    person: str
    level: int
    round: int
    repeat: int
    routes: tuple[str, ...]

    kind, stage, urgent = "page", "declare", True
    about = "{role}.{person}.{round}.{level}.{repeat}"
    says = "Page {person} as {role}"

    @property
    def subject(self) -> str:
        """Whom it calls for what, on which rung, by what: a route that waits is another call."""
        return f"{super().subject}.{'+'.join(self.routes)}"

    @property
    def words(self) -> str:
        """Who is called for what, and for the how manieth time the ladder starts."""
        return super().words + (f", round {self.round + 1}" if self.round else "")


@dataclass(frozen=True)
class AskUpdate(Move):
    """A status update is due."""

    missed: int

    kind, stage, urgent = "ask-update", "declare", True
    about, says = "update", "Ask for the status update"

    @property
    def words(self) -> str:
        """What is asked for, and how many never came."""
        return super().words + (f", {self.missed} missed" if self.missed else "")


@dataclass(frozen=True)
class AskHandOver(Move):
    """A shift ended while somebody on call held a role."""

    role: str
    holder: str
    to: str

    kind, stage, urgent = "ask-hand-over", "declare", True
    about, says = "{role}", "Ask {to} to take {role} from {holder}"


@dataclass(frozen=True)
class CountAnew(Move):
    """The clock was set back: what is counted from a moment ahead would stand still until it has caught up."""

    seconds: int

    kind, stage, urgent = "clock", "declare", True
    about, says = "ladders", "Count anew from now: the clock was set back by {seconds} s"


@dataclass(frozen=True)
class OpenDuty(Move):
    """A duty exists that was not known."""

    duty: Duty

    kind, stage = "open-duty", "assess"
    about, says = "{duty.key}", "Open duty {duty.key}"


@dataclass(frozen=True)
class MoveDuty(Move):
    """A known duty has another clock."""

    duty: Duty

    kind, stage = "move-duty", "assess"
    about, says = "{duty.key}", "Move the clock of {duty.key}"


@dataclass(frozen=True)
class DoubtDuty(Move):
    """The facts no longer support a duty: a person must say whether it goes."""

    duty: str
    because: tuple[str, ...]

    kind, stage = "doubt-duty", "assess"
    about, says = "{duty}", "Ask whether {duty} is still owed"


@dataclass(frozen=True)
class AskToLookAgain(Move):
    """The day has come to look again at a decision not to notify."""

    of: str

    kind, stage = "look-again", "assess"
    about, says = "{of}", "Ask to look again at not notifying: {of}"


@dataclass(frozen=True)
class DoubtDecisions(Move):
    """The risk is worse by now than these decisions say, or rest on: people must look at them again."""

    decisions: tuple[str, ...]
    level: str
    because: tuple[str, ...]

    kind, stage = "doubt-decisions", "assess"
    about, says = "{level}", "Ask whether what was decided still holds: the risk is {level} by now"


@dataclass(frozen=True)
class AskAboutUnsupported(Move):
    """The scope no longer supports people whom an earlier revision told: a person must say what becomes of them."""

    people: int
    revision: int

    kind, stage = "ask-unsupported", "scope"
    about, says = "{revision}", "Ask about {people} people whom revision {revision} no longer supports"


@dataclass(frozen=True)
class AmendDuty(Move):
    """A duty that stands asks for something else, since newer laws were accepted."""

    duty: Duty

    kind, stage = "amend-duty", "assess"
    about, says = "{duty.key}", "Amend what {duty.key} asks for"


@dataclass(frozen=True)
class TellOfNewerLaws(Move):
    """Laws that are newer than those of this incident ask more of it: the DPO must know."""

    packs: str
    because: tuple[str, ...]

    kind, stage, urgent = "newer-laws", "assess", True
    about, says = "{packs:.12}", "Page the DPO: newer laws ask more"


@dataclass(frozen=True)
class WarnOfDeadline(Move):
    """So much of a duty's time is gone."""

    duty: str
    percent: int

    kind, stage, urgent = "warn", "report", True
    about, says = "{duty}.{percent}", "Warn: {percent} % of the time for {duty} is gone"

    @property
    def words(self) -> str:
        """How much is gone, or that all of it is."""
        return f"Say that {self.duty} is late" if self.percent >= 100 else super().words


@dataclass(frozen=True)
class RemindOfStep(Move):
    """A step of the checklist is overdue."""

    step: str
    role: str
    of: Phase

    kind, urgent = "remind", True
    about, says = "{step}", "Remind {role} of step {step}"

    @property
    def phase(self) -> MovePhase:
        """That of the step."""
        return self.of


@dataclass(frozen=True)
class EnterStatus(Move):
    """The gates of the present status are passed."""

    status: Status

    kind, about, says = "status", "{status}", "Enter {status}"

    @property
    def phase(self) -> MovePhase:
        """The one that begins."""
        return phase_of(self.status)


@dataclass(frozen=True)
class PublishHead(Move):
    """Let the chain's head leave the house at a milestone."""

    milestone: str

    kind, stage = "publish", "review"
    about, says = "{milestone}", "Publish the chain's head at {milestone}"


@dataclass(frozen=True)
class VoidNotice(Move):
    """What was approved is no longer what would be sent."""

    notice: str
    because: tuple[str, ...]

    kind, stage, urgent = "void", "notify", True
    about, says = "{notice}", "Void the approval of {notice}"


@dataclass(frozen=True)
class DraftNotice(Move):
    """Render the letter in all its variants."""

    notice: str

    kind, stage, long = "draft", "notify", True
    about, says = "{notice}", "Draft the notice to {notice}"


@dataclass(frozen=True)
class AskApproval(Move):
    """Ask those who may approve to read the draft."""

    notice: str

    kind, stage = "ask-approval", "notify"
    about, says = "{notice}", "Ask for approval of {notice}"


@dataclass(frozen=True)
class AskCountersignature(Move):
    """Nobody has stood yet for what one person released alone; `number` counts how often that was asked."""

    notice: str
    number: int

    kind, stage, urgent = "ask-countersignature", "notify", True
    about, says = "{notice}.{number}", "Ask for the countersignature of {notice}"


@dataclass(frozen=True)
class TellDeputies(Move):
    """The last hours before a letter's first deadline have begun, and it lacks approvals: a deputy may release it."""

    notice: str
    due_at: datetime
    needed: int

    kind, stage, urgent = "tell-deputies", "notify", True
    about, says = "{notice}", "Tell the deputies that one of them may release {notice}"


@dataclass(frozen=True)
class FillLedger(Move):
    """Write one ledger row for each recipient."""

    notice: str

    kind, stage, long = "fill", "notify", True
    about, says = "{notice}", "Fill the ledger of {notice}"


@dataclass(frozen=True)
class SendLetters(Move):
    """Send what is pending in the ledger."""

    notice: str

    kind, stage, long = "send", "notify", True
    about, says = "{notice}", "Send the letters to {notice}"


@dataclass(frozen=True)
class MeetByNotice(Move):
    """Everybody under a duty was told, the last of them at that moment: it is met."""

    duty: str
    notice: str
    told_at: datetime

    kind, stage = "meet", "notify"
    about, says = "{duty}", "Record that {duty} is met"


@dataclass(frozen=True)
class AskSignature(Move):
    """A day is left: ask for signatory and seal."""

    duty: str

    kind, stage = "ask-signature", "report"
    about, says = "{duty}", "Ask for signature and seal of {duty}"


@dataclass(frozen=True)
class PreparePaper(Move):
    """Nobody has made the report yet: make it, with what is known."""

    duty: str

    kind, stage, long = "paper", "report", True
    about, says = "{duty}", "Prepare the report for {duty}"
