"""At which moment each letter may leave: so many a minute through the relay, and so many to one recipient domain.

Pure. A lane is a token bucket (GCRA, as ITU-T I.371 has it): it keeps the moment from which it is free, no more. That
may lag behind by two seconds, so that letters which came late catch up. A domain that is slow makes no other wait.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heapreplace
from typing import Generic, TypeVar

R = TypeVar("R", bound=Hashable)

_MINUTE = timedelta(minutes=1)
#: How much time that a lane did not use it may catch up.
_LAG = timedelta(seconds=2)


@dataclass(frozen=True)
class Rates:
    """Letters a minute: through the relay, to any one domain, and to some domains of their own; None is no limit."""

    relay: float | None = None
    domain: float | None = None
    domains: Mapping[str, float] = field(default_factory=dict)

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return bool(self.relay or self.by_domain)

    @property
    def by_domain(self) -> bool:
        """Whether it matters to whom a letter goes."""
        return bool(self.domain or self.domains)

    def every(self, domain: str) -> timedelta | None:
        """The time between two letters to a domain; None where there is no limit."""
        rate = self.domains.get(domain, self.domain)
        return _MINUTE / rate if rate else None

    @property
    def every_relayed(self) -> timedelta | None:
        """The time between two letters through the relay."""
        return _MINUTE / self.relay if self.relay else None


@dataclass
class Lane:
    """One bucket: a letter each `every`, the next at `free_at`; until `queued` letters are put off already."""

    every: timedelta
    free_at: datetime
    queued: datetime

    def room(self, now: datetime, until: datetime) -> int:
        """How many letters may leave from now until then."""
        first = max(self.free_at, now - _LAG)
        return 0 if first > until else int((until - first) / self.every) + 1

    def take(self, at: datetime) -> None:
        """A letter leaves at that moment."""
        self.free_at = max(self.free_at, at - _LAG) + self.every
        self.queued = max(self.queued, self.free_at)

    def put_off(self, now: datetime) -> datetime:
        """The moment at which a letter for which there is no room is to be looked at again."""
        at = max(self.queued, now + self.every)
        self.queued = at + self.every
        return at


@dataclass
class Turns(Generic[R]):
    """What becomes of letters: which leave when, which are put off until when, which stay as they were."""

    leave: dict[R, datetime] = field(default_factory=dict)
    put_off: dict[R, datetime] = field(default_factory=dict)
    left: list[R] = field(default_factory=list)


def turns(
    letters: Mapping[str, Sequence[R]],
    lanes: Mapping[str, Lane],
    relay: Lane | None,
    now: datetime,
    soon: datetime,
    until: datetime,
) -> Turns[R]:
    """Give each letter, by its domain, its moment up to `until`, the soonest first. The lanes are moved on.

    What its domain has no room for `soon` is put off, so that no other letter waits for it; what only the relay has no
    room for is left as it is.
    """
    found: Turns[R] = Turns()
    soonest = [(lanes[domain].free_at if domain in lanes else now, domain) for domain in sorted(letters)]
    heapify(soonest)
    next_of = {domain: iter(rows) for domain, rows in letters.items()}
    while soonest:
        free, domain = soonest[0]
        row = next(next_of[domain], None)
        if row is None:
            heappop(soonest)
            continue
        lane = lanes.get(domain)
        at = max(free, now)
        if lane and at > soon:
            found.put_off[row] = lane.put_off(now)
            continue
        at = max(at, relay.free_at) if relay else at
        if at > until:
            found.left.append(row)
            continue
        found.leave[row] = at
        for taken in filter(None, (relay, lane)):
            taken.take(at)
        heapreplace(soonest, (lane.free_at if lane else now, domain))
    return found
