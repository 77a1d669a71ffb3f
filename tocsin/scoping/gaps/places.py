"""Places of a gap, for a person (a few, in words) and for a machine (all of them): hours since 1970, and files."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from tocsin.domain.scope.gaps import Stretch

#: A detail names so many places at most.
SHOWN = 5
#: Seconds.
HOUR = 3600

#: Hours since 1970 in UTC, from the first one to before the last one.
Hours = tuple[int, int]


def some(words: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return "; ".join(words[:SHOWN]) + more


def hour_of(moment: datetime) -> int:
    """The hour since 1970 in which a moment lies."""
    return int(moment.timestamp() // HOUR)


def clock(hour: int) -> str:
    """An hour as people write it, in UTC."""
    return _moment(hour).strftime("%Y-%m-%dT%H:00Z")


def hour_words(hours: Iterable[Hours]) -> str:
    """Stretches of hours as `2026-11-20T11:00Z to 2026-11-20T14:00Z; ...`."""
    return some([f"{clock(start)} to {clock(end)}" for start, end in hours])


def stretches(hours: Iterable[Hours]) -> tuple[Stretch, ...]:
    """Hours as a gap keeps them."""
    return tuple(Stretch(since=_moment(start), until=_moment(end)) for start, end in hours)


def joined(hours: Iterable[int]) -> list[Hours]:
    """Single hours, in order, as stretches of neighbours."""
    found: list[Hours] = []
    for hour in hours:
        if found and found[-1][1] == hour:
            found[-1] = found[-1][0], hour + 1
        else:
            found.append((hour, hour + 1))
    return found


def _moment(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * HOUR, UTC)
