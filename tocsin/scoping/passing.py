"""The one pass over a source's files of lines, block by block, by as many hands as the engine has threads.

A hand takes a block, lays it on the shelf and has the engine count its rows. Where every line is a row with a moment,
the engine is believed. Where it is not, the block goes through the gate: line by line, each numbered, each that is no
row counted with its reason. So a broken line costs its block a second look, and a sound file nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from sys import getswitchinterval, setswitchinterval
from threading import Event, Lock
from typing import Any

from tocsin.domain.scope.unread import LONGEST
from tocsin.domain.sources import LogSource
from tocsin.scoping.accounts import BAD_BYTES, Account, judge, refuse_ours
from tocsin.scoping.asked import NOTHING, Asks, Counted, Volume
from tocsin.scoping.supply import Opened, Supply
from tocsin.sources.blocks import Block, Shape
from tocsin.sources.bounds import Bounds
from tocsin.sources.engine import Crew
from tocsin.sources.files import File
from tocsin.sources.gate import formats
from tocsin.sources.lines import KEPT, Lines, Rejects
from tocsin.sources.logs import blocks_of
from tocsin.sources.unpacking import Content

#: Seconds of a turn.
_TURN = 0.0005
#: Seconds between two words of how far the hands are.
_TICK = 0.5
#: Bytes that a number may add to a line.
_NUMBER = 64
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
        self.crew, self.source, self.bounds = crew, source, bounds
        self._asked = asked
        self._volumes: Counter[tuple[str, Volume]] = Counter()
        self._picked = [_Picked() for _ in crew.hands]
        self._books, self._stopped = Lock(), Event()
        self._failed: BaseException | None = None

    def over(
        self, files: Sequence[File], told: Callable[[int, int], None]
    ) -> tuple[Any | None, list[Account]]:
        """The kept rows and the volumes as one table, None where no file has a line; and an account of each file.

        `told` hears now and then how many bytes are behind us, and how many rows.
        """
        supply = Supply(self.opened(file) for file in files)
        told(*supply.behind())
        with quick_turns(), ThreadPoolExecutor(len(self.crew.hands), "hand") as pool:
            working = [pool.submit(self._work, hand, supply) for hand in range(len(self.crew.hands))]
            try:
                while wait(working, _TICK).not_done:
                    told(*supply.behind())
            except BaseException:
                self._stop()
                raise
        if self._failed:
            raise self._failed
        told(*supply.behind())
        accounts = [opened.account() for opened in supply.opened]
        copies = copies_among(accounts)
        table = self._asked.table({key: n for key, n in self._volumes.items() if key[0] not in copies})
        if copies and table is not None:
            table = table.filter(~table.file.isin(sorted(copies)))
        return table, [each for each in accounts if str(each.file.read_from) not in copies]

    def opened(self, file: File) -> Opened:
        """A file whose blocks can be read."""
        content = Content(file.read_from, file.packing, self.bounds, file.size)
        return Opened(file, content, blocks_of(self.source.format, content, self.bounds))

    def _work(self, hand: int, supply: "Supply") -> None:
        try:
            opened = None
            while not self._stopped.is_set() and (taken := supply.take(opened)):
                opened, block = taken
                self.read(hand, opened, block)
            self._keep_picked(hand)
        except BaseException as error:
            self._stop(error)

    def _stop(self, error: BaseException | None = None) -> None:
        with self._books:
            # Whoever is stopped for it fails too: the first failure is the reason.
            self._failed = self._failed or error
        self._stopped.set()
        for hand in self.crew.hands:
            hand.interrupt()

    def read(self, hand: int, opened: Opened, block: Block) -> None:
        """Count and keep the rows of a block; through the gate, where the engine alone does not find them all."""
        if block.numbered or not self._trusted(hand, opened, block):
            self._through_the_gate(hand, opened, block)

    def _trusted(self, hand: int, opened: Opened, block: Block) -> bool:
        """Whether every line of a block is a row with a moment; then they are counted and kept."""
        shape = self._shape(block, numbered=False)
        found = self._looked_at(hand, shape, block.text)
        if found is None or found.rows != block.lines or found.lost:
            return False
        self._note(opened, found, Rejects())
        if len(found.picked) * _MANY > block.lines:
            self._keep(hand, shape, block.text, str(opened.file.read_from), block.first - 1)
        elif found.picks:
            self._pick(hand, shape, block, str(opened.file.read_from), found.picked)
        return True

    def _pick(self, hand: int, shape: Shape, block: Block, file: str, places: Sequence[int]) -> None:
        picked = self._picked[hand]
        if (picked.file, picked.shape) != (file, shape):
            self._keep_picked(hand)
            picked = self._picked[hand] = _Picked(file, shape)
        lines = list(block.picked(places))
        picked.lines += lines
        picked.numbers += (block.first - 1 + place for place in places)
        picked.size += sum(map(len, lines))
        if picked.size > _ENOUGH:
            self._keep_picked(hand)

    def _keep_picked(self, hand: int) -> None:
        picked, self._picked[hand] = self._picked[hand], _Picked()
        if picked.shape is not None:
            text = b"".join(picked.lines)
            self._keep(hand, picked.shape, text, picked.file, numbers=picked.numbers)

    def _keep(
        self,
        hand: int,
        shape: Shape,
        text: bytes,
        file: str,
        before: int = 0,
        numbers: Sequence[int] | None = None,
    ) -> None:
        left = self._asked.keep(hand, shape, text, file, before, numbers)
        with self._books:
            self._volumes.update({(file, volume): n for volume, n in left.items()})

    def _through_the_gate(self, hand: int, opened: Opened, block: Block) -> None:
        """Count and keep the rows of a block, line by line; what is no row is a reject."""
        rejects, text, lines = block.rejects, block.text, block.lines
        if not block.numbered:
            text, lines = self._numbered(block, rejects)
        shape = self._shape(block, numbered=True)
        found = self._looked_at(hand, shape, text) or NOTHING
        judge(rejects, found, lines)
        if not block.numbered:
            _keep_texts(rejects, block)
        self._note(opened, found, rejects)
        if found.picks:
            self._keep(hand, shape, text, str(opened.file.read_from))

    def _looked_at(self, hand: int, shape: Shape, text: bytes) -> Counted | None:
        """The first look at a block; None where the engine cannot read its bytes."""
        try:
            return self._asked.look(hand, shape, text)
        except BAD_BYTES as error:
            refuse_ours(error)
            return None

    def _numbered(self, block: Block, rejects: Rejects) -> tuple[bytes, int]:
        """The lines of a block that may be rows, each with its number, and how many these are."""
        head = [block.header + b"\n"] if block.header else []
        lines = Lines([*head, block.text], self.bounds, rejects, first=block.first - len(head))
        parts = list(formats()[self.source.format](lines, self.source.format, rejects))
        return b"".join(text for text, _ in parts), sum(count for _, count in parts)

    def _shape(self, block: Block, *, numbered: bool) -> Shape:
        return Shape(self.source.format, block.header, numbered, self.bounds.line + _NUMBER)

    def _note(self, opened: Opened, found: Counted, rejects: Rejects) -> None:
        file = str(opened.file.read_from)
        with self._books:
            opened.rows += found.rows - len(found.lost) - found.unnumbered
            opened.rejects.gather(rejects)
            self._volumes.update({(file, volume): n for volume, n in found.volumes.items()})


def _keep_texts(rejects: Rejects, block: Block) -> None:
    """Keep the lines that are no row, as they stand."""
    numbers = sorted({number for listed in rejects.numbers.values() for number in listed})[:KEPT]
    texts = block.picked(number - block.first + 1 for number in numbers)
    rejects.texts |= {number: text[:LONGEST] for number, text in zip(numbers, texts, strict=True)}


@contextmanager
def quick_turns() -> Iterator[None]:
    """Let threads take turns in Python ten times as often: a hand that comes back from the engine waits for the other's
    turn to end, and a block is read in a few of these.
    """
    before = getswitchinterval()
    setswitchinterval(_TURN)
    try:
        yield
    finally:
        setswitchinterval(before)


def copies_among(accounts: Iterable[Account]) -> set[str]:
    """Paths of files that hold the same bytes as one before them."""
    seen, found = set[str](), set[str]()
    for each in accounts:
        if each.file.sha256 in seen:
            found.add(str(each.file.read_from))
        seen.add(each.file.sha256)
    return found
