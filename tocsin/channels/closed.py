"""A route that takes nothing now, or nothing for somebody: what is due there waits, and no time is spent on it."""

from dataclasses import dataclass
from typing import Any

from tocsin.domain.message import Receipt, Undelivered


@dataclass(frozen=True)
class Closed:
    """A channel that takes nothing, and why."""

    name: str
    why: str

    async def send(self, item: Any) -> Receipt:
        """Never. Raises Undelivered with the reason."""
        raise Undelivered("down", "connect", self.why)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class Held:
    """A channel whose other side asked us to wait with what goes to somebody."""

    name: str

    async def send(self, item: Any) -> Receipt:
        """Never. Raises Undelivered in the phase `hold`: nothing was asked of the other side."""
        raise Undelivered("retry", "hold", "asked to wait before this message was there; not tried")

    async def close(self) -> None:
        """Nothing is open."""
