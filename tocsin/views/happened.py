"""What happened to an incident, for people who watch its run: a short line for each entry, by its phase.

Without free text and without facts' values: what is shown here leaves our own database.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.app import App
from tocsin.domain import kinds as k
from tocsin.domain.moves import MovePhase
from tocsin.domain.timeline import Entry
from tocsin.storage import timeline

#: Entries that tell nobody anything new: their outcome stands on the page of the incident.
_LEFT_OUT = (k.PageOutcome, k.EvidenceCopied)
_PHASES: dict[MovePhase, tuple[type[k.Body], ...]] = {
    "contain": (k.StepDone, k.StepSkipped, k.StepUndone, k.StepReminded, k.EvidenceKept, k.StatusEntered),
    "scope": (k.ScopeMeasured, k.PeopleExported),
    "assess": (k.FactLearned, k.DutyOpened, k.DutyMoved, k.DutyDoubted, k.DutyReleased),
    "notify": (
        k.NoticeDrafted,
        k.ApprovalAsked,
        k.NoticeApproved,
        k.NoticeRejected,
        k.NoticeVoided,
        k.NoticeReleased,
        k.LedgerFilled,
        k.SendingPaused,
        k.SendingResumed,
        k.SendingStopped,
        k.LetterExcluded,
    ),
    "report": (k.DutyMet, k.DeadlineWarned, k.PaperMade, k.SignatureAsked),
    "review": (k.Closed, k.Declined, k.Reopened, k.Erased, k.Redacted, k.HeadPublished),
}
_PHASE_OF = {kind: phase for phase, kinds in _PHASES.items() for kind in kinds}
#: The fields that say what an entry is about, the first that it has.
_ABOUT = ("step", "key", "duty", "notice", "name", "role", "status", "milestone", "item", "field", "revision")


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
    return (entries[-1].seq if entries else after), list(_lines(entries))


def _lines(entries: Iterable[Entry]) -> Iterable[Happening]:
    for entry in entries:
        if not isinstance(entry.body, _LEFT_OUT):
            yield Happening(_PHASE_OF.get(type(entry.body), "declare"), _words(entry), entry.command_key)


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
