"""Asking: which missing facts settle what the law cannot tell yet or only assumes, the most useful one first.

Pure. While nothing is known of an incident each law of the world is open; one answer, where the people live, closes
most of them. So what is open is asked for by the fact that settles it, and not law by law; what is owed only until a
fact is known is asked for with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from tocsin.domain.moments import END_OF_TIME
from tocsin.domain.questions import FACTS

#: The fact that holds one answer for each law.
HARM_TESTS = "harm_tests"
_LISTED = {name: place for place, name in enumerate(FACTS)}


@dataclass(frozen=True)
class HarmQuestion:
    """What one law asks of the harm: the law, or its rule as `law/rule`, its question per language, its article."""

    of: str
    question: Mapping[str, str]
    cite: str

    @property
    def words(self) -> str:
        """`Is misuse of the information reasonably possible? (N.J.S.A. 56:8-163(a))`."""
        return f"{self.question['en']} ({self.cite})"


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
    """A missing fact: how to ask for it, and which `regime/rule` it helps to settle.

    Laws ask differently for harm: where `harm_tests` is missing the question is that of each law, one after the other.
    """

    fact: str
    question: str
    settles: tuple[str, ...]
    harm_tests: tuple[HarmQuestion, ...] = ()

    @property
    def laws(self) -> tuple[str, ...]:
        """The codes of the laws whose rules it helps to settle."""
        return tuple(dict.fromkeys(rule.partition("/")[0] for rule in self.settles))


def questions(
    matters: Iterable[OpenMatter], plainer: Mapping[str, str] = MappingProxyType({})
) -> tuple[NextQuestion, ...]:
    """Questions that reach every open matter once: first the fact that settles most, then what that leaves.

    `plainer` holds, by fact, what is asked in place of the fact's own question; how much it decides is said with it.
    """
    left, asked = list(matters), []
    while any(matter.needs for matter in left):
        fact = _most_useful(left)
        those = [matter for matter in left if fact in matter.needs]
        settles = tuple(sorted({matter.name for matter in those}))
        tests = _harm_tests(those) if fact == HARM_TESTS else ()
        words = (
            plainer[fact] + _decides(settles)
            if fact in plainer
            else _question(fact, tests) + _in_money(fact, those)
        )
        asked.append(NextQuestion(fact, words, settles, tests))
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
    return min(matter.soonest or END_OF_TIME for matter in matters if fact in matter.needs)


def _harm_tests(matters: Iterable[OpenMatter]) -> tuple[HarmQuestion, ...]:
    """The questions of their laws, each once, in the order of the laws."""
    found = {test.of: test for matter in matters for test in getattr(matter, "harm_tests", ())}
    return tuple(found[of] for of in sorted(found))


def first_test(tests: Iterable[HarmQuestion], matters: Iterable[OpenMatter]) -> HarmQuestion | None:
    """Of what laws ask of the harm, the one whose duty would fall due soonest."""
    soonest: dict[str, datetime] = {}
    for matter in matters:
        for test in getattr(matter, "harm_tests", ()):
            due = matter.soonest or END_OF_TIME
            soonest[test.of] = min(due, soonest.get(test.of, due))
    return min(tests, key=lambda test: (soonest.get(test.of, END_OF_TIME), test.of), default=None)


def _decides(settles: tuple[str, ...]) -> str:
    return f" It decides {len(settles)} {'duty' if len(settles) == 1 else 'duties'}."


def _in_money(fact: str, matters: Iterable[OpenMatter]) -> str:
    """In which currency an amount is to be said: that of the law, which converts nothing."""
    if fact not in FACTS or FACTS[fact].type != "amount":
        return ""
    asked = sorted({each for matter in matters for each in getattr(matter, "currencies", ())})
    return f" State it in {' or '.join(asked)}." if asked else ""


def _question(name: str, tests: tuple[HarmQuestion, ...] = ()) -> str:
    if tests:
        return " ".join(test.words if len(tests) == 1 else f"{test.of}: {test.words}" for test in tests)
    if name in FACTS:
        return FACTS[name].question
    return f"State {name.removeprefix('organisation.')} in contacts/organisation.yaml."
