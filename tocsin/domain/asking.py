"""Asking: which missing facts settle what the law cannot tell yet, the most useful one first.

Pure. While nothing is known of an incident each law of the world is open; one answer, where the people live, closes
most of them. So what is open is asked for by the fact that settles it, and not law by law.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from tocsin.domain.questions import FACTS

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_LISTED = {name: place for place, name in enumerate(FACTS)}


class OpenMatter(Protocol):
    """A `regime/rule` that waits for facts, and the moment to work towards."""

    @property
    def name(self) -> str:
        """`regime/rule`."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The facts."""

    @property
    def soonest(self) -> datetime | None:
        """When it falls due, or would."""


@dataclass(frozen=True)
class NextQuestion:
    """A missing fact: how to ask for it, and which `regime/rule` it helps to settle."""

    fact: str
    question: str
    settles: tuple[str, ...]

    @property
    def laws(self) -> tuple[str, ...]:
        """The codes of the laws whose rules it helps to settle."""
        return tuple(dict.fromkeys(rule.partition("/")[0] for rule in self.settles))


def questions(matters: Iterable[OpenMatter]) -> tuple[NextQuestion, ...]:
    """Questions that reach every open matter once: first the fact that settles most, then what that leaves."""
    left, asked = list(matters), []
    while any(matter.needs for matter in left):
        fact = _most_useful(left)
        settles = {matter.name for matter in left if fact in matter.needs}
        asked.append(NextQuestion(fact, _question(fact), tuple(sorted(settles))))
        left = [matter for matter in left if fact not in matter.needs]
    return tuple(asked)


def _most_useful(matters: list[OpenMatter]) -> str:
    """Of the facts that settle most the one whose first duty falls due soonest, then as they are listed."""
    rules: dict[str, set[str]] = {}
    for matter in matters:
        for need in matter.needs:
            rules.setdefault(need, set()).add(matter.name)
    most = max(map(len, rules.values()))
    best = [fact for fact, settled in rules.items() if len(settled) == most]
    if len(best) == 1:
        # Clocks with working days bring a calendar along: they are asked only to decide between equals.
        return best[0]
    return min(best, key=lambda fact: (_first_due(fact, matters), _LISTED.get(fact, len(_LISTED)), fact))


def _first_due(fact: str, matters: list[OpenMatter]) -> datetime:
    return min(matter.soonest or _END_OF_TIME for matter in matters if fact in matter.needs)


def _question(name: str) -> str:
    if name in FACTS:
        return FACTS[name].question
    return f"State {name.removeprefix('organisation.')} in contacts/organisation.yaml."
