"""What happened to an incident, for people who watch its run: a short line for each entry, by its phase.

Without free text and without facts' values: what is shown here leaves our own database.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tocsin.app import App
from tocsin.domain import kinds as k
from tocsin.domain.checklist import phase_of
from tocsin.domain.moves import MovePhase
from tocsin.domain.playbook import playbook
from tocsin.domain.timeline import Entry
from tocsin.storage import timeline

#: Entries that tell nobody anything new: their outcome stands on the page of the incident.
_LEFT_OUT = (k.PageOutcome, k.EvidenceCopied, k.TakenUp)
_PHASES: dict[MovePhase, tuple[type[k.Body], ...]] = {
    "contain": (k.EvidenceKept,),
    "scope": (k.ScopeMeasured, k.PeopleExported, k.PeopleSeen, k.PersonAsked),
    "assess": (
        k.FactLearned,
        k.DutyOpened,
        k.DutyMoved,
        k.DutyAmended,
        k.DutyDoubted,
        k.DutyReleased,
        k.DutyConfirmed,
        k.NotNotified,
        k.NotNotifiedTakenBack,
        k.Dissented,
        k.LookAgainAsked,
        k.DecisionsDoubted,
        k.NewerLawsSeen,
        k.LawsAccepted,
    ),
    "notify": (
        k.NoticeDrafted,
        k.ApprovalAsked,
        k.NoticeApproved,
        k.ApprovedAhead,
        k.NoticeRejected,
        k.NoticeVoided,
        k.NoticeReleased,
        k.ReleasedAlone,
        k.WrongLetterFound,
        k.Countersigned,
        k.CountersignatureAsked,
        k.LastHoursBegun,
        k.LedgerFilled,
        k.SendingPaused,
        k.SendingResumed,
        k.SendingStopped,
        k.LettersReturned,
        k.ReturnRead,
        k.ReturnSetAside,
        k.LetterExcluded,
        k.PeopleListed,
    ),
    "report": (k.DutyMet, k.SupplementFiled, k.DeadlineWarned, k.PaperMade, k.SignatureAsked),
    "review": (k.Closed, k.Declined, k.Reopened, k.Erased, k.Redacted, k.HeadPublished),
}
_PHASE_OF = {kind: phase for phase, kinds in _PHASES.items() for kind in kinds}
#: Entries about a step: they stand in its phase.
_OF_A_STEP = (
    k.StepDone,
    k.StepSkipped,
    k.StepUndone,
    k.StepReminded,
    k.CommandStarted,
    k.CommandEnded,
)
#: The fields that say what an entry is about, the first that it has.
_ABOUT = (
    "step",
    "key",
    "duty",
    "of",
    "notice",
    "deed",
    "name",
    "role",
    "status",
    "milestone",
    "item",
    "field",
    "revision",
)


@dataclass(frozen=True)
class Happening:
    """One entry as a line. `command_key` is the key of the move that made it, if the engine did."""

    phase: MovePhase
    words: str
    command_key: str | None


def happened(app: App, key: str, *, after: int) -> tuple[int, list[Happening]]:
    """(last sequence number, lines) of the entries behind `after`."""
    with app.database.read() as connection:
        entries = timeline.entries(connection, key, after=after)
    if not entries:
        return after, []
    phases: dict[str, MovePhase] = {}
    if any(isinstance(entry.body, _OF_A_STEP) for entry in entries):
        incident = app.incident(key)
        phases |= {item.step.id: item.step.phase for item in playbook(incident, app.catalog_of(incident))}
    return entries[-1].seq, list(_lines(entries, phases))


def _lines(entries: Iterable[Entry], phases: Mapping[str, MovePhase]) -> Iterable[Happening]:
    for entry in entries:
        if not isinstance(entry.body, _LEFT_OUT):
            yield Happening(_phase(entry.body, phases), _words(entry), entry.command_key)


def _phase(body: k.Body, phases: Mapping[str, MovePhase]) -> MovePhase:
    if isinstance(body, k.StatusEntered):
        return phase_of(body.status)
    if isinstance(body, _OF_A_STEP):
        return phases.get(body.step, "contain")
    return _PHASE_OF.get(type(body), "declare")


def _words(entry: Entry) -> str:
    """`Step done: 1.3, by linh`."""
    kind = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in entry.kind).strip()
    about = next((getattr(entry.body, name) for name in _ABOUT if hasattr(entry.body, name)), None)
    what = kind.capitalize() + (f": {about}" if about is not None else "")
    if isinstance(entry.body, k.ScopeMeasured):
        what += f", {entry.body.total} people"
    if isinstance(entry.body, k.Paged | k.Acknowledged | k.RoleTaken):
        what += f", {entry.body.person}"
    return what if entry.actor == "engine" else f"{what}, by {entry.actor}"
