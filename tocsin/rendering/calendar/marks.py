"""The marks of a calendar: what is due when, and how it stands. Plain data that both pictures are drawn from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

#: How a mark is drawn. `candidate` is counsel's to confirm; `would-be` cannot be told yet.
Shape = Literal["open", "late", "filed", "candidate", "would-be"]


@dataclass(frozen=True)
class Mark:
    """One moment: a duty's, or that of all rules that cannot be told yet and would be due then."""

    duties: tuple[str, ...]
    at: datetime
    shape: Shape
    #: The word of the vocabulary for how it stands.
    state: str
    #: The law sets no moment: it is the company's own target.
    target: bool = False
    #: The clock runs from a stand-in moment.
    assumed: bool = False
    #: Counsel must confirm or lift it, also when its moment has passed.
    candidate: bool = False
    start: datetime | None = None
    met_at: datetime | None = None
    cite: str = ""

    @property
    def words(self) -> str:
        """How it stands, with what is not certain about it."""
        kind = "would be due" if self.shape == "would-be" else "our target" if self.target else "due"
        notes = [note for note, so in (("ASSUMED", self.assumed), ("CANDIDATE", self.candidate)) if so]
        state = "cannot tell" if self.shape == "would-be" else self.state
        return ", ".join((state, kind, *notes))


@dataclass(frozen=True)
class Calendar:
    """The marks of one incident, soonest first, and the duties that have no moment at all."""

    key: str
    code_name: str
    drill: bool
    now: datetime
    zone: ZoneInfo
    marks: tuple[Mark, ...]
    undated: tuple[str, ...] = ()
