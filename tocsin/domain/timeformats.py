"""How a source writes moments, as `sources.yaml` declares it. What cannot place a row is refused there.

A room of the heart: pure values. `tocsin/sources/times.py` reads by them.
"""

import re
from collections.abc import Sequence
from typing import Self

from pydantic import model_validator

from tocsin.domain.records import Record, Zone

#: Microseconds in one unit; 0 for the unit that is finer than a microsecond.
EPOCHS = {"epoch-s": 1_000_000, "epoch-ms": 1_000, "epoch-us": 1, "epoch-ns": 0}

#: Parts of a strptime pattern that every engine reads alike. A `-` before one allows it without its zero.
_SIGNS = ("Y", "y", "m", "b", "B", "d", "j", "a", "A", "H", "I", "p", "M", "S", "T", "f", "g", "n", "z", "%")
#: What a moment cannot be placed without, each with the signs that give it.
_PARTS: dict[str, tuple[set[str], ...]] = {
    "a year": ({"Y"}, {"y"}),
    "a day": ({"d", "m"}, {"b", "d"}, {"B", "d"}, {"j"}),
    "an hour": ({"H"}, {"I", "p"}, {"T"}),
}


class TimeFormat(Record):
    """How a source writes moments: `iso`, `epoch-s`, `-ms`, `-us`, `-ns`, or a strptime pattern."""

    format: str = "iso"
    #: Of moments written without one. Undeclared, such rows are unreadable: a guess moves people in and out.
    zone: Zone | None = None

    @model_validator(mode="after")
    def _can_be_placed(self) -> Self:
        if self.format != "iso" and self.format not in EPOCHS:
            if "%" not in self.format:
                raise ValueError(
                    f"{self.format!r} is no time format; write iso, {', '.join(EPOCHS)} or a %-pattern"
                )
            signs = re.findall("%(-?.?)", self.format)
            _refuse_unknown(signs)
            _refuse_half_a_moment(signs)
            if "z" not in signs and self.zone is None:
                raise ValueError("a pattern without %z needs a zone, like zone: Asia/Ho_Chi_Minh")
        return self


def _refuse_unknown(signs: Sequence[str]) -> None:
    for sign in signs:
        if sign == "Z":
            raise ValueError(
                "%Z stands for several zones (CST is in America and in China); write its letters as they are,"
                " and give the zone beside the pattern"
            )
        if sign.removeprefix("-") not in _SIGNS:
            raise ValueError(
                f"%{sign} is no part of a moment; known: {', '.join(f'%{each}' for each in _SIGNS)}"
            )


def _refuse_half_a_moment(signs: Sequence[str]) -> None:
    """What is not written would be guessed: rows without a year would all lie in 1900."""
    known = {sign.removeprefix("-") for sign in signs}
    for part, ways in _PARTS.items():
        if not any(way <= known for way in ways):
            wanted = " or ".join(" with ".join(f"%{sign}" for sign in sorted(way)) for way in ways)
            raise ValueError(f"a pattern without {part} places no row; write {wanted}")
