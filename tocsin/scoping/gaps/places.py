"""Hours since 1970 in UTC, as the logs are counted, and the stretches of time that a gap keeps of them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from tocsin.domain.scope.gaps import Stretch

#: Seconds.
HOUR = 3600
#: From the first hour to before the last one.
Hours = tuple[int, int]


def hour_of(moment: datetime) -> int:
    """The hour since 1970 in which a moment lies."""
    return int(moment.timestamp() // HOUR)


def start_of(hour: int) -> datetime:
    """The moment at which an hour begins."""
    return datetime.fromtimestamp(hour * HOUR, UTC)


def neighbours(hours: Iterable[int]) -> list[Hours]:
    """Single hours, in order, as runs without a hole."""
    found: list[Hours] = []
    for hour in hours:
        if found and found[-1][1] == hour:
            found[-1] = found[-1][0], hour + 1
        else:
            found.append((hour, hour + 1))
    return found


def stretches(hours: Iterable[Hours]) -> tuple[Stretch, ...]:
    """Runs of hours as a gap keeps them."""
    return tuple(Stretch(since=start_of(first), until=start_of(end)) for first, end in hours)
