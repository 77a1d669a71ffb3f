"""How much a file may ask of us: bytes of one line and of a block of them, and how far an archive may unpack."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """Past `line` bytes a line is left out. An archive is read until it gave `ratio` times its own size, or `total`.

    An archive that stays below `small` bytes is never asked for its ratio: one of a quiet hour packs well. No block has
    many more than `block` bytes.
    """

    line: int = 8 << 20
    ratio: int = 250
    small: int = 64 << 20
    total: int = 1 << 40
    block: int = 12 << 20

    def allowed(self, packed: int) -> int:
        """Bytes that an archive of `packed` bytes may unpack to. Gzip ends near a ratio of 1,000, logs near 30."""
        return min(self.total, max(self.small, self.ratio * packed))
