"""Times of the window that a source does not show, or hardly: without a row, with too few, or while it was off.

Where another source of the same stream shows an hour whole, nothing is missing there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tocsin.domain.scope.gaps import Gap, Stretch, some
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.windows import Window
from tocsin.domain.sources import LogSource
from tocsin.scoping.gaps.places import (
    HOUR,
    SLOT,
    SLOTS,
    Hours,
    Slots,
    hour_of,
    neighbours,
    slots_of,
    start_of,
    stretches,
)
from tocsin.scoping.gaps.silence import silences
from tocsin.scoping.gaps.switched import hours_of, stretches_off
from tocsin.scoping.gaps.volume import Usual
from tocsin.scoping.switches import Switched, switched

#: When a source is asked.
Windows = Sequence[Window]


@dataclass(frozen=True)
class Volumes:
    """What a source logged: its rows in each slot since 1970, and whether they can be compared with the question."""

    source: LogSource
    slots: dict[int, int]
    comparable: bool = True
    #: What it says of logging, of its own and of others'.
    switches: tuple[Switched, ...] = ()

    @cached_property
    def counts(self) -> dict[int, int]:
        """Its rows in each hour since 1970."""
        found: Counter[int] = Counter()
        for slot, rows in self.slots.items():
            found[slot // SLOTS] += rows
        return dict(found)


def volumes(engine: Any, source: LogSource, rows: Any, *, comparable: bool) -> Volumes:
    """The rows of each slot, out of a source's pass.

    When a wall clock is put back it shows one hour twice. Nobody knows to which of both a row belongs: half of them
    count for each, and a single one leaves the other slot empty.
    """
    counted = rows.filter(rows.slot.notnull())
    counted = counted.group_by("slot", "later").aggregate(rows=counted.n.sum())
    slots: Counter[int] = Counter()
    for row in engine.to_pyarrow(counted).to_pylist():
        half = 0 if row["later"] is None else row["rows"] // 2
        slots[row["slot"]] += row["rows"] - half
        if half:
            slots[row["later"]] += half
    return Volumes(source, dict(slots), comparable, switched(engine, source, rows))


def hour_gaps(sources: Sequence[Volumes], question: Question) -> Iterator[Gap]:
    """The hours of the window that no source of a stream shows whole, by source."""
    switches = sorted(switch for each in sources for switch in each.switches)
    judged = [_Judged(each, question, sources, switches) for each in sources]
    for one in judged:
        beside = [each.whole for each in judged if one.has_sister(each)]
        covered = set[int]().union(*beside)
        yield from one.missing(covered)
        yield from one.too_thin(covered)
        yield from one.too_silent(covered)
        yield from one.switched_off(covered)
        if not beside:
            yield from one.without_any_row()


def window_hours(question: Question, source: str, sources: Iterable[Volumes]) -> Iterator[Hours]:
    """A source's windows in whole hours since 1970, no hour twice; an open side ends where any source's rows end."""
    known = [edge for each in sources if each.counts for edge in (min(each.counts), max(each.counts))]
    end: int | None = None
    for since, until in question.windows(source):
        first = min(known, default=0) if since is None else hour_of(since)
        # One window may end in the hour in which the next begins.
        first = first if end is None else max(first, end)
        end = max(known, default=first - 1) + 1 if until is None else int(-(-until.timestamp() // HOUR))
        yield first, end


def _window_slots(moments: Windows, sources: Iterable[Volumes]) -> Iterator[Slots]:
    """The same in slots, each window by itself."""
    known = [edge for each in sources if each.slots for edge in (min(each.slots), max(each.slots))]
    for since, until in moments:
        first = min(known, default=0) if since is None else slots_of(since, since)[0]
        yield first, max(known, default=first - 1) + 1 if until is None else slots_of(until, until)[1]


class _Judged:
    """One source's hours of the windows in which it is asked."""

    def __init__(
        self, volumes: Volumes, question: Question, sources: Sequence[Volumes], switches: Iterable[Switched]
    ) -> None:
        self.volumes, self.source, self.counts = volumes, volumes.source, volumes.counts
        self.moments = question.windows(self.source.name)
        self.asked = question.leaves_for(self.source.name)
        self.windows = tuple(window_hours(question, self.source.name, sources))
        self.slots = tuple(_window_slots(self.moments, sources))
        self.switches = [switch for switch in switches if switch.of == self.source.name]

    def has_sister(self, other: "_Judged") -> bool:
        """Whether another source logs the same requests, and is asked whatever this one is asked."""
        alike = self.source.stream is not None and other.source.stream == self.source.stream
        return other is not self and alike and set(self.asked) <= set(other.asked)

    @cached_property
    def present(self) -> list[int]:
        return sorted(hour for hour in self.counts if any(first <= hour < end for first, end in self.windows))

    @cached_property
    def thin(self) -> dict[int, int]:
        """Hours with far too few rows, each with what is usual."""
        return dict(Usual(self.counts, self.source.volume).thin(filter(self._whole_asked, self.present)))

    @cached_property
    def off(self) -> tuple[Stretch, ...]:
        """Stretches in which it was switched off."""
        found = [
            stretch
            for window in self.windows
            for stretch in stretches_off(self.switches, self.counts, self.source.volume, window)
        ]
        return tuple(dict.fromkeys(found))

    @cached_property
    def silent(self) -> tuple[Stretch, ...]:
        """Stretches without a row within hours that have some, where that is not usual."""
        found = silences(self.volumes.slots, self.source.volume, *self.slots)
        return stretches(dict.fromkeys(found), SLOT)

    @cached_property
    def whole(self) -> set[int]:
        """Hours of which nothing speaks against this source having every request."""
        dark = set[int]().union(*map(self._hours_of, (*self.off, *self.silent)))
        return set(self.present) - self.thin.keys() - dark if self.volumes.comparable else set()

    def without_any_row(self) -> Iterator[Gap]:
        """That nothing at all was logged: where a window is open, no hour of it could be missing."""
        if not self.counts:
            detail = "none of its files holds a row: whoever asked for anything, it does not show"
            yield Gap(kind="empty-source", source=self.source.name, count=1, detail=detail)

    def missing(self, covered: set[int]) -> Iterator[Gap]:
        """Hours without any row: quiet, or not logged."""
        shown = sorted(covered.union(self.present))
        holes = [hole for window in self.windows for hole in _holes(shown, *window)]
        if count := sum(end - start for start, end in holes):
            places = stretches(holes)
            yield Gap(
                kind="missing-hours", source=self.source.name, count=count, detail=some(places), hours=places
            )

    def too_thin(self, covered: set[int]) -> Iterator[Gap]:
        """Hours with far fewer rows than usual: quiet, or cut."""
        if not (left := sorted(self.thin.keys() - covered)):
            return
        rows, usual = [self.counts[hour] for hour in left], [self.thin[hour] for hour in left]
        places, volume = stretches(neighbours(left)), self.source.volume
        detail = (
            f"{some(places)}; rows in an hour: {_span(rows)}, usual: {_span(usual)}; suspected below "
            f"{volume.share:.4g} of what is usual, where that is {volume.rows} or more"
        )
        yield Gap(kind="thin-hours", source=self.source.name, count=len(left), detail=detail, hours=places)

    def too_silent(self, covered: set[int]) -> Iterator[Gap]:
        """Stretches in which nothing was logged, though much is usual."""
        told = covered | self.thin.keys()
        if left := tuple(stretch for stretch in self.silent if not self._hours_of(stretch) <= told):
            yield Gap(
                kind="silent-stretches",
                source=self.source.name,
                count=len(left),
                detail=some(left),
                hours=left,
            )

    def switched_off(self, covered: set[int]) -> Iterator[Gap]:
        """Stretches between a request that stopped logging and the next that started it, or the next rows."""
        if left := tuple(stretch for stretch in self.off if not self._hours_of(stretch) <= covered):
            detail = some(left)
            yield Gap(
                kind="logging-switched-off",
                source=self.source.name,
                count=len(left),
                detail=detail,
                hours=left,
            )

    def _hours_of(self, stretch: Stretch) -> set[int]:
        return set[int]().union(*(hours_of(stretch, window) for window in self.windows))

    def _whole_asked(self, hour: int) -> bool:
        """No hour in which the log may begin or end outside the window: there, few rows are no sign."""
        inner = min(self.counts) < hour < max(self.counts)
        start, end = start_of(hour), start_of(hour + 1)
        begun = any(
            since and since <= start and (not until or until > start) for since, until in self.moments
        )
        ended = any(until and until >= end and (not since or since < end) for since, until in self.moments)
        return inner or ((hour > min(self.counts) or begun) and (hour < max(self.counts) or ended))


def _span(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _holes(present: Iterable[int], start: int, end: int) -> Iterator[Hours]:
    for hour in present:
        if start <= hour < end:
            if hour > start:
                yield start, hour
            start = hour + 1
    if start < end:
        yield start, end
