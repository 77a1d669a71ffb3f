"""Lines of a file, in bounded memory and one look at each byte: UTF-8, with one kind of end, and with their numbers.

A line ends at LF, CR LF or CR. UTF-16 with its mark (Unicode, 23.8) becomes UTF-8; a mark is dropped wherever files
were joined; what is no UTF-8 becomes U+FFFD. A line past the bound is left out and noted; in its place stands an empty
one.
"""

import codecs
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tocsin.sources.bounds import Bounds
from tocsin.sources.unpacking import Content, Packing

#: Bytes of a beginning.
_LOOKED_AT = 4 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: Numbers of lines that are kept for each reason; all are counted.
KEPT = 1000


@dataclass
class Rejects:
    """Lines of one file that are no row: how many, and the numbers of the first ones, for each reason."""

    counts: Counter[str] = field(default_factory=Counter)
    numbers: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    suspects: int = 0
    suspected: list[int] = field(default_factory=list)
    #: The lines themselves, cut short, by the numbers of the first ones; of some that are too long there is none.
    texts: dict[int, bytes] = field(default_factory=dict)

    def add(self, reason: str, number: int) -> None:
        """Count a line; its number counts from 1, in the file as it was handed in."""
        self.counts[reason] += 1
        if len(self.numbers[reason]) < KEPT:
            self.numbers[reason].append(number)

    def suspect(self, number: int) -> None:
        """Remember a line that the engine, which has the last word, will most likely reject."""
        self.suspects += 1
        if len(self.suspected) < KEPT:
            self.suspected.append(number)

    def judged(self, reason: str, rejected: int) -> None:
        """How many of the suspects the engine did reject; their numbers, where it rejected them all."""
        self.counts[reason] += rejected
        if rejected == self.suspects:
            self.numbers[reason] += self.suspected

    def gather(self, part: "Rejects") -> None:
        """Take in those of a part of the file. Parts may come in any order: the first lines are those that stay."""
        self.counts += part.counts
        for reason, numbers in part.numbers.items():
            self.numbers[reason] = sorted([*self.numbers[reason], *numbers])[:KEPT]
        self.texts = dict(sorted((self.texts | part.texts).items())[:KEPT])

    def told(self) -> dict[str, Any]:
        """All of it in what JSON has."""
        texts = [(number, text.decode("latin-1")) for number, text in self.texts.items()]
        return {"counts": dict(self.counts), "numbers": dict(self.numbers), "texts": texts}

    @classmethod
    def again(cls, told: Mapping[str, Any]) -> "Rejects":
        """What was told."""
        numbers = defaultdict[str, list[int]](list, told["numbers"])
        texts = {number: text.encode("latin-1") for number, text in told["texts"]}
        return cls(Counter(told["counts"]), numbers, texts=texts)

    def total(self) -> int:
        """All lines that are no row."""
        return self.counts.total()


@dataclass(frozen=True)
class Batch:
    """Neighbouring lines without their ends, and the number of the first."""

    first: int
    lines: list[bytes]


class Lines:
    """The lines of blocks of bytes, in batches, numbered from `first`. Once they are read, `count` is how many.

    Half a line, behind which the bytes of a damaged archive end, is none.
    """

    def __init__(self, blocks: Iterable[bytes], bounds: Bounds, rejects: Rejects, *, first: int = 1) -> None:
        self.blocks, self.longest, self.rejects = blocks, bounds.line, rejects
        self.first, self.count = first, 0

    def __iter__(self) -> Iterator[Batch]:
        held, size = list[bytes](), 0
        for block in evened(self.blocks):
            first, end, rest = block.partition(b"\n")
            size += len(first)
            held = [*held, first] if size <= self.longest else []
            if end:
                whole, more, tail = rest.rpartition(b"\n")
                lines = sound(whole).split(b"\n") if more else []
                yield self._batch([sound(b"".join(held)), *lines], cut=size > self.longest)
                held, size = [tail], len(tail)
        if size and not (isinstance(self.blocks, Content) and self.blocks.fault):
            yield self._batch([sound(b"".join(held))], cut=size > self.longest)

    def _batch(self, lines: list[bytes], *, cut: bool) -> Batch:
        """Lines, of which the first may have been `cut`, and any may be too long."""
        first = self.first + self.count
        self.count += len(lines)
        if cut or max(map(len, lines)) > self.longest:
            for place, line in enumerate(lines):
                if len(line) > self.longest or (cut and not place):
                    self.rejects.add(f"longer than {self.longest:,} bytes", first + place)
                    lines[place] = b""
        return Batch(first, lines)


def sound(text: bytes) -> bytes:
    """Whole lines as UTF-8, without the marks that a join left at their beginnings."""
    if not text.isascii():
        try:
            text.decode()
        except UnicodeDecodeError:
            text = text.decode(errors="replace").encode()
        text = text.removeprefix(codecs.BOM_UTF8).replace(b"\n" + codecs.BOM_UTF8, b"\n")
    return text


def evened(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks as UTF-8 in which LF alone ends a line."""
    returned = False
    for block in _decoded(blocks):
        if returned and not block.startswith(b"\n"):
            block = b"\n" + block
        if returned := block.endswith(b"\r"):
            block = block[:-1]
        yield block.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in block else block
    if returned:
        yield b"\n"


def _decoded(blocks: Iterable[bytes]) -> Iterator[bytes]:
    each = filter(None, blocks)
    begin = b""
    while len(begin) < len(codecs.BOM_UTF8) and (block := next(each, b"")):
        begin += block
    if not begin.startswith(_UTF16):
        yield begin
        yield from each
        return
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    yield decoder.decode(begin).encode()
    for block in each:
        yield decoder.decode(block).encode()
    yield decoder.decode(b"", final=True).encode()


def beginning(path: Path, packing: Packing, count: int, bounds: Bounds) -> Iterator[str]:
    """The first lines of a file, for a look: `count` at most, and none past the first megabytes."""
    left = _LOOKED_AT
    for batch in Lines(Content(path, packing, bounds), bounds, Rejects()):
        for line in batch.lines[:count]:
            yield line.decode()
            left -= len(line)
        count -= len(batch.lines)
        if left < 0 or count <= 0:
            return
