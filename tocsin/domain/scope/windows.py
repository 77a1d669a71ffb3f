"""Windows of time, from `since` (included) to `until` (not included); None is open on that side."""

from collections.abc import Iterable
from datetime import UTC, datetime

Window = tuple[datetime | None, datetime | None]
_BEGINNING = datetime.min.replace(tzinfo=UTC)


def is_empty(window: Window) -> bool:
    """Whether no moment lies in it."""
    since, until = window
    return since is not None and until is not None and since >= until


def common(one: Window, other: Window) -> Window:
    """What lies in both; it may be empty."""
    starts = [edge for edge in (one[0], other[0]) if edge is not None]
    ends = [edge for edge in (one[1], other[1]) if edge is not None]
    return max(starts, default=None), min(ends, default=None)


def joined(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Windows in order, those that touch or overlap as one."""
    found: list[Window] = []
    for since, until in sorted(set(windows), key=lambda each: each[0] or _BEGINNING):
        if found and (found[-1][1] is None or (since or _BEGINNING) <= found[-1][1]):
            start, end = found.pop()
            since, until = start, None if end is None or until is None else max(end, until)
        found.append((since, until))
    return tuple(found)


def overlaps(some: Iterable[Window], others: Iterable[Window]) -> tuple[Window, ...]:
    """What lies in a window of each of the two."""
    beside = tuple(others)
    both = (common(one, other) for one in some for other in beside)
    return joined(window for window in both if not is_empty(window))
