"""Who is called at a moment: by rotation with the turns that follow, and level by level for each role."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tocsin.domain.contacts import Contacts, Ladder, Rotation
from tocsin.domain.moments import iso
from tocsin.domain.turns import LOOK, OnCall, Stretch, stretch_at, stretches

WEEK = timedelta(days=7)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Turn:
    """One stretch in which one person of a rotation is called, or nobody, and why."""

    call: OnCall
    #: None where it began, or will end, more than a year away.
    start: datetime | None
    end: datetime | None
    #: What the absence says of somebody whose turn was passed on.
    note: str | None

    @property
    def person(self) -> str | None:
        """The id of the person who is called; None in a gap."""
        return self.call.person

    def as_json(self) -> dict[str, Any]:
        """The turn as plain values."""
        return {
            "person": self.person,
            "start": iso(self.start) if self.start else None,
            "end": iso(self.end) if self.end else None,
            "why": self.call.why,
            "instead_of": self.call.instead_of,
            "note": self.note,
        }


@dataclass(frozen=True)
class Rung:
    """One level of a ladder, and those whom it calls; samples are nobody in production."""

    after_minutes: int
    people: tuple[str, ...]


@dataclass(frozen=True)
class Rota:
    """The turns of each rotation, the present one first; the rungs of each ladder."""

    at: datetime
    turns: Mapping[str, tuple[Turn, ...]]
    ladders: tuple[tuple[Ladder, tuple[Rung, ...]], ...]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "at": iso(self.at),
            "rotations": {name: [turn.as_json() for turn in turns] for name, turns in self.turns.items()},
            "ladders": [
                {
                    "id": ladder.id,
                    "role": ladder.role,
                    "severities": list(ladder.severities),
                    "again_after_minutes": ladder.again_after_minutes,
                    "levels": [
                        {"after_minutes": rung.after_minutes, "people": list(rung.people)} for rung in rungs
                    ],
                }
                for ladder, rungs in self.ladders
            ],
        }

    def on_call(self) -> tuple[str, ...]:
        """The ids of all who have a turn, each once, in the order of their turns."""
        turns = (turn.person for turns in self.turns.values() for turn in turns)
        return tuple(dict.fromkeys(who for who in turns if who))

    def called(self) -> tuple[str, ...]:
        """The ids of all who have a turn or whom a level calls, each once."""
        rungs = (who for _, rungs in self.ladders for rung in rungs for who in rung.people)
        return tuple(dict.fromkeys((*self.on_call(), *rungs)))


def rota(contacts: Contacts, at: datetime, *, ahead: timedelta = WEEK) -> Rota:
    """Who is called at a moment, and the turns that begin within `ahead` of it, the last one to its own end."""
    there = {person.id for person in contacts.people}
    return Rota(
        at,
        {rotation.id: _turns(contacts, rotation, at, ahead) for rotation in contacts.rotations},
        tuple(
            (
                ladder,
                tuple(
                    Rung(
                        level.after_minutes, tuple(who for who in contacts.called(level, at) if who in there)
                    )
                    for level in ladder.levels
                ),
            )
            for ladder in contacts.ladders
        ),
    )


def _turns(contacts: Contacts, rotation: Rotation, at: datetime, ahead: timedelta) -> tuple[Turn, ...]:
    absences = contacts.absences
    first = stretch_at(rotation, at, absences)
    last = stretch_at(rotation, at + ahead - _INSTANT, absences)
    found = stretches(rotation, first.start, last.end, absences)
    return tuple(_turn(contacts, each, at) for each in found)


def _turn(contacts: Contacts, stretch: Stretch, at: datetime) -> Turn:
    call, moment = stretch.call, max(stretch.start, at)
    said = (each.note for each in contacts.absences if each.person == call.instead_of and each.covers(moment))
    note = next(said, None) if call.why != "override" else None
    start = stretch.start if at - stretch.start < LOOK else None
    return Turn(call, start, stretch.end if stretch.end - at < LOOK else None, note)
