"""The supply of blocks: the files of a source, opened one after another, for several hands at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from threading import Lock

from tocsin.scoping.accounts import Account
from tocsin.scoping.spans import Spans
from tocsin.sources.blocks import Block
from tocsin.sources.files import File
from tocsin.sources.lines import Rejects
from tocsin.sources.unpacking import Content


@dataclass(eq=False)
class Opened:
    """A file that hands read: its blocks, taken by one hand at a time, and what became of their lines."""

    file: File
    content: Content
    blocks: Iterator[Block]
    lock: Lock = field(default_factory=Lock)
    rows: int = 0
    rejects: Rejects = field(default_factory=Rejects)
    spans: Spans = field(default_factory=dict)

    def account(self) -> Account:
        """What became of the lines, once all are read."""
        file = replace(self.file, sha256=self.content.sha256, size=self.content.size)
        return Account(file, file, self.rows, self.content.fault, self.rejects, spans=self.spans)


class Supply:
    """The blocks of all files, for several hands: two take from one file only while none other is left."""

    def __init__(self, files: Iterator[Opened]) -> None:
        self.opened: list[Opened] = []
        self._left, self._live, self._desk = files, list[Opened](), Lock()

    def take(self, last: Opened | None) -> tuple[Opened, Block] | None:
        """The next block of the `last` file of a hand, or of one from which no other hand is just taking one."""
        while opened := self._chosen(last):
            try:
                block = next(opened.blocks, None)
            finally:
                opened.lock.release()
            if block:
                return opened, block
            with self._desk:
                if opened in self._live:
                    self._live.remove(opened)
        return None

    def behind(self) -> tuple[int, int]:
        """Bytes that were read, and rows."""
        return sum(each.content.read for each in self.opened), sum(each.rows for each in self.opened)

    def _chosen(self, last: Opened | None) -> Opened | None:
        """A file whose lock is held now; None where nothing is left."""
        with self._desk:
            if last in self._live and last.lock.acquire(blocking=False):
                return last
            if opened := next(self._left, None):
                opened.lock.acquire()
                self.opened.append(opened)
                self._live.append(opened)
                return opened
            for each in self._live:
                if each.lock.acquire(blocking=False):
                    return each
            busy = next(iter(self._live), None)
        if busy:
            busy.lock.acquire()
        return busy
