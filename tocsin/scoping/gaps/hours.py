"""Hours of the window that a source does not show, or hardly: without a row, with too few, or while it was off.

Where another source of the same stream shows an hour whole, nothing is missing there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tocsin.domain.scope.gaps import Gap, Stretch, some
from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LogSource
from tocsin.scoping.gaps.places import HOUR, Hours, hour_of, neighbours, start_of, stretches
from tocsin.scoping.gaps.switched import hours_of, stretches_off
from tocsin.scoping.gaps.volume import Usual
from tocsin.scoping.switches import Switched, switched


@dataclass(frozen=True)
class Volumes:
    """What a source logged: its rows in each hour since 1970, and whether they can be compared with the question."""

    source: LogSource
    counts: dict[int, int]
    comparable: bool = True
    #: What it says of logging, of its own and of others'.
    switches: tuple[Switched, ...] = ()


def volumes(engine: Any, source: LogSource, rows: Any, *, comparable: bool) -> Volumes:
    """The rows of each hour, out of a source's pass."""
    counted = rows.filter(rows.hour.notnull())
    table = engine.to_pyarrow(counted.group_by("hour").aggregate(rows=counted.n.sum()))
    counts = dict(zip(table["hour"].to_pylist(), table["rows"].to_pylist(), strict=True))
    return Volumes(source, counts, comparable, switched(engine, source, rows))


def hour_gaps(sources: Sequence[Volumes], question: Question) -> Iterator[Gap]:
    """The hours of the window that no source of a stream shows whole, by source."""
    window = window_hours(question, sources)
    switches = sorted(switch for each in sources for switch in each.switches)
    judged = [_Judged(each, question, window, switches) for each in sources]
    for one in judged:
        beside = [each.whole for each in judged if one.has_sister(each)]
        covered = set[int]().union(*beside)
        yield from one.missing(covered)
        yield from one.too_thin(covered)
        yield from one.switched_off(covered)


def window_hours(question: Question, sources: Iterable[Volumes]) -> Hours:
    """The window in whole hours since 1970; an open side ends where any source's rows end."""
    known = [edge for each in sources if each.counts for edge in (min(each.counts), max(each.counts))]
    first = min(known, default=0) if question.since is None else hour_of(question.since)
    if question.until is None:
        return first, max(known, default=first - 1) + 1
    last = question.until.timestamp()
    return first, int(-(-last // HOUR))


class _Judged:
    """One source's hours of the window."""

    def __init__(
        self, volumes: Volumes, question: Question, window: Hours, switches: Iterable[Switched]
    ) -> None:
        self.volumes, self.question, self.window = volumes, question, window
        self.source, self.counts = volumes.source, volumes.counts
        self.switches = [switch for switch in switches if switch.of == self.source.name]

    def has_sister(self, other: "_Judged") -> bool:
        return (
            other is not self and self.source.stream is not None and other.source.stream == self.source.stream
        )

    @cached_property
    def present(self) -> list[int]:
        first, end = self.window
        return sorted(hour for hour in self.counts if first <= hour < end)

    @cached_property
    def thin(self) -> dict[int, int]:
        """Hours with far too few rows, each with what is usual."""
        return dict(Usual(self.counts, self.source.volume).thin(filter(self._whole_asked, self.present)))

    @cached_property
    def off(self) -> tuple[Stretch, ...]:
        """Stretches in which it was switched off."""
        return tuple(stretches_off(self.switches, self.counts, self.source.volume, self.window))

    @cached_property
    def whole(self) -> set[int]:
        """Hours of which nothing speaks against this source having every request."""
        dark = set[int]().union(*(hours_of(stretch, self.window) for stretch in self.off))
        return set(self.present) - self.thin.keys() - dark if self.volumes.comparable else set()

    def missing(self, covered: set[int]) -> Iterator[Gap]:
        """Hours without any row: quiet, or not logged."""
        holes = list(_holes(sorted(covered.union(self.present)), *self.window))
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

    def switched_off(self, covered: set[int]) -> Iterator[Gap]:
        """Stretches between a request that stopped logging and the next that started it, or the next rows."""
        if left := tuple(stretch for stretch in self.off if not hours_of(stretch, self.window) <= covered):
            detail = some(left)
            yield Gap(
                kind="logging-switched-off",
                source=self.source.name,
                count=len(left),
                detail=detail,
                hours=left,
            )

    def _whole_asked(self, hour: int) -> bool:
        """No hour in which the log may begin or end outside the window: there, few rows are no sign."""
        inner = min(self.counts) < hour < max(self.counts)
        since, until = self.question.since, self.question.until
        begun = since is not None and since <= start_of(hour)
        ended = until is not None and until >= start_of(hour + 1)
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
