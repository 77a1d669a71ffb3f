"""Hours and slots of five minutes since 1970 in UTC, as logs are counted, and what stretches a gap keeps of them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from tocsin.domain.scope.gaps import Stretch

#: Seconds.
HOUR, SLOT = 3600, 300
SLOTS = HOUR // SLOT
#: From the first hour to before the last one.
Hours = tuple[int, int]
Slots = tuple[int, int]


def hour_of(moment: datetime) -> int:
    """The hour since 1970 in which a moment lies."""
    return int(moment.timestamp() // HOUR)


def start_of(hour: int) -> datetime:
    """The moment at which an hour begins."""
    return _moment(hour * HOUR)


def slots_of(since: datetime, until: datetime) -> Slots:
    """The slots that a stretch touches."""
    return int(since.timestamp() // SLOT), int(-(-until.timestamp() // SLOT))


def neighbours(hours: Iterable[int]) -> list[Hours]:
    """Single hours, in order, as runs without a hole."""
    found: list[Hours] = []
    for hour in hours:
        if found and found[-1][1] == hour:
            found[-1] = found[-1][0], hour + 1
        else:
            found.append((hour, hour + 1))
    return found


def stretches(runs: Iterable[Hours], unit: int = HOUR) -> tuple[Stretch, ...]:
    """Runs of hours, or of another unit (seconds), as a gap keeps them."""
    return tuple(Stretch(since=_moment(first * unit), until=_moment(end * unit)) for first, end in runs)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
