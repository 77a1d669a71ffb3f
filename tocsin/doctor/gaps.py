"""Gaps: every stretch of the next weeks in which a level of a ladder, or a rotation, reaches nobody."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tocsin.domain.contacts import Contacts, Ladder, Level, Rotation
from tocsin.domain.ladder import Target
from tocsin.domain.turns import edges

#: So far ahead somebody must be there to be called: of four people who take a week each, all have had their turn.
AHEAD = timedelta(weeks=4)


@dataclass(frozen=True)
class Gap:
    """From `start` to before `end` nobody is reached. `named` are those who would be called, and cannot be."""

    start: datetime
    end: datetime
    named: tuple[str, ...]


@dataclass(frozen=True)
class LevelGap(Gap):
    """A gap of one level of a ladder, counted from 0."""

    ladder: Ladder
    level: int

    @property
    def rotations(self) -> tuple[str, ...]:
        """The rotations that the level calls, by id."""
        return rotations_of(self.ladder.levels[self.level])


def rotations_of(level: Level) -> tuple[str, ...]:
    """The rotations that a level calls, by id."""
    return tuple(target.rotation for target in level.call if target.rotation is not None)


def level_gaps(contacts: Contacts, reachable: Collection[str], now: datetime) -> Iterator[LevelGap]:
    """Every gap of the next weeks, ladder by ladder and level by level. `reachable` are ids of people."""
    for ladder in contacts.ladders:
        for number, level in enumerate(ladder.levels):
            for gap in _gaps(contacts, level, reachable, now):
                yield LevelGap(gap.start, gap.end, gap.named, ladder, number)


def rotation_gaps(
    contacts: Contacts, rotation: Rotation, reachable: Collection[str], now: datetime
) -> Iterator[Gap]:
    """Every gap of a rotation in the next weeks, whoever else is called beside it."""
    alone = Level(after_minutes=0, call=(Target(rotation=rotation.id),))
    yield from _gaps(contacts, alone, reachable, now)


def away(contacts: Contacts, now: datetime) -> Iterator[LevelGap]:
    """Every stretch of the next weeks in which a level names absent people only, and calls them all the same."""
    for ladder in contacts.ladders:
        for number, level in enumerate(ladder.levels):
            called = contacts.called(level, now)
            if not called or rotations_of(level):
                continue

            def all_absent(at: datetime, called: tuple[str, ...] = called) -> tuple[str, ...] | None:
                absent = {each.person for each in contacts.absences if each.covers(at)}
                return called if absent.issuperset(called) else None

            limits = [edge for each in contacts.absences for edge in (each.start, each.end)]
            for gap in _joined(limits, all_absent, now):
                yield LevelGap(gap.start, gap.end, gap.named, ladder, number)


def _gaps(contacts: Contacts, level: Level, reachable: Collection[str], now: datetime) -> Iterator[Gap]:
    def unreached(at: datetime) -> tuple[str, ...] | None:
        called = contacts.called(level, at)
        return called if set(called).isdisjoint(reachable) else None

    rotations = [contacts.rotation(each) for each in rotations_of(level)]
    limits = [edge for each in rotations for edge in edges(each, now, now + AHEAD, contacts.absences)]
    yield from _joined(limits, unreached, now)


def _joined(
    limits: Iterable[datetime], unreached: Callable[[datetime], tuple[str, ...] | None], now: datetime
) -> Iterator[Gap]:
    """The stretches between limits for which `unreached` names somebody or nobody, and not None, joined."""
    until = now + AHEAD
    moments = sorted({now, until, *(limit for limit in limits if now < limit < until)})
    gap: Gap | None = None
    for start, end in pairwise(moments):
        named = unreached(start)
        if named is not None:
            before = gap or Gap(start, start, ())
            gap = Gap(before.start, end, tuple(dict.fromkeys((*before.named, *named))))
        elif gap:
            yield gap
            gap = None
    if gap:
        yield gap
