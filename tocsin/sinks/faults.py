"""Misbehaviour on request: the faults of one sink, counted down as they strike."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Counted(Protocol):
    """A fault that strikes so many times; None means always."""

    @property
    def times(self) -> int | None: ...


F = TypeVar("F", bound=Counted)


class Misbehaving(Generic[F]):
    """What a test may ask of a sink."""

    def __init__(self) -> None:
        self._faults: list[tuple[F, list[int | None]]] = []

    def misbehave(self, *faults: F) -> None:
        """Add faults; the first that fits strikes."""
        self._faults += [(fault, [fault.times]) for fault in faults]

    def behave(self) -> None:
        """Forget all faults."""
        self._faults.clear()

    def struck(self, fits: Callable[[F], bool]) -> F | None:
        """The first fault that fits and has strikes left, counted down; None where the server behaves."""
        for fault, left in self._faults:
            if not fits(fault) or left[0] == 0:
                continue
            if left[0] is not None:
                left[0] -= 1
            return fault
        return None
