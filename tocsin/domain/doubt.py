"""Doubt: what becomes of a message of which the other side has not said whether it has it.

Pure, and for the first door alone: pages, warnings and status messages to our own people. A letter to somebody hit has
a rule of its own, in the ledger.

A page in doubt reached nobody. It is tried again, with the same id, until a route takes it or somebody has answered:
Slack is asked first whether it has it already, a mail or a call may come twice. For a page a duplicate is better than
silence; it stays flagged. Everything else is sent once more and then left, counted as ambiguous: never a loop.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Fate:
    """How a message stands after an attempt: its state, whether that is the last word, whether it reached somebody."""

    state: Literal["pending", "handed_over", "refused", "ambiguous"]
    final: bool = False
    reached: bool = False


def fate(outcome: str, *, page: bool, doubted: bool = False) -> Fate:
    """By how an attempt ended, whether the message is a page, and whether an earlier attempt had left it in doubt."""
    match outcome:
        case "handed_over":
            return Fate("handed_over", final=True, reached=True)
        case "refused":
            return Fate("refused", final=True)
        case "ambiguous":
            return Fate("ambiguous", final=doubted and not page)
        case _:
            return Fate("pending")


def in_doubt(row: Mapping[str, Any]) -> bool:
    """Whether a message of the outbox may be there already: an attempt at it ended so, or its sender died."""
    return bool(row["doubtful"]) or row["state"] in ("sending", "ambiguous")
