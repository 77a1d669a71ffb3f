"""A file of lines as blocks: some megabytes of whole lines, each with the number of its first line.

Bytes are read, hashed and unpacked once. A block is small enough for one buffer of the engine, which then reads its
rows one by one and in their order, so that a row's place in its block is the number of its line.
"""

import codecs
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

import numpy as np

from tocsin.sources.bounds import Bounds
from tocsin.sources.lines import Rejects, evened, sound
from tocsin.sources.quotes import end_of_rows
from tocsin.sources.unpacking import Content

#: Bytes: much enough that a question costs little beside reading, and little enough for the engine's smallest buffer.
SIZE = 12 << 20
#: Bytes in which lines are counted at once.
_STRETCH = 1 << 18
#: Bytes from which on a block ends wherever a line does, though a quote be open.
_MOST = 2 * SIZE
_END = b"\n"
#: Why a line is no row whose end is missing.
TORN = "has no end: it may have been cut"
#: Bytes over the longest line by which a longer one is known, though a byte order mark be taken from it.
_SLACK = len(codecs.BOM_UTF8) + 1


@dataclass(frozen=True)
class Block:
    """Whole lines as UTF-8, each with LF at its end. `first` is the number of the first one, counted from 1.

    `rejects` are lines that were left out, in whose places empty ones stand. `header` is the line of names that the
    file begins with, if it does. Where lines are `numbered`, each has its number within.
    """

    first: int
    text: bytes
    rejects: Rejects = field(default_factory=Rejects)
    header: bytes = b""
    numbered: bool = False

    @property
    def lines(self) -> int:
        """How many lines these are."""
        return self._ended[-1]

    def picked(self, places: Iterable[int]) -> Iterator[bytes]:
        """The lines at these places, counted from 1, with their ends. To split the block would cost more."""
        for place in places:
            stretch = bisect_left(self._ended, place) - 1
            ends = np.flatnonzero(_ends(self.text, stretch * _STRETCH))
            end = stretch * _STRETCH + int(ends[place - self._ended[stretch] - 1])
            yield self.text[self.text.rfind(_END, 0, end) + 1 : end + 1]

    @cached_property
    def _ended(self) -> list[int]:
        """How many lines ended before each stretch of the text, and in all of it."""
        counts = (np.count_nonzero(_ends(self.text, start)) for start in range(0, len(self.text), _STRETCH))
        return list(accumulate(map(int, counts), initial=0))


@dataclass(frozen=True)
class Shape:
    """How a block lies on the shelf: of which format, below which header, each of its lines `numbered` or not.

    No line has more than `longest` bytes.
    """

    format: str
    header: bytes
    numbered: bool
    longest: int


def _ends(text: bytes, start: int) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Of each byte of a stretch, whether it ends a line."""
    return np.equal(np.frombuffer(text, np.uint8, min(_STRETCH, len(text) - start), start), _END[0])


class Blocks:
    """The blocks of a file. Once they were read, `content` knows the file's fingerprint, and why it ended early.

    Between values with a `delimiter`, one may hold ends of lines within quotes (RFC 4180, 2.6), and no block ends in
    there. Half a line, behind which the bytes of a damaged archive end, is none. Where lines `must_end`, a last one
    without its end is a reject, in a block of its own: no sign in it says that none is missing. `pieces` are the bytes
    of the content, where somebody has begun to take them.
    """

    def __init__(
        self,
        content: Content,
        bounds: Bounds,
        *,
        delimiter: bytes | None = None,
        must_end: bool = False,
        pieces: Iterable[bytes] | None = None,
    ) -> None:
        self.content, self.longest, self.delimiter = content, bounds.line, delimiter
        self.size = min(SIZE, bounds.block)
        self.must_end = must_end
        self._pieces = content if pieces is None else pieces
        self._next = 1

    def __iter__(self) -> Iterator[Block]:
        held, size = list[bytes](), 0
        for piece in filter(None, _cut_short(evened(self._pieces), self.longest + _SLACK)):
            held.append(piece)
            size += len(piece)
            if size < self.size:
                continue
            # Nearly always the last piece holds the end, and only one copy of the others is made.
            end = piece.rfind(_END) + 1
            text, rest = (
                (b"".join(held), b"") if not end else (b"".join([*held[:-1], piece[:end]]), piece[end:])
            )
            end = self._end(text)
            if end:
                yield self._block(text if end == len(text) else text[:end])
            held = [text[end:] + rest]
            size = len(held[0])
        text = b"".join(held)
        whole, last = text[: (end := text.rfind(_END) + 1)], text[end:]
        if last and not self.content.fault and (not self.must_end or len(last) > self.longest):
            whole, last = text + _END, b""
        if whole:
            yield self._block(whole)
        if last and not self.content.fault:
            yield self._torn(last)

    def _torn(self, line: bytes) -> Block:
        """A line without its end, in whose place an empty one stands."""
        rejects = Rejects()
        rejects.add(TORN, self._next)
        rejects.texts[self._next] = sound(line)
        return Block(self._next, _END, rejects)

    def _end(self, text: bytes) -> int:
        """Where a block ends: behind its last row; 0 where none ends there yet."""
        last = text.rfind(_END) + 1
        if self.delimiter is None or b'"' not in text:
            return last
        return end_of_rows(text, self.delimiter) or (last if len(text) > _MOST else 0)

    def _block(self, text: bytes) -> Block:
        rejects, first = Rejects(), self._next
        text = sound(text)
        for place, start, end in reversed(_too_long(text, self.longest)):  # from behind: places stay true
            rejects.add(f"longer than {self.longest:,} bytes", first + place)
            text = text[:start] + text[end:]
        block = Block(first, text, rejects)
        self._next += block.lines
        return block


def _too_long(text: bytes, longest: int) -> list[tuple[int, int, int]]:
    """(place among the lines, start, end) of the lines of more than so many bytes."""
    found = []
    start = before = counted = 0
    while len(text) - start > longest:
        # Where any line ends within reach, this one is short enough, and so are all up to the last of these.
        end = text.rfind(_END, start, start + longest + 1)
        if end < 0:
            end = text.find(_END, start)
            before += text.count(_END, counted, start)
            counted = start
            found.append((before, start, end))
        start = end + 1
    return found


def _cut_short(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    """Pieces in which no line has more than `most` bytes: one of a gigabyte is not held to be told that it is."""
    since = 0
    for piece in pieces:
        end = piece.find(_END)
        if end < 0:
            kept = piece[: max(0, most - since)]
            since += len(piece)
        else:
            kept = piece[: max(0, most - since)] + piece[end:] if since + end > most else piece
            since = len(piece) - piece.rfind(_END) - 1
        yield kept
