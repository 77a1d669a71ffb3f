"""What is due at one moment and stands alike, together: one row, one number, one label, however many duties it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from tocsin.rendering.calendar.marks import Mark

#: So many places of one rule are named; more are counted.
_FEW = 6


@dataclass(frozen=True)
class Group:
    """Marks of one moment that stand alike; at least one."""

    marks: tuple[Mark, ...]

    @property
    def first(self) -> Mark:
        """The mark that speaks for all: the moment, the shape and the words are the same."""
        return self.marks[0]

    @property
    def start(self) -> datetime | None:
        """When the earliest of the clocks began to run."""
        return min((mark.start for mark in self.marks if mark.start is not None), default=None)

    @property
    def duties(self) -> tuple[str, ...]:
        """The key of each duty, or the name of each rule that cannot be told yet."""
        return tuple(duty for mark in self.marks for duty in mark.duties)

    @property
    def name(self) -> str:
        """A single duty's key; of several how many they are."""
        many = len(self.duties)
        return self.duties[0] if many == 1 else f"{many} duties"

    @property
    def names(self) -> list[str]:
        """Of several, the rules with those whom they concern: `eu-gdpr/authority (de, fr)`; of one, nothing more."""
        if len(self.duties) == 1:
            return []
        whom: dict[str, list[str]] = {}
        for duty in self.duties:
            law, _, rest = duty.partition("/")
            rule, _, others = rest.partition("/")
            to = others.partition("/")[0]
            places = whom.setdefault(f"{law}/{rule}" if rule else law, [])
            if to and to != rule:
                places.append(to)
        return [f"{rule} ({_listed(sorted(places))})" if places else rule for rule, places in whom.items()]


def grouped(marks: Iterable[Mark]) -> tuple[Group, ...]:
    """The marks, the soonest first, with those of one moment that stand alike put together."""
    ordered = sorted(
        marks, key=lambda mark: (mark.at, mark.shape == "would-be", mark.words, str(mark.met_at))
    )
    return tuple(
        Group(tuple(alike))
        for _, alike in groupby(ordered, key=lambda mark: (mark.at, mark.shape, mark.words, mark.met_at))
    )


def _listed(places: Sequence[str]) -> str:
    more = f" and {len(places) - _FEW} more" if len(places) > _FEW else ""
    return f"{', '.join(places[:_FEW])}{more}"
