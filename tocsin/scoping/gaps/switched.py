"""Stretches in which a source was switched off, as its own log or another one says; silence proves nothing then.

From the request that stopped logging to the one that started it again, or to the hour in which rows burst in anew: in
the first hour behind it that has the declared share of the median hour. What came in between is used, but may be all
that was left of more. Of a log that was thinned out rows go on coming, whatever is left out: no hour says that it has
ended, and what starts a log brings nothing back that it leaves out.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from statistics import median

from tocsin.domain.logkeeping import Volume
from tocsin.domain.moments import from_microseconds
from tocsin.domain.scope.gaps import Stretch
from tocsin.scoping.gaps.places import HOUR, Hours, hour_of, start_of
from tocsin.scoping.switches import Switched


def stretches_off(
    switches: Iterable[Switched], counts: Mapping[int, int], volume: Volume, window: Hours
) -> Iterator[Stretch]:
    """When a source was off, as far as that touches the window; `switches` are its own, in order of time."""
    since: datetime | None = None
    thinned = False
    for switch in (*switches, None):
        moment = from_microseconds(switch.at) if switch else None
        if (
            since
            and not thinned
            and (burst := _burst(since, counts, volume))
            and (not moment or burst <= moment)
        ):
            yield from _touching(since, burst, window)
            since = None
        if since and (switch is None or (switch.word == "on" and not thinned)):
            yield from _touching(since, moment or start_of(window[1]), window)
            since = None
        if switch and moment and switch.word != "on":
            since, thinned = since or moment, thinned or switch.word == "thinned"


def _burst(since: datetime, counts: Mapping[int, int], volume: Volume) -> datetime | None:
    enough = volume.share * median(counts.values() or (0,))
    later = (hour for hour, rows in counts.items() if hour > hour_of(since) and rows >= max(1, enough))
    first = min(later, default=None)
    return None if first is None else start_of(first)


def _touching(since: datetime, until: datetime, window: Hours) -> Iterator[Stretch]:
    if since < min(until, start_of(window[1])) and until > start_of(window[0]):
        yield Stretch(since=since, until=until)


def hours_of(stretch: Stretch, window: Hours) -> set[int]:
    """The hours of the window that a stretch touches."""
    end = -(-int(stretch.until.timestamp()) // HOUR)
    return set(range(max(window[0], hour_of(stretch.since)), min(window[1], end)))
