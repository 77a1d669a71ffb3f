"""Joining: what one person is told at one moment becomes one message, and nothing of it is lost. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.domain.offers import Offer
from tocsin.rendering.message import Kind, Line
from tocsin.storage.outbox import LANES

#: Kinds of messages that join into one where one person gets several at one moment, the most pressing first.
_JOINS: tuple[Kind, ...] = ("warning", "overdue", "approval", "update-due", "ack", "status")
#: So many deeds a message offers: a phone has a thumb's room for each.
_MOST_OFFERS = 4


@dataclass(frozen=True)
class Said:
    """What one person is to be told, before what else is said at the same moment joins it."""

    who: str
    kind: Kind
    lines: tuple[str | Line, ...]
    subject: str
    lane: str
    cause: int
    due: datetime | None
    action: str
    routes: tuple[str, ...]
    page: int | None = None
    offers: tuple[Offer, ...] = ()
    #: What joined it, in the order in which it is said: the subject and the entry of each.
    joins: tuple[tuple[str, int], ...] = ()

    @property
    def about(self) -> tuple[tuple[str, int], ...]:
        """Everything that it tells of: when it leaves late, one asks of each whether it still stands."""
        return ((self.subject, self.cause), *self.joins)


def together(said: Sequence[Said]) -> list[Said]:
    """What joins becomes one for each person: the most pressing first, the lines of the others behind it."""
    alone = [each for each in said if each.kind not in _JOINS]
    joined: dict[str, list[Said]] = {}
    for each in said:
        if each.kind in _JOINS:
            joined.setdefault(each.who, []).append(each)
    return [*alone, *map(_joined, joined.values())]


def _joined(said: Sequence[Said]) -> Said:
    first, *rest = sorted(said, key=_pressing)
    lines = list(first.lines)
    for each in rest:
        lines += [line for line in each.lines if line not in lines]
    lane, routes = min(((each.lane, each.routes) for each in said), key=lambda way: LANES[way[0]])
    routes = tuple(dict.fromkeys((*routes, *first.routes)))
    # Each letter wants a yes of its own; of anything else the one next deed is offered.
    kin = [first, *rest] if first.kind == "approval" else [first]
    offers = tuple(offer for each in kin if each.kind == first.kind for offer in each.offers)[:_MOST_OFFERS]
    joins = tuple(made for each in rest for made in each.about)
    return replace(first, lines=tuple(lines), lane=lane, routes=routes, offers=offers, joins=joins)


def _pressing(each: Said) -> tuple[int, bool, float]:
    return _JOINS.index(each.kind), each.due is None, each.due.timestamp() if each.due else 0.0
