"""Who is called at a moment: by rotation with the hand-overs that follow, and level by level for each role."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tocsin.domain.contacts import Contacts, Ladder, Rotation
from tocsin.domain.moments import iso
from tocsin.domain.rota import next_hand_over, on_call

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Turn:
    """One stretch in which one person of a rotation is called."""

    person: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Rung:
    """One level of a ladder, and those whom it calls; samples are nobody in production."""

    after_minutes: int
    people: tuple[str, ...]


@dataclass(frozen=True)
class Rota:
    """The turns of each rotation, the present one first; the rungs of each ladder."""

    turns: Mapping[str, tuple[Turn, ...]]
    ladders: tuple[tuple[Ladder, tuple[Rung, ...]], ...]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "rotations": {
                name: [{"person": t.person, "start": iso(t.start), "end": iso(t.end)} for t in turns]
                for name, turns in self.turns.items()
            },
            "ladders": [
                {
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


def rota(contacts: Contacts, at: datetime, *, ahead: timedelta = WEEK) -> Rota:
    """Who is called at a moment, and the turns that begin within `ahead` of it."""
    there = {person.id for person in contacts.people}
    return Rota(
        {rotation.id: _turns(rotation, at, ahead) for rotation in contacts.rotations},
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


def _turns(rotation: Rotation, at: datetime, ahead: timedelta) -> tuple[Turn, ...]:
    """Turns one after the other, the last one to its own end; the same person twice in a row is one turn."""
    edge, turns = at, [Turn(on_call(rotation, at), at, _next_change(rotation, at))]
    while (edge := turns[-1].end) < at + ahead:
        person, end = on_call(rotation, edge), _next_change(rotation, edge)
        if person == turns[-1].person:
            turns[-1] = Turn(person, turns[-1].start, end)
        else:
            turns.append(Turn(person, edge, end))
    return tuple(turns)


def _next_change(rotation: Rotation, after: datetime) -> datetime:
    edges = [edge for each in rotation.overrides for edge in (each.start, each.end) if edge > after]
    return min([next_hand_over(rotation, after), *edges])
