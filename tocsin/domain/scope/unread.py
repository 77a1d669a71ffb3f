"""Lines of a log that nobody could read as a row: kept as they stand, so that a person can."""

from dataclasses import dataclass

#: Bytes of a line that are kept.
LONGEST = 4096


@dataclass(frozen=True, order=True)
class UnreadLine:
    """A line of a file, its number from 1, why it is no row, and its beginning. Personal data."""

    source: str
    file: str
    number: int
    reason: str
    text: str
