"""Grounds: whether the facts of today still carry what people decided on those of another day.

Pure. A decision is a person's, and nothing here changes it. One on the risk is doubted when the advice is worse today
than what was decided, and worse than it was then: who departs from the advice knowingly is not asked about the same
advice again. One not to notify rests on the risk as it was decided, or else advised, when it was taken.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tocsin.domain.catalog import Catalog
from tocsin.domain.cells import Cell
from tocsin.domain.decisions import RISK, Ground
from tocsin.domain.facts import Facts
from tocsin.domain.incident import Incident
from tocsin.domain.moves import DoubtDecisions, Move
from tocsin.domain.owing import mapped
from tocsin.domain.questions import RISKS

if TYPE_CHECKING:
    from tocsin.domain.risk import Advice, CellAdvice


@dataclass(frozen=True)
class Doubt:
    """A decision that the facts no longer carry: on the `risk`, or what was not to be notified."""

    of: str
    #: The level that was decided, or on which the decision rests.
    decided: str
    #: What was advised when it was taken.
    advised: str
    #: How high the risk is by now, as advised or decided since, and why.
    today: str
    because: tuple[str, ...]


def advice_on(facts: Facts, catalog: Catalog) -> "Advice":
    """The advice on the risk for these facts. It is asked for at each step, so that it is kept beside them."""
    catalog_then, kept = facts.found.get("advice", (None, None))
    if kept is None or catalog_then is not catalog:
        # A first page is planned before anything is decided, and need not wait for what weighs risks.
        from tocsin.domain.risk import advise

        kept = advise(mapped(facts, catalog))
        facts.found["advice"] = catalog, kept
    return cast("Advice", kept)


def doubts(incident: Incident, catalog: Catalog) -> tuple[Doubt, ...]:
    """Every doubted decision that stands, that on the risk first. Of what was no incident nothing is doubted."""
    if not incident.grounds or incident.status == "declined":
        return ()
    risk = _on_risk(incident, catalog)
    return ((risk,) if risk else ()) + tuple(_not_to_notify(incident, catalog, risk))


def doubt_moves(incident: Incident, catalog: Catalog) -> Iterable[Move]:
    """The doubts of which those who decided are still to be told, together: each once, and again when it gets worse."""
    untold: dict[str, list[Doubt]] = {}
    for doubt in doubts(incident, catalog):
        told = incident.grounds[doubt.of].told
        if told is None or _worse(doubt.today, told):
            untold.setdefault(doubt.today, []).append(doubt)
    for level, found in untold.items():
        # No decision is told of the same level twice, so that the latest among these was never the latest before.
        cause = max(incident.grounds[doubt.of].seq for doubt in found)
        yield DoubtDecisions(cause, tuple(doubt.of for doubt in found), level, found[0].because)


def _on_risk(incident: Incident, catalog: Catalog) -> Doubt | None:
    """Where groups of people were decided on one by one: that for whom it is worst by now."""
    ground = incident.grounds.get(RISK)
    if ground is None:
        return None
    then, today = advice_on(ground.facts, catalog), advice_on(incident.facts, catalog)
    advised: dict[object, str] = {}
    for cell, advice in _by_cell(ground.facts, then):
        advised[_kin(cell)] = _worst(advice.level, advised.get(_kin(cell), advice.level))
    found = []
    for cell, advice in _by_cell(incident.facts, today):
        before = advised.get(_kin(cell), then.level)
        if cell.risk and _worse(advice.level, cell.risk) and _worse(advice.level, before):
            found.append(Doubt(RISK, cell.risk, before, advice.level, advice.reasons))
    return max(found, key=lambda doubt: RISKS.index(doubt.today), default=None)


def _not_to_notify(incident: Incident, catalog: Catalog, risk: Doubt | None) -> Iterator[Doubt]:
    """What was found not to be owed is a reading of the law, and rests on no level."""
    today = advice_on(incident.facts, catalog)
    decided = None if risk else _decided(incident.facts)
    level = decided or today.level
    because = (f"the risk was decided since: {decided}",) if decided else today.reasons
    for of, decision in incident.decisions.items():
        if decision.not_owed:
            continue
        rests_on, advised = _level_then(incident.grounds[of], catalog)
        if _worse(level, rests_on):
            yield Doubt(of, rests_on, advised, level, because)


def _level_then(ground: Ground, catalog: Catalog) -> tuple[str, str]:
    """(the level on which a decision rests, what was advised then)."""
    advised = advice_on(ground.facts, catalog).level
    return _worst(advised, _decided(ground.facts) or advised), advised


def _decided(facts: Facts) -> str | None:
    """The worst level that was decided; None while that of some people is open."""
    levels = [cell.risk for cell in facts.cells_or_blank if not cell.nobody]
    return max((level for level in levels if level), key=RISKS.index, default=None) if all(levels) else None


def _by_cell(facts: Facts, advice: "Advice") -> Iterator["tuple[Cell, CellAdvice]"]:
    """A cell in which nobody is has no advice."""
    return zip((cell for cell in facts.cells_or_blank if not cell.nobody), advice.cells, strict=False)


def _kin(cell: Cell) -> object:
    """What tells the same people from others on another day."""
    return cell.place, cell.role, cell.group


def _worse(level: str, other: str) -> bool:
    return RISKS.index(level) > RISKS.index(other)


def _worst(*levels: str) -> str:
    return max(levels, key=RISKS.index)
