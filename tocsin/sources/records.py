"""Records of RFC 4180 out of single lines: rows, values of several lines, and quotes that nobody closed.

The engine takes all that follows an open quote, up to the next one, for one value, so that one bad line hides others.
Here such a line is rejected alone. Each line is looked at twice at most, however the quotes stand: a line that was held
within an open quote in vain begins no value of several lines itself.
"""

import re

from tocsin.sources.lines import Rejects

_MANY, _FEW = "too many values", "too few values"
_OPEN = "a quote that nothing closes"
_BROKEN = "broken quotes"
_INSIDE = "looks like a row, and lies within quotes"


class Records:
    """The rows of one file of `width` columns below its `header`; none is longer than `longest` bytes."""

    def __init__(self, header: bytes, width: int, delimiter: bytes, longest: int, rejects: Rejects) -> None:
        self.header, self.width, self.delimiter, self.longest = header, width, delimiter, longest
        self.rejects = rejects
        quoted, inner = b'"(?:[^"]++|"")*+"', b'(?:[^"]++|"")*+'
        value = rb'(?: *%b *|(?! *")[^%b\n]*+)' % (quoted, delimiter)
        more, none = rb"(?:%b%b)" % (delimiter, value), rb"%b*+" % delimiter
        self._whole = re.compile(rb"%b%b{%d}%b" % (value, more, width - 1, none))
        self._opens = re.compile(rb'(?:%b%b)*+ *"%b' % (value, delimiter, inner))
        again = rb'(?:" *%b(?:%b%b)*+ *"%b)*+' % (delimiter, value, delimiter, inner)
        self._stays = re.compile(inner + again)
        #: Lines within an open quote, the first of which begins a row; its number, and the bytes of all of them.
        self._held: list[bytes] = []
        self._from = self._size = 0

    def rows(self, first: int, lines: list[bytes]) -> tuple[bytes, int]:
        """The rows that end in these lines, of which the first has the number `first`; and how many there are."""
        found: list[bytes] = []
        for number, line in enumerate(lines, first):
            if self._held:
                self._go_on(number, line, found)
            else:
                self._begin(number, line, found)
        return b"".join(found), len(found)

    def rest(self) -> tuple[bytes, int]:
        """The rows in what is still held at the end."""
        found: list[bytes] = []
        self._give_up(found)
        return b"".join(found), len(found)

    def _begin(self, number: int, line: bytes, found: list[bytes], *, may_open: bool = True) -> None:
        if not line or line == self.header:  # files that were joined bring their headers
            return
        if b'"' not in line:
            missing = self.width - 1 - line.count(self.delimiter)
            if missing < 0 and line.endswith(self.delimiter):  # the engine takes no notice of these either
                stripped = line.rstrip(self.delimiter)
                line = stripped + self.delimiter * (self.width - 1 - stripped.count(self.delimiter))
                missing = self.width - 1 - line.count(self.delimiter)
            if missing:
                self.rejects.add(_FEW if missing > 0 else _MANY, number)
            else:
                self._found(number, line, found)
        elif self._whole.fullmatch(line):
            self._found(number, line, found)
        elif not self._opens.fullmatch(line):
            self.rejects.add(_BROKEN, number)
        elif may_open:
            self._held, self._from, self._size = [line], number, len(line)
        else:
            self.rejects.add(_OPEN, number)

    def _found(self, number: int, record: bytes, found: list[bytes]) -> None:
        found.append(b"%d%b%b\n" % (number, self.delimiter, record))

    def _go_on(self, number: int, line: bytes, found: list[bytes]) -> None:
        self._size += len(line) + 1
        stays = self._stays.match(line) if b'"' in line else None
        if self._size <= self.longest:
            if b'"' not in line or (stays and stays.end() == len(line)):
                self._held.append(line)
                return
            record = b"\n".join([*self._held, line])
            if self._whole.fullmatch(record):
                self._within()
                self._found(self._from, record, found)
                self._held = []
                return
        self._give_up(found)
        self._begin(number, line, found)

    def _within(self) -> None:
        """Whoever writes a quote into one request, and the next into another, would hide all between them."""
        for number, line in enumerate(self._held[1:], self._from + 1):
            if line.count(self.delimiter) >= self.width - 1 > 0:
                self.rejects.add(_INSIDE, number)

    def _give_up(self, found: list[bytes]) -> None:
        held, self._held = self._held, []
        if held:
            self.rejects.add(_OPEN, self._from)
        for number, line in enumerate(held[1:], self._from + 1):
            self._begin(number, line, found, may_open=False)
