"""The one pass over a source's files of lines, block by block, by as many hands as the engine has threads.

A hand takes a block, lays it on the shelf and has the engine count its rows. Where every line is a row with a moment,
the engine is believed. Where it is not, the block goes through the gate: line by line, each numbered, each that is no
row counted with its reason. So a broken line costs its block a second look, and a sound file nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from tocsin.domain.sources import LogSource
from tocsin.scoping.accounts import BAD_BYTES, Account, judge, refuse_ours
from tocsin.scoping.asked import NOTHING, Asks, Counted, Laid, Volume
from tocsin.scoping.hands import Hands
from tocsin.scoping.spans import widen
from tocsin.scoping.supply import Opened
from tocsin.sources.blocks import Block, Shape
from tocsin.sources.bounds import Bounds
from tocsin.sources.engine import Crew
from tocsin.sources.files import File
from tocsin.sources.lines import Rejects

#: Of a block in which every so manieth line is kept, all are looked at again: to pick them out would cost as much.
_MANY = 4
#: Bytes of lines that are picked before anything is asked about them: a question costs as much as to read so many.
_ENOUGH = 2 << 20


@dataclass
class _Picked:
    """Lines of one file that a hand has picked, until they are enough to be asked about."""

    file: str = ""
    shape: Shape | None = None
    lines: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    size: int = 0


class Pass:
    """The pass over the files of one source: what is asked of the rows of a block, `asked` knows."""

    def __init__(self, crew: Crew, asked: Asks, source: LogSource, bounds: Bounds) -> None:
        self._hands = Hands(crew, source, bounds)
        self._asked = asked
        self._volumes: Counter[tuple[str, Volume]] = Counter()
        self._picked = [_Picked() for _ in crew.hands]
        self._books = Lock()

    def over(
        self, files: Sequence[File], told: Callable[[int, int], None]
    ) -> tuple[Any | None, list[Account]]:
        """The kept rows and the volumes as one table, None where no file has a line; and an account of each file.

        `told` hears now and then how many bytes are behind us, and how many rows.
        """
        accounts = [opened.account() for opened in self._hands.through(files, self, told)]
        copies = copies_among(accounts)
        table = self._asked.table({key: n for key, n in self._volumes.items() if key[0] not in copies})
        if copies and table is not None:
            table = table.filter(~table.file.isin(sorted(copies)))
        return table, [each for each in accounts if str(each.file.read_from) not in copies]

    def opened(self, file: File) -> Opened:
        """A file whose blocks can be read."""
        return self._hands.opened(file)

    def read(self, hand: int, opened: Opened, block: Block) -> None:
        """Count and keep the rows of a block; through the gate, where the engine alone does not find them all."""
        if block.numbered or block.rejects.total() or not self._trusted(hand, opened, block):
            self._through_the_gate(hand, opened, block)

    def end(self, hand: int) -> None:
        """Ask about the lines that are still picked."""
        picked, self._picked[hand] = self._picked[hand], _Picked()
        if picked.shape is not None:
            laid = Laid(picked.shape, b"".join(picked.lines), picked.file, numbers=picked.numbers)
            self._keep(hand, laid)

    def _trusted(self, hand: int, opened: Opened, block: Block) -> bool:
        """Whether every line of a block is a row with a moment; then they are counted and kept."""
        shape = self._hands.shape(block, numbered=False)
        found = self._looked_at(hand, shape, block.text)
        if found is None or found.rows != block.lines or found.lost:
            return False
        self._note(opened, found, Rejects(), block.first - 1)
        if len(found.picked) * _MANY > block.lines:
            self._keep(hand, Laid(shape, block.text, str(opened.file.read_from), block.first - 1))
        elif found.picks:
            self._pick(hand, shape, block, str(opened.file.read_from), found.picked)
        return True

    def _pick(self, hand: int, shape: Shape, block: Block, file: str, places: Sequence[int]) -> None:
        picked = self._picked[hand]
        if (picked.file, picked.shape) != (file, shape):
            self.end(hand)
            picked = self._picked[hand] = _Picked(file, shape)
        lines = list(block.picked(places))
        picked.lines += lines
        picked.numbers += (block.first - 1 + place for place in places)
        picked.size += sum(map(len, lines))
        if picked.size > _ENOUGH:
            self.end(hand)

    def _keep(self, hand: int, laid: Laid) -> None:
        self._count(laid.file, self._asked.keep(hand, laid))

    def _through_the_gate(self, hand: int, opened: Opened, block: Block) -> None:
        """Count and keep the rows of a block, line by line; what is no row is a reject."""
        text, lines = self._hands.numbered(block)
        shape = self._hands.shape(block, numbered=True)
        found = self._looked_at(hand, shape, text) or NOTHING
        judge(block, found, lines)
        self._note(opened, found, block.rejects, 0)
        if found.picks:
            self._keep(hand, Laid(shape, text, str(opened.file.read_from)))

    def _looked_at(self, hand: int, shape: Shape, text: bytes) -> Counted | None:
        """The first look at a block; None where the engine cannot read its bytes."""
        try:
            return self._asked.look(hand, shape, text)
        except BAD_BYTES as error:
            refuse_ours(error)
            return None

    def _note(self, opened: Opened, found: Counted, rejects: Rejects, before: int) -> None:
        """Note what was found, in rows whose numbers are counted from behind so many lines."""
        file = str(opened.file.read_from)
        with self._books:
            opened.rows += found.rows - len(found.lost) - found.unnumbered
            opened.rejects.gather(rejects)
            widen(opened.spans, found.spans, before)
        self._count(file, found.volumes)

    def _count(self, file: str, volumes: Counter[Volume]) -> None:
        with self._books:
            self._volumes.update({(file, volume): n for volume, n in volumes.items()})


def copies_among(accounts: Iterable[Account]) -> set[str]:
    """Paths of files that hold the same bytes as one before them."""
    seen, found = set[str](), set[str]()
    for each in accounts:
        if each.file.sha256 in seen:
            found.add(str(each.file.read_from))
        seen.add(each.file.sha256)
    return found
