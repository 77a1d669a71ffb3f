"""Advice on the risk to people: unlikely, risk or high, with its reasons in order. A person decides.

Pure. Our reading of the factors on which the cases of EDPB Guidelines 01/2021 turn, with ENISA's score beside
it. It starts at `risk`. D1 to D3 lower it, only on what is known; else H1 to H6 raise it, and D4 keeps a mere
score from raising it. Unknown never lowers, and head-count alone decides nothing. Where cells differ, the
worst one is the advice.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.domain.exposure import View
from tocsin.domain.facts import Facts
from tocsin.domain.harm import LOWERING, RAISING, basic_and_known, misused, score_is_high
from tocsin.domain.questions import RISKS
from tocsin.domain.severity import in_quarters

#: The facts that can move the advice, in the order in which they are worth asking.
_TURNS_ON = (
    "kinds", "disclosure", "protection", "recipients", "intent", "misuse", "groups", "loss", "alteration",
    "service_impact", "log_coverage", "unseen_days", "deletion_confirmed",
)  # fmt: skip
#: ENISA raises a flag above this number; the number alone decides nothing.
_MANY_PEOPLE = 100


@dataclass(frozen=True)
class Advice:
    """The level advised, ENISA's score as exact decimal text (None while unknown), and what both rest on."""

    level: str
    score: str | None
    reasons: tuple[str, ...]
    #: Fact and value in words, of the people for whom it is worst.
    inputs: tuple[tuple[str, str], ...]
    #: Facts that could still move it.
    unknown: tuple[str, ...]


def advise(facts: Facts) -> Advice:
    """The advice for these facts: that for the worst cell, with the reasons of every cell that is as bad."""
    views = [View(facts, cell) for cell in facts.cells_or_blank if not cell.nobody]
    if not views:
        return Advice("unlikely", None, ("nobody was hit: people is 0",), (("people", "0"),), ())
    weighed = [(*_weigh(view), view) for view in views]
    worst = max((level for level, _, _ in weighed), key=RISKS.index)
    deciding = [(reasons, view) for level, reasons, view in weighed if level == worst]
    severities = [view.severity for view in views if view.severity]
    highest = max(severities, key=lambda each: each.score, default=None)
    score = (f"ENISA 2013: {highest}",) if highest else ()
    return Advice(
        level=worst,
        score=in_quarters(highest.score) if highest else None,
        reasons=(
            *dict.fromkeys(reason for reasons, _ in deciding for reason in reasons),
            *score,
            *_flags(facts, views),
        ),
        inputs=deciding[0][1].inputs,
        unknown=facts.missing(_TURNS_ON),
    )


def _weigh(view: View) -> tuple[str, tuple[str, ...]]:
    """The level for one cell. Known misuse speaks against whatever seems to lower it."""
    for lower in () if misused(view) else LOWERING:
        if found := lower(view):
            return found
    if reasons := tuple(reason for raises in RAISING if (reason := raises(view))):
        return "high", reasons
    if reason := basic_and_known(view):
        return "risk", (reason,)
    if reason := score_is_high(view):
        return "high", (reason,)
    return "risk", ("it starts at risk, and nothing known lowers or raises it",)


def _flags(facts: Facts, views: Iterable[View]) -> tuple[str, ...]:
    people = facts.people()
    many = (f"flag: more than {_MANY_PEOPLE} people ({people})",) if people and people > _MANY_PEOPLE else ()
    return (
        *many,
        *(("flag: the data are unintelligible",) if all(view.unreadable for view in views) else ()),
    )
