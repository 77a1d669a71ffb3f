"""Marks: what a change of law does to whom it binds; and which of two clocks ends earlier.

Pure. A clock is stricter only if it ends earlier, or at the same moment, whenever it begins.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from tocsin.domain.law.clock import Within
from tocsin.domain.law.terms import Clock

Mark = Literal["stricter", "looser", "changed", "reworded"]


def joined_mark(marks: Iterable[Mark]) -> Mark:
    """What several changes come to: stricter in one place and looser in another is `changed`."""
    found = set(marks) - {"reworded"}
    return next(iter(found)) if len(found) == 1 else "changed" if found else "reworded"


def either(stricter: bool, looser: bool) -> Mark:
    """One of the two, if it could be shown; both at once is another wording of the same."""
    if stricter and looser:
        return "reworded"
    return "stricter" if stricter else "looser" if looser else "changed"


def _starts(old: Clock, new: Clock) -> Mark | None:
    """Of several moments the first that is known counts: one more can only make it earlier."""
    if (old.start, old.after) == (new.start, new.after):
        return None
    if bool(old.start) is not bool(new.start) or (old.start and old.after != new.after):
        return "changed"
    had, has = ({*clock.start, *clock.after} for clock in (old, new))
    return either(has >= had, has <= had)


def _length(old: Clock, new: Clock) -> Mark | None:
    return compare_periods(old.within, new.within)


def compare_periods(old: Within, new: Within) -> Mark | None:
    """The shorter one is stricter, where it is shorter whenever it begins."""
    if old == new:
        return None
    if old.asap and new.asap:
        aim, former = new.target_hours or 0, old.target_hours or 0
        return either(aim < former, aim > former)
    if old.asap or new.asap:
        return "changed"
    if (had := _days(old)) is not None and (has := _days(new)) is not None:
        return _in_days(old, new, had, has)
    (shortest, longest), (least, most) = _hours(old), _hours(new)
    return either(most is not None and most <= shortest, longest is not None and least >= longest)


def _days(within: Within) -> int | None:
    days = within.calendar_days or within.business_days
    return None if days is None else days - within.event_day_counts


def _in_days(old: Within, new: Within, had: int, has: int) -> Mark:
    """So many working days never end before as many calendar days."""
    if old.holidays == new.holidays:
        return either(has <= had, has >= had)
    if new.holidays is None:
        return either(has <= had, looser=False)
    return either(stricter=False, looser=old.holidays is None and has >= had)


def _hours(within: Within) -> tuple[int, int | None]:
    """The shortest and longest time that a period can take; working days have no longest."""
    if within.hours is not None:
        return within.hours, within.hours
    if within.months:
        return within.months * 28 * 24, (within.months * 31 + 1) * 24
    days = _days(within) or 0
    return days * 24, None if within.business_days else (days + 1) * 24


def _cap(old: Clock, new: Clock) -> Mark | None:
    if old.cap == new.cap:
        return None
    if old.cap is None or new.cap is None:
        return "stricter" if old.cap is None else "looser"
    if old.cap.start != new.cap.start:
        return "changed"
    return compare_periods(old.cap.within, new.cap.within)


def _end_of_year(old: Clock, new: Clock) -> Mark | None:
    return None if old.end_of == new.end_of else "looser" if new.end_of else "stricter"


def _roll(old: Clock, new: Clock) -> Mark | None:
    if old.roll == new.roll:
        return None
    if old.roll is None or new.roll is None:
        return "looser" if old.roll is None else "stricter"
    if old.roll.holidays != new.roll.holidays:
        return "changed"
    return "stricter" if new.roll.to.startswith("noon") else "looser"


_OF_A_CLOCK: tuple[Callable[[Clock, Clock], Mark | None], ...] = (
    _starts,
    _length,
    _cap,
    _end_of_year,
    _roll,
)


def compare_clocks(old: Clock, new: Clock) -> Iterator[Mark]:
    """A mark for each part of a clock that differs."""
    for compare in _OF_A_CLOCK:
        if mark := compare(old, new):
            yield mark
