"""Decisions not to notify, and dissent: what stands of them after a timeline.

Not to notify is a decision by a person, with reasons (Art. 33(1), (5) GDPR; EDPB Guidelines 9/2022, paras 121-125).
It is about one duty by its key, one rule as `regime/rule`, or the whole breach. The latest stands; all are in the
timeline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.facts import Facts

#: What a decision is about that names no single duty or rule.
BREACH = "breach"
#: What a dissent may be about beside a decision not to notify.
RISK = "risk"


@dataclass(frozen=True)
class Decision:
    """Not to notify: what about, why (a commitment), whose decision, when, and who wrote it down by which entry."""

    of: str
    because: str
    decided_by: str
    at: datetime
    by: str
    seq: int
    advised_by: tuple[str, ...] = ()
    look_again: datetime | None = None
    #: It was found that the duty is not owed at all: a reading of the law, and no choice to be silent.
    not_owed: bool = False
    #: Whether its people were told that the day had come.
    asked: bool = False

    def overdue(self, now: datetime) -> bool:
        """Whether the day to look again has come."""
        return self.look_again is not None and self.look_again <= now


@dataclass(frozen=True)
class Dissent:
    """Another view of a decision: what about, why (a commitment), and who wrote it down when."""

    of: str
    because: str
    by: str
    at: datetime
    seq: int


@dataclass(frozen=True)
class Ground:
    """What a decision stands on: whose it is, when, why (a commitment), by which entry, and what was known then."""

    by: str
    at: datetime
    because: str
    seq: int
    facts: Facts
    #: The worst level of risk of which those who decided were told since.
    told: str | None = None


def next_look(decisions: Mapping[str, Decision], now: datetime) -> datetime | None:
    """The next moment after `now` on which somebody is to look again at one of these."""
    days = (each.look_again for each in decisions.values() if each.look_again is not None and not each.asked)
    return min((day for day in days if day > now), default=None)
