"""The risk that people decided for single cells, when the scope is measured again.

Pure. A decision is about people of one role, place and group whose same kinds of data were hit, and stays with them.
Where they became more, or their data was got at in another way, it stays until a person decides anew, and that is
said; where they are no cell any more, nothing decided is left, and that is said too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.domain.facts import Facts
from tocsin.domain.questions import RISKS

_WHO = ("role", "place", "group", "kinds")
_HOW = ("disclosure", "access", "protection")

_Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Carried:
    """What became of one decision: its cell held `before` people, and holds `count`; None where that is not known."""

    risk: str
    role: str | None
    place: str | None
    before: int | None
    count: int | None
    #: Nobody of them is a cell any more.
    gone: bool
    #: Their data was got at in another way than whoever decided knew.
    changed: bool

    @property
    def again(self) -> bool:
        """Whether a person should decide anew."""
        return self.gone or self.changed or (self.count or 0) > (self.before or 0)


def with_decisions(cells: Iterable[_Cell], before: Facts) -> list[dict[str, Any]]:
    """The new cells, each with the risk that was decided for the same people; of several decisions the highest."""
    decided = [cell for cell in _stated(before) if cell.get("risk")]
    return [{**cell, **_decision(_alike(cell, decided))} for cell in cells]


def carried(after: Facts, before: Facts) -> list[Carried]:
    """What became of each decision, in the order of the cells as they were."""
    now = _stated(after)
    return [_became(cell, _alike(cell, now)) for cell in _stated(before) if cell.get("risk")]


def _became(cell: _Cell, now: Sequence[_Cell]) -> Carried:
    return Carried(
        risk=cell["risk"],
        role=cell.get("role"),
        place=cell.get("place"),
        before=cell.get("count"),
        count=now[0].get("count") if now else None,
        gone=not now,
        changed=any(_told(each, _HOW) != _told(cell, _HOW) for each in now),
    )


def _alike(cell: _Cell, others: Iterable[_Cell]) -> list[_Cell]:
    """The cells of the same people: those hit in the same way where there are such."""
    same = [each for each in others if _told(each, _WHO) == _told(cell, _WHO)]
    return [each for each in same if _told(each, _HOW) == _told(cell, _HOW)] or same


def _decision(decided: Sequence[_Cell]) -> dict[str, str]:
    return {"risk": max((cell["risk"] for cell in decided), key=RISKS.index)} if decided else {}


def _stated(facts: Facts) -> list[dict[str, Any]]:
    cells = facts.values.get("cells")
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []


def _told(cell: _Cell, names: Iterable[str]) -> tuple[Any, ...]:
    told = (cell.get(name) for name in names)
    return tuple(tuple(sorted(each)) if isinstance(each, list | tuple) else each for each in told)
