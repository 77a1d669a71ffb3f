"""A route that nobody can use now: what is due on it waits, and no time is spent on it."""

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
