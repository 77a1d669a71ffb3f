"""Whom a duty is owed to, as a value that every door says in its reader's words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from tocsin.domain.contacts import Authority


class Owing(Protocol):
    """A duty, in so far as it names its recipient: as the law finds it, the timeline keeps it, or a view shows it."""

    @property
    def recipient(self) -> str: ...
    @property
    def authority(self) -> str | None: ...
    @property
    def place(self) -> str | None: ...


@dataclass(frozen=True)
class Whom:
    """An authority by its short name, else a kind of recipient, and where it matters their place."""

    recipient: str
    authority: str = ""
    place: str = ""


def whom(duty: Owing, book: Iterable[Authority]) -> Whom:
    """To whom a duty is owed. An authority's own name says where it is."""
    known = next((each.short for each in book if each.id == duty.authority), "") if duty.authority else ""
    return Whom(duty.recipient, known, "" if known else duty.place or "")
