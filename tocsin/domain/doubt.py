"""Doubt: what becomes of a message after an attempt, also where nobody said whether it arrived.

Pure, and for the first door alone: pages, warnings and status messages to our own people. A letter to somebody hit has
a rule of its own, in the ledger.

A page in doubt reached nobody. It is tried again, with the same id, until a route takes it or somebody has answered:
Slack is asked first whether it has it already, a mail or a call may come twice. Everything else is sent once more, and
then left to the person's next route: never a loop. For all of these a duplicate is better than silence; what was in
doubt stays flagged, and is counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Fate:
    """How a message stands after an attempt.

    Its state, and whether that is the last word; whether it goes by the person's next route too; whether what waits
    of it by other routes is needed no more.
    """

    state: Literal["pending", "handed_over", "refused", "ambiguous"]
    final: bool = False
    turns: bool = False
    withdraws: bool = False

    @property
    def reached(self) -> bool:
        """Whether somebody has it: only what a route says it took."""
        return self.state == "handed_over"


def fate(outcome: str, *, urgent: bool = False, answerable: bool = False, doubted: bool = False) -> Fate:
    """By how an attempt ended.

    `urgent` is what goes before everything else, and rather comes twice than late; `answerable` of that is what calls
    for a role, until it has answered. `doubted` says that an earlier attempt had left it in doubt.
    """
    match outcome:
        case "handed_over":
            return Fate("handed_over", final=True, withdraws=not urgent)
        case "refused":
            return Fate("refused", final=True, turns=True)
        case "ambiguous":
            last = doubted and not answerable
            return Fate("ambiguous", final=last, turns=urgent or last)
        case "down":
            return Fate("pending", turns=True)
        case _:
            return Fate("pending", turns=urgent)


def in_doubt(row: Mapping[str, Any]) -> bool:
    """Whether a message of the outbox may be there already: an attempt at it ended so, or its sender died."""
    return bool(row["doubtful"]) or row["state"] in ("sending", "ambiguous")
