"""Advice on the risk to people: unlikely, risk or high, with its reasons in order. A person decides.

Pure. Our reading of the factors on which the cases of EDPB Guidelines 01/2021 turn, with ENISA's score beside
it. It starts at `risk`. D1 to D3 lower it, only on what is known; else H1 to H6 raise it, and D4 keeps a mere
score from raising it. Unknown never lowers, and head-count alone decides nothing. Each cell has its own
advice; that for the worst one is the advice for the incident. Worked cases stand in `tests/domain/risk_cases.yaml`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tocsin.domain.exposure import View
from tocsin.domain.facts import Facts
from tocsin.domain.harm import HIGH_SCORE, LOWERING, RAISING, basic_and_known, misused, score_is_high
from tocsin.domain.matching import in_words
from tocsin.domain.questions import FACTS, RISKS
from tocsin.domain.severity import Severity, in_quarters

#: ENISA raises a flag above this number; the number alone decides nothing.
_MANY_PEOPLE = 100


@dataclass(frozen=True)
class CellAdvice:
    """The level advised for one group of people, and what it rests on."""

    #: Who they are: place, group and number, as far as they are known.
    who: str
    level: str
    reasons: tuple[str, ...]
    #: ENISA's score with its parts; None while it is not known which data were hit.
    severity: Severity | None
    #: Fact and value in words.
    inputs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Advice:
    """The level advised, ENISA's score as exact decimal text (None while unknown), and what both rest on."""

    level: str
    score: str | None
    reasons: tuple[str, ...]
    #: Fact and value in words, of the people for whom it is worst.
    inputs: tuple[tuple[str, str], ...]
    #: Facts that could still move it, the most telling first.
    unknown: tuple[str, ...]
    #: The score of the people for whom it is highest, with its parts.
    severity: Severity | None = None
    #: One advice for each cell, in the order of the cells; a cell in which nobody is has none.
    cells: tuple[CellAdvice, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether groups of people are advised differently."""
        return len({cell.level for cell in self.cells}) > 1


def advise(facts: Facts) -> Advice:
    """The advice for these facts: that for the worst cell, with the reasons of every cell that is as bad."""
    views = [View(facts, cell) for cell in facts.cells_or_blank if not cell.nobody]
    if not views:
        return Advice("unlikely", None, ("nobody was hit: people is 0",), (("people", "0"),), ())
    cells = tuple(map(_advise_cell, views))
    worst = max((cell.level for cell in cells), key=RISKS.index)
    deciding = [cell for cell in cells if cell.level == worst]
    scores = [cell.severity for cell in cells if cell.severity]
    highest = max(scores, key=lambda each: each.score, default=None)
    score = (_score_in_words(highest, worst),) if highest else ()
    reasons = (reason for cell in deciding for reason in cell.reasons)
    return Advice(
        level=worst,
        score=in_quarters(highest.score) if highest else None,
        reasons=(*dict.fromkeys(reasons), *score, *_flags(facts, views)),
        inputs=deciding[0].inputs,
        unknown=_unknown(views),
        severity=highest,
        cells=cells,
    )


def with_advice(facts: Facts, advice: Advice) -> Facts:
    """The same facts, with the advised level for everybody whose risk nobody has decided."""
    if not advice.differs:
        return facts.learn("risk", advice.level) if not facts.known("risk") else facts
    levels = iter(advice.cells)
    return facts.learn(
        "cells",
        [
            cell.canonical()
            if cell.nobody
            # The level is drawn from the advice for every cell, decided or not, to stay in step with the cells.
            else {"risk": next(levels).level, **cell.canonical()}
            for cell in facts.cells
        ],
    )


def _advise_cell(view: View) -> CellAdvice:
    level, reasons = _weigh(view)
    doubt = (view.contradiction,) if view.contradiction else ()
    return CellAdvice(_who(view), level, (*reasons, *doubt), view.severity, view.inputs)


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


def _who(view: View) -> str:
    cell = view.cell
    parts = [part for part in (cell.place, in_words(cell.group) if cell.group else None) if part]
    number = f"{cell.count} people" if cell.count is not None else "people, not counted"
    return ", ".join((*parts, number))


def _unknown(views: Iterable[View]) -> tuple[str, ...]:
    """What is not known of some group, in the order in which it is worth asking; never what can no longer matter."""
    missing = {name for view in views for name in _open(view)}
    return tuple(name for name in _WORTH_ASKING if name in missing)


def _open(view: View) -> Iterator[str]:
    for name in _WORTH_ASKING:
        definition = FACTS[name]
        field = definition.cell_field
        value = getattr(view.cell, field) if field else view.facts.get(name)
        said_open = definition.open_value is not None and value in (
            definition.open_value,
            (definition.open_value,),
        )
        if (value is None or said_open) and not _settled(view, name):
            yield name


def _settled(view: View, name: str) -> bool:
    """Whether other facts leave nothing for this one to say."""
    return name in _SETTLED and _SETTLED[name](view)


def _score_in_words(highest: Severity, level: str) -> str:
    outweighed = highest.score >= HIGH_SCORE and level != "high"
    return f"ENISA 2013: {highest}" + ("; the reasons above weigh more" if outweighed else "")


def _flags(facts: Facts, views: Iterable[View]) -> tuple[str, ...]:
    people = facts.people()
    many = (f"flag: more than {_MANY_PEOPLE} people ({people})",) if people and people > _MANY_PEOPLE else ()
    return (
        *many,
        *(("flag: the data are unintelligible",) if all(view.unreadable for view in views) else ()),
    )


#: The facts that can move the advice, in the order in which they are worth asking.
_WORTH_ASKING = (
    "kinds", "disclosure", "access", "protection", "protection_evidence", "recipients", "deletion_confirmed", "intent",
    "misuse", "groups", "loss", "alteration", "service_impact", "log_coverage", "unseen_days",
)  # fmt: skip
#: When other facts leave nothing for one of these to say.
_SETTLED: Mapping[str, Callable[[View], bool]] = {
    "kinds": lambda view: bool(view.categories),
    "disclosure": lambda view: view.disclosed or view.disclosure == "excluded",
    "access": lambda view: view.disclosed or view.unread is not None,
    "protection_evidence": lambda view: view.cell.protection != "intact",
    "deletion_confirmed": lambda view: view.cell.recipients not in ("one-bound", "known"),
    "loss": lambda view: view.available,
    "alteration": lambda view: view.intact,
    "service_impact": lambda view: view.available and view.cell.loss != "temporary",
    "log_coverage": lambda view: view.disclosed or view.unread is not None,
    "unseen_days": lambda view: view.disclosed or view.unread is not None,
}
