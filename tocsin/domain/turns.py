"""Turns: who is on call in a rotation at a moment, since when, until when, and why.

A room of the heart: pure. All that can change the answer (a hand-over, an hour at which a layer begins or ends to hold,
an override, an absence) changes it at a moment that can be counted, so that nothing here steps through time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Literal

from tocsin.domain.rota import Absence, Layer, Rotation
from tocsin.domain.wallclock import WEEKDAYS, reached, shown

#: Somebody who is on call longer than this has no next hand-over.
LOOK = timedelta(weeks=52)
#: So much of a rota is counted at a time.
_CHUNK = timedelta(weeks=2)
_DAY = timedelta(days=1)
_MIDNIGHT = time(0)


@dataclass(frozen=True)
class OnCall:
    """Who is on call, and why: by turn, by an override, standing in for somebody absent; or nobody, which is a gap."""

    person: str | None
    why: Literal["turn", "override", "stand-in", "gap"]
    #: Whose turn it is where somebody else is called, or nobody because all are absent.
    instead_of: str | None = None


@dataclass(frozen=True)
class Stretch:
    """A span of time in which nothing about the call changes, from `start` to before `end`."""

    call: OnCall
    start: datetime
    end: datetime


def on_call(rotation: Rotation, at: datetime, absences: Iterable[Absence] = ()) -> str | None:
    """The id of the person on call at an aware moment; None in a gap."""
    return call_at(rotation, at, absences).person


def call_at(rotation: Rotation, at: datetime, absences: Iterable[Absence] = ()) -> OnCall:
    """Who is on call: by the last override that covers the moment, else by the last layer that holds and has somebody.

    An override names its person for this very time, so it counts even while that person is said to be absent.
    """
    absent = {each.person for each in absences if each.covers(at)}
    regular = _by_turns(rotation, at, absent)
    for override in reversed(rotation.overrides):
        if override.covers(at):
            other = regular.instead_of or regular.person
            return OnCall(override.person, "override", other if other != override.person else None)
    return regular


def _by_turns(rotation: Rotation, at: datetime, absent: set[str]) -> OnCall:
    missed: str | None = None
    for layer in reversed(rotation.layers):
        if not _holds(layer, at):
            continue
        turn = _turn_at(layer, at) % len(layer.people)
        order = layer.people[turn:] + layer.people[:turn]
        there = next((person for person in order if person not in absent), None)
        if there == order[0] and missed is None:
            return OnCall(there, "turn")
        missed = missed or order[0]
        if there is not None:
            return OnCall(there, "stand-in", missed)
    return OnCall(None, "gap", missed)


def next_hand_over(rotation: Rotation, at: datetime, absences: Sequence[Absence] = ()) -> datetime | None:
    """The first moment after `at`, in UTC, at which somebody else or nobody is on call; None if none within a year."""
    person = on_call(rotation, at, absences)
    for start, end in _chunks(at, _CHUNK):
        for edge in edges(rotation, start, end, absences):
            if on_call(rotation, edge, absences) != person:
                return edge
    return None


def stretch_at(rotation: Rotation, at: datetime, absences: Sequence[Absence] = ()) -> Stretch:
    """The whole stretch in which a moment lies; where it is longer, from a year before to a year after."""
    call, first, last = call_at(rotation, at, absences), at - LOOK, at + LOOK
    # The edge at `at` itself may be the beginning.
    for end, start in _chunks(at, -_CHUNK):
        found = edges(rotation, start, end, absences)
        earlier = reversed([*pairwise([start, *found])])
        begun = (edge for before, edge in earlier if call_at(rotation, before, absences) != call)
        if (edge := next(begun, None)) is not None:
            first = edge
            break
    for start, end in _chunks(at, _CHUNK):
        later = (e for e in edges(rotation, start, end, absences) if call_at(rotation, e, absences) != call)
        if (edge := next(later, None)) is not None:
            last = edge
            break
    return Stretch(call, first, last)


def stretches(
    rotation: Rotation, start: datetime, end: datetime, absences: Sequence[Absence] = ()
) -> Iterator[Stretch]:
    """The time from `start` to before `end` as stretches that follow each other, each as long as it can be."""
    begun, call = start, call_at(rotation, start, absences)
    for edge in edges(rotation, start, end, absences):
        if edge < end and (following := call_at(rotation, edge, absences)) != call:
            yield Stretch(call, begun, edge)
            begun, call = edge, following
    yield Stretch(call, begun, end)


def edges(
    rotation: Rotation, start: datetime, end: datetime, absences: Iterable[Absence] = ()
) -> list[datetime]:
    """Each moment after `start` and up to `end` at which somebody else may come on call, in order."""
    found: set[datetime] = set()
    for layer in rotation.layers:
        found.update(_hand_overs(layer, start, end))
        found.update(_limits(layer, start, end))
    people = set(rotation.people)
    for period in (*rotation.overrides, *(each for each in absences if each.person in people)):
        found |= {period.start, period.end}
    return sorted(edge for edge in found if start < edge <= end)


def _chunks(at: datetime, length: timedelta) -> Iterator[tuple[datetime, datetime]]:
    for number in range(LOOK // abs(length)):
        yield at + number * length, at + (number + 1) * length


def _hand_overs(layer: Layer, start: datetime, end: datetime) -> Iterator[datetime]:
    if len(set(layer.people)) == 1:
        return
    turn = _turn_at(layer, start) + 1
    while (edge := _mark(layer, turn)) <= end:
        yield edge
        turn += 1


def _turn_at(layer: Layer, at: datetime) -> int:
    """The number of the turn in force, 0 for the first since `since`. Where clocks jump, a turn may have no time."""
    begun = shown(at, layer.zone) - datetime.combine(layer.since, layer.hand_over)
    turn = begun // layer.turn
    while _mark(layer, turn) > at:
        turn -= 1
    while _mark(layer, turn + 1) <= at:
        turn += 1
    return turn


def _mark(layer: Layer, turn: int) -> datetime:
    """The moment at which a turn begins."""
    return reached(datetime.combine(layer.since, layer.hand_over) + turn * layer.turn, layer.zone)


def _holds(layer: Layer, at: datetime) -> bool:
    return layer.always or any(start <= at < end for start, end in _spells(layer, at, at))


def _limits(layer: Layer, start: datetime, end: datetime) -> Iterator[datetime]:
    if not layer.always:
        for spell in _spells(layer, start, end):
            yield from spell


def _spells(layer: Layer, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The spells in which a layer holds that may touch these moments, day by day."""
    # A clock that is set back over midnight shows a day that had ended already.
    day, last = shown(start, layer.zone).date() - _DAY, shown(end, layer.zone).date() + _DAY
    while day <= last:
        if layer.weekdays is None or WEEKDAYS[day.weekday()] in layer.weekdays:
            if layer.hours is None:
                begins, ends = datetime.combine(day, _MIDNIGHT), datetime.combine(day + _DAY, _MIDNIGHT)
            else:
                begins, ends = layer.hours.on(day)
            yield reached(begins, layer.zone), reached(ends, layer.zone)
        day += _DAY
