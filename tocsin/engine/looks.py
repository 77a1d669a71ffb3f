"""How often a sending looks at its incident while letters leave: often enough that a word stops it at once."""

import time
from dataclasses import dataclass

#: Seconds for which a look is good: no more than letters take that leave at the same time.
_LASTS = 0.02


@dataclass
class Looks:
    """Looks at the incident that connections share: each is good for a moment, and for one letter of every connection.

    So no letter begins later than that behind a pause, nor more of them than there are connections, and on PostgreSQL
    not every letter waits for an answer.
    """

    connections: int
    at: float = 0.0
    left: int = 0

    @property
    def fresh(self) -> bool:
        """Whether the last look is good still."""
        return time.monotonic() <= self.at + _LASTS

    def one_left(self) -> bool:
        """Whether the last look lets one more letter begin; it does so once."""
        if not self.left or not self.fresh:
            return False
        self.left -= 1
        return True

    def looked(self, *, for_letter: bool) -> None:
        """Somebody looked, and perhaps begins a letter by it."""
        self.at, self.left = time.monotonic(), self.connections - for_letter
