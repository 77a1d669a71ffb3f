"""Clocks that cannot be right: rows of the future, rows that go back, and sources of one stream that are hours apart.

A clock that is wrong moves requests over the edge of the window, out of what was asked. How far it was wrong is taken
to be the largest step, or what the slots of its rows leave open. Where the file has rows outside the window that lie
nearer to it than that, one of these may in truth lie inside: then nobody is excluded. Else only the moments are in
doubt. Of rows of the future, and of sources that do not fit each other, nobody knows how wrong the clock was: then
nobody is excluded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, pairwise

from tocsin.domain.scope.gaps import Gap, GapKind, some
from tocsin.scoping.gaps.hours import Volumes, Windows
from tocsin.scoping.gaps.places import HOUR, neighbours, start_of, stretches

#: A log may go on while it is read.
_TOLERATED = timedelta(hours=1)
_SECOND = 1_000_000
#: Zones lie so many hours from UTC at most, and two of them so many from each other.
_FARTHEST = 26
#: Sources of which fewer hours are known side by side are not compared.
_HOURS = 24
#: Misfit of two sources below which they are the same, and of what a shift must make a fourth.
_MISFIT, _BETTER = 0.005, 4


@dataclass(frozen=True)
class Order:
    """How the rows of a file that were looked at follow each other."""

    file: str
    looked_at: int
    #: Rows that lie further before the one above them than was declared, and the farthest, in microseconds; by slot,
    #: before any row above them, and the farthest that it can be.
    steps: int = 0
    largest: int = 0
    #: Whether these are slots, some row of which stands behind a later one, out of all rows.
    by_slot: bool = False
    #: By how much time may have gone back at most, where that is more than the largest step that was seen.
    reach: int = 0


def order_of(file: str, moments: Sequence[int | None], within: int) -> Order:
    """The order of moments (microseconds; None: unreadable) that may go back by `within` at most."""
    known = [each for each in moments if each is not None]
    back = [before - after for before, after in pairwise(known) if before - after > within]
    return Order(file, len(known), len(back), max(back, default=0))


def disordered(
    source: str, orders: Sequence[Order], hours: Mapping[str, Sequence[int]], windows: Windows
) -> Iterator[Gap]:
    """Files in which time went back, apart by whether that may have moved a request over an edge of the window.

    `hours` are those since 1970 in which a file has rows, `windows` those in which its source is asked.
    """
    found: dict[GapKind, list[Order]] = {}
    for order in orders:
        if order.steps:
            near = _near_an_edge(hours.get(order.file, ()), max(order.largest, order.reach), windows)
            found.setdefault("clock-disorder" if near else "clock-doubt", []).append(order)
    for kind, wrong in sorted(found.items()):
        detail = some([_words(order) for order in wrong])
        files = tuple(order.file for order in wrong)
        count = sum(order.steps for order in wrong)
        yield Gap(kind=kind, source=source, count=count, detail=detail, files=files)


def _words(order: Order) -> str:
    seconds = -(-order.largest // _SECOND)
    if order.by_slot:
        return (
            f"{order.file}: in {order.steps} of its stretches of five minutes rows stand behind later ones, by up to"
            f" {seconds:,} s"
        )
    return (
        f"{order.file}: {order.steps} of {order.looked_at:,} rows looked at go back, by up to {seconds:,} s"
    )


def _near_an_edge(hours: Sequence[int], reach: int, windows: Windows) -> bool:
    """Whether an hour with rows touches what lies outside a window, but within `reach` of it."""
    far = reach / _SECOND
    strips = [(since.timestamp() - far, since.timestamp()) for since, _ in windows if since is not None]
    strips += [(until.timestamp(), until.timestamp() + far) for _, until in windows if until is not None]
    return any(hour * HOUR < end and (hour + 1) * HOUR > start for hour in hours for start, end in strips)


def in_the_future(sources: Sequence[Volumes], asked_at: datetime) -> Iterator[Gap]:
    """Sources with rows later than the question by an hour or more: their clock is fast, nobody knows by how much.

    Any row after the window may in truth lie inside.
    """
    for each in sources:
        later = [hour for hour in each.counts if start_of(hour) >= asked_at + _TOLERATED]
        if later:
            count = sum(each.counts[hour] for hour in later)
            places = stretches(neighbours(sorted(later)))
            detail = f"rows later than the question: {some(places)}; correct `time.zone` or `clock_offset`"
            yield Gap(
                kind="clock-disorder", source=each.source.name, count=count, detail=detail, hours=places
            )


def shifted(sources: Sequence[Volumes]) -> Iterator[Gap]:
    """Sources of one stream whose hours fit only when one is moved: one of them has a wrong clock or zone."""
    for one, other in combinations(sources, 2):
        if one.source.stream is None or one.source.stream != other.source.stream:
            continue
        if hours := _shift(one.counts, other.counts):
            detail = (
                f"its hours fit those of {other.source.name} only when moved by {hours} h;"
                " correct `time.zone` or `clock_offset` of the one that is wrong"
            )
            yield Gap(kind="clock-disorder", source=one.source.name, count=1, detail=detail)


def _shift(one: Mapping[int, int], other: Mapping[int, int]) -> int:
    """By how many hours the one must be moved to fit the other clearly better; 0 for none."""
    misfits = {by: _misfit(one, other, by) for by in range(-_FARTHEST, _FARTHEST + 1)}
    unmoved = misfits[0]
    best = min(misfits, key=lambda by: (misfits[by], abs(by)))
    return best if unmoved > _MISFIT and misfits[best] * _BETTER < unmoved else 0


def _misfit(one: Mapping[int, int], other: Mapping[int, int], by: int) -> float:
    """The share of rows that differ in the hours both know, with the one moved; 1 where these are too few."""
    moved = {hour + by: rows for hour, rows in one.items()}
    first = max(min(moved, default=0), min(other, default=0)) + 1
    last = min(max(moved, default=0), max(other, default=0))
    if last - first < _HOURS:
        return 1.0
    pairs = [(moved.get(hour, 0), other.get(hour, 0)) for hour in range(first, last)]
    total = sum(map(sum, pairs))
    return sum(abs(a - b) for a, b in pairs) / total if total else 1.0
