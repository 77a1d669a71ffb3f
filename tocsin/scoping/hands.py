"""As many hands as the engine has threads, which take the blocks of a source's files until none is left."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from sys import getswitchinterval, setswitchinterval
from threading import Event, Lock
from typing import Protocol

from tocsin.domain.sources import LogSource
from tocsin.scoping.supply import Opened, Supply
from tocsin.sources.blocks import Block, Shape
from tocsin.sources.bounds import Bounds
from tocsin.sources.engine import Crew
from tocsin.sources.files import File
from tocsin.sources.gate import formats
from tocsin.sources.lines import Lines
from tocsin.sources.logs import blocks_of
from tocsin.sources.unpacking import Content

#: Seconds of a turn.
_TURN = 0.0005
#: Seconds between two words of how far the hands are.
_TICK = 0.5
#: Bytes that a number may add to a line.
_NUMBER = 64


class Work(Protocol):
    """What is done with blocks, each time by one hand of several."""

    def read(self, hand: int, opened: Opened, block: Block) -> None:
        """Read a block."""

    def end(self, hand: int) -> None:
        """Whatever is left to do, once no block is."""


class Hands:
    """The hands of a crew, over the files of one source."""

    def __init__(self, crew: Crew, source: LogSource, bounds: Bounds) -> None:
        self.crew, self.source, self.bounds = crew, source, bounds
        self._books, self._stopped = Lock(), Event()
        self._failed: BaseException | None = None

    def through(self, files: Sequence[File], work: Work, told: Callable[[int, int], None]) -> list[Opened]:
        """Every block of the files, and then the files as they were read.

        `told` hears now and then how many bytes are behind us, and how many rows.
        """
        supply = Supply(self.opened(file) for file in files)
        told(*supply.behind())
        with quick_turns(), ThreadPoolExecutor(len(self.crew.hands), "hand") as pool:
            working = [pool.submit(self._work, hand, supply, work) for hand in range(len(self.crew.hands))]
            try:
                while wait(working, _TICK).not_done:
                    told(*supply.behind())
            except BaseException:
                self._stop()
                raise
        if self._failed:
            raise self._failed
        told(*supply.behind())
        return supply.opened

    def shape(self, block: Block, *, numbered: bool) -> Shape:
        """How a block lies on the shelf."""
        return Shape(self.source.format, block.header, numbered, self.bounds.line + _NUMBER)

    def numbered(self, block: Block) -> tuple[bytes, int]:
        """The lines of a block that may be rows, each with its number, and how many these are; others are rejects."""
        if block.numbered:
            return block.text, block.lines
        head = [block.header + b"\n"] if block.header else []
        lines = Lines([*head, block.text], self.bounds, block.rejects, first=block.first - len(head))
        parts = list(formats()[self.source.format](lines, self.source.format, block.rejects))
        return b"".join(text for text, _ in parts), sum(count for _, count in parts)

    def opened(self, file: File) -> Opened:
        """A file whose blocks can be read."""
        content = Content(file.read_from, file.packing, self.bounds, file.size)
        return Opened(file, content, blocks_of(self.source.format, content, self.bounds))

    def _work(self, hand: int, supply: Supply, work: Work) -> None:
        try:
            opened = None
            while not self._stopped.is_set() and (taken := supply.take(opened)):
                opened, block = taken
                work.read(hand, opened, block)
            work.end(hand)
        except BaseException as error:
            self._stop(error)

    def _stop(self, error: BaseException | None = None) -> None:
        with self._books:
            # Whoever is stopped for it fails too: the first failure is the reason.
            self._failed = self._failed or error
        self._stopped.set()
        for hand in self.crew.hands:
            hand.interrupt()


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
