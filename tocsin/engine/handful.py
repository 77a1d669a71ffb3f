"""How many letters a sender takes in hand: about what leaves in a second, and a few for each connection at least.

Should it die, all that it has in hand are in doubt, and a slow relay would leave many for long; taken one by one, each
waits for the ledger. So a handful follows the relay.
"""

from dataclasses import dataclass, field

#: What leaves in so many seconds is taken at once.
_SPAN = 1.0
#: Yet so many for each connection, or most of them wait at the end of a handful for the slowest.
_EACH = 3
#: One handful is at most so many times the one before: a few fast answers say little.
_GROWTH = 2


@dataclass
class Handful:
    """The size of the next one: `most` where the relay is fast, a few for each connection where it is slow."""

    most: int
    connections: int
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = self._least

    @property
    def _least(self) -> int:
        return min(self.most, _EACH * self.connections)

    def ended(self, letters: int, seconds: float) -> None:
        """So many letters ended, and each connection was at work on them for so many seconds."""
        larger = _GROWTH * self.size
        fits = larger if seconds <= 0 else int(letters * _SPAN / seconds)
        self.size = max(self._least, min(self.most, larger, fits))
